"""Writes RESULTS.md and growth.svg from what peers.py measured: results.py MEASURED.json DIRECTORY"""

import json
import math
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot

sys.path.insert(0, str(Path(__file__).parent))
from page import exponent, machine, seconds, table
from peers import GROWTH, PIPELINE, ROWS

PACKAGES = ["scikit-learn", "scikit-learn-intelex", "fastcluster", "genieclust", "faiss-cpu",
            "clusteraudiencekit", "pandas", "numpy", "scipy"]


def versions():
    rustc = subprocess.run(["rustc", "--version"], capture_output=True, text=True).stdout.split()[1]
    linfa = "linfa-clustering 0.8.1"
    packages = ", ".join(f"{p} {version(p)}" for p in PACKAGES)
    return f"Rust {rustc}, {linfa}; Python {platform.python_version()}, {packages}"


def target(aim, ratio):
    if aim is None:
        return "–"
    return f"{aim} × {'met' if ratio >= aim else 'missed'}"


def agreement(work, ours, other):
    """How the results compare, by the kind of work."""
    if work.startswith("kmeans"):
        return f"inertia {ours['result'] / other['result']:.6f} of theirs"
    equal = other["equal"]
    if equal["relative"] is None:
        return f"mean differs by {abs(ours['last']['result'] - other['result']):.1e}"
    if work == "silhouette":
        return f"coefficients within {equal['absolute']:.0e}"
    # Where rows coincide one side's height may be 0 and the other's a rounding error: far apart in relation.
    kind = "relative" if equal["relative"] < 1e-6 else "absolute"
    return f"heights within {equal[kind]:.0e} {kind}"


def row_lines(known):
    for name, _, _, work, peers in ROWS:
        if name not in known:
            continue
        measured = known[name]["measured"]
        ours = measured["ours"]
        for i, (peer, _, aim) in enumerate(peers):
            other = measured[peer]
            own = f"{seconds(ours['seconds'])}, {ours['megabytes']:.0f} MB" if i == 0 else ""
            yield [name if i == 0 else "", own, f"{peer}: {seconds(other['seconds'])}, {other['megabytes']:.0f} MB",
                   f"**{other['ratio']:.1f} ×**", target(aim, other["ratio"]), agreement(work, ours, other)]


def pipeline_lines(known):
    if PIPELINE not in known:
        return
    measured = known[PIPELINE]["measured"]
    ours, other = measured["ours"], measured["pandas + scikit-learn"]
    a, b = ours["last"], other["last"]
    inertia = max(x / y for x, y in zip(a["inertias"], b["inertias"]))
    ward = max(abs(x - y) for x, y in zip(a["means"][9:], b["means"][9:]))
    same = f"{a['customers']} and {b['customers']} customers; inertia at most {inertia:.6f} of theirs; Ward's silhouettes within {ward:.0e}"
    yield [PIPELINE, f"{seconds(ours['seconds'])}, {ours['megabytes']:.0f} MB",
           f"pandas + scikit-learn: {seconds(other['seconds'])}, {other['megabytes']:.0f} MB",
           f"**{other['ratio']:.1f} ×**, {other['megabytes'] / ours['megabytes']:.1f} × less memory",
           target(25, other["ratio"]), same]


def stages(known):
    if PIPELINE not in known:
        return ""
    measured = known[PIPELINE]["measured"]
    names = ["read", "features", "kmeans", "ward", "silhouettes"]
    lines = [[who, *(seconds(m["last"][n]) for n in names)] for who, m in measured.items()]
    return "Where the pipeline's time goes (one run):\n\n" + table(["", *names], lines)


