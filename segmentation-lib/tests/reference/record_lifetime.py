#!/usr/bin/env python3
"""Records what mpmath and scipy give for the lifetime models, for tests/lifetime and the unit tests.

    python3 -m venv v && v/bin/pip install mpmath==1.4.1 numpy==2.4.6 scipy==1.17.1
    v/bin/python record_lifetime.py

Writes lifetime.json beside this file:

- `gamma`: ln Γ, ψ and ψ′ with mpmath;
- `customers`: log-likelihood, P(alive), expected purchases and P(X(t) = n) of single customers at random
  parameters, from the formulas as published, with Gaussian hypergeometric functions at 120 digits: these
  cancel, and have poles where the expectation has none (a = 1, a + b = 1; a billionth of a billionth
  beside them here);
- `spend`: log-likelihood and expected spend of the Gamma-Gamma model;
- `fits`: maxima on simulated customers found with scipy (Nelder-Mead, then BFGS), which knows nothing of
  our derivatives. Its log-likelihoods are the published ones in doubles.
"""

import json
import math
import platform
from pathlib import Path

import mpmath
import numpy
import scipy
from mpmath import mp, mpf
from scipy.optimize import minimize
from scipy.special import gammaln, hyp2f1

mp.dps = 120
ASIDE = mpf(10) ** -40


def gamma_cases():
    for x in [1e-8, 1e-3, 0.1, 0.2425, 0.5, 1.0, 1.5, 2.0, 3.7, 7.999, 11.99, 12.0, 60.25, 1234.5, 1e6, 1e12]:
        yield [x, float(mpmath.loggamma(x)), float(mpmath.digamma(x)), float(mpmath.psi(1, x))]


def rising(c, n):
    return mpmath.gamma(c + n) / mpmath.gamma(c)


def beta_geometric(parameters, x, tx, T, first):
    """Likelihood and P(alive); `first` is 0 for the BG/NBD and 1 for the MBG/NBD."""
    r, alpha, a, b = parameters
    m = x + first
    stayed = (alpha + T) ** -(r + x)
    left = a / (b + m - 1) * (alpha + tx) ** -(r + x) if m > 0 else mpf(0)
    factor = rising(r, x) * alpha**r * rising(b, m) / rising(a + b, m)
    return factor * (stayed + left), stayed / (stayed + left)


def expected_beta_geometric(parameters, x, T, t, alive, first):
    r, alpha, a, b = parameters
    a, B = a + ASIDE, b + x + first
    top = a + B - 1
    z = t / (alpha + T + t)
    return alive * top / (a - 1) * (1 - (1 - z) ** (r + x) * mpmath.hyp2f1(r + x, B, top, z))


def nbd(r, alpha, n, t):
    return rising(r, n) / mpmath.factorial(n) * (alpha / (alpha + t)) ** r * (t / (alpha + t)) ** n


def pmf_beta_geometric(parameters, n, t, first):
    r, alpha, a, b = parameters
    m = n + first
    counted = mpmath.beta(a, b + m) / mpmath.beta(a, b) * nbd(r, alpha, n, t)
    if m == 0:
        return counted
    at_least = 1 - sum(nbd(r, alpha, j, t) for j in range(n))
    return counted + mpmath.beta(a + 1, b + m - 1) / mpmath.beta(a, b) * at_least


def pareto(parameters, x, tx, T):
    r, alpha, s, beta = parameters
    total, high = r + s + x, max(alpha, beta)
    second = s + 1 if alpha >= beta else r + x
    term = lambda time: mpmath.hyp2f1(total, second, total + 1, abs(alpha - beta) / (high + time)) / (high + time) ** total
    stayed = (alpha + T) ** -(r + x) * (beta + T) ** -s
    left = s / total * (term(tx) - term(T))
    return rising(r, x) * alpha**r * beta**s * (stayed + left), stayed / (stayed + left)


def expected_pareto(parameters, x, T, t, alive):
    r, alpha, s, beta = parameters
    s = s + ASIDE
    return alive * (r + x) * (beta + T) / ((alpha + T) * (s - 1)) * (1 - ((beta + T) / (beta + T + t)) ** (s - 1))


