"""Runs the notebooks in a real Jupyter kernel and judges what they printed.

A panic or an error returned by `?` leaves a cell "ok" in this kernel, so a notebook passes only when
no cell failed, nothing but build progress went to stderr, the last cell printed its closing line, and
the figures it printed are those recorded in figures/<data set>/<notebook>.json.

    .venv/bin/python notebooks/tools/check.py                 Online Retail, whose outputs are committed
    .venv/bin/python notebooks/tools/check.py --dataset cdnow
    .venv/bin/python notebooks/tools/check.py --update        record figures, outputs and pictures
    .venv/bin/python notebooks/tools/check.py --executed DIR  keep what was run, for report.py
"""
import argparse
import atexit
import json
import math
import os
import statistics
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.client import CellExecutionComplete
from nbclient.util import ensure_async
from nbformat.v4 import new_code_cell

import pictures

TOOLS = Path(__file__).resolve().parent
NOTEBOOKS = TOOLS.parent
BUILD_PROGRESS = ("Compiling ", "Downloading ", "Downloaded ", "Locking ", "Adding ", "Updating ", "Blocking ")
CLOSING = "notebook finished"
END = "end of this stream"
WORKING = "… "  # heads a line of progress
TOLERANCE = 1e-6
BROKEN_OFF = (RuntimeError, TimeoutError)  # a kernel that does not start, dies, or says nothing for too long
BUNDLED = "online-retail"  # the default set, whose outputs are committed


class PatientClient(NotebookClient):
    """Keeps what arrives late: the kernel calls a cell finished while lines of it, an error's above all,
    are still on their way, and the plain client drops what comes after that. Runs nothing once a
    cell's failure has arrived: what the cell should have left is missing from all that follow."""

    def __init__(self, notebook, **options):
        super().__init__(notebook, **options)
        self.asked = {}

    async def async_execute_cell(self, cell, cell_index, **options):
        if END not in cell.source and any(failures(self.nb)):
            return cell
        return await super().async_execute_cell(cell, cell_index, **options)

    async def _async_poll_output_msg(self, request, cell, index):
        self.asked[request] = (cell, index)
        finished = False
        while not (finished and all_arrived(cell)):
            message = await ensure_async(self.kc.iopub_channel.get_msg(timeout=None))
            owner = self.asked.get(message["parent_header"].get("msg_id"))
            if owner is None:
                continue
            try:
                self.process_message(message, *owner)
            except CellExecutionComplete:
                finished |= owner[0] is cell


def all_arrived(cell):
    """Whether the lines of a cell are there. Each stream keeps its order, so that the mark of the cell
    after the last tells it for the whole notebook; a cell before it need not be waited for."""
    ended = {o.name for o in cell.outputs if o.output_type == "stream" and END in o.text}
    failed = any(o.output_type == "error" for o in cell.outputs)
    return END not in cell.source or failed or ended == {"stdout", "stderr"}


