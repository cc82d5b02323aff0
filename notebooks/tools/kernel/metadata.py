"""`cargo metadata` without the packages that no cell names, for the rust-analyzer inside the Rust kernel.

It reads and analyses the source of every package listed, 400 with all that polars brings, before the first
variable has a type: half of the wait for the first result. What it is not told of it cannot infer: a variable
of such a type needs an explicit one, which the kernel says. Cells are compiled with everything all the same.
"""
import json
import os
import subprocess
import sys

KIT = "notebook-kit"


def reached(start, follow):
    """What is reached from these by following."""
    found, waiting = set(), list(start)
    while waiting:
        package = waiting.pop()
        if package not in found:
            found.add(package)
            waiting += follow(package)
    return found


def kept(metadata):
    """Ids of the packages to keep: all that a cell brings with :dep, but of the kit only what it uses
    itself, and polars, whose parts name each other's types."""
    names = {package["id"]: package["name"] for package in metadata["packages"]}
    uses = {node["id"]: node["dependencies"] for node in metadata["resolve"]["nodes"]}
    brought = reached([metadata["resolve"]["root"]], lambda one: uses[one] if names[one] != KIT else [])
    direct = {used for one in brought if names[one] == KIT for used in uses[one]}
    polars = reached((one for one in direct if names[one].startswith("polars")),
                     lambda one: [used for used in uses[one] if names[used].startswith("polars")])
    return brought | direct | polars


def shortened(metadata):
    """The metadata with these packages alone; as it is where the kit is not among them."""
    if not metadata["resolve"] or KIT not in {package["name"] for package in metadata["packages"]}:
        return metadata
    ids = kept(metadata)
    metadata["packages"] = [package for package in metadata["packages"] if package["id"] in ids]
    nodes = [node for node in metadata["resolve"]["nodes"] if node["id"] in ids]
    for node in nodes:
        node["deps"] = [used for used in node["deps"] if used["pkg"] in ids]
        node["dependencies"] = [used for used in node["dependencies"] if used in ids]
    metadata["resolve"]["nodes"] = nodes
    return metadata


if __name__ == "__main__":
    done = subprocess.run([os.environ["SEGMENT_CARGO"], *sys.argv[1:]], stdout=subprocess.PIPE)
    if done.returncode:
        sys.exit(done.returncode)
    json.dump(shortened(json.loads(done.stdout)), sys.stdout)
