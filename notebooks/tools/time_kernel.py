"""How long a reader waits for the Rust kernel: until the first result, and for a cell after it.

Runs a notebook's cells in a real kernel, one after the other, with the settings of kernel/
or with others tried on top. Wall time is what a reader waits; the processor time of the kernel and of all
it starts tells settings apart on a busy machine (Linux only).

    .venv/bin/python notebooks/tools/time_kernel.py                        01-explore, on the bundled data
    .venv/bin/python notebooks/tools/time_kernel.py --try ":preserve_vars_on_panic 0" --runs 3
    .venv/bin/python notebooks/tools/time_kernel.py --env MALLOC_ARENA_MAX=1 --each
"""
import argparse
import os
import statistics
import sys
import time
from pathlib import Path

import nbformat
from jupyter_client.manager import KernelManager

from check import BUNDLED, NOTEBOOKS

PROC = Path("/proc")
PATIENCE = 1200  # seconds for one cell; the first builds the library


def statistics_of(process):
    """Parent, and seconds of processor time with those of children that ended; None where it ended itself."""
    try:
        fields = (PROC / process / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return fields[1], sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def processor_time(root):
    """Seconds of processor time that a process and all its descendants have used."""
    if not PROC.is_dir():
        return float("nan")
    known = {p.name: statistics_of(p.name) for p in PROC.iterdir() if p.name.isdigit()}
    known = {process: found for process, found in known.items() if found}
    family, total = {str(root)}, 0.0
    while True:
        more = {process for process, (parent, _) in known.items() if parent in family} - family
        if not more:
            break
        family |= more
    for process in family & known.keys():
        total += known[process][1]
    return total


def run(cells, settings, environment):
    """Seconds of wall and processor time of the start and of each cell; those of the settings are the start's."""
    began = time.monotonic()
    manager = KernelManager(kernel_name="rust")
    manager.start_kernel(cwd=str(NOTEBOOKS), env={**os.environ, **environment}, stdout=sys.stderr)
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=PATIENCE)
        process, times, used = manager.provisioner.pid, [], 0.0
        for number, cell in enumerate(["\n".join(settings), *cells]):
            reply = client.execute(cell, reply=True, timeout=PATIENCE)["content"]
            if reply["status"] != "ok":
                sys.exit(f"cell {number - 1} failed: {reply.get('evalue')}\n{cell}")
            now, total = time.monotonic(), processor_time(process)
            times.append((now - began, total - used))
            began, used = now, total
        return times
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def tell(first, first_used, rest, rest_used):
    print(f"first result {first:5.1f} s (processor {first_used:5.1f} s), "
          f"a cell {rest:4.2f} s (processor {rest_used:4.2f} s)", flush=True)


def report(times, each, cells):
    """One line: start and first result together, and the median of the cells after them."""
    if each:
        for (wall, used), cell in zip(times, ["(start)", *cells]):
            print(f"  {wall:6.2f} s, processor {used:6.2f} s: {cell.splitlines()[-1][:90]}")
    first = [sum(part) for part in zip(*times[:3])]
    rest = [statistics.median(part) for part in zip(*times[3:])]
    tell(*first, *rest)
    return first + rest


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("notebook", nargs="?", type=Path, default=NOTEBOOKS / "01-explore.ipynb")
    arguments.add_argument("--try", dest="settings", action="append", default=[], metavar="COMMAND",
                           help="a command of evcxr to run before the first cell; may be repeated")
    arguments.add_argument("--env", action="append", default=[], metavar="NAME=VALUE",
                           help="set for the kernel; may be repeated")
    arguments.add_argument("--cells", type=int, default=20, help="how many cells at most (default: 20)")
    arguments.add_argument("--runs", type=int, default=1, help="how often (default: 1)")
    arguments.add_argument("--each", action="store_true", help="print every cell's times")
    options = arguments.parse_args()
    cells = [c.source for c in nbformat.read(options.notebook, 4).cells if c.cell_type == "code"][:options.cells]
    if len(cells) < 3:
        sys.exit(f"{options.notebook.name}: three cells of code at least are needed to time them")
    environment = {"DATASET": BUNDLED, **dict(pair.split("=", 1) for pair in options.env)}
    runs = [report(run(cells, options.settings, environment), options.each, cells) for _ in range(options.runs)]
    if len(runs) > 1:
        print("median of the runs:")
        tell(*(statistics.median(part) for part in zip(*runs)))


if __name__ == "__main__":
    main()
