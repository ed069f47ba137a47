"""Pairing: which rows of two waves agree in enough elements, and which of them agree beyond doubt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from toolkit.core.errors import InputError, Problem, UsageError
from toolkit.measure.digests import MISSING, IntArray

BoolArray = npt.NDArray[np.bool_]

MAX_TOLERANCE = 2
MAX_CANDIDATES = 40_000_000
CHUNK = 4_000_000
MAX_ASSIGNED = 2_000  # rows of one knot of ties; beyond that no proposal is made
MAX_ELEMENTS = 12
CROWDED_FROM = 2
CROWD = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candidates:
    """Pairs of rows that agree in enough elements to be looked at.

    Parameters
    ----------
    left, right : ndarray of int
        Row of the earlier and of the later wave, one per pair.
    differing : ndarray of int
        Elements in which the two differ; a blank element differs from everything.
    unlike : ndarray of int
        Which elements differ, as bits: 1 for the first element, 2 for the second, 4 for the third.
    """

    left: IntArray
    right: IntArray
    differing: IntArray
    unlike: IntArray

    def keep(self, mask: BoolArray) -> Candidates:
        """Return the pairs where `mask` holds."""
        return Candidates(
            left=self.left[mask], right=self.right[mask], differing=self.differing[mask], unlike=self.unlike[mask]
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pairing:
    """Pairs that are sure, and pairs that a person has to decide.

    Parameters
    ----------
    links : Candidates
        One-to-one: each row at most once.
    unsettled : Candidates
        Ties and near-ties among rows that found no sure partner.
    proposed : ndarray of bool
        One per unsettled pair: whether it is in the assignment with the fewest differing elements in all.
    """

    links: Candidates
    unsettled: Candidates
    proposed: BoolArray


def find_candidates(
    left: IntArray,
    right: IntArray,
    *,
    tolerance: int,
    left_blocks: IntArray | None = None,
    right_blocks: IntArray | None = None,
) -> Candidates:
    """Return every pair that differs in at most `tolerance` elements, without comparing all pairs.

    Parameters
    ----------
    left, right : ndarray of int
        One row per answer, one column per element (see `digest_elements`).
    tolerance : int
        Elements that may differ, 0 to the number of elements less one.
    left_blocks, right_blocks : ndarray of int, optional
        Only rows of equal blocks are compared; all rows when left out.

    Returns
    -------
    Candidates
        In the order of the left rows, then of the right ones.

    Raises
    ------
    UsageError
        The number of elements differs, or the tolerance is out of bounds.
    InputError
        The elements tell people apart so badly that there are far too many pairs.

    Notes
    -----
    Two rows of k elements that differ in at most d agree in one of the C(k, d) choices of k - d elements at
    least, so the rows are joined on each of these choices in turn. A pair is kept for the first choice in which
    it agrees only. The work grows with the pairs that agree by chance, not with all pairs.

    Examples
    --------
    >>> found = find_candidates(np.array([[1, 2, 3], [4, 5, 6]]), np.array([[1, 9, 3], [7, 8, 6]]), tolerance=1)
    >>> found.left.tolist(), found.right.tolist(), found.differing.tolist(), found.unlike.tolist()
    ([0], [0], [1], [2])
    """
    k = left.shape[1]
    if right.shape[1] != k or not 0 < k <= MAX_ELEMENTS:
        raise UsageError(f"both waves need the same elements, 1 to {MAX_ELEMENTS}")
    if not 0 <= tolerance < k:
        raise UsageError(f"the tolerance is {tolerance}; allowed: 0 to {k - 1} with {k} elements")
    left_blocks = np.zeros(len(left), dtype=np.int64) if left_blocks is None else left_blocks
    right_blocks = np.zeros(len(right), dtype=np.int64) if right_blocks is None else right_blocks
    choices = list(combinations(range(k), k - tolerance))
    first = _first_choice(choices, k)
    parts: list[tuple[IntArray, IntArray, IntArray]] = []
    total = 0
    for position, choice in enumerate(choices):
        for one, other in _joined(left, right, left_blocks, right_blocks, choice):
            agreeing = _agreement(left, right, one, other)
            here = first[agreeing] == position
            parts.append((one[here], other[here], agreeing[here]))
            total += int(here.sum())
            if total > MAX_CANDIDATES:
                raise _too_many(tolerance)
    joined = [np.concatenate([part[place] for part in parts]) if parts else np.empty(0, np.int64) for place in range(3)]
    order = np.lexsort((joined[1], joined[0]))
    unlike = (2**k - 1) & ~joined[2][order]
    return Candidates(
        left=joined[0][order], right=joined[1][order], differing=_bits(k)[unlike], unlike=unlike.astype(np.int64)
    )


def pair_rows(candidates: Candidates, *, n_left: int, n_right: int, tolerance: int, margin: int = 1) -> Pairing:
    """Return the pairs that are each other's best by a margin, and the ones that need a person's eye.

    Parameters
    ----------
    candidates : Candidates
        Pairs that differ in at most ``tolerance + margin - 1`` elements.
    n_left, n_right : int
        Rows of the two waves.
    tolerance : int
        Elements that may differ in a link.
    margin : int
        By how many differing elements the second-best partner of either row must be worse, 1 or more.

    Returns
    -------
    Pairing
        The result depends neither on the order of the rows nor on which wave is called left.

    Raises
    ------
    UsageError
        The margin is below 1.

    Notes
    -----
    A pair that differs in d elements is a link when d is at most `tolerance` and neither row has another candidate
    that differs in fewer than d + margin. Links at a lower tolerance are therefore links at a higher one too, and no
    row can be linked twice. Proposals for what remains solve the assignment problem in each knot of ties.

    Examples
    --------
    >>> pairs = find_candidates(np.array([[1, 2], [1, 3]]), np.array([[1, 2], [5, 6]]), tolerance=1)
    >>> settled = pair_rows(pairs, n_left=2, n_right=2, tolerance=1)
    >>> settled.links.left.tolist(), settled.links.right.tolist()
    ([0], [0])
    """
    if margin < 1:
        raise UsageError(f"the margin is {margin}; allowed: 1 or more")
    close = candidates.differing <= tolerance
    gap_left = _second_best(candidates.left, candidates.differing, n_left)
    gap_right = _second_best(candidates.right, candidates.differing, n_right)
    sure = close.copy()
    for rows, (best, second) in ((candidates.left, gap_left), (candidates.right, gap_right)):
        sure &= (candidates.differing == best[rows]) & (second[rows] - candidates.differing >= margin)
    taken_left, taken_right = np.zeros(n_left, dtype=bool), np.zeros(n_right, dtype=bool)
    taken_left[candidates.left[sure]] = True
    taken_right[candidates.right[sure]] = True
    free = close & ~taken_left[candidates.left] & ~taken_right[candidates.right]
    unsettled = candidates.keep(free)
    return Pairing(links=candidates.keep(sure), unsettled=unsettled, proposed=_propose(unsettled))


def link_rows(
    left: IntArray,
    right: IntArray,
    *,
    tolerance: int,
    margin: int = 1,
    left_blocks: IntArray | None = None,
    right_blocks: IntArray | None = None,
    barred: IntArray | None = None,
) -> Pairing:
    """Return the sure pairs of two waves, and those that a person has to decide.

    Parameters
    ----------
    left, right, left_blocks, right_blocks
        As in `find_candidates`.
    tolerance, margin : int
        As in `pair_rows`.
    barred : ndarray of int, optional
        Left and right row of pairs that are known to be two people, one pair per line.

    Returns
    -------
    Pairing
        Sure pairs in the order of the left rows.

    Notes
    -----
    Where two elements differ, chance has had its say already, so one more thing is asked: when two or more rows
    without a partner agree with either row in just one element less, one of them may be the true partner with one
    more slip, and the pair is left to a person.

    Examples
    --------
    >>> key = np.array([[1, 2, 3, 4]])
    >>> link_rows(key, np.array([[1, 2, 3, 9]]), tolerance=1).links.differing.tolist()
    [1]
    """
    blocks = (
        np.zeros(len(left), dtype=np.int64) if left_blocks is None else left_blocks,
        np.zeros(len(right), dtype=np.int64) if right_blocks is None else right_blocks,
    )
    reach = min(tolerance + margin - 1, left.shape[1] - 1)
    found = find_candidates(left, right, tolerance=reach, left_blocks=blocks[0], right_blocks=blocks[1])
    if barred is not None and len(barred):
        width = max(len(right), 1)
        found = found.keep(~np.isin(found.left * width + found.right, barred[:, 0] * width + barred[:, 1]))
    pairing = pair_rows(found, n_left=len(left), n_right=len(right), tolerance=tolerance, margin=margin)
    crowded = _crowded(pairing.links, left, right, blocks)
    if not crowded.any():
        return pairing
    unsettled = _joined_pairs(pairing.unsettled, pairing.links.keep(crowded))
    return Pairing(links=pairing.links.keep(~crowded), unsettled=unsettled, proposed=_propose(unsettled))


def _crowded(links: Candidates, left: IntArray, right: IntArray, blocks: tuple[IntArray, IntArray]) -> BoolArray:
    """Tell which links in two differing elements have two challengers: free rows that agree in one element less."""
    loose: BoolArray = links.differing == CROWDED_FROM
    k = left.shape[1]
    if not loose.any() or k <= CROWDED_FROM + 1:
        return np.zeros(len(loose), dtype=np.bool_)
    challengers = np.zeros(len(links.left), dtype=np.int64)
    free_left = np.setdiff1d(np.arange(len(left)), links.left)
    free_right = np.setdiff1d(np.arange(len(right)), links.right)
    places = np.flatnonzero(loose)
    for mine, other, rows, free, own_block, other_block in (
        (left, right, links.left[loose], free_right, *blocks),
        (right, left, links.right[loose], free_left, *blocks[::-1]),
    ):
        near = find_candidates(
            mine[rows],
            other[free],
            tolerance=CROWDED_FROM + 1,
            left_blocks=own_block[rows],
            right_blocks=other_block[free],
        )
        challengers[places] += np.bincount(near.left, minlength=len(places))
    crowded: BoolArray = loose & (challengers >= CROWD)
    return crowded


def _joined_pairs(one: Candidates, other: Candidates) -> Candidates:
    parts = [
        np.concatenate([getattr(one, name), getattr(other, name)]) for name in ("left", "right", "differing", "unlike")
    ]
    order = np.lexsort((parts[1], parts[0]))
    return Candidates(left=parts[0][order], right=parts[1][order], differing=parts[2][order], unlike=parts[3][order])


def _joined(
    left: IntArray, right: IntArray, left_blocks: IntArray, right_blocks: IntArray, choice: tuple[int, ...]
) -> Iterator[tuple[IntArray, IntArray]]:
    """Yield the pairs that are equal in block and chosen elements, in portions."""
    rows = [np.flatnonzero((side[:, choice] != MISSING).all(axis=1)) for side in (left, right)]
    together = np.concatenate([left_blocks[rows[0]], right_blocks[rows[1]]])
    label = np.unique(together, return_inverse=True)[1]
    for element in choice:
        values = np.concatenate([left[rows[0], element], right[rows[1], element]])
        label = np.unique(label * (int(values.max(initial=0)) + 1) + values, return_inverse=True)[1]
    one, other = label[: len(rows[0])], label[len(rows[0]) :]
    order = np.argsort(other, kind="stable")
    ordered = other[order]
    start, stop = np.searchsorted(ordered, one, "left"), np.searchsorted(ordered, one, "right")
    counts = stop - start
    edges = np.searchsorted(np.cumsum(counts), np.arange(CHUNK, int(counts.sum()) + CHUNK, CHUNK), "left") + 1
    begin = 0
    for end in np.unique(np.minimum(edges, len(counts))):
        times = counts[begin:end]
        if times.sum():
            within = np.arange(int(times.sum())) - np.repeat(np.cumsum(times) - times, times)
            yield (
                np.repeat(rows[0][begin:end], times),
                rows[1][order[np.repeat(start[begin:end], times) + within]],
            )
        begin = int(end)


def _agreement(left: IntArray, right: IntArray, one: IntArray, other: IntArray) -> IntArray:
    agreeing = np.zeros(len(one), dtype=np.int64)
    for element in range(left.shape[1]):
        mine, theirs = left[one, element], right[other, element]
        agreeing |= ((mine == theirs) & (mine != MISSING)).astype(np.int64) << element
    return agreeing


def _first_choice(choices: list[tuple[int, ...]], k: int) -> IntArray:
    """Return, for each set of agreeing elements as bits, the first choice that it holds whole."""
    masks = np.array([sum(1 << element for element in choice) for choice in choices], dtype=np.int64)
    sets = np.arange(2**k, dtype=np.int64)
    holds = (sets[:, None] & masks) == masks
    return np.where(holds.any(axis=1), holds.argmax(axis=1), len(choices)).astype(np.int64)


def _bits(k: int) -> IntArray:
    return np.array([value.bit_count() for value in range(2**k)], dtype=np.int64)


def _second_best(rows: IntArray, differing: IntArray, n: int) -> tuple[IntArray, IntArray]:
    """Return the fewest and the second-fewest differing elements among each row's candidates."""
    never = np.iinfo(np.int64).max // 2
    best, second = np.full(n, never), np.full(n, never)
    order = np.lexsort((differing, rows))
    ordered, values = rows[order], differing[order]
    is_first = np.ones(len(ordered), dtype=bool)
    is_first[1:] = ordered[1:] != ordered[:-1]
    places = np.flatnonzero(is_first)
    best[ordered[places]] = values[places]
    after = places + 1
    after = after[(after < len(ordered)) & ~is_first[np.minimum(after, max(len(ordered) - 1, 0))]]
    second[ordered[after]] = values[after]
    return best, second


