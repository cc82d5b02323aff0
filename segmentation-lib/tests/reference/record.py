#!/usr/bin/env python3
"""Records what scikit-learn and scipy give on the inputs of tests/differential, for the engine's tests.

    record.py [--online-retail FILE]

Runs in a Python that has requirements.txt (`python3 -m venv v && v/bin/pip install -r requirements.txt`).
Writes engine/NAME.json, one file an input. Inputs come from a generator that both sides share, or from
the bundled CDNOW file, or from Online Retail (Parquet); each file holds the sha256 of its input's
little-endian doubles, row by row, so that both sides are sure to speak of the same numbers.

Distances are computed pair by pair (scipy's cdist) and given to scikit-learn as `precomputed`: its own
Euclidean distances come from a dot product, which loses the digits of data with a large offset.

A cut at k is `tied` when the merges on both sides of it have the same height to nine digits: then
several trees are right, and partitions are not compared there.
"""

import argparse
import hashlib
import json
import math
import platform
import warnings
from pathlib import Path

import numpy
import pandas
import scipy
import sklearn
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_samples

HERE = Path(__file__).parent
CDNOW = HERE / "../../../data/cdnow/CDNOW_master.txt"
METHODS = ["ward", "average", "complete", "single"]
TIE = 1e-9


class Uniform:
    """Numbers in [0, 1) from a linear congruential generator (Knuth's MMIX)."""

    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 11) / 2**53

    def bell(self):
        """About normal, with variance 1/3: the sum of four, less 2."""
        return self.next() + self.next() + self.next() + self.next() - 2.0


def blobs(seed, rows, columns, spread):
    u = Uniform(seed)
    centre = lambda i, j: float((i % 4 * 7 + j * 3) % 11) * 3.0
    return [[centre(i, j) + u.bell() * spread for j in range(columns)] for i in range(rows)]


def quantised(rows):
    return [[math.floor(v * 1024.0) / 1024.0 for v in row] for row in rows]


