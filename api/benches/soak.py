#!/usr/bin/env python3
"""The service under everything at once: attacks, runs that change, keys that come and go, honest requests.

    api/benches/soak.py [--seconds 60] [--store DIR] [--record]

Needs the built programs (`make build`). Serves CDNOW from a store, once more from a bucket (a directory) that a second
server follows, and over TLS where `openssl` is there, for HTTP/2. All are attacked while honest clients ask, runs are published, rolled back and pushed,
customers are forgotten and keys come and go. It fails when an honest client is refused, when a forgotten customer is
still found, when memory passes its bound, or when liveness is slow; afterwards compares each route with gzip and
without on kept connections. With --record the figures go to api/benches/SOAK.md.
"""

import argparse
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from attackers import LOOKUP, Attackers

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / os.environ.get("PROFILE_DIR", "release")
NDJSON = {"content-type": "application/x-ndjson"}
ALL = "segments:read,assignments:read,explain:read,export"

# What is promised; times by a release build alone, on a machine that does nothing else.
MEMORY_MIB = 256
LIVE_MS = 100
GZIP_MS = 1


class Server:
    """One process of the service."""

    def __init__(self, work, name, store, flags):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        own = ["--store", store, "--audit", work / f"{name}.log", "--bind", f"127.0.0.1:{self.port}"]
        self.log = open(work / f"{name}.err", "w")
        # As unit and image start it: one heap for all threads.
        environment = {**os.environ, "MALLOC_ARENA_MAX": "1"}
        self.process = subprocess.Popen([BIN / "segmentation-api", *own, *flags], stderr=self.log, env=environment)

    def wait(self):
        for _ in range(600):
            try:
                if self.ask("GET", "/health/ready")[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.1)
        sys.exit("the service does not start")

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


class Site:
    """A store, its bucket, keys, and two servers: one on the store, one that follows the bucket."""

    def __init__(self, work, store):
        self.work, self.bucket, self.servers = work, f"file://{work}/bucket", []
        self.before = []
        # Runs of another data set cannot be published beside these.
        self.publishes = store is None
        if store:
            shutil.copytree(store, work / "store")
        else:
            self.publish()
            self.publish()
        (work / "bucket").mkdir()
        self.segment("push", self.bucket)
        self.ids = self.customers()
        self.key, self.limited = self.create(ALL, 0), self.create(ALL, 600)
        self.attacker, self.admin = self.create(ALL, 0), self.create("admin", 0)
        keys = ["--keys", work / "keys.json"]
        follow = ["--follow", self.bucket, "--follow-every", "1s"]
        self.servers = [
            Server(work, "direct", work / "store", keys),
            Server(work, "follower", work / "followed", [*keys, *follow]),
        ]
        # For attacks over HTTP/2 alone.
        self.secure = self.with_tls(keys)
        for server in self.servers:
            server.wait()
        # A publisher has a machine of its own, or what the service leaves of this one.
        self.before = ["nice", "-n", "10"]

    def with_tls(self, keys):
        """A server whose certificate is its own; None without openssl."""
        if not shutil.which("openssl"):
            return None
        files = [self.work / "cert.pem", self.work / "key.pem"]
        made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost"]
        command = ["openssl", "req", "-x509", *made, "-out", files[0], "-keyout", files[1]]
        subprocess.run(command, check=True, capture_output=True)
        flags = [*keys, "--tls-cert", files[0], "--tls-key", files[1], "--keep-alive", "5"]
        return Server(self.work, "secure", self.work / "store", flags)

    def all(self):
        return [*self.servers, *([self.secure] if self.secure else [])]

    def segment(self, *args):
        command = [*self.before, BIN / "segment", *args, "--store", self.work / "store"]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode:
            raise RuntimeError(f"segment {args[0]}: {result.stderr[-300:]}")
        return result.stdout

    def publish(self):
        self.segment("run", "--quiet", "--dataset", "cdnow", "--data", ROOT / "data")

    def runs(self):
        return [run["run_id"] for run in json.loads(self.segment("runs", "--json"))]

    def customers(self):
        # A customer whose every row a cleaning rule removed is in no run.
        return [line.split(",", 1)[0] for line in self.segment("export").splitlines()[1:]]

    def keys(self, *args):
        command = [BIN / "segmentation-api", "keys", "--keys", self.work / "keys.json", *args]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def create(self, scopes, limit):
        return self.keys("create", "--name", "soak", "--scopes", scopes, "--ids-per-minute", str(limit)).split()[0]

    def end(self):
        for server in self.all():
            server.process.kill()
            server.process.wait()


