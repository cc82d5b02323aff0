#!/usr/bin/env python3
"""Makes the container image without Docker: an archive of the last stage of api/deploy/Dockerfile.

    archive.py OUT.tar --stage DIR --version V --revision COMMIT --epoch SECONDS

Every COPY is a layer, as with Docker; --from=build paths come from here: /out is DIR, as api/deploy/dist lays it
out, EMPTY says which are empty directories, anything else is this machine's. The same files give the same bytes. What the Dockerfile
uses beyond these instructions is refused: the two cannot drift apart unseen.

The archive is an OCI layout with the file manifest.json, without which `docker load` (20.10) takes none.
"""

import argparse
import gzip
import hashlib
import io
import json
import pathlib
import platform
import re
import shlex
import sys
import tarfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
# Empty directories that the first stage makes: by source, the name under the target and the mode.
EMPTY = {"/empty": (".", 0o755), "/temporary/": ("tmp", 0o1777)}
SECOND = 10**9
NAME = "customer-segmentation"


def last_stage(dockerfile):
    """The instructions after the last FROM, which must be `FROM scratch`: [(name, rest), …]."""
    text = re.sub(r"^\s*#.*\n", "", dockerfile, flags=re.M)
    lines = [line.strip() for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    instructions = [tuple(line.split(None, 1)) for line in lines]
    start = max(i for i, (name, _) in enumerate(instructions) if name == "FROM")
    if instructions[start][1] != "scratch":
        sys.exit(f"the last stage must be `FROM scratch`, it is `FROM {instructions[start][1]}`")
    return instructions[start + 1 :]


def flags(words):
    """Splits --name=value words from the others."""
    named = dict(word[2:].split("=", 1) for word in words if word.startswith("--"))
    return named, [word for word in words if not word.startswith("--")]


class Image:
    """What the instructions amount to: layers of entries, and the configuration."""

    def __init__(self, arguments, stage):
        self.arguments, self.stage = arguments, stage
        self.layers, self.history = [], []
        self.directories = {"/"}
        self.config = {"Env": [], "Labels": {}, "ExposedPorts": {}}

    def apply(self, name, rest):
        instruction = getattr(self, f"do_{name.lower()}", None)
        if instruction is None:
            sys.exit(f"api/deploy/Dockerfile: archive.py does not know the instruction {name}")
        instruction(rest)

    def do_arg(self, rest):
        unset = {word.split("=", 1)[0] for word in shlex.split(rest)} - set(self.arguments)
        if unset:
            sys.exit(f"api/deploy/Dockerfile: no value for ARG {', '.join(sorted(unset))}")

    def do_copy(self, rest):
        options, words = flags(shlex.split(rest))
        unknown = set(options) - {"from", "chown"}
        if unknown or options.get("from", "build") != "build":
            sys.exit(f"api/deploy/Dockerfile: COPY {rest}: only --from=build and --chown are known")
        *sources, target = words
        owner = tuple(map(int, options.get("chown", "0:0").split(":")))
        entries = []
        for source in sources:
            if "from" in options and source in EMPTY:
                name, mode = EMPTY[source]
                self.add_directory(entries, str(pathlib.PurePosixPath(target) / name), owner, mode)
            else:
                path = self.source(source, "from" in options)
                file = f"{target}{pathlib.PurePosixPath(source).name}" if target.endswith("/") else target
                self.add_directory(entries, str(pathlib.PurePosixPath(file).parent))
                entries.append((file, path, owner, 0o755 if path.stat().st_mode & 0o100 else 0o644))
        self.layers.append(entries)
        self.history.append(f"COPY {rest}")

    def source(self, source, from_build):
        if not from_build:
            return ROOT / source
        if not source.startswith("/out/"):
            return pathlib.Path(source)
        name = source.removeprefix("/out/")
        return self.stage / "bin" / name if (self.stage / "bin" / name).exists() else self.stage / name

    def add_directory(self, entries, path, owner=(0, 0), mode=0o755):
        if path in self.directories:
            return
        self.add_directory(entries, str(pathlib.PurePosixPath(path).parent))
        self.directories.add(path)
        entries.append((path, None, owner, mode))

    def do_env(self, rest):
        self.config["Env"] += shlex.split(rest)

    def do_label(self, rest):
        for word in shlex.split(re.sub(r"\$(\w+)", lambda m: shlex.quote(self.arguments[m[1]]), rest)):
            key, value = word.split("=", 1)
            self.config["Labels"][key] = value

    def do_user(self, rest):
        self.config["User"] = rest

    def do_workdir(self, rest):
        self.config["WorkingDir"] = rest

    def do_expose(self, rest):
        self.config["ExposedPorts"][f"{rest}/tcp"] = {}

    def do_entrypoint(self, rest):
        self.config["Entrypoint"] = json.loads(rest)

    def do_healthcheck(self, rest):
        words, command = rest.split("CMD", 1)
        options, _ = flags(words.split())
        nanoseconds = lambda name: int(options[name].removesuffix("s")) * SECOND
        self.config["Healthcheck"] = {
            "Test": ["CMD", *json.loads(command)],
            "Interval": nanoseconds("interval"),
            "Timeout": nanoseconds("timeout"),
            "StartPeriod": nanoseconds("start-period"),
            "Retries": int(options["retries"]),
        }


def layer(entries, epoch):
    """A tar of the entries, whoever made the files and whenever."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, path, (uid, gid), mode in entries:
            info = tarfile.TarInfo(name.lstrip("/"))
            info.mtime, info.uid, info.gid, info.mode = epoch, uid, gid, mode
            if path is None:
                info.type = tarfile.DIRTYPE
                tar.addfile(info)
            else:
                data = path.read_bytes()
                info.size = len(data)
                tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


class Layout:
    """An OCI image layout: blobs by digest, and the index that names the image."""

    def __init__(self):
        self.files = {"oci-layout": json_bytes({"imageLayoutVersion": "1.0.0"})}

    def add(self, media_type, data):
        digest = hashlib.sha256(data).hexdigest()
        self.files[f"blobs/sha256/{digest}"] = data
        return {"mediaType": f"application/vnd.oci.image.{media_type}", "digest": f"sha256:{digest}", "size": len(data)}

    def write(self, path, epoch):
        with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
            for name in sorted(self.files):
                info = tarfile.TarInfo(name)
                info.mtime, info.size, info.mode = epoch, len(self.files[name]), 0o644
                tar.addfile(info, io.BytesIO(self.files[name]))


def json_bytes(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--stage", type=pathlib.Path, required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--revision", required=True)
    parser.add_argument("--epoch", type=int, required=True)
    parser.add_argument("--level", type=int, default=9, help="gzip's")
    options = parser.parse_args()
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(options.epoch))

    image = Image({"VERSION": options.version, "REVISION": options.revision, "CREATED": created}, options.stage)
    for name, rest in last_stage((ROOT / "api/deploy/Dockerfile").read_text()):
        image.apply(name, rest)

    layout, layers, diffs, unpacked = Layout(), [], [], 0
    for entries in image.layers:
        tar = layer(entries, options.epoch)
        unpacked += len(tar)
        diffs.append(f"sha256:{hashlib.sha256(tar).hexdigest()}")
        layers.append(layout.add("layer.v1.tar+gzip", gzip.compress(tar, options.level, mtime=0)))
    config = {
        "architecture": ARCHITECTURES[platform.machine()],
        "os": "linux",
        "created": created,
        "config": image.config,
        "rootfs": {"type": "layers", "diff_ids": diffs},
        "history": [{"created": created, "created_by": line} for line in image.history],
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": layout.add("config.v1+json", json_bytes(config)),
        "layers": layers,
        "annotations": image.config["Labels"],
    }
    named = layout.add("manifest.v1+json", json_bytes(manifest))
    named["annotations"] = {"org.opencontainers.image.ref.name": f"{NAME}:{options.version}"}
    named["platform"] = {"architecture": config["architecture"], "os": "linux"}
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [named]}
    layout.files["index.json"] = json_bytes(index)
    path = lambda descriptor: descriptor["digest"].replace("sha256:", "blobs/sha256/")
    docker = {"Config": path(manifest["config"]), "Layers": list(map(path, layers)), "RepoTags": [f"{NAME}:{options.version}", f"{NAME}:latest"]}
    layout.files["manifest.json"] = json_bytes([docker])
    layout.write(options.out, options.epoch)
    packed = sum(blob["size"] for blob in layers)
    print(f"{options.out}: {len(layers)} layers, {packed / 1e6:.1f} MB to pull, {unpacked / 1e6:.1f} MB unpacked")


if __name__ == "__main__":
    main()
