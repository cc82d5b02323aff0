"""JupyterLab itself, in a browser, without network: a notebook runs and its plots are drawn.

    .venv/bin/python notebooks/test_lab.py --screenshot lab.png
"""
import argparse
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

import browser

HERE = Path(__file__).resolve().parent
TRIAL = HERE / "lab-trial.ipynb"  # beside the others, because the kernel finds the library by a relative path
CELLS = [
    ':dep segmentation-lib = { path = "../segmentation-lib", features = ["analysis"] }\n'
    "use segmentation_lib::notebook::*;",
    'let files = data_files("cdnow")?;\nlet transactions = read(&files, &ReadOptions::default(), &progress())?;',
    "let months: DataFrame = explore::sales_by_month(transactions.frame())?;\nmonths",
    'show(&plots::revenue_by_month(&months, "USD")?);',
    "show(&plots::cohort_retention(&explore::cohorts(transactions.frame())?));",
    'finish(&[("months", months.height() as f64)]);',
]
PATIENCE = 200  # seconds for all cells; 45 in all on two quiet processors
STARTED = "[...document.querySelectorAll('.jp-InputPrompt')].some(p => /[*0-9]/.test(p.innerText))"
PLOTS = "[...document.querySelectorAll('.jp-OutputArea .plot-container')]"


def start_lab():
    """JupyterLab on a free port; its process and address."""
    environment = {**os.environ, "DATASET": "cdnow"}
    environment.pop("INPUT", None)
    lab = subprocess.Popen(
        [str(Path(sys.executable).parent / "jupyter"), "lab", "--no-browser", "--allow-root", "--port=0",
         "--ip=127.0.0.1", "--LabApp.expose_app_in_browser=True", f"--ServerApp.root_dir={HERE}",
         "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.news_url="],
        cwd=HERE, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        start_new_session=True)
    log = []
    for line in lab.stderr:
        log.append(line)
        found = re.search(r"(http://127\.0\.0\.1:\d+)/lab\?token=(\w+)", line)
        if found:
            # Read on: a server whose log nobody takes stops at a full pipe.
            threading.Thread(target=lab.stderr.read, daemon=True).start()
            return lab, found[1], found[2]
    sys.exit("JupyterLab ended before it served:\n" + "".join(log[-10:]))


def run(page, address, token):
    """Opens the trial notebook, runs all cells, and waits for what they show."""
    page.call("Page.navigate", url=f"{address}/lab/tree/{TRIAL.name}?token={token}&reset")
    page.wait("window.jupyterapp && document.querySelector('.jp-Notebook') !== null", 120, "the notebook opens")
    page.wait("document.querySelector('.jp-Notebook-ExecutionIndicator[data-status=idle]') !== null", 180,
              "the Rust kernel starts")
    start_cells(page)
    page.run("document.querySelector('.jp-WindowedPanel-outer').scrollTo(0, 1e9)")
    page.wait("document.body.innerText.includes('notebook finished')", PATIENCE, "the last cell runs")
    page.wait(f"{PLOTS}.length > 1", 60, "the plots are drawn")


def start_cells(page):
    """Runs all cells. The command does nothing where the page is not ready for it, and nothing tells when it
    is, so that it is given again until a cell has begun."""
    for _ in range(12):
        # Not awaited: the promise is kept only when every cell has run.
        page.run("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
        try:
            return page.wait(STARTED, 5, "a cell begins")
        except TimeoutError:
            continue
    raise TimeoutError("no cell begins, however often they are told to")


def found(page):
    """Everything that is not as it should be, one line each."""
    plots = page.run(f"{PLOTS}.map(p => [p.querySelectorAll('path, image').length,"
                     " p.getBoundingClientRect().height])")
    for number, (paths, height) in enumerate(plots):
        if paths < 10 or height < 200:
            yield f"plot {number} is not drawn: {paths} shapes, {height} pixels high"
    if len(plots) != 2:
        yield f"{len(plots)} plots are drawn, not 2"
    if page.run("document.querySelectorAll('.jp-OutputArea-output table tbody tr').length") < 10:
        yield "the table of months is not shown"
    for text in page.run("[...document.querySelectorAll('[data-mime-type=\"application/vnd.jupyter.stderr\"]')]"
                         ".map(e => e.innerText)"):
        lines = [line for line in text.splitlines() if line.strip() and not line.strip().startswith("Compiling")]
        if lines:
            yield f"a cell wrote to stderr: {lines[0]}"
    for url in page.foreign():
        yield f"the page asked another host: {url}"


def tried(screenshot):
    """What was found wrong. At times the page takes the command to run and no request reaches the kernel, so
    that there are three tries; None where none came to its end."""
    for number in range(1, 4):
        try:
            return attempt(screenshot)
        except TimeoutError as error:
            print(f"try {number}: {error}", flush=True)
    return None


def attempt(screenshot):
    """What is wrong in a JupyterLab and a browser of their own."""
    lab, address, token = start_lab()
    page = browser.Browser()
    try:
        run(page, address, token)
        return list(found(page))
    finally:
        if screenshot:
            page.screenshot(screenshot)
        page.close()
        os.killpg(lab.pid, signal.SIGTERM)
        try:
            lab.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(lab.pid, signal.SIGKILL)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--screenshot", type=Path, help="keep what the browser shows in this PNG")
    options = arguments.parse_args()
    if browser.program() is None:
        print("skipped: JupyterLab in a browser (no Chromium; install the package chromium)")
        return
    nbformat.write(new_notebook(cells=[new_code_cell(cell) for cell in CELLS], metadata={
        "kernelspec": {"display_name": "Rust", "language": "rust", "name": "rust"}}), TRIAL)
    try:
        wrong = tried(options.screenshot)
    finally:
        TRIAL.unlink(missing_ok=True)
    if wrong is None:
        print("skipped: JupyterLab in a browser (three times the page did not run the notebook to its end)")
        return
    if wrong:
        sys.exit("JupyterLab in a browser:\n  " + "\n  ".join(wrong))
    print("JupyterLab ran a notebook in a browser without network and drew its plots")


if __name__ == "__main__":
    main()
