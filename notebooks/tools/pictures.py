"""Static pictures of a notebook's plots, for readers that cannot draw plotly: GitHub, VS Code, mail.

Each plot is drawn by the plotly.js that the Python package ships, in Chromium without a window.
"""
import json
import sys
import tempfile
from pathlib import Path

import browser

PLOTLY = "application/vnd.plotly.v1+json"
WIDTH, HEIGHT = 900, 480


def chromium():
    """The browser's program, or an end with the way out."""
    return browser.program() or sys.exit("pictures: Chromium is missing: install the package `chromium`")


def plotly_js():
    """The text of plotly.js."""
    import plotly
    return (Path(plotly.__file__).parent / "package_data" / "plotly.min.js").read_text()


def draw(page, figure):
    """The figure as PNG in base64."""
    height = figure["layout"].get("height", HEIGHT)
    figure = {"data": figure["data"], "layout": {**figure["layout"], "width": WIDTH, "height": height}}
    options = {"format": "png", "width": WIDTH, "height": height}
    url = page.run(f"Plotly.toImage({json.dumps(figure)}, {json.dumps(options)})")
    return url.removeprefix("data:image/png;base64,")


def plots(notebook):
    """Every output with a plot."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if PLOTLY in output.get("data", {}):
                yield output


def add(notebook):
    """Puts a PNG beside every plotly output."""
    chromium()
    with tempfile.TemporaryDirectory(prefix="pictures-") as folder:
        (Path(folder) / "plotly.js").write_text(plotly_js())
        blank = Path(folder) / "blank.html"
        blank.write_text('<!doctype html><meta charset="utf-8"><script src="plotly.js"></script>')
        page = browser.Browser()
        try:
            page.call("Page.navigate", url=blank.as_uri())
            page.wait("window.Plotly !== undefined", 60, "plotly.js is loaded")
            for output in plots(notebook):
                output.data["image/png"] = draw(page, output.data[PLOTLY])
        finally:
            page.close()
