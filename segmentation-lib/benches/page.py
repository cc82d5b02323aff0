"""What the pages of results share: the machine, tables, figures."""

import math
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


def seconds(s):
    return f"{s * 1000:.1f} ms" if s < 0.1 else f"{s:.3f} s" if s < 1 else f"{s:.2f} s"


def exponent(points):
    """Slope of the least-squares line through the logarithms."""
    xs, ys = [math.log(x) for x, _ in points], [math.log(y) for _, y in points]
    mx, my = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((x - mx) * (y - my) for x, y in zip(xs, ys)) / sum((x - mx) ** 2 for x in xs)
