#!/usr/bin/env python3
"""Records scikit-learn's foresight ceilings on the bundled customers, for tests/differential/foresight.rs.

    record_foresight.py --online-retail FILE

Runs in the Python of record.py (requirements.txt) and writes foresight.json. A customer's features are days
since the last purchase, log(1 + purchases) and log(1 + money), as known before a cut-off day; the outcome is
log(1 + money of the 90 days from that day on, floored at 0). Rows are dealt into five parts in the order of
splitmix64 of their number; every customer is foretold by a model of the other four parts.

The file holds the sha256 of the whole numbers that all this is made of (days, purchases, pennies, later
pennies; little-endian, row by row), so that both sides are sure to speak of the same customers.
"""

import argparse
import hashlib
import json
import platform
from pathlib import Path

import numpy
import pandas
import sklearn
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression

from record import CDNOW, HERE

FOLDS = 5
DAYS = 90


def splitmix64(number):
    mask = 2**64 - 1
    z = (number + 0x9E3779B97F4A7C15) & mask
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
    return z ^ (z >> 31)


def parts(rows):
    order = sorted(range(rows), key=splitmix64)
    part = numpy.empty(rows, dtype=int)
    part[order] = numpy.arange(rows) % FOLDS
    return part


def r_squared(y, foretold):
    return float(1 - ((y - foretold) ** 2).sum() / ((y - y.mean()) ** 2).sum())


def cross_validated(model, x, y):
    part, foretold = parts(len(y)), numpy.empty(len(y))
    for p in range(FOLDS):
        kept = part != p
        foretold[~kept] = model().fit(x[kept], y[kept]).predict(x[~kept])
    return r_squared(y, foretold)


def boosting():
    return HistGradientBoostingRegressor(
        learning_rate=0.05, max_iter=200, max_leaf_nodes=4, min_samples_leaf=20, early_stopping=False
    )


def segments_foresight(segments, y):
    """Every customer foretold by the mean of the others of the segment, one at a time."""
    frame = pandas.DataFrame({"segment": segments, "y": y})
    groups = frame.groupby("segment").y
    total, size = groups.transform("sum"), groups.transform("size")
    return r_squared(y, ((total - frame.y) / (size - 1)).to_numpy())


def record(frame, cut_off):
    """`frame`: customer, day, purchase (a name), pennies; one row a line of a purchase."""
    before, later = frame[frame.day < cut_off], frame[frame.day >= cut_off]
    known = before.groupby("customer", sort=True)
    table = pandas.DataFrame({
        "days": (cut_off - known.day.max()).dt.days,
        "purchases": known.purchase.nunique(),
        "pennies": known.pennies.sum(),
    })
    table["later"] = later.groupby("customer").pennies.sum().reindex(table.index).fillna(0)
    whole = table.to_numpy(dtype="<i8")
    signed = lambda v: numpy.sign(v) * numpy.log1p(abs(v))
    x = numpy.column_stack([whole[:, 0], signed(whole[:, 1]), signed(whole[:, 2] / 100)])
    y = numpy.log1p(numpy.maximum(whole[:, 3], 0) / 100)
    segments = (whole[:, 0] > numpy.median(whole[:, 0])) * 2 + (whole[:, 1] > 1)
    return {
        "customers": len(table),
        "sha256": hashlib.sha256(numpy.ascontiguousarray(whole).tobytes()).hexdigest(),
        "boosting": cross_validated(boosting, x, y),
        "linear": cross_validated(LinearRegression, x, y),
        "four_segments": segments_foresight(segments, y),
    }


def cdnow():
    names = ["customer", "day", "units", "amount"]
    frame = pandas.read_csv(CDNOW, sep=r"\s+", skiprows=1, names=names, dtype={"customer": str, "day": str})
    frame["purchase"] = frame.day
    frame["pennies"] = (frame.amount * 100).round().astype(int)
    frame["day"] = pandas.to_datetime(frame.day, format="%Y%m%d")
    return record(frame, pandas.Timestamp("1998-07-01") - pandas.Timedelta(days=DAYS))


def online_retail(path):
    """Sales alone: cancellations and other rows with nothing sold are left out."""
    frame = pandas.read_parquet(path).dropna(subset=["CustomerID"])
    frame = frame[(frame.Quantity > 0) & (frame.UnitPrice > 0)]
    frame["customer"] = frame.CustomerID.astype(int).astype(str)
    frame["purchase"] = frame.InvoiceNo.astype(str)
    frame["pennies"] = (frame.Quantity * frame.UnitPrice * 100).round().astype(int)
    frame["day"] = frame.InvoiceDate.dt.normalize()
    return record(frame, pandas.Timestamp("2011-12-10") - pandas.Timedelta(days=DAYS))


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--online-retail", type=Path, required=True, help="OnlineRetail.parquet")
    arguments = arguments.parse_args()
    recorded = {
        "versions": {
            "python": platform.python_version(),
            "numpy": numpy.__version__,
            "pandas": pandas.__version__,
            "scikit-learn": sklearn.__version__,
        },
        "cdnow": cdnow(),
        "online_retail": online_retail(arguments.online_retail),
    }
    (HERE / "foresight.json").write_text(json.dumps(recorded, indent=1) + "\n")
    print(json.dumps(recorded, indent=1))


if __name__ == "__main__":
    main()
