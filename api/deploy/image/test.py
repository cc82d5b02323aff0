#!/usr/bin/env python3
"""Starts the image as a container runtime would: its root file system read-only, its user, its environment.

    test.py ARCHIVE.tar

Digests, owners and programs are checked; then both programs run in a root that holds nothing but the image
and /proc, not even /dev, without a network but loopback. First the server has no run and is not healthy;
`segment` publishes one, a key is made, a customer looked up, and a bucket is found by its name. Programs that
are not static get this machine's C library beside them. Needs root for the mounts, in name spaces of its own; exits with 3 without.
"""

import fcntl
import hashlib
import http.server
import io
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
INSIDE = "SEGMENT_IMAGE_TEST_INSIDE"
PROGRAMS = {"/usr/bin/segment", "/usr/bin/segment-spark", "/usr/bin/segmentation-api"}
DOC = "/usr/share/doc/customer-segmentation"
# Of the OCI's annotations, those an image is found and judged by.
LABELS = ("title", "description", "licenses", "version", "revision", "created")


def read(archive):
    """The image's configuration and layers, every digest checked on the way."""
    with tarfile.open(archive) as tar:
        files = {member.name: tar.extractfile(member).read() for member in tar}

    def blob(descriptor):
        data = files[descriptor["digest"].replace("sha256:", "blobs/sha256/")]
        assert len(data) == descriptor["size"] and sha256(data) == descriptor["digest"], descriptor
        return data

    (named,) = json.loads(files["index.json"])["manifests"]
    manifest = json.loads(blob(named))
    config = json.loads(blob(manifest["config"]))
    layers = [tarfile.open(fileobj=io.BytesIO(blob(layer)), mode="r:gz") for layer in manifest["layers"]]
    for layer, digest in zip(layers, config["rootfs"]["diff_ids"], strict=True):
        layer.fileobj.seek(0)
        assert sha256(layer.fileobj.read()) == digest
    return config, layers, named["digest"]


def sha256(data):
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def check_files(layers, user):
    """Who owns what, and that there are no programs but the two."""
    programs = set()
    for member in (member for layer in layers for member in layer):
        assert member.isreg() or member.isdir(), f"{member.name}: neither file nor directory"
        allowed = 0o1777 if member.name == "tmp" else 0o755
        assert not member.mode & ~allowed, f"{member.name}: mode {member.mode:o}"
        if member.isreg():
            assert (member.uid, member.gid) == (0, 0), f"{member.name}: the user could change it"
            programs |= {f"/{member.name}"} if member.mode & 0o111 else set()
    owned = {m.name for layer in layers for m in layer if m.uid == user}
    assert programs == PROGRAMS and owned == {"segmentation"}, (programs, owned)
    names = {f"/{member.name}" for layer in layers for member in layer}
    assert {f"{DOC}/{name}" for name in ("LICENSE-MIT", "LICENSE-APACHE", "sbom.cdx.json")} <= names, names
    print("files: three programs, licences, bill of materials, all of root but the volume")


def check_labels(labels):
    values = {name: labels.get(f"org.opencontainers.image.{name}", "") for name in LABELS}
    assert all(values.values()) and re.fullmatch(r"\d+\.\d+\.\d+", values["version"]), values
    assert re.fullmatch(r"[0-9a-f]{40}\+?", values["revision"]), values
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", values["created"]), values
    print(f"labels: version {values['version']}, revision {values['revision'][:12]}, created {values['created']}")


def is_static(path):
    """No program header names an interpreter (type 3)."""
    data = path.read_bytes()
    offset, size, count = struct.unpack_from("<Q", data, 32)[0], *struct.unpack_from("<HH", data, 54)
    return all(struct.unpack_from("<I", data, offset + size * i)[0] != 3 for i in range(count))


def mount(*arguments):
    subprocess.run(["mount", *arguments], check=True)


def loopback_up():
    """A new network name space has a loopback that is down."""
    with socket.socket() as s:
        fcntl.ioctl(s, 0x8914, struct.pack("16sH14x", b"lo", 0x1))