def _propose(pairs: Candidates) -> BoolArray:
    """Solve the assignment of the fewest differing elements in each knot of tied rows."""
    proposed = np.zeros(len(pairs.left), dtype=bool)
    if not len(pairs.left):
        return proposed
    lefts, one = np.unique(pairs.left, return_inverse=True)
    rights, other = np.unique(pairs.right, return_inverse=True)
    size = len(lefts) + len(rights)
    graph = coo_array((np.ones(len(one)), (one, len(lefts) + other)), shape=(size, size))
    knots = connected_components(graph, directed=False)[1][one]
    order = np.argsort(knots, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(knots[order])) + 1):
        rows, row = np.unique(one[members], return_inverse=True)
        columns, column = np.unique(other[members], return_inverse=True)
        if max(len(rows), len(columns)) > MAX_ASSIGNED:
            continue
        # An unmatched row costs more than any number of differing elements, so that as many as can are matched.
        none = MAX_ELEMENTS * (len(rows) + len(columns))
        cost = np.full((len(rows), len(columns)), none, dtype=np.int64)
        cost[row, column] = pairs.differing[members]
        chosen = np.zeros_like(cost, dtype=bool)
        chosen[linear_sum_assignment(cost)] = True
        proposed[members] = chosen[row, column]
    return proposed


def _too_many(tolerance: int) -> InputError:
    return InputError(
        Problem(
            what=f"more than {MAX_CANDIDATES:,} pairs of people differ in at most {tolerance} elements of the key",
            column="link",
            allowed="a key that tells people apart",
            mend="add an element to link.key, compare within more groups (link.within), or lower link.tolerance",
        )
    )
