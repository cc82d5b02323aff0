"""Recomputes the figures of the executive page with pandas, and compares them with the page as it is committed.

    .venv/bin/python -m pip install --require-hashes -r notebooks/tools/requirements-recompute.txt
    .venv/bin/python notebooks/tools/recompute.py path/to/segment

From the raw Parquet file: cleaning, features, revenue, average orders, who bought again after the cut-off, the trial
of the forecast with a fit of its own. From the exported assignments: who is in which segment. From the run's record:
the parameters of the forecast with their covariances, from which values and intervals are reckoned anew, and three
figures that come of seeded draws or of boosting (agreement of refits, weakest Jaccard, share of the ceiling).
"""
import argparse
import json
import math
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

NOTEBOOKS = Path(__file__).resolve().parent.parent
RAW = NOTEBOOKS.parent / "data" / "online-retail" / "OnlineRetail.parquet"
DAY = pd.Timedelta(days=1)
HORIZON = 90
LOOK_BACK = 90
FREE_CHANNELS = 0.5  # times the average: below, only channels that cost nothing
NO_PRODUCT = {"POST", "DOT", "C2", "CRUK", "PADS", "BANK CHARGES", "AMAZONFEE", "ADJUST", "ADJUST2", "GIFT",
              "B", "D", "M", "S"}
NUMBER = re.compile(r"\d[\d.,]*\d|\d")


def cleaned(raw):
    """The lines that are kept, with the moment, the money in pennies and whether they are a return."""
    code = raw["StockCode"].str.strip().str.upper()
    no_product = code.isin(NO_PRODUCT) | code.str.startswith("GIFT_") | code.str.match(r"TEST\d*$")
    kept = raw[raw["CustomerID"].notna() & ~no_product & (raw["UnitPrice"] > 0)]
    pennies = (kept["Quantity"] * (kept["UnitPrice"] * 100).round()).astype("int64")
    return pd.DataFrame({
        "customer": kept["CustomerID"].astype("int64").astype(str), "at": kept["InvoiceDate"],
        "invoice": kept["InvoiceNo"], "pennies": pennies,
        "returned": kept["InvoiceNo"].str.startswith("C") | (kept["Quantity"] < 0),
    })


def features(lines, reference):
    """Recency, frequency and monetary of each customer as of a day."""
    bought = lines[~lines["returned"]].groupby("customer")
    everything = lines.groupby("customer")
    last = bought["at"].max().reindex(everything["at"].max().index).fillna(everything["at"].max())
    return pd.DataFrame({
        "recency": (reference - last.dt.normalize()) / DAY,
        "frequency": bought["invoice"].nunique().reindex(last.index).fillna(0),
        "monetary": everything["pennies"].sum(),
    })


def transformed(table):
    """Recency as it is, frequency and money as signed logarithms."""
    money = table["monetary"] / 100
    return np.column_stack([table["recency"], np.log1p(table["frequency"]), np.sign(money) * np.log1p(money.abs())])


def scaler(table):
    """What takes a table to matrix units: tails cut at 1 %, logarithms, mean and standard deviation of `table`."""
    low, high = table.quantile(0.01), table.quantile(0.99)

    def cut(other):
        return transformed(other.clip(low, high, axis=1))
    center, scale = cut(table).mean(axis=0), cut(table).std(axis=0)
    return lambda other: (cut(other) - center) / scale


def wilson(count, of):
    """A share with its 95 % interval (Wilson 1927)."""
    z, share = 1.959963984540054, count / of
    middle, half = share + z * z / (2 * of), z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return share, (middle - half) / (1 + z * z / of), (middle + half) / (1 + z * z / of)


def histories(lines, end):
    """x and T in weeks, repeat purchases and what they brought, of each customer known by a day."""
    known = lines[lines["at"] < end + DAY].assign(day=lambda rows: rows["at"].dt.normalize())
    bought = known[~known["returned"]].groupby("customer")["day"]
    first = bought.min()
    later = known[known["day"] > known["customer"].map(first)].groupby("customer")["pennies"].sum()
    return pd.DataFrame({
        "x": bought.nunique() - 1, "T": (end - first) / DAY / 7,
        "repeat": later.reindex(first.index).fillna(0) / 100,
    })


