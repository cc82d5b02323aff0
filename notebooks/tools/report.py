"""Runs the notebooks and writes them as one HTML file and one PDF that ask no other host for anything.

    .venv/bin/python notebooks/tools/report.py --dataset online-retail --out report
    REPORT_LANG=pt .venv/bin/python notebooks/tools/report.py
    .venv/bin/python notebooks/tools/report.py --executed DIR    what check.py --executed DIR kept, not run again

The executive page is the first, with its picture; in Portuguese, then in English, unless REPORT_LANG names one.
Readers see text, tables and pictures; a button shows the code.
"""
import argparse
import base64
import hashlib
import json
import os
import re
import sys
import tempfile
from pathlib import Path

import nbformat
from nbconvert import HTMLExporter
from nbformat.v4 import new_markdown_cell, new_output

import browser
import check
import pictures

STYLE = """<style>
.without-code .jp-CodeCell .jp-Cell-inputWrapper { display: none }
.without-code .jp-InputPrompt, .without-code .jp-OutputPrompt, .jp-InputCollapser { display: none }
.jp-Notebook { max-width: 1020px; margin: 0 auto }
.plot { max-width: 880px }
#show-code { position: fixed; top: 12px; right: 12px; z-index: 9; padding: 4px 10px }
table { font-size: 13px }
.executive .about { color: #666; margin: 0 }
/* Sentences that a cell printed break between words. */
.jp-OutputArea-output pre { white-space: pre-wrap !important; word-break: normal !important; overflow-wrap: anywhere }
@media print {
  #show-code, .modebar { display: none !important }
  .plot, tr, .segment-card { break-inside: avoid }
  .segment-card, .segment-card li { font-size: 10px !important; line-height: 1.3 !important }
  h2 { break-after: avoid }
  .notebook { break-before: page }
  .executive { break-after: page }
  .executive li, .executive p { font-size: 13px; line-height: 1.35 }
  table { font-size: 9px !important }
  .executive table { font-size: 12px !important }
}
</style>"""
BUTTON = ('<button id="show-code" onclick="document.body.classList.toggle(\'without-code\');'
          'window.dispatchEvent(new Event(\'resize\'))">code</button>')
PLOT = """<div class="plot" id="plot{number}" style="height:{height}px"></div>
<script>{{const f={figure};f.layout.autosize=true;delete f.layout.width;
Plotly.newPlot("plot{number}",f.data,f.layout,{{responsive:true,displaylogo:false}});}}</script>"""


# What the report calls itself, by language.
TITLES = {"pt": "Segmentação de clientes", "en": "Customer segmentation",
          "both": "Segmentação de clientes · Customer segmentation"}
MADE = {"pt": "Feito pela execução dos notebooks do projeto; cada número é calculado dos dados citados acima.",
        "en": "Made by running the project's notebooks; every figure is computed from the data named above."}
MADE["both"] = f"{MADE['pt']}\n\n{MADE['en']}"
EXECUTIVE = '<section class="executive"'
SKIPPED = ("skipped: ", "omitido: ")
# The notebooks' texts in Portuguese, each under the digest of the English one.
PORTUGUESE = check.TOOLS / "portuguese"


def run(dataset, language):
    """All notebooks on a data set, checked."""
    notebooks = []
    with tempfile.TemporaryDirectory(prefix="report-") as store:
        for path in sorted(check.NOTEBOOKS.glob("[0-9]*.ipynb")):
            print(f"report: running {path.stem}", flush=True)
            try:
                notebook = check.execute(nbformat.read(path, 4), {"DATASET": dataset, "STORE": f"{store}/store",
                                                                        "REPORT_LANG": language})
            except check.BROKEN_OFF as error:
                sys.exit(f"report: the run of {path.name} broke off: {error}")
            found = list(check.problems(notebook, None))
            if found:
                sys.exit("\n".join([f"report: {path.name} failed", *found]))
            if language == "pt":
                translate(notebook, path.stem)
            notebooks.append(check.settle(notebook))
    return notebooks


def executed(folder):
    """The notebooks that check.py has run and kept."""
    paths = sorted(folder.glob("[0-9]*.ipynb"))
    if [path.name for path in paths] != [path.name for path in sorted(check.NOTEBOOKS.glob("[0-9]*.ipynb"))]:
        sys.exit(f"report: {folder} does not hold every notebook; run check.py --executed {folder} on all of them")
    return [nbformat.read(path, 4) for path in paths]


