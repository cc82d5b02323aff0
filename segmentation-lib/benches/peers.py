#!/usr/bin/env python3
"""Ours against the peers in turn, in one run on one machine; writes RESULTS.md and growth.svg.

    peers.py [--rounds 5] [--only WORDS] [--lock FILE]

Makes a Python environment with requirements.txt and builds the release programs, both under the target
directory. Every piece of work is a process of its own that times the work alone (not the start, the
imports and the reading of the matrix), ours and the peer's one after the other, round after round; what
stands in the table are medians. Peak memory is that of the whole process. `--only` runs the rows whose
name holds one of the words and keeps what is known of the others; `--lock` holds a lock file while a row
runs. Needs only Python's standard library itself, so that its own memory stays out of the measurement.
"""

import argparse
import contextlib
import fcntl
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")).resolve()
WORK = TARGET / "peers"
PYTHON = WORK / "venv/bin/python"
KNOWN = WORK / "measured.json"

SMALL, LARGE, HUNDRED = "blobs-23570-4-5", "blobs-1000000-5-6", "blobs-100000-4-5"
WIDE = "wide-1000000-5-6"
REAL = "cdnow"

# name, matrix, k, ours, peers: name, work, the ratio that is aimed at
ROWS = [
    ("k-means, 1,000,000 × 5, k 6, 10 starts", LARGE, 6, "kmeans", [
        ("scikit-learn", "kmeans-sklearn", 6), ("scikit-learn-intelex", "kmeans-intelex", 2.5),
        ("faiss-cpu", "kmeans-faiss", None)]),
    ("k-means, 1,000,000 × 5, k 6, 10 starts, clusters twice as wide", WIDE, 6, "kmeans", [
        ("scikit-learn", "kmeans-sklearn", 6), ("scikit-learn-intelex", "kmeans-intelex", 2.5)]),
    ("k-means, 23,570 × 4, k 5, 10 starts", SMALL, 5, "kmeans", [
        ("scikit-learn", "kmeans-sklearn", 7), ("scikit-learn-intelex", "kmeans-intelex", 2),
        ("faiss-cpu", "kmeans-faiss", None), ("linfa-clustering", "rust:kmeans-linfa", None),
        ("clusteraudiencekit, 1 start", "kmeans-audiencekit", None)]),
    ("k-means, CDNOW 23,570 × 4, k 5, 10 starts", REAL, 5, "kmeans", [
        ("scikit-learn", "kmeans-sklearn", 7), ("scikit-learn-intelex", "kmeans-intelex", 2)]),
    ("silhouette per customer, 23,570 × 4", SMALL, 5, "silhouette", [
        ("scikit-learn", "silhouette-sklearn", 25)]),
    ("silhouette per customer, CDNOW 23,570 × 4", REAL, 5, "silhouette", [
        ("scikit-learn", "silhouette-sklearn", 25)]),
    ("Ward tree, 23,570 × 4", SMALL, 1, "ward", [
        ("fastcluster", "ward-fastcluster", 5), ("scikit-learn", "ward-sklearn", 90)]),
    ("Ward tree, CDNOW 23,570 × 4", REAL, 1, "ward", [
        ("fastcluster", "ward-fastcluster", 5), ("scikit-learn", "ward-sklearn", 90)]),
    ("Ward tree, 100,000 × 4", HUNDRED, 1, "ward", [("fastcluster", "ward-fastcluster", 5)]),
    ("single linkage, 23,570 × 4", SMALL, 1, "single", [
        ("fastcluster", "single-fastcluster", None), ("genieclust", "single-genieclust", None)]),
    ("average linkage, 10,000 × 4", "blobs-10000-4-5", 1, "average", [
        ("fastcluster", "average-fastcluster", None)]),
    ("complete linkage, 10,000 × 4", "blobs-10000-4-5", 1, "complete", [
        ("fastcluster", "complete-fastcluster", None)]),
]
PIPELINE = "whole pipeline: CSV of 541,909 rows, RFM, k-means and Ward for k = 2…10, 18 silhouettes"
WARD_ONCE = "Ward tree, 1,000,000 × 4, once"
GROWTH = {
    "kmeans": ("k-means, k 5, 10 starts", [10, 20, 40, 80, 160]),
    "ward": ("Ward", [10, 20, 40, 80, 160]),
    "single": ("single linkage", [10, 20, 40, 80, 160]),
    "silhouette": ("silhouette, exact", [10, 20, 40, 80, 160]),
    "silhouette-estimate": ("silhouette, 10,000 sampled", [10, 20, 40, 80, 160]),
    # Half a square matrix: 160k rows would need 102 GB.
    "average": ("average linkage", [5, 10, 20]),
    "complete": ("complete linkage", [5, 10, 20]),
}
NAMES = [PIPELINE, *(row[0] for row in ROWS), WARD_ONCE, "growth", "limits"]


