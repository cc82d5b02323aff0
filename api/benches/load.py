#!/usr/bin/env python3
"""Load on loopback: the service against a bare actix-web handler and a FastAPI service, in one run.

    python3 api/benches/load.py [lookups] [lists] [publish] [changes] [--seconds 4] [--rounds 3] [--customers 1000000]

Needs release builds (`cargo build --release -p api --bins --examples`), wrk (Debian package) and, for the
FastAPI peer, PyPI once. Every server has one worker on the first core, wrk the second; rounds take turns,
medians are reported. Writes api/benches/RESULTS.md from the parts measured last.
"""

import argparse
import json
import os
import pathlib
import platform
import re
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
KEPT = TARGET / "load"
RESULTS = ROOT / "api/benches/RESULTS.md"
ROUTE = "/v1/customers/C0000007/segment"
SERVICE, FASTAPI = "the service", "FastAPI + uvicorn, dict"
BARE, SAME = "bare actix-web handler, same body", "bare actix-web handler, same body and head"
# Headers that the bare handler sets by itself.
OWN = {"content-length", "content-type", "connection", "date"}
HEAD = """# Load

Written by `python3 api/benches/load.py` on loopback: every server has one worker on the first of two cores, wrk runs on
the second; servers take turns, medians of the rounds are reported. Ratios carry over to other machines, absolute figures do not.
wrk is about as busy as the fast servers it drives. The head of the service's answers is 330 bytes longer than that which
actix-web sends by itself (run, entity tag, security headers), and most of a request's time is the system's, which carries
the bytes: so one bare handler sends the same body, the other the same body and head."""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wrk(port, path, seconds, connections=32, script=None, headers=()):
    command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    command += ["-s", script] if script else []
    command += [part for header in headers for part in ("-H", header)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    text = subprocess.run([*command, f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True, check=True).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    unit = {"us": 1e-3, "ms": 1.0, "s": 1e3}
    percentile = lambda p: (lambda m: float(m[1]) * unit[m[2]])(re.search(rf"{p}%\s+([\d.]+)(us|ms|s)", text))
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    failures = (int(failed[1]) if failed else 0) + (sum(map(int, errors.groups())) if errors else 0)
    busy = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / seconds
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])
    return {"rate": rate, "p50": percentile(50), "p99": percentile(99), "failed": failures, "busy": busy}