def fitted_nbd(x, age):
    """r and alpha of the NBD at the maximum of the likelihood (Ehrenberg 1959)."""
    above = [(x > j).sum() for j in range(int(x.max()))]

    def likelihood(r, alpha):
        rising = sum(n * math.log(r + j) for j, n in enumerate(above))
        return rising + len(x) * r * math.log(alpha) - ((r + x) * np.log(alpha + age)).sum()

    def best_alpha(r):
        return highest(lambda alpha: likelihood(r, alpha), 1e-2, 1e3)
    r = highest(lambda r: likelihood(r, best_alpha(r)), 1e-2, 1e2)
    return r, best_alpha(r)


def highest(function, low, high, steps=80):
    """Where a function with one peak is highest, by golden sections of the logarithm."""
    golden = (math.sqrt(5) - 1) / 2
    a, b = math.log(low), math.log(high)
    for _ in range(steps):
        c, d = b - golden * (b - a), a + golden * (b - a)
        if function(math.exp(c)) > function(math.exp(d)):
            b = d
        else:
            a = c
    return math.exp((a + b) / 2)


class Value:
    """Purchases by the NBD times spend by the Gamma-Gamma, reckoned from the published parameters."""

    def __init__(self, forecast, table, exported):
        self.purchases, self.spend = forecast["model"]["purchases"], forecast["model"]["spend"]
        if self.purchases["family"] != "nbd":
            raise SystemExit(f"recompute: the family is {self.purchases['family']}, only nbd is known here")
        self.table, self.exported = table, exported

    def of(self, customers):
        """Expected value of some customers together in pennies, with its interval. A single value is exported in
        whole pennies, and the published sum is that of the exported ones."""
        rows = self.table.loc[self.table.index.intersection(customers)]
        by = [[p["value"] for p in model["parameters"]] for model in (self.purchases, self.spend)]
        value, chance = self.moments(rows, *by)
        variance = chance + sum(self.carried(rows, by, which) for which in (0, 1))
        half = 1.959963984540054 * math.sqrt(variance)
        exported = self.exported[self.exported.index.isin(customers)].sum()
        if abs(exported - 100 * value) > len(rows) / 2:
            sys.exit(f"recompute: the exported values add up to {money(exported)}, the model says {money(100 * value)}")
        return [exported, 100 * max(value - half, 0), 100 * (value + half)]

    def moments(self, rows, purchases, spend):
        """The sum of the expected values, and the variance that chance brings."""
        (r, alpha), (p, q, gamma) = purchases, spend
        ahead = HORIZON / 7
        shape, rate = r + rows["x"], alpha + rows["T"]
        mean = shape / rate * ahead
        square = mean + shape * (shape + 1) / rate ** 2 * ahead ** 2
        usable = (rows["x"] > 0) & (rows["repeat"] > 0)
        times, spent = rows["x"].where(usable, 0), rows["repeat"].where(usable, 0)
        form, scale = p * times + q, gamma + spent
        single = p * scale / (form - 1)
        squared = (p * scale) ** 2 / ((form - 1) * (form - 2))
        chance = (mean / p + square) * squared - (mean * single) ** 2
        return (mean * single).sum(), chance.sum()

    def carried(self, rows, by, which):
        """Variance that the uncertainty of one model's parameters brings, by central differences."""
        covariances = np.array((self.purchases, self.spend)[which]["covariances"])
        gradient = []
        for i, parameter in enumerate(by[which]):
            step = 6e-6 * parameter
            sides = []
            for side in (step, -step):
                moved = [list(parameters) for parameters in by]
                moved[which][i] += side
                sides.append(self.moments(rows, *moved)[0])
            gradient.append((sides[0] - sides[1]) / (2 * step))
        return float(np.array(gradient) @ covariances @ np.array(gradient))


