#!/usr/bin/env python3
"""Installs the Debian package, serves a customer, upgrades, removes, purges: test.py STAGE

All of it in an overlay of this machine's file system, which is thrown away, and without a network but
loopback. There is no systemd in there: the programs are started from the units, with the user, environment
and command these name. The units' hardening is judged by `systemd-analyze security`. Needs root and dpkg;
exits with 3 where something is missing.
"""

import fcntl
import grp
import json
import os
import pathlib
import pwd
import re
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
INSIDE = "SEGMENT_DEBIAN_TEST_INSIDE"
PACKAGE = "customer-segmentation"
HOME = pathlib.Path("/var/lib/segmentation")
# Exposure by `systemd-analyze security`, 0 to 10; under 2 is "OK", under 1 "safe".
MOST_EXPOSED = {"segmentation-api.service": 1.5, "segmentation-run.service": 1.0}


def run(*command, **options):
    return subprocess.run(list(map(str, command)), check=True, text=True, capture_output=True, **options).stdout


def dpkg(*arguments):
    done = subprocess.run(["dpkg", *map(str, arguments)], text=True, capture_output=True, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
    assert done.returncode == 0, f"dpkg {arguments}: {done.stdout}{done.stderr}"


def status():
    done = subprocess.run(["dpkg-query", "-W", "-f=${db:Status-Status} ${Version}", PACKAGE], text=True, capture_output=True)
    return done.stdout or "not there"


class Unit:
    """A service file: what it starts, as whom, with which environment."""

    def __init__(self, name):
        text = pathlib.Path(f"/usr/lib/systemd/system/{name}").read_text()
        self.settings = [line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#")]
        self.environment = {"PATH": "/usr/bin:/bin"}
        for assignment in self.all("Environment"):
            self.environment.update(word.split("=", 1) for word in shlex.split(assignment))
        for path in self.all("EnvironmentFile"):
            lines = (line.strip() for line in pathlib.Path(path).read_text().splitlines())
            self.environment.update(line.split("=", 1) for line in lines if line and not line.startswith("#"))

    def all(self, name):
        return [value for key, value in self.settings if key == name]

    def command(self):
        """ExecStart with its variables in, split at blanks as systemd does."""
        words = self.all("ExecStart")[0].split()
        split = lambda word: self.environment[word[1:]].split() if word.startswith("$") else [word]
        return [part for word in words for part in split(word)]

    def start(self, **options):
        user, (group,) = self.all("User")[0], self.all("Group")
        return subprocess.Popen(
            self.command(), user=user, group=group, extra_groups=[], env=self.environment, cwd=self.all("WorkingDirectory")[0], **options
        )


def judge(name):
    """systemd's own judgement of the unit, offline."""
    path = f"/usr/lib/systemd/system/{name}"
    run("systemd-analyze", "verify", "--man=no", path)
    text = run("systemd-analyze", "security", "--offline=true", "--no-pager", path)
    exposure = float(re.search(r"Overall exposure level for \S+: ([\d.]+)", text)[1])
    assert exposure <= MOST_EXPOSED[name], text
    print(f"{name}: exposure {exposure} of 10, at most {MOST_EXPOSED[name]} is allowed")


def answer(path, port, key=None):
    headers = {"authorization": f"Bearer {key}"} if key else {}
    with urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers), timeout=10) as response:
        return json.load(response)


