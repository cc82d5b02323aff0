"""JupyterLab itself, in a browser, without network: a notebook runs and its plots are drawn.

    .venv/bin/python notebooks/tools/test_lab.py --screenshot lab.png
"""
import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

import browser

NOTEBOOKS = Path(__file__).resolve().parent.parent
TRIAL = NOTEBOOKS / "lab-trial.ipynb"  # beside the others, because the kernel finds the kit by a relative path
CELLS = [
    ':dep notebook-kit = { path = "kit" }\nuse notebook_kit::*;',
    'let files = data_files("online-retail")?;\nlet transactions = read(&files, &ReadOptions::default(), &progress())?;',
    "let months: DataFrame = explore::sales_by_month(transactions.frame())?;\nmonths",
    'show(&plots::revenue_by_month(&months, "GBP")?);',
    "show(&plots::cohort_retention(&explore::cohorts(transactions.frame())?));",
    'finish(&[("months", months.height() as f64)]);',
]
PATIENCE = 300  # seconds for all cells; 45 in all on two quiet processors
PLOTS = "[...document.querySelectorAll('.jp-OutputArea .plot-container')]"


# What the page knows of the trial notebook, for the test and for whoever reads why it failed.
STATE = """(() => {
  const panel = window.trial, kernel = panel?.sessionContext?.session?.kernel;
  return {page: document.readyState, opened: !!panel,
          active: panel?.content?.activeCellIndex, kernel: kernel?.status, connection: kernel?.connectionStatus,
          queued: kernel?._pendingMessages?.length, ended: window.ended,
          dialogs: [...document.querySelectorAll('.jp-Dialog')].map(d => d.innerText),
          prompts: panel?.content?.widgets?.map(cell => cell.inputArea.promptNode.innerText)};
})()"""
OPEN = f"""(async () => {{
  const app = window.jupyterapp;
  await app.restored;
  const panel = await app.commands.execute('docmanager:open', {{path: '{TRIAL.name}'}});
  await panel.context.ready;
  await panel.sessionContext.ready;
  app.shell.activateById(panel.id);
  window.trial = panel;
}})()"""
READY = f"""(state => state.opened && state.active >= 0 && state.kernel === 'idle'
  && state.connection === 'connected' && state.queued === 0)({STATE})"""
RUN = """window.jupyterapp.commands.execute('notebook:run-all-cells')
  .then(well => window.ended = well ? 'well' : 'not well', error => window.ended = String(error))"""


def start_lab(folder):
    """JupyterLab on a free port, with settings and workspaces in a folder of its own; process, address, token."""
    environment = {**os.environ, "DATASET": "online-retail", "JUPYTER_CONFIG_DIR": folder, "JUPYTER_RUNTIME_DIR": folder,
                   "JUPYTERLAB_SETTINGS_DIR": f"{folder}/settings",
                   "JUPYTERLAB_WORKSPACES_DIR": f"{folder}/workspaces"}
    environment.pop("INPUT", None)
    # By default the page takes cells out of sight off the page, and their plots with them.
    settings = Path(folder, "settings", "@jupyterlab", "notebook-extension", "tracker.jupyterlab-settings")
    settings.parent.mkdir(parents=True)
    settings.write_text('{"windowingMode": "none"}')
    log = open(f"{folder}/log", "w")
    lab = subprocess.Popen(
        [str(Path(sys.executable).parent / "jupyter"), "lab", "--no-browser", "--allow-root", "--port=0",
         "--ip=127.0.0.1", "--LabApp.expose_app_in_browser=True", f"--ServerApp.root_dir={NOTEBOOKS}",
         "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.news_url="],
        cwd=NOTEBOOKS, env=environment, stdout=subprocess.DEVNULL, stderr=log, start_new_session=True)
    while lab.poll() is None:
        served = re.search(r"(http://127\.0\.0\.1:\d+)/lab\?token=(\w+)", Path(log.name).read_text())
        if served:
            return lab, served[1], served[2]
        time.sleep(0.1)
    sys.exit("JupyterLab ended before it served:\n" + last_lines(log.name))


def last_lines(log):
    return "\n".join(Path(log).read_text().splitlines()[-15:])


def run(page, address, token):
    """Opens the trial notebook, runs all cells, and waits for what they show. Each step waits for what the
    page's own objects say of the step before."""
    page.call("Page.navigate", url=f"{address}/lab?token={token}")
    page.wait("window.jupyterapp !== undefined", 120, "JupyterLab loads")
    page.run(f"void {OPEN}.catch(error => window.ended = String(error))")
    page.wait(READY, 180, "the notebook is open and its kernel idle")
    page.run(f"void {RUN}")
    page.wait("window.ended !== undefined", PATIENCE, "all cells run")
    page.wait("document.body.innerText.includes('notebook finished')", 30, "the last cell's output is shown")
    page.wait(f"{PLOTS}.length > 1", 60, "the plots are drawn")
    page.run(f"{PLOTS}[0].scrollIntoView()")


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


def attempt(screenshot):
    """What is wrong in a JupyterLab and a browser of their own."""
    with tempfile.TemporaryDirectory(prefix="test-lab-", ignore_cleanup_errors=True) as folder:
        lab, address, token = start_lab(folder)
        try:
            return looked_at(address, token, screenshot, f"{folder}/log")
        finally:
            os.killpg(lab.pid, signal.SIGTERM)
            try:
                lab.wait(timeout=30)
            except subprocess.TimeoutExpired:
                os.killpg(lab.pid, signal.SIGKILL)


def looked_at(address, token, screenshot, log):
    """What is wrong in a browser of its own."""
    page = browser.Browser()
    try:
        run(page, address, token)
        return list(found(page))
    except TimeoutError as error:
        return [str(error), f"the page: {page.run(STATE)}", f"the server:\n{last_lines(log)}"]
    finally:
        if screenshot:
            page.screenshot(screenshot)
        page.close()


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
        wrong = attempt(options.screenshot)
    finally:
        TRIAL.unlink(missing_ok=True)
    if wrong:
        sys.exit("JupyterLab in a browser:\n  " + "\n  ".join(wrong))
    print("JupyterLab ran a notebook in a browser without network and drew its plots")


if __name__ == "__main__":
    main()
