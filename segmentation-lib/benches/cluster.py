#!/usr/bin/env python3
"""Generated purchases read from Apache Spark by `segment run --input sc://…`; writes CLUSTER.md.

    cluster.py --programs DIR [--rows 20000000] [--page FILE]

A master and two workers as processes on this machine, a Spark Connect server on them, a table of generated rows. The
table is read twice: undisturbed, and with a worker and its executor killed while it computes rows. Ledger and content digest
must be those of a run on the file, each time. `make cluster` builds the programs in DIR. Needs Java 17 and, once, PyPI
(Spark as its package pyspark, 456 MB); only Python's standard library itself.
"""

import argparse
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from page import machine, seconds, table
from peers import HERE

SPARK = "4.3.0"
TOOLS = Path(os.environ.get("SEGMENT_TOOLS", Path.home() / ".cache/customer-segmentation/tools"))
# Of one worker and its executor; both fit a small machine.
CORES, MEMORY = 2, "1g"
PATIENCE = 120


def spark_home():
    """Spark from PyPI; Python itself is not asked for anything."""
    home = TOOLS / f"pyspark-{SPARK}"
    if not (home / "complete").exists():
        shutil.rmtree(home, ignore_errors=True)
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--target", home]
        subprocess.run([*command, f"pyspark=={SPARK}"], check=True)
        (home / "complete").touch()
    return home / "pyspark"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait(what, done, patience=PATIENCE):
    deadline = time.monotonic() + patience
    while not done():
        assert time.monotonic() < deadline, f"it never comes: {what}"
        time.sleep(0.1)


def computes(log, executor):
    started = re.findall(r"Starting task (\d+)\.\d+ in stage (\S+) \(TID (\d+)\) \(127\.0\.0\.1,\s*executor (\d+),", log)
    finished = set(re.findall(r"Finished task \S+ in stage \S+ \(TID (\d+)\)", log))
    of_rows = {stage for task, stage, _, _ in started if task != "0"}
    return any(stage in of_rows and tid not in finished and on == executor for _, stage, tid, on in started)


class Cluster:
    """A master, two workers and the Spark Connect server on them."""

    def __init__(self, work, path):
        self.home, self.work, self.processes = spark_home(), work, {}
        self.environment = os.environ | {
            "SPARK_HOME": str(self.home),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_LOCAL_DIRS": str(work / "local"),
        }
        master, connect = free_port(), free_port()
        self.master, self.url = f"spark://127.0.0.1:{master}", f"sc://127.0.0.1:{connect}"
        self.start("master", "spark-class", "org.apache.spark.deploy.master.Master", "--host", "127.0.0.1", "--port", str(master),
                   "--webui-port", "0")
        wait("the master", lambda: self.said("master", "I have been elected leader"))
        for number in 1, 2:
            self.start_worker(number)
        settings = {
            "spark.connect.grpc.binding.port": connect,
            "spark.connect.grpc.binding.address": "127.0.0.1",
            "spark.executor.memory": MEMORY,
            "spark.executor.cores": CORES,
            "spark.driver.memory": "2g",
            "spark.ui.enabled": "false",
            "spark.sql.catalogImplementation": "in-memory",
            "spark.sql.warehouse.dir": work / "warehouse",
            # Spark ends a stream after so much and has the rest asked for: here often, instead of after a gigabyte.
            "spark.connect.execute.reattachable.senderMaxStreamSize": "4m",
            # Several tasks for each executor, so that one can be killed between them.
            "spark.sql.files.maxPartitionBytes": "8m",
        }
        flags = [flag for name, value in settings.items() for flag in ("--conf", f"{name}={value}")]
        self.start("connect", "spark-submit", "--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "--name", "connect",
                   "--master", self.master, *flags, "spark-internal")
        wait("the server", lambda: self.said("connect", "Spark Connect server started"))
        wait("both executors", lambda: all(self.executor(number) for number in (1, 2)))
        self.source = f"parquet.`{path}`"

    def start(self, name, program, *arguments):
        with open(self.work / f"{name}.log", "wb") as log:
            command = [self.home / "bin" / program, *arguments]
            self.processes[name] = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log, cwd=self.work)

    def start_worker(self, number):
        self.start(f"worker-{number}", "spark-class", "org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1", "--cores",
                   str(CORES), "--memory", "2g", "--webui-port", "0", "--work-dir", str(self.work / f"worker-{number}"), self.master)

    def said(self, name, words):
        assert self.processes[name].poll() is None, (self.work / f"{name}.log").read_text()[-2000:]
        return words in (self.work / f"{name}.log").read_text(errors="replace")

    def executor(self, number):
        """The process of a worker's executor: the child of the worker that runs one."""
        children = Path(f"/proc/{self.processes[f'worker-{number}'].pid}/task").glob("*/children")
        pids = [pid for child in children for pid in child.read_text().split()]
        runs = lambda pid: b"CoarseGrainedExecutorBackend" in Path(f"/proc/{pid}/cmdline").read_bytes()
        return next((int(pid) for pid in pids if runs(pid)), None)

    def kill(self, number):
        """A worker and its executor, as a machine dies that loses its power."""
        executor = self.executor(number)
        self.processes[f"worker-{number}"].kill()
        os.kill(executor, signal.SIGKILL)
        self.processes[f"worker-{number}"].wait()

    def log(self):
        return (self.work / "connect.log").read_text(errors="replace")

    def computes(self, number, since):
        """Whether a worker's executor computes rows: a task of a stage of several, begun after `since` and not finished."""
        arguments = Path(f"/proc/{self.executor(number)}/cmdline").read_text().split("\0")
        return computes(self.log()[since:], arguments[arguments.index("--executor-id") + 1])

    def lost(self):
        """How many tasks were lost with their executor, and ran again elsewhere."""
        return self.log().count("Lost task ")

    def resumed(self):
        """How often the rest of a result was asked for on a new stream."""
        return len(re.findall(r"reattachable=true, lastConsumedStreamIndex=[1-9]", self.log()))

    def stop(self):
        for number in 1, 2:
            process = self.processes.get(f"worker-{number}")
            if process and process.poll() is None and (executor := self.executor(number)):
                os.kill(executor, signal.SIGKILL)
        for process in self.processes.values():
            process.kill()
            process.wait()


