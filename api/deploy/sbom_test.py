#!/usr/bin/env python3
"""Checks a bill of materials that sbom.py wrote: sbom_test.py BOM.json

Every reference leads to a component, every component is reached from the top, each crate has the checksum of
a Cargo.lock, and the programs depend on what they are known to depend on and not on each other's crates.
"""

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def reached(top, needs):
    seen, open_ = set(), [top]
    while open_:
        ref = open_.pop()
        if ref not in seen:
            seen.add(ref)
            open_ += needs.get(ref, ())
    return seen


def main():
    bom = json.loads(pathlib.Path(sys.argv[1]).read_text())
    assert (bom["bomFormat"], bom["specVersion"]) == ("CycloneDX", "1.5")
    refs = [component["bom-ref"] for component in bom["components"]]
    needs = {entry["ref"]: entry["dependsOn"] for entry in bom["dependencies"]}
    assert len(refs) == len(set(refs)) and len(needs) == len(bom["dependencies"]), "a reference stands twice"
    top = bom["metadata"]["component"]["bom-ref"]
    assert reached(top, needs) == {top, *refs}, reached(top, needs) ^ {top, *refs}

    lock = "".join((ROOT / name).read_text() for name in ("Cargo.lock", "segmentation-lib/spark/Cargo.lock"))
    for component in bom["components"]:
        assert component["licenses"], f"{component['bom-ref']} has no licence"
        if component["bom-ref"].startswith("pkg:cargo/"):
            (digest,) = component["hashes"]
            entry = f'name = "{component["name"]}"\nversion = "{component["version"]}"\n'
            assert entry in lock and f'checksum = "{digest["content"]}"' in lock, component

    names = lambda program: {ref.removeprefix("pkg:cargo/").split("@")[0] for ref in reached(program, needs)}
    segment, server = names("segment"), names("segmentation-api")
    assert {"polars", "linfa", "clap", "sled"} <= segment and "actix-web" not in segment
    assert {"actix-web", "rustls", "clap", "sled"} <= server and not {"polars", "linfa", "plotly"} & server
    assert {"tonic", "parquet", "clap"} <= names("segment-spark") and "polars" not in names("segment-spark")
    assert "tonic" not in segment | server
    print(f"{len(refs)} components; segment reaches {len(segment)}, segmentation-api {len(server)}")


if __name__ == "__main__":
    main()
