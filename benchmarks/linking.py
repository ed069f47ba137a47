"""Linking against simulated truth, and its speed: python benchmarks/linking.py

Recall and false links at each tolerance; whether the interval of the false-link share holds the share expected over
seeds; the links of blocking against those of the exhaustive search; seconds and memory for 100,000 x 100,000 people.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

import numpy as np

from toolkit.measure.digests import IntArray
from toolkit.measure.false_links import expect_false_links
from toolkit.measure.pairing import Candidates, find_candidates, link_rows, pair_rows

PEOPLE, VALUES, ERROR, DROP_OUT, NEWCOMERS, SEEDS = 300, 20, 0.08, 0.2, 0.1, 500
LARGE, SUBSET = 100_000, 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Waves:
    """Two waves whose truth is known: `partner` is the left row of each right row, negative for newcomers."""

    left: IntArray
    right: IntArray
    partner: IntArray


def draw_waves(seed: int, *, elements: int, people: int = PEOPLE, clumsy: bool = False, skewed: bool = False) -> Waves:
    """Draw two waves; clumsy: a quarter of the people make most errors; skewed: common and rare values."""
    rng = np.random.default_rng(seed)
    weights = 1 / np.sqrt(np.arange(1, VALUES + 1)) if skewed else np.ones(VALUES)
    weights /= weights.sum()
    newcomers = round(NEWCOMERS * people)
    true = rng.choice(VALUES, (people + newcomers, elements), p=weights)
    rate = rng.choice([0.02, 0.26], len(true), p=[0.75, 0.25]) if clumsy else np.full(len(true), ERROR)

    def observe(rows: IntArray) -> IntArray:
        slips = rng.random((len(rows), elements)) < rate[rows][:, None]
        return np.where(slips, rng.integers(0, VALUES, (len(rows), elements)), true[rows])

    stayed = np.flatnonzero(rng.random(people) >= DROP_OUT)
    later = np.concatenate([stayed, people + np.arange(newcomers)])
    return Waves(left=observe(np.arange(people)), right=observe(later), partner=np.where(later < people, later, -1))


def print_recall() -> None:
    """Print recall and false links over all seeds."""
    print("| errors | names | tolerance | recall | false links | of links |\n|---|---|---|---|---|---|")
    for clumsy in (False, True):
        for skewed in (False, True):
            for tolerance in (0, 1, 2):
                right = wrong = there = 0
                for seed in range(SEEDS):
                    waves = draw_waves(seed, elements=6, clumsy=clumsy, skewed=skewed)
                    links = link_rows(waves.left, waves.right, tolerance=tolerance).links
                    same = waves.partner[links.right] == links.left
                    right, wrong = right + int(same.sum()), wrong + int((~same).sum())
                    there += int((waves.partner >= 0).sum())
                words = ("correlated within a person" if clumsy else "independent", "skewed" if skewed else "uniform")
                share = f"{wrong / (right + wrong):.3%}"
                print(f"| {words[0]} | {words[1]} | {tolerance} | {right / there:.4f} | {share} | {right + wrong} |")


def print_intervals() -> None:
    """Print how often the interval holds the share expected over seeds, beside the shares realised."""
    print("| elements | tolerance | errors | names | expected over seeds | mean estimate | held | widest, points |")
    print("|---|---|---|---|---|---|---|---|")
    for elements, tolerance, clumsy, skewed in (
        (3, 0, False, False),
        (3, 0, False, True),
        (3, 0, True, True),
        (4, 1, True, True),
        (6, 2, False, False),
    ):
        shares, wrong, links = [], 0, 0
        for seed in range(SEEDS):
            waves = draw_waves(seed, elements=elements, clumsy=clumsy, skewed=skewed)
            found = link_rows(waves.left, waves.right, tolerance=tolerance).links
            wrong += int((waves.partner[found.right] != found.left).sum())
            links += len(found.left)
            told = expect_false_links(waves.left, waves.right, tolerance=tolerance)
            shares.append((told.share, told.conf_low, told.conf_high))
        table = np.array(shares, dtype=np.float64)
        truth = wrong / links
        held = float(((table[:, 1] <= truth) & (truth <= table[:, 2])).mean())
        width = 100 * float((table[:, 2] - table[:, 1]).max())
        words = ("correlated" if clumsy else "independent", "skewed" if skewed else "uniform")
        print(
            f"| {elements} | {tolerance} | {words[0]} | {words[1]} | {truth:.3%} | {table[:, 0].mean():.3%} "
            f"| {held:.1%} | {width:.1f} |"
        )


def _exhaustive(waves: Waves) -> Candidates:
    unlike = np.zeros((len(waves.left), len(waves.right)), dtype=np.int64)
    for element in range(waves.left.shape[1]):
        unlike |= (waves.left[:, element][:, None] != waves.right[:, element]).astype(np.int64) << element
    differing = np.bitwise_count(unlike).astype(np.int64)
    left, right = np.nonzero(differing <= 2)
    return Candidates(left=left, right=right, differing=differing[left, right], unlike=unlike[left, right])


def print_speed() -> None:
    """Print whether blocking finds what the exhaustive search finds, and what the large case costs."""
    waves = draw_waves(1, elements=6, people=SUBSET)
    found = find_candidates(waves.left, waves.right, tolerance=2)
    every = _exhaustive(waves)
    sizes = {"n_left": len(waves.left), "n_right": len(waves.right), "tolerance": 2}
    ours, theirs = pair_rows(found, **sizes).links, pair_rows(every, **sizes).links
    same = np.array_equal(ours.left, theirs.left) and np.array_equal(ours.right, theirs.right)
    print(f"{SUBSET} x {len(waves.right)} people: {len(ours.left)} links, the same as exhaustively: {same}")
    waves = draw_waves(1, elements=6, people=LARGE)
    start = time.perf_counter()
    links = link_rows(waves.left, waves.right, tolerance=2).links
    seconds = time.perf_counter() - start
    print(f"{LARGE:,} x {len(waves.right):,} people: {len(links.left):,} links in {seconds:.1f} s{_memory()}")


def _memory() -> str:
    try:
        import resource
    except ImportError:
        return ""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform != "darwin" else 1e9)
    return f", {most:.2f} GB at most"


if __name__ == "__main__":
    print_speed()
    print_recall()
    print_intervals()
