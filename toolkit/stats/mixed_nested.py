"""Sums that carry the likelihood of nested random intercepts: its cost no longer grows with the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from toolkit.stats.arrays import FloatArray
from toolkit.stats.groups import IntArray, sum_by_group
from toolkit.stats.mixed_columns import Columns
from toolkit.stats.mixed_terms import Numbers, RandomTerm


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NestedMoments:
    """Sums over groups within groups, the finest level collapsed by group size.

    Attributes
    ----------
    columns : Columns
        Fixed columns and outcome.
    terms : tuple of RandomTerm
        Intercepts, finest first; each group of one lies in one group of the next.
    parents : tuple of numpy.ndarray
        For each level but the last, the group of the next level that holds a group.
    sizes, counts : numpy.ndarray, shape (D,)
        Distinct sizes of the finest groups, and how many groups have each.
    squares : numpy.ndarray, shape (D, P, P)
        Cross products of the group sums, added over groups of one size; P = p + 1.
    pair_sums : numpy.ndarray, shape (K, P + 1)
        Row counts and sums of columns over groups of one size within one group of the second level.
    pair_sizes, pair_starts : numpy.ndarray
        Place in `sizes` of each pair, and where each second-level group begins.
    pair_groups : numpy.ndarray
        Second-level group at each start.
    """

    columns: Columns
    terms: tuple[RandomTerm, ...]
    parents: tuple[IntArray, ...]
    sizes: FloatArray
    counts: FloatArray
    squares: FloatArray
    pair_sums: FloatArray
    pair_sizes: IntArray
    pair_starts: IntArray
    pair_groups: IntArray

    def evaluate(self, psi: Sequence[Numbers]) -> tuple[Any, Numbers]:
        """Return ``log|V|`` and ``[X y]' V^-1 [X y]`` for relative covariances `psi`, one per term.

        Notes
        -----
        With ``c = 1 / (1 + size * psi)`` a group's rows lose ``psi * c`` times the square of their sum
        (Woodbury); the next level does the same with the sums that are left.
        """
        ratio = psi[0][0, 0]
        growth = 1 + self.sizes * ratio
        logdet = np.dot(self.counts, np.log(growth))
        cross = self.columns.gram - np.tensordot(ratio / growth, self.squares, axes=1)
        if len(psi) == 1:
            return logdet, cross
        sums = np.add.reduceat(self.pair_sums / growth[self.pair_sizes, None], self.pair_starts, axis=0)
        groups = self.pair_groups
        for level, relative in enumerate(psi[1:], start=1):
            ratio = relative[0, 0]
            growth = 1 + sums[:, 0] * ratio
            logdet = logdet + np.log(growth).sum()
            kept = sums[:, 1:]
            cross = cross - (kept * (ratio / growth)[:, None]).T @ kept
            if level < len(psi) - 1:
                sums, groups = _add_up(sums / growth[:, None], self.parents[level][groups])
        return logdet, cross

    def apply_inverse(self, psi: Sequence[FloatArray], values: FloatArray) -> FloatArray:
        """Return ``V^-1 values`` row by row, shape (n,)."""
        left = np.array(values, dtype=np.float64)
        row_share = np.ones(self.columns.n)
        weights = np.bincount(self.terms[0].codes, minlength=self.terms[0].levels).astype(np.float64)
        for level, (term, relative) in enumerate(zip(self.terms, psi, strict=True)):
            ratio = float(relative[0, 0])
            share = 1 / (1 + weights * ratio)
            totals = sum_by_group(left, term.codes, levels=term.levels)
            left -= row_share * (ratio * share * totals)[term.codes]
            row_share *= share[term.codes]
            if level < len(self.parents):
                parent = self.parents[level]
                weights = sum_by_group(weights * share, parent, levels=self.terms[level + 1].levels)
        return left

    def group_totals(self, term: RandomTerm, values: FloatArray) -> FloatArray:
        """Return ``Z' values`` for one term, shape (levels, 1)."""
        return sum_by_group(values, term.codes, levels=term.levels)[:, None]


def _add_up(sums: Numbers, parents: IntArray) -> tuple[Numbers, IntArray]:
    order = np.argsort(parents, kind="stable")
    groups, starts = np.unique(parents[order], return_index=True)
    return np.add.reduceat(sums[order], starts, axis=0), groups