def cpu_seconds(process):
    """User and system time of a server with all its threads."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def median(results, key):
    return statistics.median(result[key] for result in results)


class Bench:
    """A store and the servers on it, for one part."""

    def __init__(self, options):
        self.options, self.work, self.servers = options, pathlib.Path(tempfile.mkdtemp()), []
        self.publish(1)

    def publish(self, seed, *before):
        sample = [TARGET / "examples/sample_store", self.work / "store", self.options.customers, seed]
        subprocess.run([*map(str, [*before, *sample])], check=True, stdout=subprocess.DEVNULL)

    def start(self, command, port, path, **options):
        server = subprocess.Popen(["taskset", "-c", "0", *map(str, command)], **options)
        self.servers.append(server)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}{path}").read()
                return server, port
            except OSError:
                if server.poll() is not None:
                    sys.exit(f"{command[0]} ended")
                time.sleep(0.05)
        sys.exit(f"{command[0]} does not answer")

    def service(self, *flags):
        port, self.log = free_port(), self.work / f"log-{len(self.servers)}"
        command = [TARGET / "segmentation-api", "--store", self.work / "store", "--bind", f"127.0.0.1:{port}"]
        command += ["--workers", 1, "--log", "json", *flags]
        return self.start(command, port, "/health/ready", stderr=open(self.log, "w"))

    def events(self, message):
        return [e["fields"] for e in map(json.loads, open(self.log)) if e["fields"]["message"] == message]

    def key(self):
        create = [TARGET / "segmentation-api", "keys", "--keys", self.work / "keys.json", "create", "--name", "load"]
        create += ["--scopes", "assignments:read", "--ids-per-minute", 4_000_000_000]
        return subprocess.run([*map(str, create)], check=True, capture_output=True, text=True).stdout.split()[0]

    def bare(self, body, *head):
        port = free_port()
        return self.start([TARGET / "examples/bare", f"127.0.0.1:{port}", len(body), *head], port, "/")

    def fastapi(self):
        tools = pathlib.Path(os.environ.get("SEGMENT_TOOLS", pathlib.Path.home() / ".cache/customer-segmentation/tools"))
        venv = tools / "fastapi"
        if not (venv / "bin/uvicorn").exists():
            install = [[sys.executable, "-m", "venv", venv], [venv / "bin/pip", "install", "-q", "fastapi", "uvicorn[standard]"]]
            for command in install:
                if subprocess.run(command).returncode != 0:
                    return None
        port = free_port()
        command = [venv / "bin/uvicorn", "fastapi_peer:app", "--port", port, "--workers", 1, "--log-level", "error"]
        env = {**os.environ, "CUSTOMERS": str(self.options.customers)}
        return self.start(command, port, ROUTE, cwd=ROOT / "api/benches", env=env)

    def end(self):
        for server in self.servers:
            server.kill()
            server.wait()
        shutil.rmtree(self.work)


def machine(options):
    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return (f"{options.rounds} rounds of {options.seconds} s; {os.cpu_count()} cores ({model[1] if model else platform.machine()}), "
            f"Linux {platform.release().split('-')[0]}, load average before {load}.")


def lookups(bench):
    options = bench.options
    said = machine(options)
    plain = bench.service()
    answer = urllib.request.urlopen(f"http://127.0.0.1:{plain[1]}{ROUTE}")
    body, head = answer.read(), [f"{name}:{value}" for name, value in answer.headers.items() if name not in OWN]
    key = [f"Authorization: Bearer {bench.key()}"]
    keys, audit = ["--keys", bench.work / "keys.json"], ["--audit", bench.work / "audit.log"]
    kinds = {SERVICE: (plain, ()), BARE: (bench.bare(body), ()), SAME: (bench.bare(body, *head), ())}
    peer = bench.fastapi()
    kinds |= {FASTAPI: (peer, ())} if peer else {}
    kinds |= {f"{SERVICE}, keys": (bench.service(*keys), key), f"{SERVICE}, keys and audit": (bench.service(*keys, *audit), key)}
    results = {kind: [] for kind in kinds}
    for _ in range(options.rounds):
        for kind, ((process, port), headers) in kinds.items():
            before = cpu_seconds(process)
            result = wrk(port, ROUTE, options.seconds, headers=headers)
            result["cpu"] = 1e6 * (cpu_seconds(process) - before) / (result["rate"] * options.seconds)
            results[kind].append(result)
    failed = sum(result["failed"] for rounds in results.values() for result in rounds)
    lines = [f"\n## Single lookups\n\n{said} 32 connections. Where it says nothing else the service runs as it does by default on "
             f"loopback: without keys and audit, as the peers do. Failed requests: {failed}.\n",
             "| server | requests/s | the service relative to it | CPU µs a request | p50 ms | p99 ms | wrk busy |",
             "|---|---:|---:|---:|---:|---:|---:|"]
    for kind, rounds in results.items():
        rate, cpu, p50, p99, busy = (median(rounds, key) for key in ("rate", "cpu", "p50", "p99", "busy"))
        # Each round against the one beside it: what else the machine does falls on both.
        ratio = statistics.median(own["rate"] / other["rate"] for own, other in zip(results[SERVICE], rounds))
        lines.append(f"| {kind} | {rate:,.0f} | {ratio:.2f} | {cpu:.1f} | {p50:.2f} | {p99:.2f} | {busy:.0%} |")
    return "\n".join(lines) + "\n"


def lua(work, ids):
    body = json.dumps({"ids": [f"C{i * 37 % 1000:07}" for i in range(ids)]})
    path = work / f"{ids}.lua"
    path.write_text(f"wrk.method = 'POST'\nwrk.headers['content-type'] = 'application/json'\nwrk.body = {json.dumps(body)}\n")
    return path


def lists(bench):
    options = bench.options
    said = machine(options)
    servers = {"": bench.service(), ", with audit": bench.service("--audit", bench.work / "audit.log")}
    lines = [f"\n## Lists\n\n{said} One connection.\n", "| ids a request | p50 ms | p99 ms |", "|---|---:|---:|"]
    for ids in (1, 100, 10_000):
        for config, (_, port) in servers.items():
            script = lua(bench.work, ids)
            rounds = [wrk(port, "/v1/segments/lookup", options.seconds, 1, script) for _ in range(options.rounds)]
            lines.append(f"| {ids:,}{config} | {median(rounds, 'p50'):.3f} | {median(rounds, 'p99'):.3f} |")
    return "\n".join(lines) + "\n"


def idle_connections(port, wanted):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    held = []
    try:
        for _ in range(wanted):
            held.append(socket.create_connection(("127.0.0.1", port)))
        time.sleep(1)
        urllib.request.urlopen(f"http://127.0.0.1:{port}{ROUTE}").read()
        for s in held[:: max(1, wanted // 50)]:
            s.sendall(f"GET {ROUTE} HTTP/1.1\r\nhost: x\r\n\r\n".encode())
            assert s.recv(4096).startswith(b"HTTP/1.1 200")
    finally:
        for s in held:
            s.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return len(held)


def publish(bench):
    options = bench.options
    said = machine(options)
    _, port = bench.service()
    event = bench.events("serving")[0]
    held = idle_connections(port, 10_000)
    windows, stop = [], threading.Event()

    def load():
        while not stop.is_set():
            begun = time.monotonic()
            windows.append({**wrk(port, ROUTE, options.seconds), "begun": begun, "ended": time.monotonic()})

    loader = threading.Thread(target=load)
    loader.start()
    while len(windows) < options.rounds:
        time.sleep(0.1)
    begun = time.monotonic()
    # What a nightly job does: it takes the processor when others leave it.
    bench.publish(2, "nice", "-n", 19, "taskset", "-c", 1)
    published, deadline = time.monotonic(), time.monotonic() + 100
    while len(bench.events("serving")) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    served = time.monotonic()
    after = len(windows) + 1
    while len(windows) < after + options.rounds:
        time.sleep(0.1)
    stop.set()
    loader.join()
    swapped = bench.events("serving")[1:]
    during = [w for w in windows if w["ended"] > begun and w["begun"] < served]
    before, later = ([w for w in windows if w["ended"] <= begun], [w for w in windows if w["begun"] >= served])
    requests = sum(w["rate"] * options.seconds for w in windows)
    row = lambda name, part: f"| {name} | {len(part)} | {median(part, 'rate'):,.0f} | {median(part, 'p99'):.2f} | {max(w['p99'] for w in part):.2f} |"
    return "\n".join([
        f"\n## A run of {event['customers']:,} customers\n\n{said}\n", "| what | measured |", "|---|---:|",
        f"| loaded and verified at the start | {event['seconds']:.2f} s |",
        f"| memory of the run | {event['bytes'] / event['customers']:.1f} bytes a customer |",
        f"| idle connections held while others are answered | {held:,} |",
        "\nAnother one published and swapped in under full load, 32 connections. The publisher (`nice -n 19`) shares wrk's core, "
        "the thread that loads the run shares the worker's.\n",
        f"| windows of {options.seconds} s | number | requests/s | p99 ms, median | p99 ms, worst |", "|---|---:|---:|---:|---:|",
        row("before", before), row(f"making, publishing ({published - begun:.1f} s), loading ({served - published:.1f} s)", during), row("after", later),
        f"\nFailed requests: {sum(w['failed'] for w in windows)} of {requests:,.0f}. The new run was served at the end: "
        f"{'yes, loaded in %.2f s' % swapped[0]['seconds'] if swapped else 'no'}.", ""])


def changes(bench):
    """A day on which every twentieth customer moved, as a CRM takes it."""
    options = bench.options
    said = machine(options)
    sample = [TARGET / "examples/sample_store", "--next-day", bench.work / "store", 20]
    begun = time.monotonic()
    subprocess.run([*map(str, sample)], check=True, stdout=subprocess.DEVNULL)
    published = time.monotonic() - begun
    server, port = bench.service()
    lines = [f"\n## Changes of {options.customers:,} customers, of whom every twentieth moved\n\n{said} One connection, urllib reads.\n",
             "| format | first byte ms | rows/s | MB |", "|---|---:|---:|---:|"]
    for form in ("ndjson", "csv", "parquet"):
        firsts, rates, size = [], [], 0
        for _ in range(options.rounds):
            start = time.monotonic()
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/changes?format={form}") as answer:
                first = answer.read(1)
                firsts.append(1000 * (time.monotonic() - start))
                body = first + answer.read()
            rates.append(options.customers / 20 / (time.monotonic() - start))
            size = len(body)
            if form == "ndjson":
                assert body.count(b"\n") == -(-(options.customers + 8) // 20), body.count(b"\n")
        lines.append(f"| {form} | {statistics.median(firsts):.1f} | {statistics.median(rates):,.0f} | {size / 1e6:.1f} |")
    peak = re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{server.pid}/status").read_text())[1]
    log = next((bench.work / "store/changes").iterdir()).parent
    lines.append(f"\nMaking and publishing that day took {published:.1f} s, its entry in the movement log has "
                 f"{max(entry.stat().st_size for entry in log.iterdir()) / 1e6:.1f} MB. Most memory of the server, the run included: {int(peak) / 1024:.0f} MiB.\n")
    return "\n".join(lines)


PARTS = {"lookups": lookups, "lists": lists, "publish": publish, "changes": changes}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", help=f"what to measure, of {', '.join(PARTS)}; default all")
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--customers", type=int, default=1_000_000)
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(unknown)}")
    if shutil.which("wrk") is None:
        sys.exit("wrk is missing: apt-get install wrk")
    for part in options.parts or PARTS:
        bench = Bench(options)
        try:
            text = PARTS[part](bench)
        finally:
            bench.end()
        print(text)
        keep(part, text)
    RESULTS.write_text(report())


def keep(part, text):
    """Parts can be measured one by one: the report has the latest of each."""
    KEPT.mkdir(parents=True, exist_ok=True)
    (KEPT / f"{part}.md").write_text(text)


def report():
    done = [(KEPT / f"{part}.md").read_text() for part in PARTS if (KEPT / f"{part}.md").exists()]
    return "\n".join([HEAD, *done])


if __name__ == "__main__":
    main()
