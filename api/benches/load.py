#!/usr/bin/env python3
"""Load on loopback: the service against a bare actix-web handler and a FastAPI service, in one run.

    python3 api/benches/load.py [--seconds 4] [--rounds 3] [--customers 1000000]

Needs wrk (Debian package) and, for the FastAPI peer, PyPI once. Every server has one worker on the first
core, wrk the second; rounds take turns, medians are reported. Prints Markdown: api/benches/RESULTS.md.
"""

import argparse
import json
import os
import pathlib
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
ROUTE = "/v1/customers/C0000007/segment"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start(command, port, path, **options):
    server = subprocess.Popen(["taskset", "-c", "0", *map(str, command)], **options)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}{path}").read()
            return server
        except OSError:
            if server.poll() is not None:
                sys.exit(f"{command[0]} ended")
            time.sleep(0.05)
    sys.exit(f"{command[0]} does not answer")


def wrk(port, path, seconds, connections=32, script=None):
    command = ["taskset", "-c", "1", "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    command += ["-s", script] if script else []
    text = subprocess.run([*command, f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True, check=True).stdout
    unit = {"us": 1e-3, "ms": 1.0, "s": 1e3}
    percentile = lambda p: (lambda m: float(m[1]) * unit[m[2]])(re.search(rf"{p}%\s+([\d.]+)(us|ms|s)", text))
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    failures = (int(failed[1]) if failed else 0) + (sum(map(int, errors.groups())) if errors else 0)
    return {"rate": float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]), "p50": percentile(50), "p99": percentile(99), "failed": failures}


def cpu_seconds(process):
    """User and system time of a server with all its threads."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def median(results, key):
    return statistics.median(result[key] for result in results)


def lua(work, ids):
    body = json.dumps({"ids": [f"C{i * 37 % 1000:07}" for i in range(ids)]})
    path = work / f"{ids}.lua"
    path.write_text(f"wrk.method = 'POST'\nwrk.headers['content-type'] = 'application/json'\nwrk.body = {json.dumps(body)}\n")
    return path


def fastapi(work, customers):
    venv = pathlib.Path(os.environ.get("SEGMENT_TOOLS", pathlib.Path.home() / ".cache/customer-segmentation/tools")) / "fastapi"
    if not (venv / "bin/uvicorn").exists():
        install = [[sys.executable, "-m", "venv", venv], [venv / "bin/pip", "install", "-q", "fastapi", "uvicorn[standard]"]]
        for command in install:
            if subprocess.run(command).returncode != 0:
                return None
    port = free_port()
    command = [venv / "bin/uvicorn", "fastapi_peer:app", "--port", port, "--workers", 1, "--log-level", "error"]
    env = {**os.environ, "CUSTOMERS": str(customers)}
    return start(command, port, ROUTE, cwd=ROOT / "api/benches", env=env), port


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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--customers", type=int, default=1_000_000)
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("wrk is missing: apt-get install wrk")
    servers = []
    work = pathlib.Path(tempfile.mkdtemp())
    try:
        measure(options, work, servers)
    finally:
        for server in servers:
            server.kill()
        shutil.rmtree(work)


def measure(options, work, servers):
    sample = [TARGET / "examples/sample_store", work / "store", options.customers]
    subprocess.run([*map(str, sample), "1"], check=True, stdout=subprocess.DEVNULL)
    port, bare_port = free_port(), free_port()
    log = open(work / "log", "w")
    service = [TARGET / "segmentation-api", "--store", work / "store", "--bind", f"127.0.0.1:{port}", "--workers", 1, "--log", "json"]
    servers.append(start(service, port, "/health/ready", stderr=log))
    body = urllib.request.urlopen(f"http://127.0.0.1:{port}{ROUTE}").read()
    servers.append(start([TARGET / "examples/bare", f"127.0.0.1:{bare_port}", len(body)], bare_port, "/"))
    peer = fastapi(work, options.customers)
    servers.extend([peer[0]] if peer else [])

    load = os.getloadavg()
    print(f"Load average before: {load[0]:.2f}, {load[1]:.2f}, {load[2]:.2f} on {os.cpu_count()} cores; {options.rounds} rounds of {options.seconds} s.\n")
    kinds = {"the service": (servers[0], port), "bare actix-web handler, same bytes": (servers[1], bare_port)}
    if peer:
        kinds["FastAPI + uvicorn, dict"] = peer
    results = {kind: [] for kind in kinds}
    for _ in range(options.rounds):
        for kind, (process, at) in kinds.items():
            before = cpu_seconds(process)
            result = wrk(at, ROUTE, options.seconds)
            result["cpu"] = 1e6 * (cpu_seconds(process) - before) / (result["rate"] * options.seconds)
            results[kind].append(result)
    print("| single lookup, 32 connections | requests/s | service relative to it | CPU µs a request | relative to the service | p50 ms | p99 ms |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    own, own_cpu = (median(results["the service"], key) for key in ("rate", "cpu"))
    for kind, rounds in results.items():
        rate, cpu, p50, p99 = (median(rounds, key) for key in ("rate", "cpu", "p50", "p99"))
        print(f"| {kind} | {rate:,.0f} | {own / rate:.2f} | {cpu:.1f} | {cpu / own_cpu:.2f} | {p50:.2f} | {p99:.2f} |")

    print("\n| ids a request, 1 connection | p50 ms | p99 ms |\n|---|---:|---:|")
    for ids in (1, 100, 10_000):
        rounds = [wrk(port, "/v1/segments/lookup", options.seconds, 1, lua(work, ids)) for _ in range(options.rounds)]
        print(f"| {ids:,} | {median(rounds, 'p50'):.3f} | {median(rounds, 'p99'):.3f} |")

    event = next(e["fields"] for e in map(json.loads, open(work / "log")) if e["fields"]["message"] == "serving")
    held = idle_connections(port, 10_000)
    calm = [wrk(port, ROUTE, options.seconds) for _ in range(options.rounds)]
    under = []
    # From before the publish until after the swap.
    loader = threading.Thread(target=lambda: under.append(wrk(port, ROUTE, 20)))
    loader.start()
    time.sleep(1)
    subprocess.run([*map(str, sample), "2"], check=True, stdout=subprocess.DEVNULL)
    loader.join()
    swapped = sum('"serving"' in line for line in open(work / "log")) == 2
    ready = json.load(urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready"))
    print(f"""
| what | measured |
|---|---:|
| customers loaded and verified | {event['customers']:,} in {event['seconds']:.2f} s |
| memory of the run | {event['bytes'] / event['customers']:.1f} bytes a customer |
| idle connections held while others are answered | {held:,} |
| p99 before / during a publish and swap of as many customers | {median(calm, 'p99'):.2f} / {under[0]['p99']:.2f} ms |
| failed requests during it | {under[0]['failed']} of {under[0]['rate'] * 20:,.0f} |
| the new run was served at its end | {'yes' if swapped else 'no'}, {ready['run_id']} |""")


if __name__ == "__main__":
    main()
