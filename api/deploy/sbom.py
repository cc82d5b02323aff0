#!/usr/bin/env python3
"""Writes the software bill of materials of the programs as CycloneDX 1.5 JSON: sbom.py OUT.json

Crates, versions, licences, checksums and who depends on whom are those cargo builds with (`cargo tree`,
Cargo.lock); crates that only run in the compiler are marked as excluded. The Rust and C libraries that a
static program carries are listed beside them.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import time
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = {
    "segment": ["-p", "segmentation-lib", "--features", "cli"],
    "segment-spark": ["--manifest-path", "segmentation-lib/spark/Cargo.toml"],
    "segmentation-api": ["-p", "api"],
}
LOCKS = ("Cargo.lock", "segmentation-lib/spark/Cargo.lock")
CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"


def output(*command):
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def checksums():
    """SHA-256 of each crate's archive by (name, version), for crates of crates.io."""
    lock = "".join((ROOT / name).read_text() for name in LOCKS)
    entry = r'name = "([^"]+)"\nversion = "([^"]+)"\nsource = "([^"]+)"\nchecksum = "([0-9a-f]{64})"'
    return {(name, version): sum for name, version, source, sum in re.findall(entry, lock) if source == CRATES_IO}


def tree(arguments):
    """The program's crates as (depth, name, version, compiler only, licence), each followed by what it needs."""
    lines = output("cargo", "tree", "--locked", *arguments, "-e", "normal", "--prefix", "depth", "--format", "|{p}|{l}")
    for line in lines.splitlines():
        depth, package, licence = line.removesuffix(" (*)").split("|", 2)
        name, version = package.split()[:2]
        yield int(depth), name, version.removeprefix("v"), "(proc-macro)" in package, licence.removesuffix(" (*)")


def component(ref, name, version, macro, licence, sums):
    made = {"type": "library", "bom-ref": ref, "name": name, "version": version, "scope": "excluded" if macro else "required"}
    if licence:
        made["licenses"] = [{"expression": re.sub(r"\s*/\s*", " OR ", licence)}]
    if (name, version) in sums:
        made["purl"] = f"pkg:cargo/{name}@{version}"
        made["hashes"] = [{"alg": "SHA-256", "content": sums[name, version]}]
    return made


def carried():
    """What is linked into every program beside the crates."""
    rust = re.search(r"^release: (.*)$", output("rustc", "-vV"), re.M)[1]
    glibc = os.confstr("CS_GNU_LIBC_VERSION").split()[1]
    return [
        component(f"pkg:generic/rust@{rust}", "rust", rust, False, "MIT OR Apache-2.0", {}),
        component(f"pkg:generic/glibc@{glibc}", "glibc", glibc, False, "LGPL-2.1-or-later", {}),
    ]


def collect():
    """Components by reference, and references to what each depends on."""
    sums, components, edges = checksums(), {}, {}
    libraries = carried()
    for program, arguments in PROGRAMS.items():
        path = []
        for depth, name, version, macro, licence in tree(arguments):
            # The workspace's own crates are built with other features for each program.
            own = (name, version) not in sums
            ref = program if depth == 0 else f"{program}:{name}" if own else f"pkg:cargo/{name}@{version}"
            components.setdefault(ref, component(ref, name, version, macro, licence, sums))
            edges.setdefault(ref, set())
            path[depth:] = [ref]
            if depth:
                edges[path[depth - 1]].add(ref)
        components[program] |= {"type": "application", "name": program}
        edges[program] |= {library["bom-ref"] for library in libraries}
    components |= {library["bom-ref"]: library for library in libraries}
    return components, edges


def main():
    (out,) = sys.argv[1:]
    version = output("api/deploy/version", "--number").strip()
    epoch = int(output("api/deploy/version", "--epoch"))
    components, edges = collect()
    edges["customer-segmentation"] = set(PROGRAMS)
    bom = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch)),
            "component": {"type": "application", "bom-ref": "customer-segmentation", "name": "customer-segmentation", "version": version},
        },
        "components": [components[ref] for ref in sorted(components)],
        "dependencies": [{"ref": ref, "dependsOn": sorted(edges[ref])} for ref in sorted(edges)],
    }
    bom["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(bom, sort_keys=True))}"
    pathlib.Path(out).write_text(json.dumps(bom, indent=1, sort_keys=True) + "\n")
    linked = sum(c["scope"] == "required" for c in components.values())
    print(f"{out}: {len(components)} components, {linked} of them linked")


if __name__ == "__main__":
    main()