def run(command):
    """The JSON line a process prints, with its peak memory in MB."""
    process = subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} failed with {process.returncode}")
    return json.loads(output.splitlines()[-1]) | {"megabytes": usage.ru_maxrss / 1024}


def built(bench, features):
    """The program of a bench, built for release."""
    out = subprocess.run(
        ["cargo", "bench", "--locked", "-p", "segmentation-lib", *features, "--bench", bench, "--no-run",
         "--message-format", "json"],
        check=True, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    messages = [json.loads(line) for line in out.stdout.splitlines()]
    return next(m["executable"] for m in messages if m.get("executable") and m["target"]["name"] == bench)


def refuse_calls(program):
    """Outside a function with the vector features each vector instruction is a call, several times slower:
    nothing but the symbols tells."""
    try:
        symbols = subprocess.run(["nm", "-C", program], check=True, stdout=subprocess.PIPE, text=True).stdout
    except FileNotFoundError:
        return print("skipped: whether every vector instruction is inlined (no nm; it is in binutils)")
    calls = sorted({line.split(" ", 2)[2] for line in symbols.splitlines() if "::_mm" in line})
    if calls:
        sys.exit(f"vector instructions that are calls, so a kernel was not inlined: {', '.join(calls)}")


def environment(python, requirements):
    """Makes the environment of this Python where it is not there."""
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", python.parents[1]], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", HERE / requirements], check=True)


def prepare(pipeline):
    environment(PYTHON, "requirements.txt")
    # The engine alone is built without data frames, which is a matter of a minute.
    programs = {"engine": built("engine", ["--no-default-features", "--features", "engine"])}
    refuse_calls(programs["engine"])
    if pipeline:
        programs["pipeline"] = built("pipeline", ["--features", "cli"])
    return programs


def matrix(name):
    """Path, rows and columns; made once."""
    path = WORK / f"{name}.f64"
    note = path.with_suffix(".json")
    if not note.exists():
        shape = run([PYTHON, HERE / "peer_work.py", "make", name, path])
        note.write_text(json.dumps(shape))
    shape = json.loads(note.read_text())
    return [path, shape["rows"], shape["columns"]]


def command(programs, work, of, k, out=None):
    own = work.startswith("rust:")
    program = [programs["engine"], work[5:]] if own else [PYTHON, HERE / "peer_work.py", work]
    return [*program, *matrix(of), k, *([out] if out else [])]


def summary(runs):
    return {
        "seconds": statistics.median(r["seconds"] for r in runs),
        "fastest": min(r["seconds"] for r in runs),
        "slowest": max(r["seconds"] for r in runs),
        "megabytes": max(r["megabytes"] for r in runs),
        "result": runs[-1].get("result"),
        "last": runs[-1],
    }