def pmf_pareto(parameters, n, t):
    r, alpha, s, beta = parameters
    stayed = nbd(r, alpha, n, t) * (beta / (beta + t)) ** s
    inside = lambda u: u**n * (alpha + u) ** -(r + n) * (beta + u) ** -(s + 1)
    with mpmath.workdps(30):
        left = mpmath.quad(inside, [t * (mpf(i) / 40) ** 2 for i in range(41)])
    return stayed + rising(r, n) / mpmath.factorial(n) * alpha**r * beta**s * s * left


def customer_cases():
    generator = numpy.random.default_rng(17)
    spread = lambda low, high: float(f"{math.exp(generator.uniform(math.log(low), math.log(high))):.6g}")
    for i in range(150):
        family = ["bg_nbd", "mbg_nbd", "pareto_nbd"][i % 3]
        wide = i % 2 == 0
        size = (0.02, 30.0) if wide else (0.2, 3.0)
        time = (0.05, 500.0) if wide else (2.0, 30.0)
        if family == "pareto_nbd":
            given = [spread(*size), spread(*time), spread(*size), spread(*time)]
            if i % 10 == 2:
                given[3] = given[1]
            if i % 10 == 5:
                given[2] = 1.0
        else:
            given = [spread(*size), spread(*time), spread(*size), spread(*size)]
            if i % 10 in (0, 1):
                given[2] = 1.0
            if i % 10 in (3, 4):
                given[2], given[3] = 0.375, 0.625
        x = int(generator.choice([0, 1, 2, 3, 7, 30, 200] if wide else [0, 1, 2, 3, 7]))
        T = spread(1.0, 300.0)
        tx = float(f"{T * generator.uniform(0.01, 1.0):.6g}") if x else 0.0
        tx = min(tx, T)
        horizon, n = spread(0.5, 300.0), int(generator.choice([0, 1, 2, 5, 20]))
        yield family, given, x, tx, T, horizon, n


def customer(family, given, x, tx, T, horizon, n):
    p = [mpf(v) for v in given]
    mtx, mT, t = mpf(tx), mpf(T), mpf(horizon)
    if family == "pareto_nbd":
        likelihood, alive = pareto(p, x, mtx, mT)
        expected, chance = expected_pareto(p, x, mT, t, alive), pmf_pareto(p, n, t)
    else:
        first = int(family == "mbg_nbd")
        likelihood, alive = beta_geometric(p, x, mtx, mT, first)
        expected = expected_beta_geometric(p, x, mT, t, alive, first)
        chance = pmf_beta_geometric(p, n, t, first)
    return {
        "family": family, "parameters": given, "frequency": x, "recency": tx, "age": T, "horizon": horizon, "n": n,
        "log_likelihood": float(mpmath.log(likelihood)), "alive": float(alive), "expected": float(expected),
        "probability": float(chance),
    }


def spend(p, q, g, x, z):
    mp_, mq, mg, mz = mpf(p), mpf(q), mpf(g), mpf(z)
    value = mpmath.loggamma(mp_ * x + mq) - mpmath.loggamma(mp_ * x) - mpmath.loggamma(mq) + mq * mpmath.log(mg)
    value += (mp_ * x - 1) * mpmath.log(mz) + mp_ * x * mpmath.log(x) - (mp_ * x + mq) * mpmath.log(mg + x * mz)
    expected = mp_ * (mg + x * mz) / (mp_ * x + mq - 1)
    return {"parameters": [p, q, g], "purchases": x, "mean": z, "log_likelihood": float(value), "expected": float(expected)}


def simulated(generator, family, parameters, customers):
    """Days, weeks apart: first purchases over 26 weeks, seen for 52."""
    out = []
    for _ in range(customers):
        T = 364 - int(generator.integers(0, 182))
        rate = generator.gamma(parameters[0], 1 / parameters[1])
        if family == "pareto_nbd":
            end, p = generator.exponential(1 / generator.gamma(parameters[2], 1 / parameters[3])), 0.0
        else:
            end, p = math.inf, generator.beta(parameters[2], parameters[3])
        alive = not (family == "mbg_nbd" and generator.random() < p)
        now, x, tx = 0.0, 0, 0
        while alive:
            now += generator.exponential(1 / rate)
            if now > min(end, T / 7):
                break
            day = math.ceil(now * 7)
            if day > T:
                break
            x, tx = x + 1, day
            alive = not generator.random() < p
        out.append([x, tx, T])
    return out


