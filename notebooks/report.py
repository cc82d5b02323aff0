"""Runs the notebooks and writes them as one HTML file and one PDF that ask no other host for anything.

    .venv/bin/python notebooks/report.py --dataset cdnow --out report
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
from nbconvert import HTMLExporter
from nbformat.v4 import new_output

import check
import pictures

STYLE = "<style>@media print { .jp-InputArea, .plot { break-inside: avoid } }</style>"
PLOT = """<div class="plot" id="plot{number}" style="max-width:960px;height:480px"></div>
<script>{{const f={figure};f.layout.autosize=true;delete f.layout.width;
Plotly.newPlot("plot{number}",f.data,f.layout,{{responsive:true,displaylogo:false}});}}</script>"""


def run(dataset):
    """All notebooks on a data set as one, checked."""
    whole = None
    with tempfile.TemporaryDirectory(prefix="report-") as store:
        for path in sorted(check.HERE.glob("[0-9]*.ipynb")):
            print(f"report: running {path.stem}", flush=True)
            notebook = check.execute(path, {"DATASET": dataset, "STORE": f"{store}/store"})
            found = list(check.problems(notebook, None))
            if found:
                sys.exit("\n".join([f"report: {path.name} failed", *found]))
            check.settle(notebook)
            if whole is None:
                whole = notebook
            else:
                whole.cells += notebook.cells
    return whole


def draw_live(notebook):
    """Plotly outputs become scripts that call the one plotly.js of the page."""
    number = 0
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if pictures.PLOTLY in output.get("data", {}):
                number += 1
                figure = json.dumps(output.data[pictures.PLOTLY]).replace("</", "<\\/")
                output.data = new_output("display_data", {
                    "text/html": PLOT.format(number=number, figure=figure)}).data
    return number


def html(notebook, title):
    """One page with everything in it."""
    exporter = HTMLExporter(template_name="lab")
    notebook.metadata["title"] = title
    page, _ = exporter.from_notebook_node(notebook, {"metadata": {"name": title}})
    return page


def without_hosts(page):
    """Drops the template's loaders of require.js, MathJax and mermaid: the notebooks use none of them."""
    page = re.sub(r'<script[^>]+src="https?://[^"]*"[^>]*>\s*</script>', "", page)
    loader = r'<script[^>]*>(?:(?!</script>).)*(?:MathJax|mermaid)(?:(?!</script>).)*</script>'
    page = re.sub(loader, "", page, flags=re.S)
    return re.sub(r'<link[^>]+href="https?://[^"]*"[^>]*>', "", page)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--dataset", default=check.BUNDLED)
    arguments.add_argument("--out", type=Path, default=check.HERE.parent / "report")
    options = arguments.parse_args()
    browser = pictures.chromium()
    notebook = run(options.dataset)
    plots = draw_live(notebook)
    page = without_hosts(html(notebook, f"Customer segmentation: {options.dataset}"))
    page = page.replace("</head>", f"<script>{pictures.plotly_js()}</script>{STYLE}</head>", 1)
    options.out.mkdir(parents=True, exist_ok=True)
    target = options.out / f"{options.dataset}.html"
    target.write_text(page)
    pdf = target.with_suffix(".pdf")
    with tempfile.TemporaryDirectory(prefix="report-") as profile:
        subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}",
                        "--virtual-time-budget=60000", "--no-pdf-header-footer", f"--print-to-pdf={pdf}",
                        target.resolve().as_uri()], check=True, capture_output=True, timeout=300)
    for file in (target, pdf):
        print(f"report: {os.path.relpath(file)}, {file.stat().st_size / 1e6:.1f} MB, {plots} plots")


if __name__ == "__main__":
    main()
