"""What the pages of results share: the machine, tables."""

import os
from pathlib import Path


def machine():
    info = {}
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        key, _, value = line.partition(":")
        info.setdefault(key.strip(), value.strip())
    wide = [f for f in ["avx2", "avx512f"] if f in info.get("flags", "").split()]
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    caches = f"{info.get('cache size', 'unknown')} cache a core"
    return f"{info.get('model name')}, {os.cpu_count()} processors, {', '.join(wide)}, {caches}, {gib:.0f} GiB"


def table(head, lines):
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [head, ["---"] * len(head), *lines])
