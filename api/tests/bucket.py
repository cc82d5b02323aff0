#!/usr/bin/env python3
"""Publishers and servers around one bucket, as `bucket.sh` starts it: bucket.py KIND SERVER BIN

Three servers follow the bucket while runs are pushed, one of many files among them, pushes are killed, two
publishers race, customers are forgotten, credentials are wrong or allow too little, the clock is off, an object is
cut, the bucket is missing and the store goes away. Customers are
looked up all the time; no lookup may fail, and every answer must come from a run that was pushed.
"""

import base64
import datetime
import gzip
import hashlib
import hmac
import http.server
import itertools
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

KIND, SERVER, BIN = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
ROOT = pathlib.Path(__file__).resolve().parents[2]
WORK = pathlib.Path(tempfile.mkdtemp(prefix="segment-bucket-"))
PATIENCE = 60
KILLS = 6
processes = []


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def request(url, data=None, method=None, headers={}):
    asked = urllib.request.Request(url, data, dict(headers), method=method)
    with urllib.request.urlopen(asked, timeout=20) as answer:
        return answer.read()


def wait(what, done):
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline, f"it never comes: {what}"
        time.sleep(0.05)


class S3:
    """moto. The setup is done without keys; after so many requests a key with a policy is needed."""

    url = "s3://segments/production"
    missing = "s3://nowhere/production"
    setup_requests = 8

    def __init__(self):
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        environment = os.environ | {"INITIAL_NO_AUTH_ACTION_COUNT": str(self.setup_requests)}
        self.command = [SERVER, "-p", str(self.port)]
        self.process = start(self.command, WORK / "bucket.log", environment)
        wait("moto", lambda: listening(self.port))
        import boto3

        names = {"endpoint_url": self.endpoint, "region_name": "us-east-1"}
        anybody = {"aws_access_key_id": "setup", "aws_secret_access_key": "setup"}
        boto3.client("s3", **names, **anybody).create_bucket(Bucket="segments")
        iam = boto3.client("iam", **names, **anybody)
        # moto asks for the permission before it looks for the bucket.
        objects = ["arn:aws:s3:::segments/production/*", "arn:aws:s3:::nowhere/production/*"]
        bucket = ["arn:aws:s3:::segments", "arn:aws:s3:::nowhere"]
        # Where several objects are deleted at once, moto asks for the permission on the bucket, S3 on each of them.
        delete = ["s3:DeleteObject"]

        def user(name, more):
            statements = [
                {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject", *more], "Resource": objects},
                {"Effect": "Allow", "Action": ["s3:ListBucket", *more], "Resource": bucket},
            ]
            policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
            iam.create_user(UserName=name)
            iam.put_user_policy(UserName=name, PolicyName="write", PolicyDocument=policy)
            key = iam.create_access_key(UserName=name)["AccessKey"]
            return key["AccessKeyId"], key["SecretAccessKey"]

        self.key, self.secret = user("publisher", delete)
        self.keeper = dict(zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), user("keeper", [])))
        # The last request that needs no key.
        boto3.client("s3", **names, **anybody).list_buckets()
        owner = {"aws_access_key_id": self.key, "aws_secret_access_key": self.secret}
        self.client = boto3.client("s3", **names, **owner)

    def environment(self):
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ALLOW_HTTP": "true",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": self.key,
            "AWS_SECRET_ACCESS_KEY": self.secret,
        }

    def wrong(self):
        """Environments that must be refused, and how."""
        return [
            ({"AWS_ACCESS_KEY_ID": "AKIANOBODY"}, "InvalidAccessKeyId"),
            ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "SignatureDoesNotMatch"),
        ]

    def read(self, name):
        return self.client.get_object(Bucket="segments", Key=f"production/{name}")["Body"].read()

    def write(self, name, data):
        self.client.put_object(Bucket="segments", Key=f"production/{name}", Body=data)


