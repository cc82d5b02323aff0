#!/usr/bin/env python3
"""The lifetime models against lifetimes and clvkit, and on a million customers; writes LIFETIME.md.

    lifetime.py [--rounds 7] [--only WORDS] [--lock FILE]

Makes a Python environment with requirements-lifetime.txt and builds the example `lifetime`, both under the target
directory. Every piece of work is a process of its own that times the work alone (not the start, the imports, the
reading or drawing of customers), ours and the peers' in turn, round after round. A machine on which others work
too only ever adds time, so what stands in the tables is the quietest round of each side, by the time that the
processors spent (user and system), which ratios and aims are about, and by the clock. Peak memory is that of the
whole process. `--only` runs the rows
whose name holds one of the words and keeps what is known of the others; `--lock` holds a lock file while a row
runs. Needs only Python's standard library itself.
"""

import argparse
import array
import json
import os
import platform
import subprocess
from pathlib import Path

from page import exponent, machine, seconds, table
from peers import HERE, ROOT, TARGET, WORK, environment, held, refuse_unknown, run

# clvkit wants newer packages than the other peers allow.
PYTHON = WORK / "venv-lifetime/bin/python"
KNOWN = WORK / "lifetime.json"

PEERS = "peers, CDNOW's 2,357 customers"
AIM = 100
# The processors' time is told in hundredths of a second.
REPEATS = 1000
# Name, arguments of the example, the seconds and megabytes that are aimed at.
MILLION = [
    ("1,000,000 customers, whole days", ["days", 1_000_000], 5, 500),
    ("1,000,000 customers, no two alike", ["exact", 1_000_000], 20, None),
]
GROWTH = {"whole days": "days", "no two alike": "exact"}
SIZES = [10_000, 100_000, 1_000_000]
NAMES = [PEERS, *(name for name, *_ in MILLION), "growth"]
PARAMETERS = ["r", "α", "a", "b", "p", "q", "γ"]
FORECASTS = ["purchases", "P(alive)", "spend"]


def program():
    """The example, built for release without data frames."""
    subprocess.run(["cargo", "build", "--locked", "--release", "-q", "-p", "segmentation-lib", "--no-default-features",
                    "--features", "engine", "--example", "lifetime"], check=True, cwd=ROOT)
    return TARGET / "release/examples/lifetime"


def quietest(runs):
    """The least of each measure over the rounds, the most memory, and the rest of the last round."""
    least = {key: min(r[key] for r in runs) for key in ["seconds", "processor"]}
    # What a process held before it became the program counts as its own with the system, but not with itself.
    return runs[-1] | least | {"megabytes": max(r.get("peak_megabytes") or r["megabytes"] for r in runs)}


def measure_peers(ours, rounds):
    customers = WORK / "cdnow-sample.f64"
    shape = run([PYTHON, HERE / "peer_work.py", "make", "cdnow-sample", customers])
    sides = {"ours": [ours, "read", customers, "--only", "bg_nbd", "--rounds", REPEATS, "--out"]}
    for peer in ["lifetimes", "clvkit"]:
        sides[peer] = [PYTHON, HERE / "peer_work.py", f"lifetime-{peer}", customers, shape["rows"], shape["columns"], 1]
    runs = {who: [] for who in sides}
    for _ in range(rounds):
        for who, command in sides.items():
            runs[who].append(run([*command, WORK / f"lifetime-{who}.f64"]))
    return {who: quietest(r) | {"values": doubles(WORK / f"lifetime-{who}.f64")} for who, r in runs.items()}


def doubles(path):
    values = array.array("d")
    values.frombytes(path.read_bytes())
    return values.tolist()