def nest_terms(terms: Sequence[RandomTerm]) -> tuple[IntArray, ...] | None:
    """Return each level's parents when `terms`, finest first, are intercepts nested in each other.

    Parameters
    ----------
    terms : sequence of RandomTerm
        From many groups to few.

    Returns
    -------
    tuple of numpy.ndarray or None
        One array per term but the last, shape (levels,): the next term's group; None when the terms are
        crossed or are not all intercepts.

    Examples
    --------
    >>> people = RandomTerm(group="person", codes=np.array([0, 0, 1, 2]), levels=3)
    >>> hosts = RandomTerm(group="host", codes=np.array([1, 1, 1, 0]), levels=2)
    >>> [parent.tolist() for parent in nest_terms([people, hosts])]
    [[1, 1, 0]]
    """
    if not all(term.is_intercept for term in terms):
        return None
    found = []
    for finer, coarser in pairwise(terms):
        parent = np.zeros(finer.levels, dtype=np.intp)
        parent[finer.codes] = coarser.codes
        if not np.array_equal(parent[finer.codes], coarser.codes):
            return None
        found.append(parent)
    return tuple(found)


def sum_nested(columns: Columns, terms: Sequence[RandomTerm], *, parents: tuple[IntArray, ...]) -> NestedMoments:
    """Add up `columns` over nested groups in one pass each.

    Parameters
    ----------
    columns : Columns
        Fixed columns and outcome.
    terms : sequence of RandomTerm
        Intercepts, finest first.
    parents : tuple of numpy.ndarray
        From `nest_terms`.

    Returns
    -------
    NestedMoments
        All that the likelihood needs.

    Examples
    --------
    >>> from toolkit.core.errors import ProblemLog
    >>> from toolkit.stats.mixed_columns import read_columns
    >>> columns = read_columns([1, 2, 4, 3], {}, intercept=True, log=ProblemLog())
    >>> hosts = RandomTerm(group="host", codes=np.array([0, 0, 1, 1]), levels=2)
    >>> sum_nested(columns, [hosts], parents=()).sizes.tolist()
    [2.0]
    """
    finest = terms[0]
    sums = columns.sums(finest.codes, finest.levels)
    counts = _row_counts(sums, columns=columns, term=finest)
    sizes = np.flatnonzero(np.bincount(counts)[1:]) + 1
    places = np.searchsorted(sizes, counts)
    squares = np.empty((sizes.size, sums.shape[1], sums.shape[1]))
    pieces, keys = [], []
    for place, size in enumerate(sizes):
        chosen = None if sizes.size == 1 and counts.min() > 0 else np.flatnonzero(counts == size)
        part = sums if chosen is None else sums[chosen]
        squares[place] = part.T @ part
        if parents:
            holders = parents[0] if chosen is None else parents[0][chosen]
            levels = terms[1].levels
            with_size = np.bincount(holders, minlength=levels) * float(size)
            held = np.flatnonzero(with_size)
            totals = [sum_by_group(column, holders, levels=levels)[held] for column in part.T]
            pieces.append(np.column_stack([with_size[held], *totals]))
            keys.append(np.column_stack([held, np.full(held.size, place)]))
    pair_sums, pair_keys = np.zeros((0, columns.p + 2)), np.zeros((0, 2), dtype=np.intp)
    if parents:
        pair_sums, pair_keys = np.vstack(pieces), np.vstack(keys)
        order = np.argsort(pair_keys[:, 0], kind="stable")
        pair_sums, pair_keys = pair_sums[order], pair_keys[order]
    groups, starts = np.unique(pair_keys[:, 0], return_index=True)
    return NestedMoments(
        columns=columns,
        terms=tuple(terms),
        parents=parents,
        sizes=sizes.astype(np.float64),
        counts=np.bincount(places[counts > 0], minlength=sizes.size).astype(np.float64),
        squares=squares,
        pair_sums=pair_sums,
        pair_sizes=pair_keys[:, 1],
        pair_starts=starts,
        pair_groups=groups,
    )


def _row_counts(sums: FloatArray, *, columns: Columns, term: RandomTerm) -> IntArray:
    """Rows per group; the intercept's sums are these already."""
    if columns.raw[0] is None:
        return sums[:, 0].astype(np.intp)
    return np.bincount(term.codes, minlength=term.levels)