def execute(notebook, environment, patience=3600):
    """The notebook with its outputs, run in the folder of the notebooks up to the first cell that fails.
    A cell that takes longer than `patience` seconds breaks the run off."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    notebook.cells.append(new_code_cell(f'println!("{END}");\neprintln!("{END}");'))
    client = PatientClient(notebook, timeout=patience, iopub_timeout=300, raise_on_iopub_timeout=True,
                           kernel_name="rust", allow_errors=True, resources={"metadata": {"path": str(NOTEBOOKS)}})
    try:
        client.execute(env={**os.environ, **environment})
    except BROKEN_OFF:
        # The client would clean up once more when Python ends, and fail at it.
        atexit.unregister(client._cleanup_kernel)
        raise
    # What came late from the last cells may stand in the one added here.
    added = notebook.cells.pop()
    last = [cell for cell in notebook.cells if cell.cell_type == "code"][-1]
    for output in added.outputs:
        if output.output_type == "stream":
            output.text = "".join(line for line in output.text.splitlines(True) if END not in line)
    last.outputs.extend(o for o in added.outputs if o.get("text") != "")
    return notebook


def printed(notebook, stream):
    """Pairs of cell number and line of what cells wrote to a stream."""
    for number, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and output.name == stream:
                yield from ((number, line) for line in output.text.splitlines())


def figures(notebook):
    """The figures that the last cell printed, or None."""
    lines = [line for _, line in printed(notebook, "stdout") if line.startswith("figures: ")]
    return json.loads(lines[-1].removeprefix("figures: ")) if lines else None


def failures(notebook):
    """A line on every error of a cell, whether it failed or only printed."""
    for number, cell in enumerate(notebook.cells):
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                yield f"cell {number} failed: {output.ename}: {output.evalue}"
    for number, line in printed(notebook, "stderr"):
        if line.strip() and not line.strip().startswith(BUILD_PROGRESS):
            yield f"cell {number} wrote to stderr: {line}"


def problems(notebook, expected):
    """Everything that keeps a run notebook from passing, one line each."""
    yield from failures(notebook)
    if not any(line == CLOSING for _, line in printed(notebook, "stdout")):
        yield f"the closing line {CLOSING!r} is missing: a cell stopped early"
    yield from differences(figures(notebook), expected)


def differences(found, expected):
    """Lines on figures that differ from those recorded by more than a relative 1e-6."""
    if found is None:
        yield "no figures were printed"
        return
    if expected is None:
        return
    for name in sorted(found.keys() | expected.keys()):
        a, b = found.get(name), expected.get(name)
        if a is None or b is None or not math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=1e-9):
            yield f"figure {name!r} is {a}, recorded is {b}"


def pace(notebook):
    """How long a reader waits: for the first result, and for the median of the cells after it."""
    times = []
    for cell in notebook.cells:
        moments = cell.metadata.get("execution", {})
        begin, end = moments.get("iopub.status.busy"), moments.get("shell.execute_reply")
        if begin and end:
            times.append((datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds())
    if len(times) < 3:
        return "too few cells to say how long they take"
    return f"first result after {times[0] + times[1]:.0f} s, then {statistics.median(times[2:]):.1f} s a cell"


def settle(notebook):
    """What differs from run to run or machine to machine, taken out."""
    count = 0
    notebook.metadata = {
        "kernelspec": {"display_name": "Rust", "language": "rust", "name": "rust"},
        "language_info": {"file_extension": ".rs", "mimetype": "text/rust", "name": "Rust"},
    }
    for cell in notebook.cells:
        cell.metadata = {}
        if cell.cell_type != "code":
            continue
        count += 1
        cell.execution_count = count
        cell.outputs = [o for o in cell.outputs if not (o.output_type == "stream" and o.name == "stderr")]
        cell.outputs = without_progress(cell.outputs)
        for output in cell.outputs:
            if "execution_count" in output:
                output.execution_count = count
    return notebook


def without_progress(outputs):
    """Lines of progress, which depend on the machine's speed, taken out; what was printed in pieces joined."""
    kept = []
    for output in outputs:
        if output.output_type == "stream":
            lines = [line for line in output.text.splitlines(keepends=True) if not line.startswith(WORKING)]
            output.text = "".join(lines)
            if not output.text:
                continue
            if kept and kept[-1].output_type == "stream" and kept[-1].name == output.name:
                kept[-1].text += output.text
                continue
        kept.append(output)
    return kept


def record_figures(notebook, path):
    """Writes what later runs are compared with."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(figures(notebook), indent=1, sort_keys=True) + "\n")


def record_outputs(notebook, path):
    """Writes the notebook with its outputs and pictures."""
    settle(notebook)
    pictures.add(notebook)
    text = nbformat.writes(notebook) + "\n"
    if str(Path.home()) in text or str(NOTEBOOKS.parent) in text:
        raise SystemExit(f"{path.name}: its outputs hold a path of this machine")
    if len(text) > 2_000_000:
        raise SystemExit(f"{path.name}: {len(text)} bytes; thin out its plots to stay under 2,000,000")
    path.write_text(text)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("notebooks", nargs="*", type=Path, help="by default all")
    arguments.add_argument("--dataset", default=BUNDLED, help="a data set of the catalogue (default: online-retail)")
    arguments.add_argument("--update", action="store_true", help="record figures; with online-retail outputs too")
    arguments.add_argument("--executed", type=Path, metavar="DIR", help="keep the notebooks with their outputs there")
    options = arguments.parse_args()
    failed = False
    with tempfile.TemporaryDirectory(prefix="notebooks-") as store:
        environment = {"DATASET": options.dataset, "STORE": f"{store}/store", "REPORT_LANG": "both"}
        for path in options.notebooks or sorted(NOTEBOOKS.glob("*.ipynb")):
            started = time.monotonic()
            figures_path = TOOLS / "figures" / options.dataset / f"{path.stem}.json"
            try:
                notebook = execute(nbformat.read(path, 4), environment)
            except BROKEN_OFF as error:
                print(f"{path.stem}: the run broke off: {error}")
                failed = True
                continue
            known = json.loads(figures_path.read_text()) if figures_path.exists() else None
            found = list(problems(notebook, None if options.update else known))
            if known is None and not options.update:
                found.append(f"no recorded figures for {options.dataset} (--update records them)")
            print(f"{path.stem} ({options.dataset}): {'FAILED' if found else 'ok'}, "
                  f"{time.monotonic() - started:.0f} s ({pace(notebook)})", flush=True)
            for problem in found:
                print(f"  {problem}")
            failed |= bool(found)
            if options.update and not found:
                record_figures(notebook, figures_path)
                if options.dataset == BUNDLED:
                    record_outputs(notebook, path)
            if options.executed:
                options.executed.mkdir(parents=True, exist_ok=True)
                nbformat.write(settle(notebook), options.executed / path.name)
    sys.exit(failed)


if __name__ == "__main__":
    main()
