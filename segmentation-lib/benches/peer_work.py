"""One piece of work in Python, as benches/engine does it in Rust; one JSON line out.

    peer_work.py make NAME FILE            write the matrix NAME as little-endian doubles
    peer_work.py WORK FILE ROWS COLUMNS K [OUT]
    peer_work.py pipeline FILE.csv
    peer_work.py compare A B               largest difference of two files of doubles

Work that takes under two seconds is done twice and the second time counts. Imports are not counted.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

CDNOW = Path(__file__).parent / "../../data/cdnow/CDNOW_master.txt"


def make(name):
    if name == "cdnow":
        import pandas as pd

        frame = cdnow()
        frame["days"] = (pd.Timestamp("1998-07-01") - frame.date).dt.days
        table = frame.groupby("customer").agg(
            days=("days", "min"), purchases=("date", "size"), amount=("amount", "sum"), units=("units", "sum")
        )
        x = np.log1p(table.to_numpy(dtype=float))
        return (x - x.mean(0)) / x.std(0)
    if name == "cdnow-sample":
        return cdnow_sample()
    from sklearn.datasets import make_blobs

    kind, rows, columns, centres = name.split("-")
    spread = {"blobs": 2.5, "wide": 5.0}[kind]
    return make_blobs(int(rows), int(columns), centers=int(centres), cluster_std=spread, random_state=0)[0]


def cdnow():
    """CDNOW as it is bundled: customer, date, units, amount; a row a purchase."""
    import pandas as pd

    columns = ["customer", "date", "units", "amount"]
    frame = pd.read_csv(CDNOW, sep=r"\s+", skiprows=1, names=columns, dtype={"customer": str, "date": str})
    return frame.assign(date=pd.to_datetime(frame.date, format="%Y%m%d"))


def cdnow_sample():
    """Repeat purchases, weeks to the last, weeks observed, mean of repeat purchases, to 30 September 1997."""
    import pandas as pd

    frame = cdnow()
    ids = set((CDNOW.parent / "CDNOW_sample_ids.txt").read_text().split())
    end = pd.Timestamp("1997-09-30")
    frame = frame[frame.customer.isin(ids)]
    days = frame[frame.date <= end].groupby(["customer", "date"]).amount.sum().reset_index()
    table = days.groupby("customer").agg(
        first=("date", "min"), last=("date", "max"), purchases=("date", "size"), amount=("amount", "sum"),
        first_amount=("amount", "first"))
    frequency = table.purchases - 1
    mean = (table.amount - table.first_amount) / frequency.clip(lower=1)
    weeks = lambda delta: delta.dt.days / 7
    return np.column_stack([frequency, weeks(table["last"] - table["first"]), weeks(end - table["first"]), mean.round(6)])


def load(file, rows, columns):
    return np.fromfile(file, dtype="<f8").reshape(int(rows), int(columns))


def parts(x, k):
    """The rows in k equal parts by their first column."""
    labels = np.empty(len(x), dtype=int)
    labels[np.argsort(x[:, 0], kind="stable")] = np.arange(len(x)) * k // len(x)
    return labels


def kmeans_sklearn():
    from sklearn.cluster import KMeans

    return lambda x, k: values(KMeans(k, n_init=10, random_state=1).fit(x).inertia_)


def kmeans_intelex():
    from sklearnex.cluster import KMeans

    return lambda x, k: values(KMeans(k, n_init=10, random_state=1).fit(x).inertia_)


def kmeans_faiss():
    """Single precision, 25 iterations of each start, all rows."""
    import faiss

    def fit(x, k):
        x = np.ascontiguousarray(x, dtype=np.float32)
        model = faiss.Kmeans(x.shape[1], k, niter=25, nredo=10, seed=1, max_points_per_centroid=len(x))
        model.train(x)
        squares, _ = model.index.search(x, 1)
        return values(squares.astype(float).sum())

    return fit


def kmeans_audiencekit():
    """One start: it has no parameter for more."""
    import clusteraudiencekit

    def fit(x, k):
        model = clusteraudiencekit.kmeans(x.tolist(), k, random_state=1)
        return values(model.inertia)

    return fit


def silhouette_sklearn():
    from sklearn.metrics import silhouette_samples

    return lambda x, k: silhouette_samples(x, parts(x, k))


def silhouette_audiencekit():
    """The mean alone."""
    import clusteraudiencekit

    return lambda x, k: values(clusteraudiencekit.silhouette_score(x.tolist(), parts(x, k).tolist()))


def ward_fastcluster():
    import fastcluster

    return lambda x, k: fastcluster.linkage_vector(x, "ward")[:, 2]


def ward_sklearn():
    from sklearn.cluster import AgglomerativeClustering

    return lambda x, k: AgglomerativeClustering(1, linkage="ward", compute_distances=True).fit(x).distances_


def single_fastcluster():
    import fastcluster

    return lambda x, k: fastcluster.linkage_vector(x, "single")[:, 2]


def single_genieclust():
    """Genie with its threshold at 1 is single linkage."""
    import genieclust

    return lambda x, k: np.sort(genieclust.Genie(n_clusters=1, gini_threshold=1.0).fit(x).distances_)


def average_fastcluster():
    import fastcluster

    return lambda x, k: fastcluster.linkage(x, "average")[:, 2]


def complete_fastcluster():
    import fastcluster

    return lambda x, k: fastcluster.linkage(x, "complete")[:, 2]


def lifetime_lifetimes():
    """BG/NBD and Gamma-Gamma fitted; each customer's purchases within 39 weeks, P(alive), mean spend."""
    from lifetimes import BetaGeoFitter, GammaGammaFitter

    def fit(x, k):
        frequency, recency, age, mean = x.T
        purchases = BetaGeoFitter(penalizer_coef=0.0).fit(frequency, recency, age)
        again = frequency > 0
        spend = GammaGammaFitter(penalizer_coef=0.0).fit(frequency[again], mean[again])
        expected = purchases.conditional_expected_number_of_purchases_up_to_time(39, frequency, recency, age)
        alive = purchases.conditional_probability_alive(frequency, recency, age)
        spent = spend.conditional_expected_average_profit(frequency, mean)
        parameters = [purchases.params_[p] for p in ["r", "alpha", "a", "b"]] + [spend.params_[p] for p in ["p", "q", "v"]]
        return np.concatenate([parameters, *(np.asarray(each, dtype=float) for each in [expected, alive, spent])])

    return fit