class Server:
    """The API as its unit starts it, until the block ends; stopped as systemd stops it."""

    def __init__(self, port):
        self.port = port

    def __enter__(self):
        unit = Unit("segmentation-api.service")
        self.process = unit.start(stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                answer("/health/ready", self.port)
                return self
            except OSError:
                time.sleep(0.05)
        self.process.kill()
        raise AssertionError(f"the server does not serve: {self.process.communicate()[1]}")

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(60) == 0

    def customer(self, key=None, customer="12347"):
        return answer(f"/v1/customers/{customer}/segment", self.port, key)


def segment_once():
    process = Unit("segmentation-run.service").start(stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    out = process.communicate(timeout=120)[0]
    assert process.returncode == 0, out


def install(package):
    dpkg("--install", package)
    listed = pathlib.Path(f"/var/lib/dpkg/info/{PACKAGE}.md5sums").read_text().splitlines()
    missing = [line for line in listed if not pathlib.Path("/", line.split(None, 1)[1]).is_file()]
    assert listed and not missing and not run("dpkg", "--verify", PACKAGE), missing
    user = pwd.getpwnam("segmentation")
    assert user.pw_shell == "/usr/sbin/nologin" and user.pw_uid < 1000, user
    assert (HOME.stat().st_uid, HOME.stat().st_gid, HOME.stat().st_mode & 0o777) == (user.pw_uid, grp.getgrnam("segmentation").gr_gid, 0o750)
    enabled = pathlib.Path("/etc/systemd/system/multi-user.target.wants/segmentation-api.service")
    assert enabled.is_symlink() and not list(pathlib.Path("/etc/systemd/system").glob("timers.target.wants/segmentation*"))
    for program in ("segment", "segment-spark", "segmentation-api"):
        assert run(f"/usr/bin/{program}", "--version").startswith(f"{program} ")
        assert pathlib.Path(f"/usr/share/man/man1/{program}.1.gz").exists()
        assert program in run("bash", "-c", f"source /usr/share/bash-completion/completions/{program} && complete -p {program}")
    print(f"installed: {status()}; user {user.pw_uid}, API enabled, timer not")


def earlier(package, work):
    """The package as version 0.1.0 was: its sample was CDNOW, and run.env a conffile."""
    tree = pathlib.Path(work) / "earlier"
    run("dpkg-deb", "--raw-extract", package, tree)
    text = (tree / "usr/share/segmentation/run.env").read_text().replace("--dataset online-retail", "--dataset cdnow")
    (tree / "usr/share/segmentation/run.env").unlink()
    (tree / "etc/segmentation/run.env").write_text(text)
    (tree / "DEBIAN/conffiles").open("a").write("/etc/segmentation/run.env\n")
    control, sums = tree / "DEBIAN/control", tree / "DEBIAN/md5sums"
    control.write_text(control.read_text().replace("Version: 1.0.0", "Version: 0.1.0"))
    sums.write_text("".join(line for line in sums.read_text().splitlines(keepends=True) if "/run.env" not in line))
    found = pathlib.Path(work) / "0.1.0.deb"
    run("dpkg-deb", "--root-owner-group", "-Znone", "--build", tree, found)
    return found


def upgrade_of_the_former_sample(former, package):
    """A machine that segments the sample of 0.1.0 goes on with it."""
    install(former)
    for installed in (None, package):
        if installed:
            install(installed)
        segment_once()
        with Server(8080) as server:
            assert server.customer(customer="00001")["customer_id"] == "00001"
    assert "--dataset cdnow" in pathlib.Path("/etc/segmentation/run.env").read_text()
    dpkg("--purge", PACKAGE)
    assert not pathlib.Path("/etc/segmentation").exists()
    print(f"upgraded from 0.1.0 to {package.stem}: its sample is segmented on, in the same store")


def upgrade(package, before):
    """Keeps the store, the key, and the administrator's change of the configuration."""
    key = run("runuser", "-u", "segmentation", "--", "segmentation-api", "keys", "create", "--name", "test", "--scopes", "assignments:read", "--keys", HOME / "keys.json").split()[0]
    settings = pathlib.Path("/etc/segmentation/api.env")
    settings.write_text(settings.read_text().replace("SEGMENT_BIND=127.0.0.1:8080", "SEGMENT_BIND=0.0.0.0:8090").replace("#SEGMENT_KEYS", "SEGMENT_KEYS"))
    dpkg("--install", package)
    with Server(8090) as server:
        try:
            server.customer()
            raise AssertionError("answered without a key")
        except urllib.error.HTTPError as error:
            assert error.code == 401
        assert server.customer(key) == before
    print(f"upgraded: {status()}; run, key and changed configuration kept")


def remove(package, before):
    dpkg("--remove", PACKAGE)
    assert status().startswith("config-files") and not pathlib.Path("/usr/bin/segment").exists()
    assert (HOME / "store/CURRENT").exists() and pathlib.Path("/etc/segmentation/api.env").exists()
    dpkg("--install", package)
    assert "8090" in pathlib.Path("/etc/segmentation/api.env").read_text() and (HOME / "store/CURRENT").exists()
    dpkg("--purge", PACKAGE)
    left = [path for path in (HOME, pathlib.Path("/etc/segmentation"), pathlib.Path("/usr/share/segmentation"), pathlib.Path("/var/log/segmentation")) if path.exists()]
    links = list(pathlib.Path("/etc/systemd/system").rglob("segmentation-*"))
    assert not left and not links, (left, links)
    print(f"removed with configuration and store kept, installed again, purged: {status()}, nothing left")


def check(stage):
    with tempfile.TemporaryDirectory() as work:
        packages = [pathlib.Path(work) / f"{version}.deb" for version in ("1.0.0", "1.0.1")]
        # Compression is the only difference to the package of a release.
        for package in packages:
            run(HERE / "package", stage, package, package.stem, env={**os.environ, "LEVEL": "0"})
        upgrade_of_the_former_sample(earlier(packages[0], work), packages[0])
        install(packages[0])
        for unit in MOST_EXPOSED:
            judge(unit)
        run("systemd-analyze", "verify", "--man=no", "/usr/lib/systemd/system/segmentation-run.timer")
        segment_once()
        with Server(8080) as server:
            before = server.customer()
        print(f"a run by its unit, a lookup by the API's: customer 12347 is in segment {before['segment']['key']}")
        upgrade(packages[1], before)
        remove(packages[1], before)


def enter(stage):
    """Starts this script again in an overlay of the whole file system, in name spaces of its own."""
    if os.geteuid() != 0 or not all(map(shutil.which, ("dpkg-deb", "unshare", "deb-systemd-helper", "adduser", "systemd-analyze"))):
        print("skipped: installing the Debian package (needs root, dpkg, init-system-helpers, adduser, systemd-analyze)")
        sys.exit(3)
    script = """
      mkdir /run/segmentation-test && mount -t tmpfs tmpfs /run/segmentation-test && cd /run/segmentation-test
      mkdir up work root && mount -t overlay overlay -o lowerdir=/,upperdir=up,workdir=work root || exit 4
      for dir in proc dev; do mount --rbind /$dir root/$dir; done
      mount -t tmpfs tmpfs root/run
      # These may be on file systems of their own, which the overlay does not show.
      for dir in "$1" "$2"; do mkdir -p "root$dir" && mount --bind "$dir" "root$dir"; done
      shift 2
      exec chroot root "$@"
    """
    os.environ[INSIDE] = "1"
    command = ["unshare", "--mount", "--net", "sh", "-c", script, "sh", HERE.parents[2], stage, sys.executable, str(HERE / "test.py"), str(stage)]
    code = subprocess.run(list(map(str, command))).returncode
    pathlib.Path("/run/segmentation-test").rmdir()
    if code == 4:
        print("skipped: installing the Debian package (this machine mounts no overlays)")
        code = 3
    sys.exit(code)


def main():
    stage = pathlib.Path(sys.argv[1]).resolve()
    if INSIDE not in os.environ:
        enter(stage)
    with socket.socket() as s:
        fcntl.ioctl(s, 0x8914, struct.pack("16sH14x", b"lo", 0x1))
    check(stage)


if __name__ == "__main__":
    main()