def measure_growth(ours, rounds):
    once = lambda kind, n: run([ours, kind, n, "--rounds", max(1, 300_000 // n)])
    return {name: {str(n): quietest([once(kind, n) for _ in range(min(3, rounds))]) for n in SIZES}
            for name, kind in GROWTH.items()}


def apart(ours, other):
    """The largest relative difference."""
    return max(abs(a - b) / max(abs(a), abs(b)) for a, b in zip(ours, other) if a != b) if ours != other else 0.0


def met(is_met):
    return "met" if is_met else "missed"


def milliseconds(s):
    return f"{s * 1000:.2f} ms"


def peer_tables(measured):
    ours = measured["ours"]
    head = ["BG/NBD and Gamma-Gamma fitted, all 2,357 customers forecast", "over ours", "aim", "of the processors",
            "by the clock", "memory"]
    figures = lambda m: [milliseconds(m["processor"]), milliseconds(m["seconds"]), f"{m['megabytes']:.0f} MB"]
    rows = [["ours", "", "", *figures(ours)]]
    for peer in ["lifetimes", "clvkit"]:
        other = measured[peer]
        ratio = other["processor"] / ours["processor"]
        rows.append([peer, f"**{ratio:.0f} ×**", f"{AIM} × {met(ratio >= AIM)}", *figures(other)])
    return "\n\n".join([table(head, rows), "Ours works out P(alive) and the median wait too; the peers P(alive).",
                        agreement(measured)])


def agreement(measured):
    ours, count = measured["ours"]["values"], len(PARAMETERS)
    customers = (len(ours) - count) // len(FORECASTS)
    rows = []
    for peer in ["lifetimes", "clvkit"]:
        other = measured[peer]["values"]
        parameters = [f"{b:.7f} ({abs(a - b) / a:.0e})" for a, b in zip(ours[:count], other)]
        part = lambda values, i: values[count + i * customers:count + (i + 1) * customers]
        forecasts = [f"{apart(part(ours, i), part(other, i)):.0e}" for i in range(len(FORECASTS))]
        rows.append([peer, *parameters, *forecasts])
    own = ["ours", *(f"{value:.7f}" for value in ours[:count]), "", "", ""]
    gradients = ", ".join(f"{model} {said['gradient_norm']:.0e}" for model, said in measured["ours"]["models"].items())
    return "\n\n".join([
        "Parameters, with the peers' relative difference to ours, and the largest relative difference of a forecast:",
        table(["", *PARAMETERS, *FORECASTS], [own, *rows]),
        f"Norm of our gradient per customer, by the logarithms of the parameters: {gradients}."])


def million_tables(known):
    rows, stages = [], []
    for name, _, aim, most in MILLION:
        if name not in known:
            continue
        m = known[name]["measured"]
        bound = f"{aim} s {met(m['seconds'] < aim)}"
        if most:
            bound += f", {most} MB {met(m['megabytes'] < most)}"
        rows.append([name, f"{m['distinct']:,}", seconds(m["seconds"]), seconds(m["processor"]),
                     f"{m['megabytes']:.0f} MB", bound])
        stages.append([name, *(seconds(s) for s in m["stages"].values())])
        names = list(m["stages"])
    if not rows:
        return ""
    head = ["all four models fitted, every customer forecast", "distinct (x, t_x, T)", "by the clock", "of the processors",
            "memory", "aim"]
    return "\n\n".join([
        "## A million customers",
        "Drawn with CDNOW's parameters from a Pareto/NBD and a Gamma-Gamma: one year of arrivals, half a year to a year and "
        "a half observed. A forecast is purchases within 39 weeks, P(alive), median wait, and spend.",
        table(head, rows), "By the clock, in the last round:", table(["", *names], stages)])


def growth_tables(known):
    if "growth" not in known:
        return ""
    rows = []
    for name, by in known["growth"]["measured"].items():
        cells = [f"{seconds(m['processor'])}, {m['megabytes']:.0f} MB, {m['distinct']:,} distinct" for m in by.values()]
        by_customers = exponent([(int(n), m["processor"]) for n, m in by.items()])
        by_distinct = exponent([(m["distinct"], m["processor"]) for m in by.values()])
        rows.append([name, *cells, f"{by_customers:.2f}", f"{by_distinct:.2f}"])
    head = ["", *(f"{n:,}" for n in SIZES), "exponent by customers", "by distinct histories"]
    return "\n\n".join(["## Growth", "Time of the processors; 1 is linear.", table(head, rows)])


def versions():
    rustc = subprocess.run(["rustc", "--version"], capture_output=True, text=True).stdout.split()[1]
    pinned = (HERE / "requirements-lifetime.txt").read_text().split()
    python = subprocess.run([PYTHON, "-c", "import platform; print(platform.python_version())"],
                            capture_output=True, text=True).stdout.strip() or platform.python_version()
    return f"Rust {rustc}; Python {python}, " + ", ".join(line.replace("==", " ") for line in pinned)


def page(known):
    loads = [entry["load"] for entry in known.values()]
    rounds = min(entry["rounds"] for entry in known.values())
    return "\n\n".join(part for part in [
        "# The lifetime models",
        "Written by `make bench` (`lifetime.py`); nothing here is typed by hand. Ours and the peers in turn, one process "
        f"each, at least {rounds} rounds; the figures are each side's quietest round. The machine may do other work meanwhile, "
        "so ratios are of the processors' time (user and system); by the clock a long piece of work is then interrupted "
        "and a short one is not. Start, imports and reading or drawing of customers are not timed. On the sample both "
        f"sides are warm: ours repeats the work {REPEATS} times (the processors' time is the mean, the clock's the fastest), "
        "a peer twice, of which the second counts. Peak memory is that of the whole process.",
        f"Machine: {machine()}. {versions()}. Load when the rows began: {min(loads):.1f} to {max(loads):.1f}.",
        peer_tables(known[PEERS]["measured"]) if PEERS in known else "",
        million_tables(known), growth_tables(known)] if part) + "\n"


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--only", nargs="+", default=[], metavar="WORD")
    arguments.add_argument("--lock", type=Path)
    arguments = arguments.parse_args()
    refuse_unknown(arguments.only, NAMES)
    WORK.mkdir(parents=True, exist_ok=True)
    with held(arguments.lock):
        environment(PYTHON, "requirements-lifetime.txt")
        ours = program()
    known = json.loads(KNOWN.read_text()) if KNOWN.exists() else {}
    rounds = arguments.rounds
    jobs = {PEERS: lambda: measure_peers(ours, rounds)}
    for name, words, _, _ in MILLION:
        jobs[name] = lambda words=words: quietest([run([ours, *words]) for _ in range(min(5, rounds))])
    jobs["growth"] = lambda: measure_growth(ours, rounds)
    for name, job in jobs.items():
        if arguments.only and not any(word in name for word in arguments.only):
            continue
        with held(arguments.lock):
            load = os.getloadavg()[0]
            known[name] = {"load": load, "rounds": min(rounds, 3 if name == "growth" else 5), "measured": job()}
        KNOWN.write_text(json.dumps(known))
        print(name, "done", flush=True)
    (HERE / "LIFETIME.md").write_text(page(known))


if __name__ == "__main__":
    main()
