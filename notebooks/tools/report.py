"""Runs the notebooks and writes them as one HTML file and one PDF that ask no other host for anything.

    .venv/bin/python notebooks/tools/report.py --dataset online-retail --out report

Readers see text, tables and pictures; a button shows the code.
"""
import argparse
import base64
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
@media print {
  #show-code, .modebar { display: none !important }
  .plot, tr { break-inside: avoid }
  h2 { break-after: avoid }
  .notebook { break-before: page }
  table { font-size: 9px !important }
}
</style>"""
BUTTON = ('<button id="show-code" onclick="document.body.classList.toggle(\'without-code\');'
          'window.dispatchEvent(new Event(\'resize\'))">code</button>')
PLOT = """<div class="plot" id="plot{number}" style="height:{height}px"></div>
<script>{{const f={figure};f.layout.autosize=true;delete f.layout.width;
Plotly.newPlot("plot{number}",f.data,f.layout,{{responsive:true,displaylogo:false}});}}</script>"""


def run(dataset):
    """All notebooks on a data set, checked."""
    notebooks = []
    with tempfile.TemporaryDirectory(prefix="report-") as store:
        for path in sorted(check.NOTEBOOKS.glob("[0-9]*.ipynb")):
            print(f"report: running {path.stem}", flush=True)
            try:
                notebook = check.execute(nbformat.read(path, 4), {"DATASET": dataset, "STORE": f"{store}/store"})
            except check.BROKEN_OFF as error:
                sys.exit(f"report: the run of {path.name} broke off: {error}")
            found = list(check.problems(notebook, None))
            if found:
                sys.exit("\n".join([f"report: {path.name} failed", *found]))
            notebooks.append(check.settle(notebook))
    return notebooks


def contents(dataset, notebooks):
    """The first page: what this is and where to find what."""
    lines = [f"# Customer segmentation: {dataset}", "",
             "Made by running the project's notebooks; every figure is computed from the data named above.", ""]
    for number, notebook in enumerate(notebooks, 1):
        title = notebook.cells[0].source.splitlines()[0].removeprefix("# ")
        lines.append(f"- [{title}](#notebook{number})")
    return new_markdown_cell("\n".join(lines))


def joined(dataset, notebooks):
    """One notebook of all, each beginning on a page of its own."""
    whole = nbformat.from_dict({**notebooks[0], "cells": [contents(dataset, notebooks)]})
    for number, notebook in enumerate(notebooks, 1):
        anchor = new_markdown_cell(f'<div id="notebook{number}" class="notebook"></div>')
        # What the set-up says is the same in every notebook; the last cell is for the check.
        whole.cells += [anchor, *(c for c in notebook.cells if not about_the_run(c))]
    for number, cell in enumerate(whole.cells):
        cell["id"] = f"cell-{number:03}"
    return whole


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


def html(notebook, title):
    """One page with everything in it."""
    exporter = HTMLExporter(template_name="lab")
    notebook.metadata["title"] = title
    page, _ = exporter.from_notebook_node(notebook, {"metadata": {"name": title}})
    page = without_hosts(page)
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
    arguments.add_argument("--out", type=Path, default=check.NOTEBOOKS.parent / "report")
    options = arguments.parse_args()
    pictures.chromium()
    notebook = joined(options.dataset, run(options.dataset))
    plots = draw_live(notebook)
    options.out.mkdir(parents=True, exist_ok=True)
    target = options.out / f"{options.dataset}.html"
    target.write_text(html(notebook, f"Customer segmentation: {options.dataset}"))
    pdf = target.with_suffix(".pdf")
    print_pdf(target, pdf, plots)
    for file in (target, pdf):
        print(f"report: {os.path.relpath(file)}, {file.stat().st_size / 1e6:.1f} MB, {plots} plots")


if __name__ == "__main__":
    main()