class Run:
    """One `segment run`, timed. The number of segments is given: what a comparison takes does not depend on the source."""

    def __init__(self, programs, work, arguments):
        self.answer, self.start = work / "answer.json", time.perf_counter()
        store = tempfile.mkdtemp(dir=work)
        command = [programs / "segment", "run", *map(str, arguments), "--k", "5", "--store", store, "--json", "--quiet"]
        self.environment = os.environ | {"SEGMENT_SPARK": str(programs / "segment-spark"), "TMPDIR": str(work / "tmp")}
        self.temporary = work / "tmp"
        self.temporary.mkdir(exist_ok=True)
        with open(self.answer, "wb") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE, env=self.environment)
        self.peaks = {}

    def watch(self):
        """Waits for the end, and looks at the largest memory of `segment` and `segment-spark`, in megabytes, meanwhile."""
        while self.process.poll() is None:
            self.look()
            time.sleep(0.05)
        self.seconds = time.perf_counter() - self.start
        assert self.process.returncode == 0, self.process.stderr.read().decode()
        assert list(self.temporary.iterdir()) == [], "a temporary file stays"
        self.said = json.loads(self.answer.read_text())
        return self

    def look(self):
        children = Path(f"/proc/{self.process.pid}/task").glob("*/children")
        try:
            pids = [str(self.process.pid), *(pid for child in children for pid in child.read_text().split())]
            for pid in pids:
                status = Path(f"/proc/{pid}/status").read_text()
                name, most = re.search(r"Name:\s*(\S+)", status)[1], re.search(r"VmHWM:\s*(\d+)", status)
                if most:
                    self.peaks[name] = max(self.peaks.get(name, 0), int(most[1]) / 1000)
        except OSError:
            pass  # One of them ended meanwhile.


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--programs", type=Path, required=True)
    parser.add_argument("--rows", type=int, default=20_000_000)
    parser.add_argument("--page", type=Path, default=HERE / "CLUSTER.md")
    arguments = parser.parse_args()
    programs = arguments.programs.resolve()
    work = Path(tempfile.mkdtemp(prefix="segment-cluster-"))
    path = work / "sales.parquet"
    cluster = None
    try:
        subprocess.run([programs / "examples/generate", str(arguments.rows), path], check=True)
        runs = {"the file": Run(programs, work, ["--input", path]).watch()}
        cluster = Cluster(work, path)
        asked = ["--input", cluster.url, "--query", f"SELECT * FROM {cluster.source}"]
        runs["Spark"] = Run(programs, work, asked).watch()
        since = len(cluster.log())
        disturbed = Run(programs, work, asked)
        wait("the rows are computed", lambda: cluster.computes(1, since))
        cluster.kill(1)
        runs["Spark, a worker and its executor killed while it computed"] = disturbed.watch()
        wait("the master notices", lambda: cluster.said("master", "Removing worker"))
        assert cluster.executor(2), "the other worker's executor must live"
        lost, resumed = cluster.lost(), cluster.resumed()
        assert lost, "the executor was killed too late"
        assert resumed, "Spark never ended a stream early"
    finally:
        if cluster:
            cluster.stop()
        shutil.rmtree(work, ignore_errors=True)
    same(runs)
    arguments.page.write_text(page(runs, arguments.rows, programs.name, lost, resumed))
    print(arguments.page.read_text())


def same(runs):
    """Ledger and digest are the file's, whatever happened."""
    wanted = runs["the file"].said["manifest"]
    for name, run in runs.items():
        found = run.said["manifest"]
        assert found["ledger"] == wanted["ledger"], (name, found["ledger"], wanted["ledger"])
        assert found["content_sha256"] == wanted["content_sha256"], (name, found["content_sha256"])


def page(runs, rows, profile, lost, resumed):
    manifest = runs["the file"].said["manifest"]
    head = ["rows from", "until they are read", "whole run with 5 segments", "memory of segment", "memory of segment-spark"]
    megabytes = lambda run, name: f"{run.peaks[name]:.0f} MB" if name in run.peaks else ""
    line = lambda name, run: [name, seconds(run.said["stage_seconds"]["read"]), seconds(run.seconds), megabytes(run, "segment"),
                              megabytes(run, "segment-spark")]
    return f"""# Purchases on a Spark cluster

Written by `make cluster` (`cluster.py`); nothing here is typed by hand. Apache Spark {SPARK} from PyPI, standalone: a
master, two workers with an executor of {CORES} cores and {MEMORY} each, and a Spark Connect server on them, all processes
of one machine, whose processors they share with `segment`. The rows come to `segment`, which cleans and counts them: the
columns that play a role, as Arrow. {rows:,} generated lines, {manifest["customers"]:,} customers; single runs.

Machine: {machine()}; load {os.getloadavg()[0]:.0f} at the end. Programs of cargo's profile `{profile}`.

{table(head, [line(name, run) for name, run in runs.items()])}

Ledger and content digest ({manifest["content_sha256"][:8]}) are the same in each, and no temporary file stays. {lost} tasks were
lost with the executor and ran again on the other one. The server was set to end a stream after
4 MB, as it does by itself after a gigabyte: {resumed} times the rest was asked for on a new one.
"""


if __name__ == "__main__":
    main()
