"""The cleaning and the features of Online Retail on DuckDB, by the texts of `segment sql`, against the run in process.

    python3 segmentation-lib/tests/elsewhere.py SEGMENT_BIN

Exits with 1 where a fact does not hold.
"""

import csv
import io
import json
import pathlib
import subprocess
import sys
import tempfile

import duckdb

SEGMENT = pathlib.Path(sys.argv[1]).resolve() / "segment"
RETAIL = pathlib.Path(__file__).resolve().parents[2] / "data/online-retail/OnlineRetail.parquet"
REFERENCE = "2011-12-10"
CREATED = "2011-12-10T08:00:00Z"

checked = 0


def check(holds, what):
    global checked
    checked += 1
    if not holds:
        sys.exit(f"elsewhere.py: does not hold: {what}")


def segment(*words, code=0):
    done = subprocess.run([SEGMENT, *[str(word) for word in words], "--quiet"], capture_output=True, text=True)
    check(done.returncode == code, f"{words}: {done.returncode}, {done.stderr}")
    return done.stdout if code == 0 else done.stderr


def customers(store):
    """The features of each customer of a store's run."""
    rows = csv.DictReader(io.StringIO(segment("export", "--format", "csv", "--store", store)))
    return {row["customer_id"]: (row["recency"], row["frequency"], row["monetary"]) for row in rows}


def elsewhere(root):
    """Runs the texts on DuckDB and keeps what they give: the customers in two files, and the ledger."""
    texts = json.loads(segment("sql", "--dialect", "duckdb", "--input", RETAIL, "--reference-date", REFERENCE, "--json"))
    base = duckdb.connect()
    base.execute("SET TimeZone = 'UTC'")
    base.execute(texts["views"])
    base.execute(f"CREATE TABLE customers AS {texts['features']}")
    base.execute(f"COPY (SELECT * FROM customers WHERE customer_id < '15') TO '{root}/part-0.parquet'")
    base.execute(f"COPY (SELECT * FROM customers WHERE customer_id >= '15') TO '{root}/part-1.parquet'")
    for name in "ledger", "gaps", "earlier":
        base.execute(f"COPY ({texts[name]}) TO '{root}/{name}.parquet'")
    base.execute(f"COPY (SELECT * FROM customers UNION ALL (SELECT * FROM customers LIMIT 1)) TO '{root}/twice.parquet'")
    base.execute(f"COPY (SELECT * EXCLUDE units FROM customers) TO '{root}/lacking.parquet'")
    base.execute(f"COPY (SELECT * REPLACE (-1 AS lines) FROM customers) TO '{root}/negative.parquet'")


def main():
    with tempfile.TemporaryDirectory(prefix="segment-elsewhere-") as directory:
        root = pathlib.Path(directory)
        elsewhere(root)
        common = ["--created-at", CREATED, "--json"]
        here = json.loads(segment("run", "--input", RETAIL, *common, "--store", root / "here"))
        parts = ["--customers", root / "part-0.parquet", root / "part-1.parquet"]
        further = [word for name in ("ledger", "gaps", "earlier") for word in (f"--{name}", root / f"{name}.parquet")]
        there = json.loads(segment("run", *parts, *further, *common, "--store", root / "there"))
        check(there["manifest"]["ledger"] == here["manifest"]["ledger"], "one ledger")
        check(there["manifest"]["naming"] == here["manifest"]["naming"], f"pace and look-back: {there['manifest']['naming']}")
        check(customers(root / "there") == customers(root / "here"), "the same features of every customer")
        check(there["manifest"]["reference_date"] == here["manifest"]["reference_date"], "one reference date")
        warnings = [warning["text"]["en"] for warning in there["manifest"]["warnings"]]
        check(any("there is no forecast" in text for text in warnings), f"what is left out is said: {warnings}")
        command = segment("show", "--command", "--store", root / "there")
        check("--customers part-0.parquet --customers part-1.parquet" in command, f"the command: {command}")
        check("--ledger ledger.parquet" in command, f"the command: {command}")
        # The next night places the customers by the model, without a ledger too.
        night = json.loads(segment("run", *parts, *common, "--store", root / "there"))
        check(night["manifest"]["model"] == there["manifest"]["model"], "the model stays in force")
        warnings = [warning["text"]["en"] for warning in night["manifest"]["warnings"]]
        check(any("no ledger came" in text for text in warnings), f"a missing ledger is said: {warnings}")
        check(any("no look-back, no forecast" in text for text in warnings), f"what is left out is said: {warnings}")
        other = ["--earlier", root / "earlier.parquet", "--reference-date", "2011-12-11", "--store", root / "none"]
        error = segment("run", *parts, *other, code=3)
        check("the look-back begins at 2011-09-12" in error, f"customers of another day: {error}")
        for file, text in [("twice", "has two rows"), ("lacking", "it lacks units"), ("negative", "counts from 0 on")]:
            error = segment("run", "--customers", root / f"{file}.parquet", "--store", root / "none", code=3)
            check(text in error, f"{file}: {error}")
        error = segment("run", parts[0], parts[1], "--ledger", root / "ledger.parquet", "--store", root / "none", code=3)
        check("not of one cleaning" in error, f"a ledger of other customers: {error}")
        print(f"the texts on DuckDB {duckdb.__version__}: {checked} facts hold, {len(customers(root / 'here'))} customers")


if __name__ == "__main__":
    main()