def translations(stem):
    """Portuguese texts by the first eight digits of the English one's SHA-256."""
    parts = re.split(r"^<!-- ([0-9a-f]{8}) -->\n", (PORTUGUESE / f"{stem}.md").read_text(), flags=re.M)
    return dict(zip(parts[1::2], (text.strip() for text in parts[2::2])))


def key(cell):
    """What the translation of a cell's text stands under."""
    return hashlib.sha256(cell.source.encode()).hexdigest()[:8]


def untranslated(notebook, stem):
    """The texts of the report without a Portuguese one."""
    known = translations(stem)
    return [c for c in notebook.cells if c.cell_type == "markdown" and not about_the_run(c) and key(c) not in known]


def translate(notebook, stem):
    """Puts the Portuguese texts in place of the English ones."""
    missing = untranslated(notebook, stem)
    if missing:
        sys.exit(f"report: {stem}: no Portuguese text (digest {key(missing[0])}) for: {missing[0].source[:60]}…")
    known = translations(stem)
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and not about_the_run(cell):
            cell.source = known[key(cell)]


def contents(dataset, language, notebooks):
    """What this is and where to find what."""
    lines = [f"# {TITLES[language]}: {dataset}", "", MADE[language], ""]
    for number, notebook in enumerate(notebooks, 1):
        title = notebook.cells[0].source.splitlines()[0].removeprefix("# ")
        lines.append(f"- [{title}](#notebook{number})")
    return new_markdown_cell("\n".join(lines))


def joined(dataset, language, notebooks):
    """One notebook of all, each beginning on a page of its own; before them the page for who decides."""
    pages = [cell for notebook in notebooks for cell in taken_out(notebook)]
    whole = nbformat.from_dict({**notebooks[0], "cells": [*pages, contents(dataset, language, notebooks)]})
    for number, notebook in enumerate(notebooks, 1):
        anchor = new_markdown_cell(f'<div id="notebook{number}" class="notebook"></div>')
        # What the set-up says is the same in every notebook; the last cell is for the check.
        whole.cells += [anchor, *(c for c in without_discussion(notebook.cells) if not about_the_run(c))]
    for number, cell in enumerate(whole.cells):
        cell["id"] = f"cell-{number:03}"
    return whole


def without_discussion(cells):
    """The cells without paragraphs on what all cells right above them skipped, because the data do not hold it."""
    above = []
    for cell in cells:
        if cell.cell_type == "code":
            above.append(was_skipped(cell))
            yield cell
            continue
        if not above or not all(above) or "## " in cell.source:
            yield cell
        above = []


def was_skipped(cell):
    """Whether a cell printed nothing but why it has nothing to show."""
    outputs = cell.get("outputs", [])
    return bool(outputs) and all(output.get("text", "").startswith(SKIPPED) for output in outputs)


def taken_out(notebook):
    """The cells of the executive page with their pictures, in no other place any more; with the heading above them
    goes what is not in the report's language."""
    for place, cell in enumerate(notebook.cells):
        if cell.source.startswith("## ") and calls_executive(notebook.cells[place + 1:place + 2]):
            section = notebook.cells[place:next_heading(notebook.cells, place + 1)]
            notebook.cells = [cell for cell in notebook.cells if all(cell is not taken for taken in section)]
            return [cell for cell in section[1:] if any("data" in output for output in cell.get("outputs", []))]
    return []


def calls_executive(cells):
    return any(cell.source.startswith("executive(") for cell in cells)


def next_heading(cells, start):
    """The place of the next heading from a place on."""
    return next((i for i in range(start, len(cells)) if cells[i].source.startswith("## ")), len(cells))


def with_pictures(notebook, title):
    """Puts the picture of each executive page behind its first paragraph, the decision, and the title above it."""
    cells = iter(notebook.cells)
    for cell in cells:
        for output in cell.get("outputs", []):
            page = output.get("data", {}).get("text/html", "")
            if not page.startswith(EXECUTIVE):
                continue
            picture = next(cells)
            decision = page.index("</p>") + len("</p>")
            page = page[:decision] + picture.outputs[0].data["text/html"] + page[decision:]
            output.data["text/html"] = page.replace("<h3>", f'<p class="about">{title}</p><h3>', 1)
            picture.outputs = []


