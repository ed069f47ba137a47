"""Speed and memory of drawing 1,000 hosts x 30 lines x 10,000 draws, against plain numpy draws of the same size.

Run: python benchmarks/roi.py
"""

from __future__ import annotations

import sys
import time

import numpy as np

from toolkit.roi.model import HostingModel, Term
from toolkit.roi.simulation import simulate_hosting

HOSTS, LINES, DRAWS = 1000, 30, 10_000
SAMPLE = 50


def build_model() -> HostingModel:
    """Return hosts whose 30 lines are each one uncertain amount."""
    rng = np.random.default_rng(3)
    low = rng.uniform(50, 100, (HOSTS, LINES))
    mode = low + rng.uniform(1, 50, low.shape)
    names = tuple(f"line{place}" for place in range(LINES))
    return HostingModel(
        hosts=tuple(f"h{place}" for place in range(HOSTS)),
        countries=tuple("abcd"[place % 4] for place in range(HOSTS)),
        drivers=names,
        low=low,
        mode=mode,
        high=mode + rng.uniform(1, 80, low.shape),
        terms=tuple(
            Term(name=name, party="host", direction="cost" if place % 3 else "benefit", kind="cash", drivers=(name,))
            for place, name in enumerate(names)
        ),
        participants=np.ones(HOSTS),
        hours=np.ones(HOSTS),
        currency="EUR",
        price_year=2023,
        families={},
    )


def main() -> None:
    model = build_model()
    started, worked = time.perf_counter(), time.process_time()
    simulate_hosting(model, n_draws=DRAWS, seed=1)
    print(f"toolkit: {time.perf_counter() - started:.1f} s ({time.process_time() - worked:.1f} s of processor)")
    rng = np.random.default_rng(3)
    started = time.perf_counter()
    for host in range(SAMPLE):
        for line in range(LINES):
            share = (model.mode[host, line] - model.low[host, line]) / (model.high[host, line] - model.low[host, line])
            rng.beta(1 + 4 * share, 5 - 4 * share, DRAWS)
    print(f"numpy's beta, one by one: {(time.perf_counter() - started) * HOSTS / SAMPLE:.1f} s")
    if sys.platform != "win32":
        import resource

        print(f"largest memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