def lifetime_clvkit():
    """The same; it takes weeks as they are, in a table of its own."""
    import pandas as pd
    from clvkit import BGNBD, CustomerBase, GammaGamma

    def fit(x, k):
        table = pd.DataFrame(x, columns=["frequency", "recency", "T", "monetary_value"])
        base = CustomerBase(
            table, time_unit="W", observation_period_end=pd.Timestamp("1997-09-30"), has_monetary=True,
            on_negative="net")
        purchases, spend = BGNBD().fit(base), GammaGamma().fit(base)
        forecasts = [purchases.predict(39, base), purchases.probability_alive(base), spend.predict(base)]
        parameters = np.concatenate([purchases.params_.to_numpy(), spend.params_.to_numpy()])
        return np.concatenate([parameters, *map(column, forecasts)])

    column = lambda prediction: prediction.to_pandas().to_numpy(dtype=float).reshape(len(prediction.to_pandas()), -1)[:, -1]
    return fit


def values(number):
    return np.array([float(number)])


WORK = {
    name.replace("_", "-"): function
    for name, function in list(globals().items())
    if name.split("_")[0] in {"kmeans", "silhouette", "ward", "single", "average", "complete", "lifetime"}
}


def run(work, file, rows, columns, k, out=None):
    x, function = load(file, rows, columns), WORK[work]()
    for _ in range(2):
        start, processor = time.perf_counter(), time.process_time()
        result = function(x, int(k))
        seconds, processor = time.perf_counter() - start, time.process_time() - processor
        if seconds >= 2.0:
            break
    if out:
        np.asarray(result, dtype="<f8").tofile(out)
    return {"seconds": seconds, "processor": processor, "result": float(np.sum(result))}


def pipeline(file):
    """As an analyst would with care: one Ward tree for all k, one fit for each k of k-means."""
    import pandas as pd
    from sklearn.cluster import KMeans, ward_tree
    from sklearn.cluster._agglomerative import _hc_cut
    from sklearn.metrics import silhouette_samples
    from sklearn.preprocessing import StandardScaler

    start = time.perf_counter()
    frame = pd.read_csv(file, dtype={"InvoiceNo": str, "StockCode": str}, parse_dates=["InvoiceDate"])
    read = time.perf_counter() - start
    bought = (frame.Quantity > 0) & (frame.UnitPrice > 0) & ~frame.InvoiceNo.str.startswith("C")
    frame = frame[frame.CustomerID.notna() & bought]
    frame = frame.assign(amount=(frame.Quantity * frame.UnitPrice * 100).round() / 100)
    reference = frame.InvoiceDate.max().normalize() + pd.Timedelta(days=1)
    table = frame.groupby("CustomerID").agg(
        last=("InvoiceDate", "max"), frequency=("InvoiceNo", "nunique"), monetary=("amount", "sum")
    )
    recency = (reference - table["last"].dt.normalize()).dt.days
    x = np.log1p(np.column_stack([recency, table.frequency, table.monetary]).astype(float))
    x = StandardScaler().fit_transform(x)
    features = time.perf_counter() - start
    fits = [KMeans(k, n_init=10, random_state=1).fit(x) for k in range(2, 11)]
    kmeans = time.perf_counter() - start
    children, _, leaves, _ = ward_tree(x)
    cuts = [_hc_cut(k, children, leaves) for k in range(2, 11)]
    ward = time.perf_counter() - start
    means = [float(silhouette_samples(x, labels).mean()) for labels in [f.labels_ for f in fits] + cuts]
    seconds = time.perf_counter() - start
    return {
        "seconds": seconds,
        "read": read,
        "features": features - read,
        "kmeans": kmeans - features,
        "ward": ward - kmeans,
        "silhouettes": seconds - ward,
        "customers": len(x),
        "inertias": [float(f.inertia_) for f in fits],
        "means": means,
    }


def compare(a, b):
    a, b = np.fromfile(a, dtype="<f8"), np.fromfile(b, dtype="<f8")
    if len(a) != len(b):
        return {"relative": None, "absolute": None}
    difference = np.abs(a - b)
    scale = np.maximum(np.abs(a), np.abs(b))
    relative = np.where(scale > 0, difference / np.where(scale > 0, scale, 1), 0)
    return {"relative": float(relative.max()), "absolute": float(difference.max())}


def main():
    work, *rest = sys.argv[1:]
    if work == "make":
        x = np.ascontiguousarray(make(rest[0]), dtype="<f8")
        x.tofile(rest[1])
        print(json.dumps({"rows": x.shape[0], "columns": x.shape[1]}))
    elif work == "csv":
        import pandas as pd

        pd.read_parquet(rest[0]).to_csv(rest[1], index=False)
        print(json.dumps({"written": rest[1]}))
    elif work == "pipeline":
        print(json.dumps(pipeline(rest[0])))
    elif work == "compare":
        print(json.dumps(compare(*rest)))
    else:
        print(json.dumps(run(work, *rest)))


if __name__ == "__main__":
    main()