def figures(raw, assignments, record):
    """Every number of the page, in the order in which it stands there."""
    lines = cleaned(raw)
    reference = lines["at"].max().normalize() + DAY
    end = reference - DAY
    table = features(lines, reference)
    assignments = assignments.set_index("customer_id")
    segment = assignments["segment_id"].reindex(table.index)
    exported = assignments["expected_value_pennies"].dropna()
    silhouettes = assignments["silhouette"].reindex(table.index)
    revenue = table["monetary"].groupby(segment).sum()
    value = Value(record["manifest"]["forecast"], histories(lines, end), exported)
    expected = {k: value.of(segment.index[segment == k]) for k in sorted(segment.unique())}
    everybody = value.of(segment.index)[0]
    first = max(expected, key=lambda k: expected[k][0])
    decision = [len(expected), percent((segment == first).mean()), percent(revenue[first] / revenue.sum()),
                percent(expected[first][0] / everybody), HORIZON]
    header = ["95", HORIZON, "95"]
    back = bought_again(lines, table, segment, reference)
    heads = segment[segment.index.isin(exported.index)].value_counts()
    average = everybody / heads.sum()
    usual = {k: exported[exported.index.isin(segment.index[segment == k])].quantile(0.5, interpolation="lower") for k in expected}
    rows = [row(k, table, segment, revenue, back[k], expected[k], (heads[k], usual[k]), average) for k in expected]
    return decision + header + sum(rows, []) + notes(raw, lines, end, record, uncertain(table, segment, silhouettes))


def centers(points, labels, names):
    """The mean of each segment's points, in the order of its name."""
    return np.array([points[labels == k].mean(axis=0) for k in names])


def uncertain(table, segment, silhouettes):
    """Share of the customers near a border: a silhouette below 0.1, or another centroid nearer or at most a tenth farther."""
    points, labels = scaler(table)(table), segment.to_numpy()
    names = np.array(sorted(segment.unique()))
    distances = np.sqrt(((points[:, None, :] - centers(points, labels, names)[None, :, :]) ** 2).sum(axis=2))
    own = labels[:, None] == names[None, :]
    second = np.where(own, np.inf, distances).min(axis=1)
    near = second <= 1.1 * (distances * own).sum(axis=1)
    return ((silhouettes.to_numpy() < 0.1) | near).mean()


def bought_again(lines, table, segment, reference):
    """Count and number of customers of the cut-off day by the segment of the nearest centroid then."""
    scale = scaler(table)
    points, labels = scale(table), segment.to_numpy()
    names = sorted(segment.unique())
    centroids = centers(points, labels, names)
    cut_off = reference - LOOK_BACK * DAY
    earlier = features(lines[lines["at"] < cut_off], cut_off)
    distances = ((scale(earlier)[:, None, :] - centroids[None, :, :]) ** 2).sum(axis=2)
    then = pd.Series(np.array(names)[distances.argmin(axis=1)], index=earlier.index)
    after = lines[(lines["at"] >= cut_off) & ~lines["returned"]]["customer"].unique()
    again = then.index.isin(after)
    return {k: (int(again[then == k].sum()), int((then == k).sum())) for k in names}


def row(k, table, segment, revenue, back, expected, forecast, average):
    """The numbers of a segment's row; `forecast` has its customers with a forecast and what the usual one of them is expected
    to bring, `average` is that of one of all."""
    heads, usual = forecast
    customers = int((segment == k).sum())
    orders = table["frequency"][segment == k].sum()
    share, low, high = wilson(*back)
    held_out = 0.1 * customers
    groups = 1 / held_out + 1 / (customers - held_out)
    seen = 280 * math.sqrt(share * (1 - share) * groups)
    # Where only free channels pay there is no amount.
    cost = [money(math.floor(min(expected[0] / heads, usual) / 10))] if expected[0] / heads >= FREE_CHANNELS * average else []
    return [whole(customers), percent(customers / len(segment)), whole(revenue[k] / 100),
            percent(revenue[k] / revenue.sum()), money(revenue[k] / orders), percent(share),
            f"{100 * low:.1f}", f"{100 * high:.1f}", *(whole(pennies / 100) for pennies in expected),
            *cost, whole(held_out), f"{seen:.1f}"]


