#!/usr/bin/env python3
"""How time and memory of a whole run grow with lines and with customers; writes GROWTH.md and growth-runs.svg.

    growth.py [--lines 1000000 3000000 10000000 30000000 100000000] [--customers 100000 1000000 10000000] [--programs DIR]

From lines: the example `generate` writes purchases to Parquet, and `segment run` goes from that file to the published
store, with everything that it does by default. From customers: a table of features made up with numpy goes through
`segment run --customers` to the published store, which `segmentation-api` then loads. Single runs, one after the
other, each a process of its own. The figures, the table and the plot are made with requirements.txt; the program
itself needs only Python's standard library.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from page import exponent, machine, seconds, table
from peers import HERE, PYTHON, ROOT, TARGET, WORK, environment

LINES = [1_000_000, 3_000_000, 10_000_000, 30_000_000, 100_000_000]
CUSTOMERS = [100_000, 1_000_000, 10_000_000]
STAGES = ["read", "features", "cluster", "publish"]


def features(n, path):
    """Customers with exponential rates and dropout, gamma spending: seeded, in blocks that the memory does not feel."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    rng, day, end, writer = np.random.default_rng(1), 86_400_000_000, 1_325_376_000_000_000, None
    for start in range(0, n, 1_000_000):
        m = min(1_000_000, n - start)
        tenure = rng.uniform(20, 730, m)
        alive = np.minimum(tenure, rng.exponential(400, m))
        frequency = 1 + rng.poisson(rng.gamma(0.5, 0.02, m) * alive)
        last = np.where(frequency == 1, 0, alive * rng.uniform(0, 1, m) ** (1 / frequency))
        pennies = np.round(frequency * rng.gamma(3, 1500, m) * 20 / (1 + rng.gamma(6, 3, m))).astype("int64") + 100
        moments = [pa.array(np.round(end - (tenure - after) * day).astype("int64"), pa.timestamp("us")) for after in (0, last)]
        lines = frequency * rng.integers(1, 12, m)
        ids = pa.array([f"C{number:08}" for number in range(start, start + m)])
        whole = lambda values: pa.array(np.asarray(values, "int64"))
        block = pa.table({
            "customer_id": ids, "first_purchase": moments[0], "last_purchase": moments[1], "first_transaction": moments[0],
            "last_transaction": moments[1], "frequency": whole(frequency), "lines": whole(lines), "return_lines": whole(np.zeros(m)),
            "units": whole(lines * 3), "net_pennies": whole(pennies), "purchased_pennies": whole(pennies),
            "products": whole(np.maximum(1, lines // 2)),
        })
        writer = writer or pq.ParquetWriter(path, block.schema, compression="zstd")
        writer.write_table(block)
    writer.close()


def segment(programs, store, *arguments):
    """One run from its input to the published store: seconds, megabytes, the seconds of its stages, customers."""
    command = [programs / "segment", "run", *arguments, "--store", store, "--json", "--quiet"]
    begun = time.perf_counter()
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, text=True)
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{' '.join(map(str, command))} failed")
    said = json.loads(said)
    return {"seconds": time.perf_counter() - begun, "megabytes": usage.ru_maxrss / 1024,
            "stages": said["stage_seconds"], "customers": said["manifest"]["customers"]}


def served(programs, store):
    """What the server says when it has loaded the run."""
    log = Path(store).with_suffix(".log")
    with open(log, "w") as out:
        server = subprocess.Popen([programs / "segmentation-api", "--store", store, "--bind", "127.0.0.1:0", "--log", "json"], stderr=out)
    try:
        while True:
            for line in log.read_text().splitlines():
                fields = json.loads(line).get("fields", {})
                if fields.get("message") == "serving":
                    return {"loaded": fields["seconds"], "bytes": fields["bytes"] / fields["customers"]}
            if server.poll() is not None:
                sys.exit(f"segmentation-api ended: {log.read_text()}")
            time.sleep(0.2)
    finally:
        server.kill()
        server.wait()


def from_lines(programs, rows):
    path = WORK / f"typed-{rows}.parquet"
    if not path.exists():
        subprocess.run([programs / "examples/generate", str(rows), path], check=True)
    with tempfile.TemporaryDirectory(dir=WORK) as directory:
        measured = segment(programs, Path(directory) / "store", "--input", path)
    if rows > 20_000_000:
        path.unlink()
    return measured


def from_customers(programs, n):
    with tempfile.TemporaryDirectory(dir=WORK) as directory:
        path, store = Path(directory) / "customers.parquet", Path(directory) / "store"
        subprocess.run([PYTHON, HERE / "growth.py", "--make", str(n), path], check=True)
        measured = segment(programs, store, "--customers", path)
        return measured | served(programs, store)


def plot(known, path):
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "growth"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(9, 3.6))
    for axis, (unit, title) in zip(axes, [("seconds", "Seconds"), ("megabytes", "Megabytes at most")]):
        for what in "lines", "customers":
            points = [(int(n), each[unit]) for n, each in known[what].items()]
            axis.loglog(*zip(*points), "o-", ms=4, label=f"from {what}: n^{exponent(points):.2f}")
        axis.set(xlabel="lines, or customers", title=title)
        axis.grid(alpha=0.3)
        axis.legend(fontsize=8, frameon=False)
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