class Container:
    """The root file system with what a runtime adds to it, and commands run in it."""

    def __init__(self, config, layers, work):
        self.config, self.root, self.volume = config["config"], work / "root", work / "volume"
        self.user, self.group = map(int, self.config["User"].split(":"))
        self.root.mkdir()
        mount("--bind", self.root, self.root)
        for layer in layers:
            layer.extractall(self.root, numeric_owner=True)
        (self.root / "proc").mkdir()
        mount("-t", "proc", "proc", self.root / "proc")
        # With the mode of the image's, as runc 1.1 gives it.
        mode = (self.root / "tmp").stat().st_mode & 0o7777
        mount("-t", "tmpfs", "-o", f"mode={mode:o}", "tmpfs", self.root / "tmp")
        dynamic = sorted(path for path in PROGRAMS if not is_static(self.root / path[1:]))
        if dynamic:
            self.lend_libraries()
            print(f"not static: {', '.join(dynamic)}; this machine's libraries are lent")
        (self.root / "etc/resolv.conf").write_text("nameserver 127.0.0.1\n")
        self.volume.mkdir()
        mount("--bind", self.volume, self.root / "segmentation")
        mount("-o", "remount,bind,ro", self.root)
        self.own_volume()

    def lend_libraries(self):
        for directory in filter(os.path.isdir, ("/lib", "/lib64")):
            (self.root / directory[1:]).mkdir()
            mount("--bind", directory, self.root / directory[1:])

    def own_volume(self):
        for path in [self.volume, *self.volume.rglob("*")]:
            os.chown(path, self.user, self.group)

    def _enter(self):
        os.chroot(self.root)
        os.chdir(self.config["WorkingDir"])
        os.setgroups([])
        os.setgid(self.group)
        os.setuid(self.user)

    def start(self, *command, environment={}, **options):
        environment = dict(variable.split("=", 1) for variable in self.config["Env"]) | environment
        return subprocess.Popen(command, env=environment, preexec_fn=self._enter, **options)

    def run(self, *command, **options):
        process = self.start(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
        out, error = process.communicate(timeout=120)
        return process.returncode, out, error

    def healthy(self):
        _, *command = self.config["Healthcheck"]["Test"]
        return self.run(*command)


def ask(path, key=None):
    headers = {"authorization": f"Bearer {key}"} if key else {}
    try:
        request = urllib.request.Request(f"http://127.0.0.1:8080{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def wait_for(what, condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.05)


def publish(container):
    """A run of the bundled data, by the image's own program."""
    shutil.copytree(ROOT / "data/online-retail", container.volume / "data/online-retail")
    container.own_volume()
    code, _, error = container.run("segment", "run", "--dataset", "online-retail")
    assert code == 0, error
    print("published by the image's own `segment`")


def serve(container):
    code, out, error = container.run("segmentation-api", "keys", "create", "--name", "test", "--scopes", "assignments:read")
    assert code == 0, error
    key = out.split()[0]
    server = container.start(*container.config["Entrypoint"], stderr=subprocess.PIPE, text=True)
    try:
        wait_for("the server listens", lambda: container.run("segmentation-api", "healthcheck", "--live")[0] == 0)
        code, _, error = container.healthy()
        assert code != 0 and "no_run" in error, (code, error)
        print("without a run: alive, not healthy")
        publish(container)
        wait_for("it is healthy", lambda: container.healthy()[0] == 0)
        path = "/v1/customers/12347/segment"
        assert ask(path)[0] == 401, "no key, no answer"
        status, answer = ask(path, key)
        assert status == 200 and answer["customer_id"] == "12347", answer
        print(f"healthy; customer 12347 is in segment {answer['segment']['key']}")
        assert os.stat(f"/proc/{server.pid}").st_uid == container.user
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 0
    finally:
        server.kill()
        log = server.communicate()[1]
    assert all(json.loads(line) for line in log.splitlines()), log
    print("stopped by SIGTERM with status 0; the log is JSON")


def answer_names(socket):
    """A name server to whom every name is this machine's: type A is 127.0.0.1, there is nothing else."""
    while True:
        query, asker = socket.recvfrom(512)
        end = query.index(b"\0", 12) + 5
        found = query[end - 4 : end - 2] == b"\0\1"
        head = query[:2] + b"\x81\x80\0\1" + bytes([0, found]) + bytes(4) + query[12:end]
        socket.sendto(head + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1" * found, asker)


class NoBucket(http.server.BaseHTTPRequestHandler):
    """An object storage without the bucket asked for."""

    def do_GET(self):
        self.send_response(404)
        self.end_headers()
        self.wfile.write(b"<Error><Code>NoSuchBucket</Code></Error>")

    def log_message(self, *_):
        self.server.hosts.add(self.headers["Host"])


def find_bucket(container):
    """A static program cannot load name services: what there is must be in it."""
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.bind(("127.0.0.1", 53))
    storage = http.server.ThreadingHTTPServer(("127.0.0.1", 9000), NoBucket)
    storage.hosts = set()
    for serve in (lambda: answer_names(names), storage.serve_forever):
        threading.Thread(target=serve, daemon=True).start()
    keys = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_REGION": "none"}
    where = {"AWS_ENDPOINT_URL": "http://storage.example:9000", "AWS_ALLOW_HTTP": "true"}
    code, _, error = container.run("segment", "pull", "s3://segments/production", environment=keys | where)
    assert code == 4 and "there is no s3://segments/production" in error, (code, error)
    assert storage.hosts == {"storage.example:9000"}, storage.hosts
    print("the object storage was found by its name")


def tree(root):
    return sorted((str(p.relative_to(root)), p.lstat().st_mtime_ns) for d in ("usr", "etc") for p in (root / d).rglob("*"))


def inspect(archive, config, digest):
    """As others read it: an OCI archive, and what `docker load` takes."""
    if not shutil.which("skopeo"):
        print("skipped: skopeo inspect (skopeo is not installed)")
        return
    for transport in ("oci-archive", "docker-archive"):
        text = subprocess.run(["skopeo", "inspect", f"{transport}:{archive}"], check=True, capture_output=True, text=True).stdout
        seen = json.loads(text)
        assert seen["Labels"] == config["config"]["Labels"] and len(seen["Layers"]) == len(config["rootfs"]["diff_ids"]), seen
        assert transport == "docker-archive" or seen["Digest"] == digest, seen
    print(f"skopeo agrees: {digest}, {len(seen['Layers'])} layers, for OCI and for Docker")


def main():
    (archive,) = sys.argv[1:]
    if os.geteuid() != 0:
        print("skipped: the image's root file system (mounting it needs root)")
        sys.exit(3)
    if INSIDE not in os.environ:
        os.environ[INSIDE] = "1"
        os.execvp("unshare", ["unshare", "--mount", "--net", sys.executable, *sys.argv])
    loopback_up()
    config, layers, digest = read(archive)
    check_files(layers, int(config["config"]["User"].split(":")[0]))
    check_labels(config["config"]["Labels"])
    inspect(archive, config, digest)
    with tempfile.TemporaryDirectory() as work:
        container = Container(config, layers, pathlib.Path(work))
        before = tree(container.root)
        try:
            serve(container)
            find_bucket(container)
            assert os.statvfs(container.root).f_flag & os.ST_RDONLY and tree(container.root) == before
        finally:
            subprocess.run(["umount", "--recursive", container.root], check=True)


if __name__ == "__main__":
    main()
