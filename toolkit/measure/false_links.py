"""False links: how many of the links join two strangers who agree by chance, from the entropy of the key."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, exp, log2, sqrt

import numpy as np
import numpy.typing as npt
from scipy import stats

from toolkit.core.errors import UsageError
from toolkit.measure.digests import MISSING, IntArray
from toolkit.measure.pairing import Candidates, find_candidates, link_rows, pair_rows

FloatArray = npt.NDArray[np.float64]

MAX_ROWS_PAIRED_WITHIN = 20_000  # pairs within a wave are counted up to here only
DEPENDENCE_LEVEL = 0.001

REFERENCE = (
    "rows of either wave without a partner x chance that two of them agree; chances of agreement from the frequencies "
    "of each element, or from pairs within a wave where these agree more often than that"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseLinks:
    """Expected share of the links that join two different people.

    Parameters
    ----------
    share : float or None
        Expected share, 0 to 1; None where there is no link.
    conf_low, conf_high : float or None
        Interval for the expected share.
    conf_level : float
        Its level.
    n_links : int
        Links at this tolerance.
    n_pairs : int
        Pairs of rows that were compared, within blocks.
    entropy_bits : float
        Collision entropy of the key: ``-log2`` of the chance that two strangers agree in every element.
    agreement : tuple of float
        Chance that two strangers agree in each element.
    method : str
        Where the chances of agreement come from.
    reference : str
        Formula.
    """

    share: float | None
    conf_low: float | None
    conf_high: float | None
    conf_level: float
    n_links: int
    n_pairs: int
    entropy_bits: float
    agreement: tuple[float, ...]
    method: str
    reference: str = REFERENCE


def expect_false_links(
    left: IntArray,
    right: IntArray,
    *,
    tolerance: int,
    margin: int = 1,
    left_blocks: IntArray | None = None,
    right_blocks: IntArray | None = None,
    conf_level: float = 0.95,
) -> FalseLinks:
    """Estimate which share of the links at a tolerance join two strangers.

    Parameters
    ----------
    left, right, left_blocks, right_blocks, tolerance, margin
        As in `link_rows`.
    conf_level : float
        Level of the interval, above 0 and below 1.

    Returns
    -------
    FalseLinks
        With n_links of 0 there is no share.

    Raises
    ------
    UsageError
        The level is out of bounds; as `link_rows`.

    Notes
    -----
    Two strangers are linked at d differing elements when they happen to agree in all others and neither has another
    candidate at d + margin - 1 or nearer. So the false links expected at d are the sum, over rows a and b of one block
    without any such candidate, of the chance that b differs from a in exactly d elements; that chance comes from how
    frequent a's elements are among the other rows of its own wave. Both directions are averaged. The interval is that
    of a logarithm, from the sampling of links, of rows without partner
    and of the frequencies.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> people = rng.integers(0, 20, (200, 3))
    >>> result = expect_false_links(people[:150], people[50:], tolerance=0)
    >>> result.n_links, round(result.share, 3)
    (99, 0.003)
    """
    if not 0 < conf_level < 1:
        raise UsageError(f"conf_level is {conf_level}; allowed: above 0 and below 1")
    blocks = (
        np.zeros(len(left), dtype=np.int64) if left_blocks is None else left_blocks,
        np.zeros(len(right), dtype=np.int64) if right_blocks is None else right_blocks,
    )
    kept = link_rows(
        left, right, tolerance=tolerance, margin=margin, left_blocks=blocks[0], right_blocks=blocks[1]
    ).links
    reach = min(tolerance + margin - 1, left.shape[1] - 1)
    found = find_candidates(left, right, tolerance=reach, left_blocks=blocks[0], right_blocks=blocks[1])
    settled = pair_rows(found, n_left=len(left), n_right=len(right), tolerance=tolerance, margin=margin).links
    agreement, spread = _agreement(left, right)
    factor, factor_spread, method = _dependence(left, right, blocks, agreement, tolerance=tolerance)
    everything = float(np.prod(agreement))
    share = low = high = None
    if len(kept.left):
        expected, variance = 0.0, 0.0
        for d in range(tolerance + 1):
            strangers, error = _expect_at(left, right, blocks, found, distance=d, margin=margin)
            before = int((settled.differing == d).sum())
            survived = int((kept.differing == d).sum()) / before if before else 1.0
            expected += strangers * survived
            variance += (error * survived) ** 2
        relative = variance / expected**2 if expected > 0 else 0.0
        sd = sqrt(relative + float((spread**2).sum()) + factor_spread**2 + 1 / len(kept.left))
        z = float(stats.norm.isf((1 - conf_level) / 2))
        centre = factor * expected / len(kept.left)
        share, low, high = (min(1.0, centre * exp(step * z * sd)) for step in (0, -1, 1))
    return FalseLinks(
        share=share,
        conf_low=low,
        conf_high=high,
        conf_level=conf_level,
        n_links=len(kept.left),
        n_pairs=_count_pairs(blocks),
        entropy_bits=-log2(everything) if everything > 0 else 0.0,
        agreement=tuple(float(value) for value in agreement),
        method=method,
    )


def _expect_at(
    left: IntArray,
    right: IntArray,
    blocks: tuple[IntArray, IntArray],
    found: Candidates,
    *,
    distance: int,
    margin: int,
) -> tuple[float, float]:
    """Return the false links expected at exactly `distance` differing elements, and their standard error."""
    near = found.differing <= distance + margin - 1
    alone = tuple(
        np.bincount(rows[near], minlength=n) == 0 for rows, n in ((found.left, len(left)), (found.right, len(right)))
    )
    total, variance = 0.0, 0.0
    for block in np.intersect1d(blocks[0][alone[0]], blocks[1][alone[1]]):
        here = tuple(side == block for side in blocks)
        free = tuple(inside & lonely for inside, lonely in zip(here, alone, strict=True))
        count = (int(free[0].sum()), int(free[1].sum()))
        chances = (
            _chance_of(left[free[0]], left[here[0]], distance=distance),
            _chance_of(right[free[1]], right[here[1]], distance=distance),
        )
        chance = float(np.mean([part.mean() for part in chances]))
        expected = chance * count[0] * count[1]
        uneven = float(np.mean([_relative_variance(part) for part in chances]))
        total += expected
        variance += expected**2 * (1 / count[0] + 1 / count[1] + uneven / 2)
    return total, sqrt(variance)


def _relative_variance(chances: FloatArray) -> float:
    mean = float(chances.mean())
    return float(chances.var()) / mean**2 / len(chances) if mean > 0 else 0.0


def _chance_of(rows: IntArray, wave: IntArray, *, distance: int) -> FloatArray:
    """Return, for each row of a wave, the chance that a stranger differs from it in exactly `distance` elements.

    Frequencies are those of the other rows of the row's own wave: they are strangers all of them, while the other wave
    holds the row's own partner.
    """
    chances = np.zeros((len(rows), distance + 2))
    chances[:, 0] = 1.0
    for element in range(rows.shape[1]):
        values, counts = np.unique(wave[:, element], return_counts=True)
        same = counts[np.searchsorted(values, rows[:, element])] - 1
        agree = np.where(rows[:, element] != MISSING, same / max(len(wave) - 1, 1), 0.0)[:, None]
        shifted = np.hstack([np.zeros((len(rows), 1)), chances[:, :-1]])
        chances = chances * agree + shifted * (1 - agree)
    return chances[:, distance]


def _count_pairs(blocks: tuple[IntArray, IntArray]) -> int:
    names, place = np.unique(np.concatenate(blocks), return_inverse=True)
    one, other = (
        np.bincount(part, minlength=len(names)) for part in (place[: len(blocks[0])], place[len(blocks[0]) :])
    )
    return int(one @ other)


def _agreement(left: IntArray, right: IntArray) -> tuple[FloatArray, FloatArray]:
    """Return the chance that two strangers agree in each element, and its relative standard error."""
    chances, errors = [], []
    for element in range(left.shape[1]):
        values = np.concatenate([left[:, element], right[:, element]])
        known = values[values != MISSING]
        counts = np.unique(known, return_counts=True)[1].astype(np.float64)
        n = float(counts.sum())
        # Pairs of two different rows: a row agrees with itself, which says nothing.
        chance = float(counts @ (counts - 1)) / (n * (n - 1)) if n > 1 else 0.0
        share = counts / max(n, 1.0)
        # Half the rows: a person in both waves brings the same elements twice.
        half = max(n / 2, 2.0)
        variance = 4 * max(float((share**3).sum() - (share**2).sum() ** 2), 0.0) / half + 2 * chance / half**2
        filled = (len(known) / max(len(values), 1)) ** 2
        chances.append(chance * filled)
        errors.append(sqrt(variance) / chance if chance > 0 else 0.0)
    return np.array(chances), np.array(errors)


def _dependence(
    left: IntArray, right: IntArray, blocks: tuple[IntArray, IntArray], agreement: FloatArray, *, tolerance: int
) -> tuple[float, float, str]:
    """Return how much more often strangers within a wave agree than independent elements would, and its error."""
    words = "elements taken as independent"
    if max(len(left), len(right)) > MAX_ROWS_PAIRED_WITHIN or tolerance >= left.shape[1]:
        return 1.0, 0.0, words
    chances = np.array([1.0])
    for agree in agreement:
        chances = np.append(chances * agree, 0.0) + np.append(0.0, chances * (1 - agree))
    seen, pairs = 0, 0
    for rows, block in zip((left, right), blocks, strict=True):
        inside = find_candidates(rows, rows, tolerance=tolerance, left_blocks=block, right_blocks=block)
        seen += int((inside.left < inside.right).sum())
        pairs += sum(comb(int(size), 2) for size in np.unique(block, return_counts=True)[1])
    expected = pairs * float(chances[: tolerance + 1].sum())
    if expected > 0 and stats.poisson.sf(seen - 1, expected) < DEPENDENCE_LEVEL:
        # Elements hang together (a name and its initial, say): what strangers in one wave share is believed instead.
        return seen / expected, 1 / sqrt(seen), "pairs of strangers within a wave"
    return 1.0, 0.0, words
