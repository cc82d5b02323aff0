#!/usr/bin/env python3
"""The service under everything at once: attacks, runs that change, keys that come and go, honest requests.

    api/benches/soak.py [--seconds 60] [--store DIR] [--record]

Needs the built programs (`make build`). Serves CDNOW, then attacks while honest clients ask, and fails when one of
them is refused, when memory passes its bound, or when liveness is slow; afterwards compares each route with gzip and
without on kept connections. With --record the figures go to api/benches/SOAK.md.
"""

import argparse
import http.client
import json
import os
import pathlib
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / os.environ.get("PROFILE_DIR", "release")
BOMBS = ROOT / "api/tests/attacks/bombs"
LOOKUP = "/v1/segments/lookup"
NDJSON = {"content-type": "application/x-ndjson"}
ALL = "segments:read,assignments:read,explain:read,export"

# What is promised; times by a release build alone, on a machine that does nothing else.
MEMORY_MIB = 256
LIVE_MS = 100
GZIP_MS = 1


class Service:
    def __init__(self, work, store):
        self.work = work
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        if store:
            shutil.copytree(store, work / "store")
        else:
            self.segment("run", "--quiet", "--dataset", "cdnow", "--data", ROOT / "data")
            self.segment("run", "--quiet", "--dataset", "cdnow", "--data", ROOT / "data")
        listed = subprocess.run([BIN / "segment", "runs", "--json", "--store", work / "store"], check=True, capture_output=True).stdout
        exported = subprocess.run([BIN / "segment", "export", "--store", work / "store"], check=True, capture_output=True, text=True).stdout
        # A customer whose every row a cleaning rule removed is in no run.
        self.ids = [line.split(",", 1)[0] for line in exported.splitlines()[1:]]
        self.runs = [run["run_id"] for run in json.loads(listed)]
        self.key, self.limited = self.create(ALL, 0), self.create(ALL, 600)
        self.attacker, self.admin = self.create(ALL, 0), self.create("admin", 0)
        flags = ["--store", work / "store", "--keys", work / "keys.json", "--audit", work / "audit.log", "--bind", f"127.0.0.1:{self.port}"]
        self.log = open(work / "log", "w")
        self.process = subprocess.Popen([BIN / "segmentation-api", *flags], stderr=self.log)
        for _ in range(600):
            try:
                if self.ask("GET", "/health/ready")[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.1)
        sys.exit("the service does not start")

    def segment(self, *args):
        subprocess.run([BIN / "segment", *args, "--store", self.work / "store"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def keys(self, *args):
        command = [BIN / "segmentation-api", "keys", "--keys", self.work / "keys.json", *args]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def create(self, scopes, limit):
        return self.keys("create", "--name", "soak", "--scopes", scopes, "--ids-per-minute", str(limit)).split()[0]

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def ask(self, method, path, body=None, headers=None, key=None, connection=None):
        """Status and body, on a connection of its own unless one is given."""
        own = connection or self.connect()
        try:
            own.request(method, path, body, {**(headers or {}), **({"authorization": f"Bearer {key}"} if key else {})})
            answer = own.getresponse()
            return answer.status, answer.read()
        finally:
            if connection is None:
                own.close()

    def memory(self, figure):
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith(figure + ":"):
                return int(line.split()[1]) / 1024
        raise RuntimeError("no such figure")


class Soak:
    def __init__(self, service, seconds):
        self.service, self.end = service, time.monotonic() + seconds
        self.lock, self.failures, self.live = threading.Lock(), [], []
        self.counts = {"honest": 0, "attacks": 0, "changes": 0}

    def count(self, kind, n=1):
        with self.lock:
            self.counts[kind] += n

    def loop(self, kind, action):
        while time.monotonic() < self.end:
            try:
                action()
                self.count(kind)
            except (OSError, http.client.HTTPException) as error:
                # An attacker may be cut off; an honest client may not.
                if kind != "attacks":
                    self.fail(f"{kind} {action.__name__}: {error!r}")

    def fail(self, text):
        with self.lock:
            self.failures.append(text)

    def expect(self, answer, statuses=(200,)):
        if answer[0] not in statuses:
            self.fail(f"{answer[0]} {answer[1][:200]!r}")

    # Honest clients.
    def single(self):
        self.expect(self.service.ask("GET", f"/v1/customers/{random.choice(self.service.ids)}/segment", key=self.service.key))

    def batch(self):
        ids = json.dumps({"ids": [f"{i:05}" for i in range(1, 2000)]})
        self.expect(self.service.ask("POST", LOOKUP, ids, {"content-type": "application/json", "accept-encoding": "gzip"}, self.service.key))

    def export(self):
        self.expect(self.service.ask("GET", "/v1/segments/1/export", headers={"accept-encoding": "gzip"}, key=self.service.key))

    # Attacks.
    def bomb(self):
        name, coding = random.choice([("spaces.br", "br"), ("spaces.zst", "zstd"), ("lines.br", "br")])
        kind = random.choice(["application/json", "application/x-ndjson"])
        self.service.ask("POST", LOOKUP, (BOMBS / name).read_bytes(), {"content-type": kind, "content-encoding": coding}, self.service.attacker)

    def stranger(self):
        connection = self.service.connect()
        for _ in range(200):
            self.service.ask("GET", "/v1/customers/00001/segment", connection=connection)
        connection.close()

    def raw(self, data, wait):
        with socket.create_connection(("127.0.0.1", self.service.port), 10) as s:
            s.settimeout(wait)
            s.sendall(data)
            time.sleep(wait)

    def gone(self):
        ids = b'"00001"\n' * 100_000
        head = f"POST {LOOKUP} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {self.service.limited}\r\ncontent-type: application/x-ndjson\r\ncontent-length: {len(ids)}\r\n\r\n"
        self.raw(head.encode() + ids, 0.2)

    def unread(self):
        ids = json.dumps({"ids": ["00001"] * 10_000}).encode()
        head = f"POST {LOOKUP} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {self.service.attacker}\r\ncontent-type: application/json\r\ncontent-length: {len(ids)}\r\n\r\n"
        self.raw(head.encode() + ids, 1)

    def slow(self):
        self.raw(b"GET /v1/run HTTP/1.1\r\nhost: local", 1)

    # What operators do.
    def rollback(self):
        self.service.segment("rollback", self.service.runs[self.counts["changes"] % len(self.service.runs)])
        time.sleep(1)

    def reload(self):
        key = self.service.create("segments:read", 0)
        self.service.keys("revoke", key[4:16])
        os.kill(self.service.process.pid, 1)
        time.sleep(0.5)

    def run(self):
        honest = [self.single, self.single, self.batch, self.export]
        attacks = [self.bomb] * 4 + [self.stranger] + [self.gone] * 4 + [self.unread] * 8 + [self.slow] * 8
        work = [("honest", a) for a in honest] + [("attacks", a) for a in attacks] + [("changes", a) for a in (self.rollback, self.reload)]
        threads = [threading.Thread(target=self.loop, args=one) for one in work]
        # In a process of its own: the threads of this one wait for each other.
        probe = subprocess.Popen([sys.executable, __file__, "--probe", str(self.service.port), "--seconds", str(round(self.end - time.monotonic()))], stdout=subprocess.PIPE, text=True)
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.live = json.loads(probe.communicate()[0])


def probe(port, seconds):
    """Asks for liveness a hundred times a second, each on a connection of its own; prints the times in seconds."""
    times, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        start = time.perf_counter()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request("GET", "/health/live")
        assert connection.getresponse().read() == b'{"status":"live"}'
        times.append(time.perf_counter() - start)
        connection.close()
        time.sleep(0.01)
    print(json.dumps(times))


def gzip_costs(service):
    """Milliseconds that each route takes longer with gzip on a kept connection, by its median."""
    costs = {}
    for path in ["/v1/run", "/v1/segments", "/v1/segments/1", "/v1/segments/1/customers", "/v1/customers/00001", "/v1/customers/00001/segment", f"{LOOKUP}?ids=00001,00002", "/metrics", "/health/ready", "/openapi.json", "/problems"]:
        medians = {}
        for encoding in ("identity", "gzip"):
            connection, times = service.connect(), []
            key = service.admin if path == "/metrics" else service.key
            for _ in range(50):
                start = time.perf_counter()
                service.ask("GET", path, headers={"accept-encoding": encoding}, key=key, connection=connection)
                times.append((time.perf_counter() - start) * 1000)
            medians[encoding] = statistics.median(times)
            connection.close()
        costs[path] = medians["gzip"] - medians["identity"]
    return costs


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--store", type=pathlib.Path, help="a store with several runs, copied, instead of CDNOW segmented twice")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--probe", type=int, metavar="PORT", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.probe:
        return probe(args.probe, args.seconds)
    work = pathlib.Path(tempfile.mkdtemp())
    service = None
    try:
        service = Service(work, args.store)
        service.ask("GET", "/v1/segments", key=service.key)
        idle = service.memory("VmRSS")
        soak = Soak(service, args.seconds)
        soak.run()
        peak = service.memory("VmHWM") - idle
        live = sorted(soak.live)[int(len(soak.live) * 0.99)] * 1000
        costs = gzip_costs(service)
        worst = max(costs, key=costs.get)
    finally:
        if service:
            service.process.kill()
            service.process.wait()
        shutil.rmtree(work, ignore_errors=True)
    rows = [
        ("seconds", f"{args.seconds}", ""),
        ("honest requests, attacks, changes", ", ".join(f"{n:,}" for n in soak.counts.values()), ""),
        ("honest requests that failed", f"{len(soak.failures)}", "0"),
        ("memory over idle, at its peak", f"{peak:.0f} MiB", f"{MEMORY_MIB} MiB"),
        ("`/health/live`, 99th percentile", f"{live:.1f} ms", f"{LIVE_MS} ms"),
        (f"gzip on a kept connection, slowest route (`{worst}`)", f"{costs[worst]:+.2f} ms", f"{GZIP_MS} ms"),
    ]
    table = "| figure | seen | promised |\n|---|---|---|\n" + "".join(f"| {a} | {b} | {c} |\n" for a, b, c in rows)
    print(table)
    if args.record:
        text = f"# Soak\n\n`make soak SECONDS={args.seconds}`, build in `{BIN.name}`, {os.cpu_count()} processors, attackers and honest clients on the same machine.\n\n{table}"
        (ROOT / "api/benches/SOAK.md").write_text(text)
    problems = soak.failures[:10]
    problems += [f"{peak:.0f} MiB over idle"] if peak > MEMORY_MIB else []
    if BIN.name == "release":
        problems += [f"/health/live takes {live:.0f} ms"] if live > LIVE_MS else []
        problems += [f"{worst} takes {costs[worst]:.2f} ms longer with gzip"] if costs[worst] > GZIP_MS else []
    if problems:
        sys.exit("\n".join(problems))


if __name__ == "__main__":
    main()