def page(known):
    stages = lambda each: [seconds(each["stages"][name]) if name in each["stages"] else "–" for name in STAGES]
    whole = lambda each: [seconds(each["seconds"]), f"{each['megabytes']:,.0f} MB"]
    of = lambda what, unit: exponent([(int(n), each[unit]) for n, each in known[what].items()])
    slopes = lambda what: ["exponent", f"{of(what, 'seconds'):.2f}", f"{of(what, 'megabytes'):.2f}"]
    lines = [[f"{int(n):,} lines, {each['customers']:,} customers", *whole(each), *stages(each)] for n, each in known["lines"].items()]
    tables = [[f"{int(n):,} customers", *whole(each), *stages(each), seconds(each["loaded"]), f"{each['bytes']:.1f}"]
              for n, each in known["customers"].items()]
    return "\n\n".join([
        "# How a run grows",
        "Written by `make bench` (`growth.py`); nothing here is typed by hand. Single runs with everything that a run does by "
        "default. Exponents are slopes of least-squares lines through the logarithms.",
        f"Machine: {machine()}.",
        "## From purchases in Parquet to the published store",
        table(["", "seconds", "memory at most", *STAGES], [*lines, slopes("lines") + [""] * len(STAGES)]),
        "## From a table of features to the published store, and into the server",
        table(["", "seconds", "memory at most", *STAGES, "loaded by the server in", "bytes a customer served"],
              [*tables, slopes("customers") + [""] * (len(STAGES) + 2)]),
        "![Seconds and megabytes over lines and customers](growth-runs.svg)",
    ]) + "\n"


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--lines", type=int, nargs="+", default=LINES)
    arguments.add_argument("--customers", type=int, nargs="+", default=CUSTOMERS)
    arguments.add_argument("--programs", type=Path, default=TARGET / "release")
    arguments.add_argument("--make", nargs=2, metavar=("N", "FILE"), help=argparse.SUPPRESS)
    arguments.add_argument("--plot", help=argparse.SUPPRESS)
    arguments = arguments.parse_args()
    if arguments.make:
        return features(int(arguments.make[0]), arguments.make[1])
    if arguments.plot:
        return plot(json.loads(Path(arguments.plot).read_text()), HERE / "growth-runs.svg")
    WORK.mkdir(parents=True, exist_ok=True)
    environment(PYTHON, "requirements.txt")
    if arguments.programs == TARGET / "release":
        command = ["cargo", "build", "--locked", "--release", "-q", "-p", "segmentation-lib", "--features", "cli"]
        subprocess.run([*command, "--bin", "segment", "--example", "generate"], check=True, cwd=ROOT)
        subprocess.run(["cargo", "build", "--locked", "--release", "-q", "-p", "api", "--bins"], check=True, cwd=ROOT)
    file = WORK / "growth-runs.json"
    known = json.loads(file.read_text()) if file.exists() else {"lines": {}, "customers": {}}
    for what, sizes, job in [("customers", arguments.customers, from_customers), ("lines", arguments.lines, from_lines)]:
        for n in sizes:
            known[what][str(n)] = job(arguments.programs.resolve(), n)
            known[what] = dict(sorted(known[what].items(), key=lambda item: int(item[0])))
            file.write_text(json.dumps(known))
            print(what, n, known[what][str(n)], flush=True)
    subprocess.run([PYTHON, HERE / "growth.py", "--plot", file], check=True)
    (HERE / "GROWTH.md").write_text(page(known))
    print((HERE / "GROWTH.md").read_text())


if __name__ == "__main__":
    main()
