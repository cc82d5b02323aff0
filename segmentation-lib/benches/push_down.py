#!/usr/bin/env python3
"""Generated purchases cleaned and summed by a Spark Connect server (`--push-down`), against the same SQL by hand; writes PUSH-DOWN.md.

    push_down.py --programs DIR [--rows 10000000] [--rounds 3] [--page FILE]

Sail from PyPI serves on loopback (see tests/spark.sh). By hand the texts of `segment sql` are run one after the other through
`segment-spark`, which writes what each gives to Parquet. `make cluster` builds the programs in DIR. Only Python's standard
library itself.
"""

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from cluster import Run, free_port, wait
from page import machine, seconds, table
from peers import HERE

SAIL = Path(os.environ.get("SEGMENT_TOOLS", Path.home() / ".cache/customer-segmentation/tools")) / "sail-0.7.2/bin/sail"
VIEW = "CREATE OR REPLACE TEMPORARY VIEW {} AS\n"


class Sail:
    """The server, with its workers as threads of one process."""

    def __init__(self, work):
        port = free_port()
        self.url = f"sc://127.0.0.1:{port}"
        with open(work / "sail.log", "wb") as log:
            command = [SAIL, "spark", "server", "--port", str(port)]
            self.process = subprocess.Popen(command, env=os.environ | {"SAIL_MODE": "local-cluster"}, stdout=log, stderr=log)
        wait("Sail", lambda: listening(port))

    def stop(self):
        self.process.kill()
        self.process.wait()


def listening(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def by_hand(programs, work, url, texts):
    """The seconds that the queries take, each with the views as named queries before it."""
    judged, kept = (text.removesuffix("\n").removesuffix(";") for text in
                    texts["views"].removeprefix(VIEW.format("judged")).split(";\n\n" + VIEW.format("transactions")))
    start = time.perf_counter()
    for name in "features", "ledger", "gaps", "earlier":
        into = tempfile.mkdtemp(dir=work)
        query = f"WITH judged AS (\n{judged}\n), transactions AS (\n{kept}\n) SELECT * FROM (\n{texts[name]}\n) AS asked"
        subprocess.run([programs / "segment-spark", "fetch", url, "--into", into], input=query, text=True, check=True, stdout=subprocess.DEVNULL)
        shutil.rmtree(into)
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--programs", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--page", type=Path, default=HERE / "PUSH-DOWN.md")
    arguments = parser.parse_args()
    programs = arguments.programs.resolve()
    work = Path(tempfile.mkdtemp(prefix="segment-push-down-"))
    path, sail = work / "sales.parquet", None
    try:
        subprocess.run([programs / "examples/generate", str(arguments.rows), path], check=True)
        sail = Sail(work)
        query = f"SELECT * FROM parquet.`{path}`"
        asked = ["--input", sail.url, "--query", query]
        rows = Run(programs, work, asked).watch()
        reference = rows.said["manifest"]["reference_date"]
        command = [programs / "segment", "sql", "--dialect", "spark", *asked, "--reference-date", reference, "--json"]
        environment = os.environ | {"SEGMENT_SPARK": str(programs / "segment-spark")}
        texts = json.loads(subprocess.run(command, check=True, capture_output=True, env=environment).stdout)
        pushed, hand = [], []
        for _ in range(arguments.rounds):
            # Each round finds a server that holds nothing of the one before.
            sail.stop()
            sail = Sail(work)
            asked = ["--input", sail.url, "--query", query]
            pushed.append(Run(programs, work, [*asked, "--push-down"]).watch())
            hand.append(by_hand(programs, work, sail.url, texts))
            print(f"pushed down {pushed[-1].said['stage_seconds']['read']:.1f} s, by hand {hand[-1]:.1f} s", flush=True)
    finally:
        if sail:
            sail.stop()
        shutil.rmtree(work, ignore_errors=True)
    for run in pushed:
        assert run.said["manifest"]["ledger"] == rows.said["manifest"]["ledger"]
        assert run.said["manifest"]["naming"] == rows.said["manifest"]["naming"]
    arguments.page.write_text(page(rows, pushed, hand, arguments))
    print(arguments.page.read_text())


def page(rows, pushed, hand, arguments):
    read = lambda run: run.said["stage_seconds"]["read"]
    ratio = statistics.median(read(run) / by_hand for run, by_hand in zip(pushed, hand))
    middle = sorted(pushed, key=read)[len(pushed) // 2]
    megabytes = lambda run, name: f"{run.peaks[name]:.0f} MB" if name in run.peaks else ""
    line = lambda name, run: [name, seconds(read(run)), seconds(run.seconds), megabytes(run, "segment"), megabytes(run, "segment-spark")]
    head = ["", "until the customers are there", "whole run with 5 segments", "memory of segment", "memory of segment-spark"]
    lines = [["the same four queries by hand", seconds(statistics.median(hand)), "", "", ""],
             line("`segment run --push-down`", middle), line("`segment run`, which has the rows come", rows)]
    return f"""# Cleaned and summed where the table is

Written by `make cluster` (`push_down.py`); nothing here is typed by hand. {arguments.rows:,} generated lines of
{rows.said["manifest"]["customers"]:,} customers on Sail, a Spark Connect server, which shares the machine's processors;
{arguments.rounds} rounds in turn, medians. By hand the texts of `segment sql` are run one after the other through
`segment-spark`.

Machine: {machine()}; load {os.getloadavg()[0]:.0f} at the end. Programs of cargo's profile `{arguments.programs.name}`.

{table(head, lines)}

`--push-down` takes {ratio:.2f} times what the queries take by hand. Its ledger, its names and the look-back are those of the run on
the rows.
"""


if __name__ == "__main__":
    main()
