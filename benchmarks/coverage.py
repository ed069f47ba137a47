"""How often the interval of a ratio of sums over 12 hosts holds the true ratio.

Run: python benchmarks/coverage.py > benchmarks/coverage.md (about a minute)
"""

from __future__ import annotations

import numpy as np

from toolkit.stats import ratio_of_sums

PROGRAMMES, HOSTS, SEED, TRUE_RATIO = 2000, 12, 20260101, 0.8


def simulate(sigma: float, correlation: float, rng: np.random.Generator) -> tuple[float, float, float]:
    """Return the coverage, the share of warnings, and the median width over the ratio."""
    hits = warned = 0
    widths = []
    for _ in range(PROGRAMMES):
        one, other = rng.standard_normal((2, HOSTS))
        tied = correlation * one + (1 - correlation**2) ** 0.5 * other
        found = ratio_of_sums(TRUE_RATIO * np.exp(sigma * tied), np.exp(sigma * one), n_resamples=1999)
        low, high = found.conf_low or 0.0, found.conf_high or 0.0
        hits += low <= TRUE_RATIO <= high
        warned += bool(found.warnings)
        widths.append((high - low) / TRUE_RATIO)
    return hits / PROGRAMMES, warned / PROGRAMMES, float(np.median(widths))


def main() -> None:
    rng = np.random.default_rng(SEED)
    print(f"# Coverage of 95% intervals: {PROGRAMMES} simulated programmes of {HOSTS} hosts\n")
    print("Costs and benefits of a host are lognormal with spread sigma; the true ratio of sums is 0.8. Made by")
    print(f"`benchmarks/coverage.py`, seed {SEED}. The Monte Carlo error of a coverage is half a point.\n")
    print("| sigma | correlation of costs and benefits | coverage | warned of skewness | median width / ratio |")
    print("|---|---|---|---|---|")
    for sigma in (0.3, 0.6, 0.9):
        for correlation in (0.0, 0.5, 0.8):
            coverage, warned, width = simulate(sigma, correlation, rng)
            print(f"| {sigma} | {correlation} | {100 * coverage:.1f}% | {100 * warned:.0f}% | {width:.2f} |")


if __name__ == "__main__":
    main()