def notes(raw, lines, end, record, borderline):
    """The numbers below the table; `borderline` is the share of customers near a border."""
    cut_off = end - HORIZON * DAY
    known = histories(lines, cut_off)
    r, alpha = fitted_nbd(known["x"].to_numpy(), known["T"].to_numpy())
    foretold = ((r + known["x"]) / (alpha + known["T"]) * HORIZON / 7).sum()
    bought = lines[~lines["returned"]].assign(day=lines["at"].dt.normalize())
    after = bought[(bought["day"] > cut_off) & bought["customer"].isin(known.index)]
    actual = len(after[["customer", "day"]].drop_duplicates())
    chosen = next(c for c in record["manifest"]["candidates"] if c["chosen"])["recovery"]
    foresight = record["manifest"]["foresight"]
    ceiling = max(foresight["boosting"], foresight["linear"])
    return ["10", "10", "2", "0.5", "1", cut_off, end, percent(abs(foretold / actual - 1)), whole(actual),
            "2", percent(borderline), "1", f"{chosen['refits_mean']:.2f}", f"{min(chosen['jaccard']):.2f}", "1",
            "3", lines["at"].min(), lines["at"].max(), percent(len(lines) / len(raw)),
            percent(foresight["r_squared"] / ceiling)]


def percent(share):
    return f"{100 * share:.1f}"


def whole(number):
    return f"{round(number):,}"


def money(pennies):
    return f"{round(pennies) / 100:,.2f}"


def in_language(expected, portuguese):
    """The numbers as the page writes them."""
    for number in expected:
        if isinstance(number, pd.Timestamp):
            yield from number.strftime("%d/%m/%Y" if portuguese else "%Y-%m-%d").replace("/", "-").split("-")
        else:
            text = str(number)
            yield text.translate(str.maketrans(".,", ",.")) if portuguese else text


def differences(page, expected, portuguese):
    """Lines on numbers of the page that are not those expected, in order."""
    found, expected = NUMBER.findall(page), list(in_language(expected, portuguese))
    for place, (seen, wanted) in enumerate(zip(found, expected), 1):
        if seen != wanted:
            yield f"number {place} of the page is {seen}, recomputed is {wanted}"
    if len(found) != len(expected):
        yield f"the page has {len(found)} numbers, recomputed are {len(expected)}"


def pages(notebook):
    """The text of the executive page in Portuguese and in English."""
    texts = ["".join(output["data"].get("text/plain", "")) for cell in notebook["cells"]
             for output in cell.get("outputs", []) if "data" in output]
    starts = ("Página executiva", "Executive page")
    return [next(text for text in texts if text.startswith(start)) for start in starts]


def answered(program, *arguments):
    """What the program prints."""
    done = subprocess.run([program, *arguments, "--quiet"], capture_output=True, text=True, cwd=NOTEBOOKS.parent)
    if done.returncode != 0:
        sys.exit(f"recompute: {' '.join(arguments)} failed: {done.stderr}")
    return done.stdout


def recomputed(program):
    """The page's numbers from the raw data, and from a run that is made for it."""
    with tempfile.TemporaryDirectory(prefix="recompute-") as folder:
        store, export = f"{folder}/store", f"{folder}/assignments.csv"
        answered(program, "run", "--dataset", "online-retail", "--store", store)
        answered(program, "export", "--include", "forecast", "--store", store, "--output", export)
        record = json.loads(answered(program, "show", "--json", "--store", store))
        assignments = pd.read_csv(export, dtype={"customer_id": str})
    return figures(pd.read_parquet(RAW), assignments, record)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("segment", help="the program `segment`")
    options = arguments.parse_args()
    expected = recomputed(str(Path(options.segment).resolve()))
    notebook = json.loads((NOTEBOOKS / "04-segments.ipynb").read_text())
    found = []
    for language, page in zip(("Portuguese", "English"), pages(notebook)):
        found += [f"recompute: {language}: {line}" for line in differences(page, expected, language == "Portuguese")]
    if found:
        sys.exit("\n".join(found))
    print(f"recompute: all {len(list(in_language(expected, False)))} numbers of the executive page are right, "
          "in Portuguese and in English")


if __name__ == "__main__":
    main()