def growth(known, directory):
    # What was measured before may hold work that is measured no more.
    measured = {work: by_n for work, by_n in known["growth"]["measured"].items() if work in GROWTH}
    figure, axes = pyplot.subplots(figsize=(7, 4.5))
    sizes = sorted({int(n) for by_n in measured.values() for n in by_n})
    lines = []
    for work, by_n in measured.items():
        points = [(int(n), m["seconds"]) for n, m in by_n.items()]
        slope = exponent(points)
        axes.loglog([n * 1000 for n, _ in points], [s for _, s in points], "o-", ms=4, label=f"{GROWTH[work][0]}: n^{slope:.2f}")
        cells = [f"{seconds(by_n[str(n)]['seconds'])}, {by_n[str(n)]['megabytes']:.0f} MB" if str(n) in by_n else "–" for n in sizes]
        lines.append([GROWTH[work][0], *cells, f"{slope:.2f}"])
    axes.set_xlabel("customers")
    axes.set_ylabel("seconds")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8, frameon=False, loc="upper left", bbox_to_anchor=(1, 1))
    figure.tight_layout()
    matplotlib.rcParams["svg.hashsalt"] = "growth"
    figure.savefig(directory / "growth.svg", bbox_inches="tight", metadata={"Date": None})
    return table(["work, 4 columns", *(f"{n}k" for n in sizes), "exponent"], lines)


def limits(known):
    """What the exact work needs at least, over what the machine can do in the time taken."""
    most = known["limits"]["measured"]
    lines = []
    for name, of, k, work, _ in ROWS:
        if name not in known:
            continue
        ours = known[name]["measured"]["ours"]["seconds"]
        shape = json.loads((Path(sys.argv[1]).parent / f"{of}.json").read_text())
        n, d = shape["rows"], shape["columns"]
        if work == "silhouette" and of != "cdnow":
            pairs = n * (n - 1) / 2
            lines.append([name, f"{pairs / 1e6:.0f} M pairs, a root and {3 * d + 4} operations each",
                          f"{pairs / ours / most['roots']:.0%} of the roots", f"{pairs * (3 * d + 4) / ours / most['flops']:.0%} of the arithmetic", "–"])
        if work == "kmeans" and of != "cdnow":
            trials = sum(3 + int(math.log(chosen + 1)) for chosen in range(1, k))
            flops = 10 * n * 3 * d * (trials + k)
            once = 8 * n * d * (k + 1)
            lines.append([name, "seeding and one assignment of 10 starts; one reading for each seed and one more", "–",
                          f"{flops / ours / most['flops']:.0%} of the arithmetic", f"{once / ours / most['bytes']:.0%} of the reading"])
    head = ["work", "least that any such method must do", "", "", ""]
    note = (f"This machine, measured by `benches/engine` on {most['threads']} threads: {most['roots'] / 1e9:.2f} G double roots/s, "
            f"{most['flops'] / 1e9:.1f} G additions and multiplications/s (not fused), {most['bytes'] / 1e9:.1f} GB/s read.")
    return note + ("\n\n" + table(head, lines) if lines else "")


def main():
    known, directory = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2])
    head = ["work", "ours", "peer", "peer's time over ours", "aim", "results"]
    loads = [entry["load"] for entry in known.values()]
    rounds = min(known[name]["rounds"] for name in [PIPELINE, *(row[0] for row in ROWS)] if name in known)
    parts = [
        "# Against the peers",
        "Written by `make bench` (`peers.py`); nothing here is typed by hand. Medians of at least "
        f"{rounds} rounds, ours and the peer's in turn; the ratio is the median of the rounds' ratios. "
        "Peak memory is that of the whole process, interpreter and matrix included.",
        f"Machine: {machine()}. {versions()}. Load when the rows began: {min(loads):.1f} to {max(loads):.1f}.",
        table(head, [*pipeline_lines(known), *row_lines(known)]),
        stages(known),
    ]
    million = known.get("Ward tree, 1,000,000 × 4, once")
    if million:
        ours = million["measured"]["ours"]
        parts.append(f"The exact Ward tree of 1,000,000 × 4 rows: {seconds(ours['seconds'])} and {ours['megabytes']:.0f} MB, once.")
    if "growth" in known:
        parts += ["## Growth", growth(known, directory), "![Time over the number of customers](growth.svg)",
                  "Average and complete linkage hold half a square matrix: 160,000 customers would need 102 GB, and are refused."]
    if "limits" in known:
        parts += ["## How near to the machine", limits(known)]
    (directory / "RESULTS.md").write_text("\n\n".join(p for p in parts if p) + "\n")


if __name__ == "__main__":
    main()
