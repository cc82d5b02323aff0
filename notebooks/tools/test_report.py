"""What the report is made of: Portuguese texts for all that is read, the executive page first and nowhere else."""
import tempfile
import unittest
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

import check
import report


def shown(html):
    return new_output("display_data", {"text/html": html})


def notebook():
    """A notebook with the page in one language; the cells of the other printed that they are skipped."""
    skipped = new_output("stream", text="omitido: o relatório está em português\n")
    page = f'{report.EXECUTIVE} lang="pt-BR"><h3>Página</h3><p>decisão</p><table></table></section>'
    return new_notebook(cells=[
        new_markdown_cell("# 4 Segmentos"),
        new_markdown_cell("## A página"),
        new_code_cell("executive(&run, Language::PtBr)", outputs=[shown(page)]),
        new_code_cell("show(&plots::at_stake(&run, Language::PtBr));", outputs=[shown("<div>plot</div>")]),
        new_code_cell("executive(&run, Language::En)", outputs=[skipped]),
        new_markdown_cell("## Quem são?"),
    ])


class Report(unittest.TestCase):
    def test_every_text_of_the_notebooks_is_there_in_portuguese(self):
        for path in sorted(check.NOTEBOOKS.glob("[0-9]*.ipynb")):
            missing = report.untranslated(nbformat.read(path, 4), path.stem)
            self.assertEqual([cell.source[:60] for cell in missing], [], path.stem)

    def test_a_text_that_was_changed_has_no_translation_any_more(self):
        path = check.NOTEBOOKS / "04-segments.ipynb"
        changed = nbformat.read(path, 4)
        changed.cells[0].source += " More."
        self.assertEqual(len(report.untranslated(changed, path.stem)), 1)

    def test_the_executive_page_is_first_with_its_picture_and_nowhere_else(self):
        whole = report.joined("shop", "pt", [notebook()])
        report.with_pictures(whole, "Segmentação de clientes: shop")
        page = whole.cells[0].outputs[0].data["text/html"]
        self.assertIn("<p>decisão</p><div>plot</div><table>", page)
        self.assertIn("Segmentação de clientes: shop", page)
        rest = [cell.source for cell in whole.cells[2:]]
        self.assertFalse(any("executive(" in source or "A página" in source for source in rest), rest)
        self.assertIn("## Quem são?", rest)

    def test_what_was_skipped_is_not_discussed(self):
        skipped = new_output("stream", text="skipped: this data has no cancellation or return\n")
        whole = report.joined("shop", "en", [new_notebook(cells=[
            new_markdown_cell("# 1 Explore"),
            new_code_cell("show(&returns)", outputs=[skipped]),
            new_code_cell("returned", outputs=[skipped]),
            new_markdown_cell("A return is booked in its month."),
            new_markdown_cell("## How large are purchases?"),
            new_code_cell("show(&weekdays)", outputs=[shown("<div>plot</div>")]),
            new_code_cell("show(&hours)", outputs=[skipped]),
            new_markdown_cell("The weekday says when a campaign reaches customers."),
            new_code_cell("countries", outputs=[skipped]),
            new_markdown_cell("One country.\n\n## What comes back?"),
        ])])
        texts = [cell.source for cell in whole.cells if cell.cell_type == "markdown"]
        self.assertNotIn("A return is booked in its month.", texts)
        for kept in ("## How large are purchases?", "The weekday says when a campaign reaches customers.",
                     "One country.\n\n## What comes back?"):
            self.assertIn(kept, texts)

    def test_the_checks_write_the_report_in_portuguese_alone_too(self):
        checks = (check.NOTEBOOKS.parent / ".ci" / "run").read_text()
        self.assertRegex(checks, r"report\.py --executed ")
        self.assertRegex(checks, r"\n\s+REPORT_LANG=pt \S+ notebooks/tools/report\.py\n")

    def test_what_was_run_before_must_be_every_notebook(self):
        with tempfile.TemporaryDirectory() as folder:
            names = [path.name for path in sorted(check.NOTEBOOKS.glob("[0-9]*.ipynb"))]
            for name in names[1:]:
                nbformat.write(notebook(), Path(folder) / name)
            with self.assertRaisesRegex(SystemExit, "does not hold every notebook"):
                report.executed(Path(folder))
            nbformat.write(notebook(), Path(folder) / names[0])
            self.assertEqual(len(report.executed(Path(folder))), len(names))


if __name__ == "__main__":
    unittest.main()
