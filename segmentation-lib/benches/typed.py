#!/usr/bin/env python3
"""Typed purchases, from a Parquet file to the ledger and the features, against DuckDB and Polars; writes TYPED.md.

    typed.py [--rounds 3] [--rows 10000000 ...]

Makes a Python environment with requirements-typed.txt, builds `segment` and the example `generate`, and makes the
files, all under the target directory. The peers run the rules that the made-up data needs (one CASE), the same
features.sql, and nothing else: no recognition of columns, no examples, no warnings, no checksum of the file, no days
between purchases. Ours is what a run prints for its stages `read` and `features`. All three must agree on the rows and
pennies kept and on the customers; each side's quietest round counts. Needs only Python's standard library itself.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from page import machine, seconds, table
from peers import HERE, ROOT, TARGET, WORK, environment, run

PYTHON = WORK / "venv-typed/bin/python"
FEATURES = HERE.parent / "src/features.sql"
AIM = 1.2
NO_PRODUCTS = ("POST", "DOT", "C2", "CRUK", "PADS", "BANK CHARGES", "AMAZONFEE", "ADJUST", "ADJUST2", "GIFT", "B", "D", "M", "S")
PENNIES = {
    "duckdb": "CAST(ROUND(CAST(Quantity AS DECIMAL(18, 0)) * CAST(UnitPrice AS DECIMAL(18, 4)), 2) * 100 AS BIGINT)",
    # Polars rounds decimals half to even: whole numbers instead.
    "polars": "CAST(ROUND(CAST(ROUND(UnitPrice * 10000) AS BIGINT) * CAST(Quantity AS BIGINT) / 100.0) AS BIGINT)",
}


def judged(peer):
    return f"""
    SELECT CAST(CustomerID AS VARCHAR) AS customer_id, InvoiceNo AS purchase_id, InvoiceDate AS purchased_at,
      StockCode AS product, Country AS country, CAST(Quantity AS BIGINT) AS quantity, {PENNIES[peer]} AS amount_pennies,
      (Quantity < 0 OR InvoiceNo LIKE 'C%' AND Quantity <= 0) AS is_return,
      CASE
        WHEN InvoiceDate IS NULL THEN 2
        WHEN Quantity IS NULL OR UnitPrice IS NULL THEN 3
        WHEN CustomerID IS NULL THEN 4
        WHEN UPPER(StockCode) IN {NO_PRODUCTS} THEN 11
        WHEN Quantity <= 0 AND Quantity * UnitPrice >= 0 THEN 13
        WHEN UnitPrice <= 0 THEN 14
        ELSE 18
      END AS rule
    FROM source"""


LEDGER = "SELECT customer_id, rule, COUNT(*) AS lines, SUM(amount_pennies) AS pennies FROM judged GROUP BY customer_id, rule"


def duckdb(path):
    import duckdb

    base = duckdb.connect()
    start = time.perf_counter()
    base.execute(f"CREATE VIEW source AS SELECT * FROM read_parquet('{path}')")
    base.execute(f"CREATE VIEW judged AS {judged('duckdb')}")
    base.execute("CREATE VIEW transactions AS SELECT * FROM judged WHERE rule = 18")
    base.execute(f"CREATE TABLE ledger AS {LEDGER}")
    base.execute(f"CREATE TABLE features AS {FEATURES.read_text()}")
    spent = time.perf_counter() - start
    rows, pennies = base.execute("SELECT SUM(lines), SUM(pennies) FROM ledger WHERE rule = 18").fetchone()
    return spent, int(rows), int(pennies), base.execute("SELECT COUNT(*) FROM features").fetchone()[0]


def polars(path):
    import polars as pl

    start = time.perf_counter()
    frame = pl.SQLContext(source=pl.scan_parquet(path)).execute(judged("polars"))
    ledger = pl.SQLContext(judged=frame).execute(LEDGER).collect(engine="streaming")
    kept = frame.filter(pl.col("rule") == 18)
    features = pl.SQLContext(transactions=kept).execute(FEATURES.read_text()).collect(engine="streaming")
    spent = time.perf_counter() - start
    kept = ledger.filter(pl.col("rule") == 18)
    return spent, kept["lines"].sum(), kept["pennies"].sum(), features.height


def ours(path):
    with tempfile.TemporaryDirectory(dir=WORK) as store:
        command = [TARGET / "release/segment", "run", "--dry-run", "--input", path, "--store", Path(store) / "store"]
        process = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT)
    stages = dict(re.findall(r"([a-z][a-z -]*) ([0-9.]+) s", re.search(r"^Time: (.*)$", process.stdout, re.M)[1]))
    kept = re.search(r"│ kept +([0-9,]+) +│? *([0-9,]+) +│? *([0-9,.]+) │", process.stdout)
    whole = [int(re.sub(r"[,.]", "", figure)) for figure in kept.groups()]
    read, features = (float(stages[name]) for name in ["read", "features"])
    return {"seconds": read + features, "read": read, "features": features, "found": [whole[0], whole[2], whole[1]]}


def made(rows):
    path = WORK / f"typed-{rows}.parquet"
    if not path.exists():
        command = ["cargo", "run", "--locked", "--release", "-q", "-p", "segmentation-lib", "--features", "cli", "--example", "generate"]
        subprocess.run([*command, "--", str(rows), str(path)], check=True, cwd=ROOT)
    return path


def measure(rows, rounds):
    path, found = made(rows), {"ours": [], "DuckDB": [], "Polars": []}
    for _ in range(rounds):
        found["ours"].append(ours(path))
        for name in ["DuckDB", "Polars"]:
            found[name].append(run([PYTHON, HERE / "typed.py", "--peer", name.lower(), path]))
    results = {tuple(each["found"]) for side in found.values() for each in side}
    if len(results) != 1:
        sys.exit(f"the sides do not agree on rows, pennies and customers: {results}")
    return {name: min(side, key=lambda each: each["seconds"]) for name, side in found.items()}, results.pop()


def line(rows, best, found):
    peer = min(best["DuckDB"]["seconds"], best["Polars"]["seconds"])
    ratio = best["ours"]["seconds"] / peer
    ours = best["ours"]
    return [
        f"{rows:,} lines, {found[2]:,} customers",
        f"{seconds(ours['seconds'])} (read {seconds(ours['read'])}, features {seconds(ours['features'])})",
        *(f"{seconds(best[name]['seconds'])}, {best[name]['megabytes']:.0f} MB" for name in ["DuckDB", "Polars"]),
        f"**{ratio:.2f} ×**, {AIM} × {'met' if ratio <= AIM else 'missed'}",
    ]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--rows", type=int, nargs="+", default=[10_000_000])
    arguments.add_argument("--peer", nargs=2, metavar=("NAME", "FILE"), help=argparse.SUPPRESS)
    arguments = arguments.parse_args()
    if arguments.peer:
        spent, *found = {"duckdb": duckdb, "polars": polars}[arguments.peer[0]](arguments.peer[1])
        return print(json.dumps({"seconds": spent, "found": found}))
    WORK.mkdir(parents=True, exist_ok=True)
    environment(PYTHON, "requirements-typed.txt")
    subprocess.run(["cargo", "build", "--locked", "--release", "-q", "-p", "segmentation-lib", "--features", "cli", "--bin", "segment"],
                   check=True, cwd=ROOT)
    lines = [line(rows, *measure(rows, arguments.rounds)) for rows in arguments.rows]
    (HERE / "TYPED.md").write_text("\n\n".join([
        "# Typed purchases, from Parquet to ledger and features",
        "Written by `make bench` (`typed.py`); nothing here is typed by hand. The peers run one CASE of rules and the same "
        "features.sql; ours also recognises the columns, keeps an example of each rule, takes the file's checksum and counts "
        f"the days between purchases. Each side's quietest of {arguments.rounds} rounds in turn, by the clock.",
        f"Machine: {machine()}.",
        table(["data", "ours", "DuckDB", "Polars", "ours over the faster peer"], lines),
    ]) + "\n")
    print((HERE / "TYPED.md").read_text())


if __name__ == "__main__":
    main()
