"""Static pictures of a notebook's plots, for readers that cannot draw plotly: GitHub, VS Code, mail.

Each plot is drawn by the plotly.js that the Python package ships, in Chromium without a window.
"""
import base64
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

PLOTLY = "application/vnd.plotly.v1+json"
WIDTH, HEIGHT = 900, 480


def chromium():
    """The browser's program, or an end with the way out."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if shutil.which(name):
            return name
    sys.exit("pictures: Chromium is missing: install the package `chromium`")


def plotly_js():
    """The text of plotly.js."""
    import plotly
    return (Path(plotly.__file__).parent / "package_data" / "plotly.min.js").read_text()


def draw(figure, folder):
    """The figure as PNG bytes."""
    data = json.dumps(figure).replace("</", "<\\/")
    page = f"""<!doctype html><meta charset="utf-8"><body style="margin:0">
<div id="plot" style="width:{WIDTH}px;height:{HEIGHT}px"></div><script src="plotly.js"></script>
<script>const f={data};
Plotly.newPlot("plot", f.data, Object.assign(f.layout, {{width:{WIDTH},height:{HEIGHT}}}), {{staticPlot:true}});</script>"""
    (folder / "plot.html").write_text(page)
    picture = folder / "plot.png"
    picture.unlink(missing_ok=True)
    run = subprocess.run(
        [chromium(), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
         "--allow-file-access-from-files", f"--window-size={WIDTH},{HEIGHT}", "--virtual-time-budget=10000",
         f"--user-data-dir={folder}/profile", f"--screenshot={picture}", (folder / "plot.html").as_uri()],
        capture_output=True, text=True, timeout=120)
    if not picture.exists():
        sys.exit(f"pictures: Chromium drew nothing: {run.stderr[-500:]}")
    return picture.read_bytes()


def add(notebook):
    """Puts a PNG beside every plotly output."""
    with tempfile.TemporaryDirectory(prefix="pictures-") as name:
        folder = Path(name)
        (folder / "plotly.js").write_text(plotly_js())
        for cell in notebook.cells:
            for output in cell.get("outputs", []):
                if PLOTLY in output.get("data", {}):
                    png = draw(output.data[PLOTLY], folder)
                    output.data["image/png"] = base64.b64encode(png).decode()