def measure_row(programs, row, rounds):
    name, of, k, work, peers = row
    outputs = {"ours": WORK / "ours.f64"} | {peer: WORK / f"peer{i}.f64" for i, (peer, _, _) in enumerate(peers)}
    runs = {who: [] for who in outputs}
    # The peers' ratios are to the runs of ours just before them.
    pairs = {peer: [] for peer, _, _ in peers}
    for _ in range(rounds):
        for peer, peer_work, _ in peers:
            own = run(command(programs, "rust:" + work, of, k, outputs["ours"]))
            other = run(command(programs, peer_work, of, k, outputs[peer]))
            runs["ours"].append(own)
            runs[peer].append(other)
            pairs[peer].append(other["seconds"] / own["seconds"])
    measured = {who: summary(r) for who, r in runs.items()}
    for peer, _, _ in peers:
        measured[peer]["ratio"] = statistics.median(pairs[peer])
        measured[peer]["equal"] = run([PYTHON, HERE / "peer_work.py", "compare", outputs["ours"], outputs[peer]])
    return measured


def online_retail():
    csv = WORK / "OnlineRetail.csv"
    if not csv.exists():
        run([PYTHON, HERE / "peer_work.py", "csv", ROOT / "data/online-retail/OnlineRetail.parquet", csv])
    return csv


def measure_pipeline(programs, rounds):
    csv = online_retail()
    ours, peer = [], []
    for _ in range(rounds):
        ours.append(run([programs["pipeline"], csv]))
        peer.append(run([PYTHON, HERE / "peer_work.py", "pipeline", csv]))
    measured = {"ours": summary(ours), "pandas + scikit-learn": summary(peer)}
    measured["pandas + scikit-learn"]["ratio"] = statistics.median(
        p["seconds"] / o["seconds"] for o, p in zip(ours, peer))
    return measured


def measure_growth(programs, rounds):
    return {
        work: {str(n): summary([run(command(programs, "rust:" + work, f"blobs-{n}000-4-5", 5)) for _ in range(rounds)])
               for n in sizes}
        for work, (_, sizes) in GROWTH.items()
    }


def refuse_unknown(words, names=NAMES):
    """A word that no row holds would measure nothing."""
    for word in words:
        if not any(word in name for name in names):
            sys.exit(f"no row's name holds {word!r}; the rows are:\n  " + "\n  ".join(names))


@contextlib.contextmanager
def held(path):
    if path is None:
        yield
        return
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--only", nargs="+", default=[], metavar="WORD")
    arguments.add_argument("--lock", type=Path)
    arguments = arguments.parse_args()
    refuse_unknown(arguments.only)
    WORK.mkdir(parents=True, exist_ok=True)
    wanted = lambda name: not arguments.only or any(word in name for word in arguments.only)
    with held(arguments.lock):
        programs = prepare(wanted(PIPELINE))
    known = json.loads(KNOWN.read_text()) if KNOWN.exists() else {}
    jobs = {PIPELINE: lambda: measure_pipeline(programs, arguments.rounds)}
    jobs |= {row[0]: lambda row=row: measure_row(programs, row, arguments.rounds) for row in ROWS}
    jobs[WARD_ONCE] = lambda: {"ours": summary([run(command(programs, "rust:ward", "blobs-1000000-4-5", 1))])}
    jobs["growth"] = lambda: measure_growth(programs, min(3, arguments.rounds))
    jobs["limits"] = lambda: run([programs["engine"], "limits", "-", "0", "0", "0"])
    for name, job in jobs.items():
        if not wanted(name):
            continue
        for of in {row[1] for row in ROWS if row[0] == name}:
            matrix(of)
        with held(arguments.lock):
            load = os.getloadavg()[0]
            measured = job()
        if measured is not None:
            known[name] = {"load": load, "rounds": arguments.rounds, "measured": measured}
            KNOWN.write_text(json.dumps(known))
            print(name, "done", flush=True)
    subprocess.run([PYTHON, HERE / "results.py", KNOWN, HERE], check=True)


if __name__ == "__main__":
    main()
