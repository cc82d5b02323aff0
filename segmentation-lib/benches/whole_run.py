#!/usr/bin/env python3
"""The default run, everything included, and the same work done with pandas and scikit-learn; writes WHOLE-RUN.md.

    whole_run.py [--rounds 3] [--ours-only]

Ours is the release program from file to published store, as a user starts it. The peer's work is a process of its own:
reading, cleaning and features with pandas, then what the choice is made of with scikit-learn. k-means with 100 starts
for k = 3…8, the linkages that ours compares, every silhouette, R² of later spending of every clustering, its ceiling
(boosted trees and the linear model, cross-validated), and for each k-means that ours tried for whether it holds ten
refits without 1 % of the customers and, where ours went on to them, a hundred bootstrap resamples. The hierarchical
candidates that ours tried, publishing and the peer's imports are not counted: its work is less. Both in turn on one
machine; what stands in the table are medians.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from page import machine, table
from peers import HERE, PYTHON, ROOT, TARGET, WORK, environment, online_retail, run

DAYS = 90
KS = range(3, 9)
# Online Retail's rows become purchases by the same rules on both sides; what the program does beyond is its own cost.
SETS = {
    "CDNOW (69,659 purchases, 23,570 customers)": ("cdnow", 10, ["ward", "single"]),
    "Online Retail (541,909 rows, 4,300 customers)": ("online", 5, ["ward", "average", "complete", "single"]),
}
AIM = 10


def cdnow_purchases():
    from peer_work import cdnow

    frame = cdnow().rename(columns={"date": "day"})
    return frame.assign(purchase=frame.index)


def online_purchases(csv):
    import pandas as pd

    frame = pd.read_csv(csv, dtype={"InvoiceNo": str, "StockCode": str}, parse_dates=["InvoiceDate"])
    frame = frame[frame.CustomerID.notna()].drop_duplicates()
    return pd.DataFrame({
        "customer": frame.CustomerID, "day": frame.InvoiceDate.dt.normalize(), "purchase": frame.InvoiceNo,
        "amount": (frame.Quantity * frame.UnitPrice * 100).round() / 100,
    })


def features(frame, reference):
    """Days since the last purchase, log purchases, log money; a row a customer."""
    import numpy as np

    signed = lambda v: np.sign(v) * np.log1p(abs(v))
    table = frame.groupby("customer").agg(last=("day", "max"), purchases=("purchase", "nunique"), amount=("amount", "sum"))
    table["days"] = (reference - table["last"]).dt.days
    x = np.column_stack([table.days, signed(table.purchases), signed(table.amount)]).astype(float)
    low, high = np.quantile(x, [0.005, 0.995], axis=0)
    return table, np.clip(x, low, high)


def clusterings(x, linkages):
    from sklearn.cluster import AgglomerativeClustering, KMeans
    from sklearn.cluster._agglomerative import _hc_cut

    found = [KMeans(k, n_init=100, random_state=1).fit(x).labels_ for k in KS]
    for linkage in linkages:
        tree = AgglomerativeClustering(2, linkage=linkage, compute_full_tree=True).fit(x)
        found += [_hc_cut(k, tree.children_, len(x)) for k in KS]
    return found


def foresight(x, labels, then, later):
    """R² of later spending by the mean of the others of the segment, customers of then in the nearest centroid."""
    import numpy as np

    centroids = np.array([x[labels == label].mean(0) for label in range(labels.max() + 1)])
    placed = ((then[:, None] - centroids) ** 2).sum(2).argmin(1)
    total, size = np.bincount(placed, later, len(centroids)), np.bincount(placed, minlength=len(centroids))
    others = np.where(size[placed] > 1, (total[placed] - later) / np.maximum(size[placed] - 1, 1), later.mean())
    return 1 - ((later - others) ** 2).sum() / ((later - later.mean()) ** 2).sum()


def ceiling(then, later):
    from sklearn.ensemble import HistGradientBoostingRegressor
    from sklearn.linear_model import LinearRegression
    from sklearn.model_selection import cross_val_predict

    boosting = HistGradientBoostingRegressor(
        learning_rate=0.05, max_iter=200, max_leaf_nodes=4, min_samples_leaf=20, early_stopping=False)
    spread = ((later - later.mean()) ** 2).sum()
    return max(1 - ((later - cross_val_predict(m, then, later, cv=5)) ** 2).sum() / spread
               for m in [boosting, LinearRegression()])


def holds(x, labels, k, resampled):
    """Ten refits without 1 % of the customers, and a hundred resamples where they were made."""
    import numpy as np
    from sklearn.cluster import KMeans
    from sklearn.metrics import adjusted_rand_score

    random = np.random.default_rng(1)
    agreement = []
    for seed in range(10):
        kept = np.sort(random.permutation(len(x))[len(x) // 100:])
        again = KMeans(k, n_init=100, random_state=seed).fit(x[kept]).labels_
        agreement.append(adjusted_rand_score(labels[kept], again))
    if not resampled:
        return min(agreement), None
    recovered = np.zeros(k)
    for seed in range(100):
        rows = np.unique(random.integers(0, len(x), len(x)))
        again = KMeans(k, n_init=30, random_state=seed).fit(x[rows]).labels_
        both = np.zeros((k, k))
        np.add.at(both, (labels[rows], again), 1)
        recovered += (both / (both.sum(1)[:, None] + both.sum(0) - both)).max(1)
    return min(agreement), float(recovered.min() / 100)


def peer(name, csv, tried):
    import numpy as np
    import pandas as pd
    import sklearn.cluster, sklearn.ensemble, sklearn.metrics, sklearn.model_selection  # noqa: E401, F401
    from sklearn.metrics import silhouette_score

    start = time.perf_counter()
    frame = cdnow_purchases() if name == "cdnow" else online_purchases(csv)
    reference = frame.day.max() + pd.Timedelta(days=1)
    table, x = features(frame, reference)
    centre, scale = x.mean(0), x.std(0)
    x = (x - centre) / scale
    cut_off = reference - pd.Timedelta(days=DAYS)
    before, after = frame[frame.day < cut_off], frame[frame.day >= cut_off]
    known, then = features(before, cut_off)
    then = (then - centre) / scale
    spent = after.groupby("customer").amount.sum().reindex(known.index).fillna(0)
    later = np.log1p(np.maximum(spent.to_numpy(), 0))
    prepared = time.perf_counter() - start
    found = clusterings(x, next(linkages for own, _, linkages in SETS.values() if own == name))
    clustered = time.perf_counter() - start
    silhouettes = [silhouette_score(x, labels) for labels in found]
    measured = time.perf_counter() - start
    r_squared = [foresight(x, labels, then, later) for labels in found]
    best = ceiling(then, later)
    foretold = time.perf_counter() - start
    for k, resampled in tried:
        worst, jaccard = holds(x, found[KS.index(k)], k, resampled)
    seconds = time.perf_counter() - start
    return {
        "seconds": seconds, "prepare": prepared, "cluster": clustered - prepared, "silhouettes": measured - clustered,
        "foresight": foretold - measured, "holds": seconds - foretold, "customers": len(x), "k": k,
        "r_squared": float(r_squared[KS.index(k)]), "ceiling": float(best), "refits": float(worst), "jaccard": jaccard,
        "silhouette": float(silhouettes[KS.index(k)]),
    }


def ours(program, name, csv):
    with tempfile.TemporaryDirectory(dir=WORK) as store:
        source = ["--dataset", "cdnow", "--data", ROOT / "data"] if name == "cdnow" else ["--input", csv]
        command = [program, "run", *source, "--store", Path(store) / "store", "--quiet"]
        start = time.perf_counter()
        process = subprocess.Popen([str(c) for c in command], stdout=subprocess.PIPE, cwd=ROOT)
        process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            sys.exit(f"{' '.join(map(str, command))} failed")
        seconds = time.perf_counter() - start
        shown = subprocess.run([program, "show", "--store", Path(store) / "store", "--json"], check=True, stdout=subprocess.PIPE)
        return {"seconds": seconds, "megabytes": usage.ru_maxrss / 1024, "manifest": json.loads(shown.stdout)["manifest"]}


def tried(manifest):
    """The k-means that were tried for whether they hold, the chosen one last, and whether they were resampled."""
    candidates = [c for c in manifest["candidates"] if c["algorithm"] == "kmeans" and c.get("recovery")]
    return json.dumps([[c["k"], bool(c["recovery"]["jaccard"])] for c in sorted(candidates, key=lambda c: c["chosen"])])


def measure(program, name, csv, rounds, peers):
    own, other = [], []
    for _ in range(rounds):
        own.append(ours(program, name, csv))
        if peers:
            other.append(run([PYTHON, HERE / "whole_run.py", "--peer", name, csv, tried(own[-1]["manifest"])]))
    return own, other


def line(title, aim, own, other):
    seconds = statistics.median(r["seconds"] for r in own)
    manifest = own[-1]["manifest"]
    foresight, theirs = manifest["foresight"], other[-1]
    ratio = statistics.median(o["seconds"] / s["seconds"] for s, o in zip(own, other))
    met = lambda yes: "met" if yes else "missed"
    k = manifest["k"]
    same = (f"k = {k}; R² {foresight['r_squared']:.3f} and {theirs['r_squared']:.3f} with k = {theirs['k']}, ceiling "
            f"{max(foresight['boosting'], foresight['linear']):.3f} and {theirs['ceiling']:.3f}")
    return [title, f"{seconds:.2f} s, {max(r['megabytes'] for r in own):.0f} MB", f"{aim} s {met(seconds <= aim)}",
            f"{statistics.median(r['seconds'] for r in other):.1f} s, {max(r['megabytes'] for r in other):.0f} MB",
            f"**{ratio:.1f} ×**, {AIM} × {met(ratio >= AIM)}", same]


def stages(title, other):
    last = other[-1]
    return [title, *(f"{last[stage]:.1f} s" for stage in ["prepare", "cluster", "silhouettes", "foresight", "holds"])]


def rounds_of(rounds):
    return "one round, one after the other" if rounds == 1 else f"medians of {rounds} rounds in turn"


def page(measured, rounds):
    rows = [line(title, SETS[title][1], *found) for title, found in measured.items()]
    theirs = [stages(title, other) for title, (_, other) in measured.items()]
    return "\n\n".join([
        "# The default run beside scikit-learn",
        "Written by `make bench` (`whole_run.py`); nothing here is typed by hand. From file to published store, "
        f"everything included, {rounds_of(rounds)}. The peer tries the same k-means for whether they hold, "
        "no hierarchical candidate; it publishes nothing and its imports are not counted.",
        f"Machine: {machine()}.",
        table(["data", "ours", "aim", "pandas + scikit-learn", "peer's time over ours", "results"], rows),
        "Where the peer's time goes:\n\n" + table(
            ["", "read, features", "clusterings", "silhouettes", "foresight, ceiling", "refits, resamples"], theirs),
    ]) + "\n"


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--only", choices=["cdnow", "online"])
    arguments.add_argument("--ours-only", action="store_true")
    arguments.add_argument("--peer", nargs=3, metavar=("SET", "CSV", "TRIED"), help=argparse.SUPPRESS)
    arguments = arguments.parse_args()
    if arguments.peer:
        return print(json.dumps(peer(*arguments.peer[:2], json.loads(arguments.peer[2]))))
    WORK.mkdir(parents=True, exist_ok=True)
    environment(PYTHON, "requirements.txt")
    subprocess.run(["cargo", "build", "--locked", "--release", "-q", "-p", "segmentation-lib", "--features", "cli", "--bin", "segment"],
                   check=True, cwd=ROOT)
    measured = {}
    for title, (name, _, _) in SETS.items():
        if arguments.only not in [None, name]:
            continue
        csv = online_retail() if name == "online" else "-"
        measured[title] = measure(TARGET / "release/segment", name, csv, arguments.rounds, not arguments.ours_only)
        print(title, [round(r["seconds"], 2) for r in measured[title][0]], flush=True)
    if arguments.only:
        print(page(measured, arguments.rounds))
    elif not arguments.ours_only:
        (HERE / "WHOLE-RUN.md").write_text(page(measured, arguments.rounds))


if __name__ == "__main__":
    main()