def corners():
    """One cloud at the eight corners of a box: every merge within has seven equals far away."""
    cloud = quantised(blobs(9, 20, 3, 1.0))
    cloud = [[v - cloud[0][j] + 30.0 * (i % 2) * (j == 0) for j, v in enumerate(row)] for i, row in enumerate(cloud)]
    corner = lambda c: [float(c % 2) * 256.0, float(c // 2 % 2) * 1024.0, float(c // 4) * 4096.0]
    return [[v + o for v, o in zip(row, corner(c))] for c in range(8) for row in cloud]


def duplicates():
    u = Uniform(8)
    rows = [[u.bell() for _ in range(3)] for _ in range(60)]
    return [rows[math.floor(u.next() * 60.0)] for _ in range(240)]


def along_a_line():
    u = Uniform(4)
    steps = [u.next() * 100.0 for _ in range(100)]
    return [[t, 2.0 * t, -0.5 * t] for t in steps]


def constant_column():
    u = Uniform(5)
    return [[u.bell(), 3.25, u.bell() * 2.0] for _ in range(150)]


INPUTS = {
    "blobs": lambda: blobs(1, 300, 4, 1.0),
    "overlapping": lambda: blobs(2, 250, 3, 9.0),
    "one_column": lambda: blobs(3, 200, 1, 2.0),
    "collinear": along_a_line,
    "constant_column": constant_column,
    "many_columns": lambda: blobs(6, 120, 40, 5.0),
    "offset": lambda: [[v + 1e8 for v in row] for row in quantised(blobs(7, 200, 3, 4.0))],
    "duplicates": duplicates,
    "corners": corners,
    "grid": lambda: [[float(i % 9), float(i // 9)] for i in range(81)],
    "as_many_clusters_as_rows": lambda: blobs(10, 12, 2, 1.0),
}


def digest(x):
    return hashlib.sha256(numpy.ascontiguousarray(x, dtype="<f8").tobytes()).hexdigest()


def by_first_row(labels):
    number = {}
    return [number.setdefault(label, len(number)) for label in labels]


def partition(labels, whole):
    """All labels of a small input; of a large one their digest, as little-endian 32-bit numbers."""
    labels = by_first_row(labels)
    if whole:
        return labels
    return hashlib.sha256(numpy.array(labels, dtype="<u4").tobytes()).hexdigest()


def tied(heights, k):
    i = len(heights) + 1 - k
    below = heights[i - 1] if i > 0 else -math.inf
    above = heights[i] if i < len(heights) else math.inf
    return above - below <= TIE * heights[-1]


def places(n, whole):
    """Which of n values are recorded: all, or some and the last ones."""
    return range(n) if whole else [*range(0, n - 40, n // 120 + 1), *range(n - 40, n)]


def tree(x, method, ks, whole):
    z = linkage(x, method)
    heights = z[:, 2]
    free = [k for k in ks if k <= len(x) and not tied(heights, k)]
    at = heights[-4:-2].mean() if len(heights) > 3 else heights[-1]
    recorded = {
        "heights": {str(i): float(heights[i]) for i in places(len(heights), whole)},
        "height_sum": float(math.fsum(heights)),
        "tied": [k for k in ks if k <= len(x) and k not in free],
        "cuts": {str(k): partition(fcluster(z, k, "maxclust"), whole) for k in free},
        "cut_height": float(at),
        "cut_at_height": partition(fcluster(z, at, "distance"), whole),
    }
    return recorded, z


def silhouette(distances, labels, whole):
    samples = silhouette_samples(distances, labels, metric="precomputed")
    numbers = by_first_row(labels)
    return {
        "labels": numbers if whole else None,
        "samples": {str(i): float(samples[i]) for i in places(len(samples), whole)},
        "mean": float(math.fsum(samples) / len(samples)),
    }


def kmeans(x, k, weights=None):
    return float(KMeans(k, n_init=10, random_state=7).fit(x, sample_weight=weights).inertia_)


def first_distinct(x, k):
    found = []
    for row in x.tolist():
        if row not in found:
            found.append(row)
        if len(found) == k:
            return numpy.array(found)


def kmeans_from(x, k, whole):
    """Lloyd's iterations to their end, from the first k rows that differ."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = KMeans(k, init=first_distinct(x, k), n_init=1, tol=0, max_iter=10000).fit(x)
    return {"inertia": float(fitted.inertia_), "partition": partition(fitted.labels_.tolist(), whole)}


def record(name, rows, methods=METHODS, ks=(2, 3, 4, 5, 6, 8, 10, 12), whole=True):
    x = numpy.array(rows, dtype=float)
    n = len(x)
    distances = cdist(x, x)
    result = {
        "versions": {
            "python": platform.python_version(),
            "numpy": numpy.__version__,
            "scipy": scipy.__version__,
            "scikit-learn": sklearn.__version__,
            "pandas": pandas.__version__,
        },
        "rows": n,
        "columns": x.shape[1],
        "sha256": digest(x),
        "linkages": {},
    }
    labelings = [("by_row", [i * i % 7 % 3 for i in range(n)])]
    for method in methods:
        result["linkages"][method], z = tree(x, method, ks, whole)
        if method == "ward":
            labelings.append(("ward", fcluster(z, min(4, n - 1), "maxclust").tolist()))
    labelings.append(("first_alone", [0] + [1 + i % 2 for i in range(1, n)]))
    result["silhouettes"] = {what: silhouette(distances, labels, whole) for what, labels in labelings}
    distinct = len(numpy.unique(x, axis=0))
    weights = [float(1 + i % 3) for i in range(n)]
    result["kmeans_from"] = {str(k): kmeans_from(x, k, whole) for k in ks if k <= distinct}
    result["kmeans"] = {str(k): kmeans(x, k) for k in ks if k <= distinct}
    result["kmeans_weighted"] = {str(k): kmeans(x, k, weights) for k in ks if k <= distinct}
    by = dict(labelings)
    result["adjusted_rand"] = {
        f"{a} {b}": float(adjusted_rand_score(by[a], by[b])) for a in by for b in by if a < b
    }
    path = HERE / "engine" / f"{name}.json"
    path.write_text(json.dumps(result, separators=(",", ":")) + "\n")
    print(f"{path.name}: {n} × {x.shape[1]}, {path.stat().st_size} bytes")


def jittered(table, seed):
    """Square roots (signed), standardised by constants, and moved by up to 0.0005 so that no two pairs of
    customers are equally far: where they are, several trees are right. Square roots, quotients and sums
    are the same to the last bit everywhere, logarithms are not."""
    u = Uniform(seed)
    scales = [8.0, 2.0, 128.0]
    root = lambda v: math.copysign(math.sqrt(abs(v)), v)
    return [[root(v) / s + (u.next() - 0.5) * 1e-3 for v, s in zip(row, scales)] for row in table]


def cdnow():
    """Days from the last purchase to 1998-07-01, number of purchases, cents, by customer."""
    frame = pandas.read_csv(CDNOW, sep=r"\s+", skiprows=1, names=["customer", "date", "units", "amount"], dtype={"customer": str, "date": str})
    frame["cents"] = (frame.amount * 100).round().astype(int)
    frame["days"] = (pandas.Timestamp("1998-07-01") - pandas.to_datetime(frame.date, format="%Y%m%d")).dt.days
    table = frame.groupby("customer", sort=True).agg(days=("days", "min"), purchases=("date", "size"), cents=("cents", "sum"))
    return [[float(v) for v in row] for row in table.itertuples(index=False)]


def online_retail(path):
    """Whole days from the last line to 2011-12-09 12:50, lines, pennies (cancellations in), by customer."""
    frame = pandas.read_parquet(path).dropna(subset=["CustomerID"])
    frame["customer"] = frame.CustomerID.astype(int).astype(str)
    frame["pennies"] = (frame.Quantity * frame.UnitPrice * 100).round().astype(int)
    frame["days"] = (pandas.Timestamp("2011-12-09 12:50") - frame.InvoiceDate).dt.days
    table = frame.groupby("customer", sort=True).agg(days=("days", "min"), lines=("days", "size"), pennies=("pennies", "sum"))
    return [[float(v) for v in row] for row in table.itertuples(index=False)]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--online-retail", type=Path, help="OnlineRetail.parquet; left alone without it")
    arguments = arguments.parse_args()
    for name, rows in INPUTS.items():
        record(name, rows(), ["single"] if name == "grid" else METHODS)
    customers = jittered(cdnow(), 11)
    record("cdnow", customers, ["ward", "single"], range(2, 11), whole=False)
    record("cdnow_tenth", customers[::10], METHODS, range(2, 11), whole=False)
    if arguments.online_retail:
        customers = jittered(online_retail(arguments.online_retail), 12)
        record("online_retail", customers, METHODS, range(2, 11), whole=False)


if __name__ == "__main__":
    main()