class Skewed(http.server.BaseHTTPRequestHandler):
    """S3 as it answers a machine whose clock is off; moto does not look at the time."""

    body = (b"<Error><Code>RequestTimeTooSkewed</Code><Message>The difference between the request time and the current time is "
            b"too large.</Message><RequestTime>20300101T000000Z</RequestTime><ServerTime>2026-01-02T03:04:05Z</ServerTime>"
            b"<MaxAllowedSkewMilliseconds>900000</MaxAllowedSkewMilliseconds></Error>")

    def do_GET(self):
        self.send_response(403)
        self.send_header("content-type", "application/xml")
        self.send_header("content-length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_):
        pass


class Azure:
    """Azurite, with its well-known account."""

    url = "az://segments/production"
    missing = "az://nowhere/production"
    account = "devstoreaccount1"
    # Published by Microsoft for this emulator, https://learn.microsoft.com/azure/storage/common/storage-use-azurite
    secret = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="

    def __init__(self):
        self.port = free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        where = ["--blobHost", "127.0.0.1", "--blobPort", str(self.port), "--location", str(WORK / "azurite")]
        self.process = start([SERVER, *where, "--skipApiVersionCheck"], WORK / "bucket.log")
        wait("azurite", lambda: listening(self.port))
        self.request("PUT", "segments?restype=container")

    def environment(self):
        return {
            "AZURE_STORAGE_USE_EMULATOR": "true",
            "AZURITE_BLOB_STORAGE_URL": self.endpoint,
            "AZURE_ALLOW_HTTP": "true",
        }

    def wrong(self):
        other = base64.b64encode(b"wrong" * 8).decode()
        return [({"AZURE_STORAGE_ACCOUNT_KEY": other}, "AuthorizationFailure")]

    def request(self, method, path, data=b""):
        """Signed with the shared key, as Microsoft's page on it describes."""
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%a, %d %b %Y %H:%M:%S GMT")
        headers = {"x-ms-date": now, "x-ms-version": "2023-11-03"}
        if method == "PUT":
            # urllib would send another of its own.
            headers["content-type"] = "application/octet-stream"
        if data:
            headers["x-ms-blob-type"] = "BlockBlob"
        path, _, query = path.partition("?")
        canonical = "".join(f"{k}:{v}\n" for k, v in sorted(headers.items()) if k.startswith("x-ms-"))
        resource = f"/{self.account}/{self.account}/{path}" + "".join(f"\n{p.replace('=', ':')}" for p in query.split("&") if p)
        length = str(len(data)) if data else ""
        lines = [method, "", "", length, "", headers.get("content-type", ""), "", "", "", "", "", "", canonical + resource]
        digest = hmac.new(base64.b64decode(self.secret), "\n".join(lines).encode(), hashlib.sha256).digest()
        headers["Authorization"] = f"SharedKey {self.account}:{base64.b64encode(digest).decode()}"
        url = f"{self.endpoint}/{self.account}/{path}" + (f"?{query}" if query else "")
        return request(url, data if method == "PUT" else None, method, headers)

    def read(self, name):
        return self.request("GET", f"segments/production/{name}")

    def write(self, name, data):
        self.request("PUT", f"segments/production/{name}", data)


class Google:
    """`google.py`, which is no program of Google's: there is none."""

    url = "gs://segments/production"
    missing = "gs://nowhere/production"
    token = "ya29.of-the-machine"

    def __init__(self):
        self.port = free_port()
        self.process = start([sys.executable, SERVER, str(self.port), self.token], WORK / "bucket.log")
        wait("google.py", lambda: listening(self.port))

    def environment(self):
        host = f"127.0.0.1:{self.port}"
        return {"GOOGLE_BASE_URL": f"http://{host}", "GOOGLE_ALLOW_HTTP": "true", "GCE_METADATA_HOST": host, "GCE_METADATA_IP": host}

    def wrong(self):
        return [({"GCE_METADATA_HOST": f"localhost:{self.port}"}, "AuthenticationRequired")]

    def request(self, method, name, data=None):
        headers = {"authorization": f"Bearer {self.token}"}
        return request(f"http://127.0.0.1:{self.port}/segments/production/{name}", data, method, headers)

    def read(self, name):
        return self.request("GET", name)

    def write(self, name, data):
        self.request("PUT", name, data)


def start(command, log, environment=None):
    with open(log, "ab") as out:
        process = subprocess.Popen([str(word) for word in command], stdout=out, stderr=out, env=environment)
    processes.append(process)
    return process


def listening(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


class Publisher:
    def __init__(self, name, bucket):
        self.store, self.bucket = WORK / name, bucket
        self.environment = os.environ | bucket.environment()

    def command(self, *args):
        return [str(BIN / "segment"), *args, "--quiet", "--store", str(self.store), "--data", str(ROOT / "data")]

    def try_segment(self, *args, **changes):
        environment = self.environment | changes
        return subprocess.run(self.command(*args), env=environment, capture_output=True, text=True)

    def segment(self, *args):
        result = self.try_segment(*args, "--json")
        assert result.returncode == 0, (args, result.stderr)
        return json.loads(result.stdout)

    def run(self, seed, *args):
        input = () if "--input" in args else ("--input", str(WORK / "purchases.csv"))
        # Each fits a model of its own: runs of different data follow each other here.
        report = self.segment("refit", *input, "--seed", str(seed), "--created-at",
                              f"2026-01-01T00:{seed // 60:02}:{seed % 60:02}Z", *args)
        return report["manifest"]["run_id"]


class Replica:
    """A server of its own store, and a client that never stops asking it."""

    def __init__(self, name, environment, url, every="300ms"):
        self.port, self.log = free_port(), WORK / f"{name}.log"
        self.base = f"http://127.0.0.1:{self.port}"
        self.command = [BIN / "segmentation-api", "--store", WORK / name, "--bind", f"127.0.0.1:{self.port}", "--log", "json",
                        "--follow", url, "--follow-every", every]
        self.process = start(self.command, self.log, os.environ | environment)
        self.asked, self.failed, self.runs, self.stop = 0, [], set(), False

    def ask_on(self):
        self.thread = threading.Thread(target=self.ask, daemon=True)
        self.thread.start()

    def ask(self):
        while not self.stop:
            try:
                body = json.loads(request(f"{self.base}/v1/customers/C002/segment"))
                assert body["customer_id"] == "C002" and body["segment"]["id"] >= 1
                self.runs.add(body["run_id"])
            except Exception as error:
                self.failed.append(repr(error))
            self.asked += 1

    def serving(self):
        try:
            return json.loads(request(f"{self.base}/health/ready"))["run_id"]
        except (urllib.error.URLError, ConnectionError):
            return None

    def status(self, customer):
        try:
            request(f"{self.base}/v1/customers/{customer}/segment")
            return 200
        except urllib.error.HTTPError as error:
            return error.code

    def metric(self, name):
        text = request(f"{self.base}/metrics").decode()
        return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith(f"{name} "))

    def reasons(self):
        events = [json.loads(line)["fields"] for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [event.get("reason", "") for event in events if "followed" in event.get("message", "")]


def purchases(path):
    lines = ["customer_id,date,amount"]
    for i in range(600):
        purchases, month, amount = [(9, 12, 90), (3, 8, 40), (1, 2, 10)][i % 3]
        lines += [f"C{i:03},2013-{month:02}-{1 + (i + 3 * p) % 28:02},{amount + i % 17}" for p in range(purchases)]
    path.write_text("\n".join(lines) + "\n")


def many_purchases(path, customers=150_000):
    """Of so many customers that a run is many files, with the others' ids among them."""
    with path.open("w") as file:
        file.write("customer_id,date,amount\n")
        for i in range(customers):
            name = f"C{i:03}" if i < 600 else f"customer-of-the-long-list-{i:07}"
            file.write(f"{name},2013-{1 + i % 12:02}-{1 + i % 28:02},{10 + i % 97}\n")


def purchases_from_the_bucket(bucket):
    """Objects give what the same files give; what is wrong with them is one line, and nothing is published."""
    reader, url = Publisher("reader", bucket), f"{bucket.url}/input"
    names = ["online-retail.parquet", "2024/a b.csv", "2024/c.csv.gz", "2024/_SUCCESS"]
    retail = next((ROOT / "data/online-retail").glob("*.parquet"))
    lines = (WORK / "purchases.csv").read_text().splitlines(keepends=True)
    parts = ["".join(lines[:900]), "".join(lines[:1] + lines[900:])]
    packed = gzip.compress(parts[1].encode())
    for name, data in zip(names, [retail.read_bytes(), parts[0].encode(), packed, b""]):
        bucket.write(f"input/{name}", data)
    stores = itertools.count()

    def digest(*inputs):
        """Of a first run: a later one also says what changed."""
        first = Publisher(f"first-{next(stores)}", bucket)
        return first.segment("run", "--input", *map(str, inputs))["manifest"]["content_sha256"]

    assert digest(f"{url}/*.parquet") == digest(retail)
    here = digest(WORK / "purchases.csv")
    assert digest(f"{url}/2024") == here and digest(f"{url}/2024/*.csv*") == here
    (WORK / "c.csv").write_text(parts[1])
    report = reader.segment("run", "--input", f"{url}/2024/a b.csv", str(WORK / "c.csv"))
    assert report["manifest"]["content_sha256"] == here
    command = reader.try_segment("show", report["manifest"]["run_id"], "--command")
    assert f"{url}/2024/a b.csv" in command.stdout, command
    before = reader.segment("runs")
    wrong = [(f"{url}/*.csv", {}, 3, "no object has this name"), (f"{bucket.missing}/a.csv", {}, 4, "there is no")]
    wrong += [(f"{url}/2024", change, 1, "refuses these credentials") for change, _ in bucket.wrong()]
    for address, change, code, text in wrong:
        result = reader.try_segment("run", "--input", address, **change)
        assert result.returncode == code and text in result.stderr and result.stderr.count("\n") <= 2, (address, result)
    assert reader.segment("runs") == before
    left = list(pathlib.Path(tempfile.gettempdir()).glob("segment-objects-*"))
    assert not left, left
    step("purchases are read from the bucket as from files, and what is wrong there is one line")


def step(text):
    print(f"{KIND}: {text}", flush=True)


def main():
    purchases(WORK / "purchases.csv")
    many_purchases(WORK / "many.csv")
    bucket = {"s3": S3, "azure": Azure, "google": Google}[KIND]()
    one, two = Publisher("one", bucket), Publisher("two", bucket)
    pushed = set()

    result = one.try_segment("pull", bucket.url)
    assert result.returncode == 4 and "segment push" in result.stderr, result
    result = one.try_segment("pull", bucket.missing)
    assert result.returncode == 4 and f"there is no {bucket.missing}" in result.stderr, result
    step("an empty and a missing bucket are told apart")
    for change, code in bucket.wrong():
        result = one.try_segment("pull", bucket.url, **change)
        assert result.returncode == 1 and code in result.stderr and "refuses these credentials" in result.stderr, result
    step(f"wrong credentials are named ({len(bucket.wrong())} kinds)")

    purchases_from_the_bucket(bucket)

    run_id = one.run(1, "--push", bucket.url)
    pushed.add(run_id)
    again = one.segment("push", bucket.url)
    assert (again["run_id"], again["files"], again["bytes"]) == (run_id, 0, 0), again
    step("a run pushed twice is sent once")
    for change, code in bucket.wrong():
        result = one.try_segment("push", bucket.url, **change)
        assert result.returncode == 1 and code in result.stderr and "pushing also put and delete" in result.stderr, result
    result = one.try_segment("push", bucket.missing)
    assert result.returncode == 4 and f"there is no {bucket.missing}" in result.stderr, result
    step("a push with wrong credentials, or into a missing bucket, is refused likewise")
    if KIND == "s3":
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Skewed) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            for command in ("push", "pull"):
                result = one.try_segment(command, bucket.url, AWS_ENDPOINT_URL=f"http://127.0.0.1:{server.server_port}")
                parts = ["this machine's clock, which says 20", "the server's says 2026-01-02T03:04Z, and allows 15 minutes", "NTP"]
                assert result.returncode == 1 and all(part in result.stderr for part in parts), result
            server.shutdown()
        step("a clock that is off is named, with the server's time and what it allows")

    replicas = [Replica(f"replica-{i}", bucket.environment(), bucket.url) for i in range(3)]
    all_serve = lambda run_id: all(replica.serving() == run_id for replica in replicas)
    wait("the first run on all", lambda: all_serve(run_id))
    for replica in replicas:
        replica.ask_on()
    for seed in (2, 3):
        run_id = one.run(seed)
        pushed.add(run_id)
        one.segment("push", bucket.url)
        before = time.monotonic()
        wait("the next run on all", lambda: all_serve(run_id))
        step(f"all three servers serve run {seed} {time.monotonic() - before:.2f} s after its push (looks every 0.3 s)")

    if KIND == "s3":
        run_id = one.run(4)
        pushed.add(run_id)
        result = one.try_segment("push", bucket.url, "--keep", "1", **bucket.keeper)
        parts = [f"points to run {run_id} now, but what had to be removed", "AccessDenied", "push again"]
        assert result.returncode == 5 and all(part in result.stderr for part in parts), result
        wait("the run pushed without the right to remove on all", lambda: all_serve(run_id))
        again = one.segment("push", bucket.url, "--keep", "1")
        assert (again["files"], len(again["removed"])) == (0, 3), again
        step("a push that may not remove says that its run is served; the next one removes the three before it")

    run_id = one.run(5, "--input", str(WORK / "many.csv"), "--k", "3")
    pushed.add(run_id)
    sent = one.segment("push", bucket.url)
    assert sent["files"] > 32, sent
    wait("the run of many files on all", lambda: all_serve(run_id))
    step(f"a run of {sent['files']} files and {sent['bytes'] / 2**20:.0f} MiB went up and down")

    for round in range(2):
        runs = [publisher.run(10 + 2 * round + i) for i, publisher in enumerate((one, two))]
        pushed.update(runs)
        both = [subprocess.Popen(p.command("push", bucket.url), env=p.environment, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.PIPE, text=True) for p in (one, two)]
        errors = [process.communicate()[1] for process in both]
        codes = [process.returncode for process in both]
        assert 0 in codes and set(codes) <= {0, 5}, (codes, errors)
        assert all(code == 0 or "another publisher has changed" in error for code, error in zip(codes, errors)), errors
        served = bucket.read("CURRENT").decode().strip()
        assert served in [run for run, code in zip(runs, codes) if code == 0], (served, runs, codes)
        wait("the winner on all", lambda: all_serve(served))
        step(f"two publishers at once: exit codes {codes}, nothing overwritten unseen")

    start_of_push = time.monotonic()
    one.segment("push", bucket.url)
    whole = time.monotonic() - start_of_push
    killed = 0
    for i in range(KILLS):
        before = bucket.read("CURRENT").decode().strip()
        run_id = one.run(100 + i)
        pushed.add(run_id)
        process = subprocess.Popen(one.command("push", bucket.url), env=one.environment,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(whole * 1.2 * i / KILLS)
        process.send_signal(signal.SIGKILL)
        killed += process.wait() == -signal.SIGKILL
        after = bucket.read("CURRENT").decode().strip()
        assert after in (before, run_id), (before, after, run_id)
        fresh = Publisher(f"fresh-{i}", bucket)
        assert fresh.segment("pull", bucket.url)["run_id"] == after
    run_id = one.segment("push", bucket.url)["run_id"]
    wait("the run after the kills on all", lambda: all_serve(run_id))
    step(f"{killed} of {KILLS} pushes were killed on the way; what the bucket pointed to was whole each time")
    assert killed >= KILLS // 2

    victim = f"runs/{one.run(200)}/db"
    run_id = victim.split("/")[1]
    pushed.add(run_id)
    served = replicas[0].serving()
    # The data of a push with the pointer moved too early: an object is cut.
    data = (one.store / victim).read_bytes()
    for path in sorted((one.store / "runs" / run_id).rglob("*")):
        if path.is_file():
            name = f"runs/{run_id}/{path.relative_to(one.store / 'runs' / run_id)}"
            bucket.write(name, data[: len(data) // 2] if name == victim else path.read_bytes())
    bucket.write("CURRENT", f"{run_id}\n".encode())
    damaged = "is damaged: file db is not what was written"
    wait("the cut object is named", lambda: all(any(damaged in r for r in replica.reasons()) for replica in replicas))
    assert all_serve(served)
    assert all(replica.metric("segmentation_follow_failures_in_a_row") >= 1 for replica in replicas)
    one.segment("push", bucket.url)
    wait("the mended run on all", lambda: all_serve(run_id))
    step("a cut object is named, the run before served on, and pushing again mends it")

    assert [replica.status("C000") for replica in replicas] == [200] * 3
    report = two.segment("forget", "C000", "--push", bucket.url)
    assert report["verified"] and report["pushed"]["removed"], report
    pushed.add(report["pushed"]["run_id"])
    wait("the customer is gone", lambda: [replica.status("C000") for replica in replicas] == [404] * 3)
    run_id = one.run(201, "--push", bucket.url)
    pushed.add(run_id)
    wait("the run after it on all", lambda: all_serve(run_id))
    assert [replica.status("C000") for replica in replicas] == [404] * 3
    step("a customer forgotten by one publisher left all servers, and the other's next run")

    for change, code in bucket.wrong():
        stranger = Replica(f"stranger-{code}", bucket.environment() | change, bucket.url)
        wait("the refusal in the log", lambda: any(code in reason for reason in stranger.reasons()))
        assert stranger.status("C002") == 503

    bucket.process.kill()
    bucket.process.wait()
    wait("the store is gone", lambda: all(replica.metric("segmentation_follow_failures_in_a_row") >= 1 for replica in replicas))
    assert all_serve(run_id)
    result = one.try_segment("push", bucket.url)
    assert result.returncode == 1 and "cannot read" in result.stderr, result
    step("with the store gone the servers serve on, and a push says why it cannot")

    for replica in replicas:
        replica.stop = True
        replica.thread.join()
        assert not replica.failed, replica.failed[:5]
        assert replica.runs <= pushed, replica.runs - pushed
        assert replica.asked > 100, replica.asked
    asked = sum(replica.asked for replica in replicas)
    step(f"{asked} lookups meanwhile, none failed, every answer from a run that was pushed")


if __name__ == "__main__":
    try:
        main()
        shutil.rmtree(WORK)
    except BaseException:
        print(f"logs and stores are in {WORK}", file=sys.stderr)
        raise
    finally:
        for process in processes:
            process.kill()
            process.wait()