def vector_log_likelihood(family, parameters, x, tx, T):
    if family == "pareto_nbd":
        r, alpha, s, beta = parameters
        total, high = r + s + x, max(alpha, beta)
        second = (s + 1 if alpha >= beta else r) + (0 if alpha >= beta else x)
        ln = lambda time: numpy.log(hyp2f1(total, second, total + 1, abs(alpha - beta) / (high + time))) - total * numpy.log(high + time)
        one, two = ln(tx), ln(T)
        with numpy.errstate(divide="ignore"):
            left = numpy.log(s / total) + one + numpy.log1p(-numpy.exp(numpy.minimum(two - one, 0)))
        stayed = -(r + x) * numpy.log(alpha + T) - s * numpy.log(beta + T)
        return gammaln(r + x) - gammaln(r) + r * math.log(alpha) + s * math.log(beta) + numpy.logaddexp(stayed, left)
    r, alpha, a, b = parameters
    m = x + (family == "mbg_nbd")
    stayed = -(r + x) * numpy.log(alpha + T)
    with numpy.errstate(divide="ignore", invalid="ignore"):
        left = numpy.where(m > 0, math.log(a) - numpy.log(b + m - 1) - (r + x) * numpy.log(alpha + tx), -numpy.inf)
    beta = gammaln(b + m) - gammaln(b) - gammaln(a + b + m) + gammaln(a + b)
    return gammaln(r + x) - gammaln(r) + r * math.log(alpha) + beta + numpy.logaddexp(stayed, left)


def fit(seed, family, parameters, customers):
    rows = simulated(numpy.random.default_rng(seed), family, parameters, customers)
    x, tx, T = numpy.array(rows, dtype=float).T
    cost = lambda theta: -vector_log_likelihood(family, numpy.exp(theta), x, tx / 7, T / 7).sum()
    best = minimize(cost, numpy.log(parameters), method="Nelder-Mead", options={"maxiter": 6000, "xatol": 1e-9, "fatol": 1e-11})
    best = min([best, minimize(cost, best.x, method="BFGS", options={"gtol": 1e-9})], key=lambda b: b.fun)
    return {
        "family": family, "customers": rows, "parameters": list(numpy.exp(best.x)), "log_likelihood": -best.fun,
    }


def main():
    record = {
        "versions": {
            "python": platform.python_version(), "mpmath": mpmath.__version__, "numpy": numpy.__version__,
            "scipy": scipy.__version__,
        },
        "gamma": list(gamma_cases()),
        "customers": [customer(*case) for case in customer_cases()],
        "spend": [spend(*c) for c in [
            (6.25, 3.74, 15.44, 1, 35.0), (6.25, 3.74, 15.44, 30, 2.5), (0.05, 1.5, 1000.0, 2, 0.01),
            (80.0, 40.0, 0.3, 500, 12345.67), (1.0, 1.000001, 1.0, 1, 1.0), (0.5, 0.7, 3.0, 4, 9.99)]],
        "fits": [
            fit(1, "bg_nbd", [0.6, 5.0, 0.8, 2.5], 600), fit(2, "bg_nbd", [2.0, 8.0, 0.5, 4.0], 400),
            fit(3, "mbg_nbd", [0.6, 5.0, 0.8, 2.5], 600), fit(4, "mbg_nbd", [1.5, 8.0, 0.6, 2.0], 400),
            fit(5, "pareto_nbd", [0.6, 8.0, 0.6, 10.0], 600), fit(6, "pareto_nbd", [1.8, 6.0, 0.9, 25.0], 400),
        ],
    }
    # One case a line.
    parts = []
    for key, value in record.items():
        if isinstance(value, list):
            lines = ",\n".join(json.dumps(v, separators=(",", ":")) for v in value)
            parts.append(f'"{key}":[\n{lines}\n]')
        else:
            parts.append(f'"{key}":{json.dumps(value, separators=(",", ":"))}')
    Path(__file__).with_name("lifetime.json").write_text("{" + ",\n".join(parts) + "}\n")


if __name__ == "__main__":
    main()