class Soak(Attackers):
    def __init__(self, site, seconds):
        self.site, self.end = site, time.monotonic() + seconds
        self.lock, self.failures, self.live = threading.Lock(), [], []
        self.counts = {"honest": 0, "attacks": 0, "changes": 0}
        # The last ones are forgotten one by one; nobody honest asks for them before.
        self.asked, self.leaving, self.forgotten = site.ids[:-1000], site.ids[-1000:], []

    def server(self):
        return random.choice(self.site.servers)

    def count(self, kind, n=1):
        with self.lock:
            self.counts[kind] += n

    def loop(self, kind, action):
        while time.monotonic() < self.end:
            try:
                action()
                self.count(kind)
            except (OSError, http.client.HTTPException, RuntimeError) as error:
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
        path = f"/v1/customers/{random.choice(self.asked)}/segment"
        self.expect(self.server().ask("GET", path, key=self.site.key))

    def batch(self):
        ids = json.dumps({"ids": [f"{i:05}" for i in range(1, 2000)]})
        head = {"content-type": "application/json", "accept-encoding": "gzip"}
        self.expect(self.server().ask("POST", LOOKUP, ids, head, self.site.key))

    def export(self):
        head = {"accept-encoding": "gzip"}
        self.expect(self.server().ask("GET", "/v1/segments/1/export", headers=head, key=self.site.key))

    def erased(self):
        """Who was forgotten stays so, whatever is published or rolled back."""
        if self.forgotten:
            path = f"/v1/customers/{random.choice(self.forgotten)}/segment"
            self.expect(self.server().ask("GET", path, key=self.site.key), (404,))
        time.sleep(0.02)

    # What operators do.
    def change(self):
        random.choice([self.rollback, self.forget, *([self.publish] if self.site.publishes else [])])()

    def publish(self):
        self.site.publish()
        self.site.segment("push", self.site.bucket)

    def rollback(self):
        self.site.segment("rollback", random.choice(self.site.runs()))
        self.site.segment("push", self.site.bucket)

    def forget(self):
        gone = self.leaving.pop()
        self.site.segment("forget", gone, "--push", self.site.bucket)
        path = f"/v1/customers/{gone}/segment"
        for server in self.site.servers:
            deadline = time.monotonic() + 60
            while server.ask("GET", path, key=self.site.key)[0] != 404:
                if time.monotonic() > deadline:
                    self.fail(f"{gone} was forgotten and is found")
                    break
                time.sleep(0.1)
        self.forgotten.append(gone)

    def reload(self):
        key = self.site.create("segments:read", 0)
        self.site.keys("revoke", key[4:16])
        for server in self.site.servers:
            os.kill(server.process.pid, signal.SIGHUP)
            self.expect(server.ask("GET", "/v1/run", key=self.site.key))
        time.sleep(0.5)

    def run(self):
        honest = [self.single, self.single, self.batch, self.export, self.erased]
        attacks = [self.bomb] * 4 + [self.stranger] + [self.gone] * 4 + [self.unread] * 8 + [self.slow] * 8
        attacks += [self.parquet] * 8 + [self.workbook] * 2 + [self.moved] * 4 + [self.wrong_host, self.pipelined]
        attacks += [self.streams] * 2 if self.site.secure else []
        work = [("honest", a) for a in honest] + [("attacks", a) for a in attacks] + [("changes", a) for a in (self.change, self.reload)]
        threads = [threading.Thread(target=self.loop, args=one) for one in work]
        # In a process of its own: the threads of this one wait for each other.
        probe = subprocess.Popen([sys.executable, __file__, "--probe", str(self.site.servers[0].port), "--seconds", str(round(self.end - time.monotonic()))], stdout=subprocess.PIPE, text=True)
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


