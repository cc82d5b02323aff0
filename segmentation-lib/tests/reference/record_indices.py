#!/usr/bin/env python3
"""Records scikit-learn's Calinski-Harabasz and Davies-Bouldin and kneed's knees for tests/indices.rs.

    python3 -m venv v && v/bin/pip install scikit-learn==1.9.1 kneed==0.9.0 && v/bin/python record_indices.py

Writes indices.json beside this file: every input with its labels and what the two gave. Values are
multiples of 1/1024, so that JSON holds them exactly.

`huge offset` is given to scikit-learn around its first row: on 1e8 + small it loses eight digits itself.
kneed also takes the first point of a curve for a knee where the curve starts below its diagonal; such
curves are left out, because the ends of a curve are no knees here.
"""

import json
import platform
import random
from pathlib import Path

import kneed
import numpy
import scipy
import sklearn
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score


def dyadic(values):
    return numpy.round(numpy.asarray(values, dtype=float) * 1024) / 1024


def blobs(generator, rows, columns, k):
    centres = generator.uniform(-20, 20, (k, columns))
    labels = numpy.arange(rows) % k
    return dyadic(centres[labels] + generator.normal(0, 2, (rows, columns))), labels


def cases():
    generator = numpy.random.default_rng(20)
    points, labels = blobs(generator, 90, 3, 4)
    yield "blobs", points, labels
    yield "shuffled labels", points, generator.permutation(labels)
    yield "huge offset", points + 1e8, labels
    yield "labels with gaps", points, labels * 7 + 2
    yield "high dimension", *blobs(generator, 60, 40, 5)
    yield "one column", *blobs(generator, 50, 1, 3)
    yield "grid full of ties", numpy.array([[i % 6, i // 6] for i in range(36)], dtype=float), numpy.arange(36) % 4
    yield "duplicates", numpy.repeat(points[:12], 4, axis=0), numpy.repeat(labels[:12], 4)
    yield "collinear", dyadic(numpy.outer(generator.normal(0, 5, 40), [1, 2, -3])), numpy.arange(40) % 3
    yield "constant columns", numpy.hstack([points, numpy.full((90, 2), 5.0)]), labels
    yield "singletons", points[:30], numpy.minimum(numpy.arange(30), 12)
    yield "no spread within", numpy.repeat([[0.5, 1.0], [3.0, -2.0]], 5, axis=0), numpy.repeat([0, 1], 5)


def knees():
    draw = random.Random(7)
    found = []
    while len(found) < 60:
        # Every third curve hardly bends.
        widest = 0.5 if len(found) % 3 == 0 else 144
        steps = sorted((round((9 + draw.uniform(0, widest)) * 64) / 1024 for _ in range(9)), reverse=True)
        if len(found) % 2:
            draw.shuffle(steps)
        y = [sum(steps[i:]) for i in range(10)]
        located = kneed.KneeLocator(range(1, 11), y, S=1.0, curve="convex", direction="decreasing")
        if located.y_difference[1] > 0:
            found.append({"y": y, "knee": None if located.knee is None else int(located.knee)})
    return found


def main():
    indices = []
    for name, points, labels in cases():
        given = points - points[0] if name == "huge offset" else points
        indices.append({
            "name": name,
            "points": points.tolist(),
            "labels": labels.tolist(),
            "calinski_harabasz": calinski_harabasz_score(given, labels),
            "davies_bouldin": davies_bouldin_score(given, labels),
        })
    versions = {"python": platform.python_version(), "numpy": numpy.__version__, "scipy": scipy.__version__,
                "scikit-learn": sklearn.__version__, "kneed": kneed.__version__}
    recorded = {"versions": versions, "indices": indices, "knees": knees()}
    path = Path(__file__).with_name("indices.json")
    path.write_text(json.dumps(recorded, separators=(",", ":")).replace('{"name"', '\n{"name"').replace('{"y"', '\n{"y"') + "\n")


if __name__ == "__main__":
    main()