def about_the_run(cell):
    """Whether a cell is about running the notebook, not about the customers."""
    return "**Parameters.**" in cell.source or "finish(&[" in cell.source


def draw_live(notebook):
    """Plotly outputs become scripts that call the one plotly.js of the page."""
    number = 0
    for number, output in enumerate(list(pictures.plots(notebook)), 1):
        plot = output.data[pictures.PLOTLY]
        figure = json.dumps(plot).replace("</", "<\\/")
        height = plot["layout"].get("height", pictures.HEIGHT)
        html = PLOT.format(number=number, figure=figure, height=height)
        output.data = new_output("display_data", {"text/html": html}).data
    return number


def html(notebook, title, language):
    """One page with everything in it."""
    exporter = HTMLExporter(template_name="lab")
    notebook.metadata["title"] = title
    page, _ = exporter.from_notebook_node(notebook, {"metadata": {"name": title}})
    page = without_hosts(page).replace('<html lang="en">', f'<html lang="{"pt-BR" if language == "pt" else "en"}">', 1)
    page = page.replace("</head>", f"<script>{pictures.plotly_js()}</script>{STYLE}</head>", 1)
    return re.sub(r"<body([^>]*)class=\"", r'<body\1class="without-code ', page, count=1).replace(
        "<main>", f"{BUTTON}<main>", 1)


def without_hosts(page):
    """Drops the template's loaders of require.js, MathJax and mermaid: the notebooks use none of them."""
    page = re.sub(r'<script[^>]+src="https?://[^"]*"[^>]*>\s*</script>', "", page)
    loader = r'<script[^>]*>(?:(?!</script>).)*(?:MathJax|mermaid)(?:(?!</script>).)*</script>'
    page = re.sub(loader, "", page, flags=re.S)
    return re.sub(r'<link[^>]+href="https?://[^"]*"[^>]*>', "", page)


def print_pdf(source, target, plots):
    """The page as the browser prints it; an error where a plot is missing or another host was asked."""
    page = browser.Browser(width=1100)
    try:
        page.call("Page.navigate", url=source.resolve().as_uri())
        drawn = "[...document.querySelectorAll('.plot')].filter(p => p.querySelector('.main-svg')).length"
        page.wait(f"{drawn} === {plots}", 120, f"{plots} plots are drawn")
        if page.foreign():
            sys.exit(f"report: {source.name} asks other hosts: {page.foreign()[0]}")
        pdf = page.call("Page.printToPDF", printBackground=True, paperWidth=8.27, paperHeight=11.69,
                        marginTop=0.5, marginBottom=0.5, marginLeft=0.4, marginRight=0.4, scale=0.72)
        target.write_bytes(base64.b64decode(pdf["data"]))
    finally:
        page.close()


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--dataset", default=check.BUNDLED)
    arguments.add_argument("--language", choices=TITLES, default=os.environ.get("REPORT_LANG", "both"))
    arguments.add_argument("--out", type=Path, default=check.NOTEBOOKS.parent / "report")
    arguments.add_argument("--executed", type=Path, metavar="DIR",
                           help="notebooks that check.py --executed DIR has run, with prose in both languages")
    options = arguments.parse_args()
    if options.executed and options.language != "both":
        sys.exit("report: what check.py has run is in both languages; leave --language and REPORT_LANG out")
    pictures.chromium()
    notebooks = executed(options.executed) if options.executed else run(options.dataset, options.language)
    title = f"{TITLES[options.language]}: {options.dataset}"
    notebook = joined(options.dataset, options.language, notebooks)
    plots = draw_live(notebook)
    with_pictures(notebook, title)
    options.out.mkdir(parents=True, exist_ok=True)
    ending = "" if options.language == "both" else f"-{options.language}"
    target = options.out / f"{options.dataset}{ending}.html"
    target.write_text(html(notebook, title, options.language))
    pdf = target.with_suffix(".pdf")
    print_pdf(target, pdf, plots)
    for file in (target, pdf):
        print(f"report: {os.path.relpath(file)}, {file.stat().st_size / 1e6:.1f} MB, {plots} plots")


if __name__ == "__main__":
    main()
