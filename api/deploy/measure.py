#!/usr/bin/env python3
"""Sizes of what a release consists of, and how long a start takes: measure.py DIST [--starts 20]. Prints Markdown.

A start is timed from the process's creation to its first answer, on the bundled data: once with program and run
in the page cache, as at a restart, once read from the disk, as at the first start on a machine; in turns.
"""

import argparse
import os
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


def forget(paths):
    """Takes files out of the page cache."""
    for path in paths:
        with open(path, "rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def medians(measure, files, rounds):
    """Of each figure of the measure: with the files in the page cache, and without, in turns."""
    measure()
    warm, cold = [], []
    for _ in range(rounds):
        warm.append(measure())
        forget(files())
        cold.append(measure())
    column = lambda rows: [statistics.median(values) for values in zip(*rows)]
    return list(zip(column(warm), column(cold)))


def print_machine():
    cpu = dict(line.split(":", 1) for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines() if ":" in line)
    cpu = {key.strip(): value.strip() for key, value in cpu.items()}
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    print(f"{cpu['model name']}, {os.cpu_count()} processors, {gib:.0f} GiB; load at the beginning {os.getloadavg()[0]:.1f}.\n")


def print_sizes(dist):
    print("| file | MB |\n|---|---|")
    for path in [*sorted((dist / "bin").iterdir()), *sorted(dist.glob("customer-segmentation*"))]:
        print(f"| `{path.name}` | {path.stat().st_size / 1e6:.1f} |")


def print_starts(bin, store, rounds):
    server, paths = bin / "segmentation-api", ["/health/live", "/health/ready"]
    files = lambda *programs: lambda: [*programs, *(path for path in store.rglob("*") if path.is_file())]
    rows = dict(zip(("`segmentation-api`: answers", "`segmentation-api`: serves the run"), medians(lambda: milliseconds_to(server, store, paths), files(server), rounds)))
    for program in (server, bin / "segment"):
        (rows[f"`{program.name} --version`"],) = medians(lambda: milliseconds_of(program), files(program), rounds)
    print(f"\n| from the process's start, median of {rounds} | cached, ms | from disk, ms |\n|---|---|---|")
    for what, (warm, cold) in rows.items():
        print(f"| {what} | {warm:.1f} | {cold:.1f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dist", type=pathlib.Path)
    parser.add_argument("--starts", type=int, default=20)
    options = parser.parse_args()
    print_machine()
    print_sizes(options.dist)
    with tempfile.TemporaryDirectory() as store:
        command = [options.dist / "bin/segment", "run", "--dataset", "cdnow", "--data", ROOT / "data", "--store", store]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        print_starts(options.dist / "bin", pathlib.Path(store), options.starts)


if __name__ == "__main__":
    main()