def routes(site):
    """Each documented route as a request: method, path, body, headers."""
    server = site.servers[0]
    lists = {
        LOOKUP: [("application/json", '{"ids": ["00001", "00002"]}'), ("application/x-ndjson", '"00001"\n"00002"\n')],
        "/v1/classify": [("application/json", '{"customers": [{"features": {"recency": 1, "frequency": 2, "monetary": 300}}]}')],
    }
    status, runs = server.ask("GET", "/v1/runs", key=site.key)[:2]
    assert status == 200, runs
    line = json.loads(runs)
    before = next(run["from_run"] for run in line["runs"] if run["run_id"] == line["run_id"]) or line["run_id"]
    for pattern, operations in json.loads(server.ask("GET", "/openapi.json")[1])["paths"].items():
        path = pattern.replace("{customer_id}", "00001").replace("{segment}", "1").replace("{code}", "internal")
        path = path.replace("{from}", before).replace("{to}", line["run_id"])
        path += f"?from={before}&to={line['run_id']}" if path == "/v1/changes" else ""
        if "get" in operations:
            yield "GET", path + ("?ids=00001,00002" if path == LOOKUP else ""), None, {}
        if "post" in operations:
            for kind, body in lists[pattern]:
                yield "POST", path, body, {"content-type": kind}
    yield from (("GET", path, None, {}) for path in ("/", "/assets/explorer.js", "/openapi.json"))


def gzip_costs(site):
    """Milliseconds that each route takes longer with gzip on a kept connection, by its median; an export to its first
    bytes, because all of it takes as long as it is."""
    costs, server = {}, site.servers[0]
    for method, path, body, head in routes(site):
        medians = {}
        key = site.admin if path == "/metrics" else site.key
        for encoding in ("identity", "gzip"):
            connection, times = server.connect(), []
            for _ in range(50):
                start = time.perf_counter()
                connection.request(method, path, body, {**head, "accept-encoding": encoding, "authorization": f"Bearer {key}"})
                answer = connection.getresponse()
                assert answer.status == 200, (path, answer.status, answer.read())
                first = answer.read(1)
                if path.endswith("/export"):
                    times.append(time.perf_counter() - start)
                assert first + answer.read(), path
                if not path.endswith("/export"):
                    times.append(time.perf_counter() - start)
            medians[encoding] = statistics.median(times) * 1000
            connection.close()
        costs[f"{method} {path}"] = medians["gzip"] - medians["identity"]
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
    site = None
    try:
        site = Site(work, args.store)
        for server in site.servers:
            server.ask("GET", "/v1/segments", key=site.key)
        idle = [server.memory("VmRSS") for server in site.all()]
        soak = Soak(site, args.seconds)
        soak.run()
        peak = max(server.memory("VmHWM") - before for server, before in zip(site.all(), idle))
        live = sorted(soak.live)[int(len(soak.live) * 0.99)] * 1000
        costs = gzip_costs(site)
        worst = max(costs, key=costs.get)
    finally:
        if site:
            site.end()
        shutil.rmtree(work, ignore_errors=True)
    rows = [
        ("seconds", f"{args.seconds}", ""),
        ("honest requests, attacks, changes (publications, rollbacks, forgotten customers, keys)", ", ".join(f"{n:,}" for n in soak.counts.values()), ""),
        ("honest requests that failed", f"{len(soak.failures)}", "0"),
        (f"memory over idle, at its peak, of the largest of {len(idle)} servers", f"{peak:.0f} MiB", f"{MEMORY_MIB} MiB"),
        ("`/health/live`, 99th percentile", f"{live:.1f} ms", f"{LIVE_MS} ms"),
        (f"gzip on a kept connection, slowest of {len(costs)} routes (`{worst}`)", f"{costs[worst]:+.2f} ms", f"{GZIP_MS} ms"),
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
