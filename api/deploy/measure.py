#!/usr/bin/env python3
"""Sizes of what a release consists of, and how long a cold start takes. Prints Markdown.

    measure.py DIST [--beside DIR] [--starts 20]

A start is timed from the process's creation to its first answer, on the bundled data, in turns with the
programs of DIR where that is given (those of `make build`, say), so that the ratio is of one run.
"""

import argparse
import pathlib
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def answers(url):
    try:
        return urllib.request.urlopen(url).status == 200
    except OSError:
        return False


def milliseconds_to(program, store, paths):
    """Milliseconds from the start of a server until it answers each of the paths with 200, in order."""
    port = free_port()
    begun = time.perf_counter()
    server = subprocess.Popen([program, "--store", store, "--bind", f"127.0.0.1:{port}", "--poll-ms", "10"], stderr=subprocess.DEVNULL)
    try:
        times = []
        for path in paths:
            while not answers(f"http://127.0.0.1:{port}{path}"):
                assert server.poll() is None, f"{program} ended"
                time.sleep(0.0005)
            times.append(1000 * (time.perf_counter() - begun))
        return times
    finally:
        server.terminate()
        server.wait()


def milliseconds_of(program):
    begun = time.perf_counter()
    subprocess.run([program, "--version"], check=True, stdout=subprocess.DEVNULL)
    return [1000 * (time.perf_counter() - begun)]


def in_turns(measures, rounds):
    """The median of each figure of each measure, the measures taking turns."""
    taken = [[] for _ in measures]
    for _ in range(rounds):
        for measure, values in zip(measures, taken):
            values.append(measure())
    return [[statistics.median(column) for column in zip(*values)] for values in taken]


def print_sizes(dist):
    print("| file | MB |\n|---|---|")
    for path in [*sorted((dist / "bin").iterdir()), *sorted(dist.glob("customer-segmentation*"))]:
        print(f"| `{path.name}` | {path.stat().st_size / 1e6:.1f} |")


def print_starts(programs, store, rounds):
    paths = ["/health/live", "/health/ready"]
    server = lambda dir: (lambda: milliseconds_to(dir / "segmentation-api", store, paths))
    version = lambda dir, name: (lambda: milliseconds_of(dir / name))
    rows = dict(zip(("`segmentation-api`: first answer", "`segmentation-api`: serves the run"), zip(*in_turns([server(d) for d in programs], rounds))))
    for name in ("segmentation-api", "segment"):
        rows[f"`{name} --version`"] = [median for (median,) in in_turns([version(d, name) for d in programs], rounds)]
    beside = len(programs) > 1
    print(f"\n| from the process's start, median of {rounds} | ms |" + (" beside, ms | ratio |" if beside else ""))
    print("|---|---|" + ("---|---|" if beside else ""))
    for what, (own, *other) in rows.items():
        print(f"| {what} | {own:.1f} |" + "".join(f" {o:.1f} | {own / o:.2f} |" for o in other))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dist", type=pathlib.Path)
    parser.add_argument("--beside", type=pathlib.Path)
    parser.add_argument("--starts", type=int, default=20)
    options = parser.parse_args()
    print_sizes(options.dist)
    with tempfile.TemporaryDirectory() as store:
        command = [options.dist / "bin/segment", "run", "--dataset", "cdnow", "--data", ROOT / "data", "--store", store]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        programs = [options.dist / "bin", *([options.beside] if options.beside else [])]
        print_starts(programs, store, options.starts)


if __name__ == "__main__":
    main()
