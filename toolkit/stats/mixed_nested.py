"""Sums that carry the likelihood of nested random intercepts: its cost no longer grows with the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from toolkit.stats.arrays import FloatArray
from toolkit.stats.groups import IntArray, find_parents, sum_by_group
from toolkit.stats.mixed_columns import Columns
from toolkit.stats.mixed_terms import Numbers, RandomTerm


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SizeClass:
    """Groups of one size, added up within the groups of the second level.

    Attributes
    ----------
    holders : numpy.ndarray of int or None
        Second-level groups that hold groups of this size; None when all do.
    sums : numpy.ndarray, shape (P + 1, K)
        Row counts, then sums of the columns, for each holder.
    """

    holders: IntArray | None
    sums: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Compositions:
    """Second-level groups collapsed by how many finest groups of each size they hold.

    Attributes
    ----------
    rows : numpy.ndarray, shape (C, D)
        Rows in finest groups of each size.
    members : numpy.ndarray, shape (C,)
        Second-level groups of each composition.
    squares : numpy.ndarray, shape (C, D, D, P, P)
        Cross products of the sums of two sizes, added over the groups of one composition.
    """

    rows: FloatArray
    members: FloatArray
    squares: FloatArray


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
    classes : tuple of SizeClass
        One per size; empty with one level.
    compositions : Compositions or None
        With two levels, and where there are fewer compositions than groups.
    """

    columns: Columns
    terms: tuple[RandomTerm, ...]
    parents: tuple[IntArray, ...]
    sizes: FloatArray
    counts: FloatArray
    squares: FloatArray
    classes: tuple[SizeClass, ...]
    compositions: Compositions | None

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
        if self.compositions is not None:
            return _add_compositions(self.compositions, 1 / growth, psi[1][0, 0], logdet=logdet, cross=cross)
        sums = self._second_level(1 / growth)
        for level, relative in enumerate(psi[1:], start=1):
            ratio = relative[0, 0]
            growth = 1 + sums[0] * ratio
            logdet = logdet + np.log(growth).sum()
            kept = sums[1:]
            cross = cross - (kept * (ratio / growth)) @ kept.T
            if level < len(psi) - 1:
                sums = _add_up(sums / growth, self.parents[level], levels=self.terms[level + 1].levels)
        return logdet, cross

    def _second_level(self, shares: Numbers) -> Numbers:
        """Return sums over second-level groups, shape (P + 1, levels), each size taken by its share."""
        total = np.zeros((self.columns.p + 2, self.terms[1].levels), dtype=shares.dtype)
        for share, part in zip(shares, self.classes, strict=True):
            if part.holders is None:
                total += share * part.sums
            else:
                total[:, part.holders] += share * part.sums
        return total

    def within(self, place: int) -> FloatArray:
        """Return the cross products of the columns within the groups of one term, shape (P, P)."""
        if place == 0:
            return np.asarray(self.columns.gram - np.tensordot(1 / self.sizes, self.squares, axes=1))
        sums = self._second_level(np.ones(self.sizes.size))
        for level in range(1, place):
            sums = _add_up(sums, self.parents[level], levels=self.terms[level + 1].levels)
        held = sums[0] > 0
        kept = sums[1:, held]
        return np.asarray(self.columns.gram - (kept / sums[0, held]) @ kept.T)

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


def _add_compositions(
    groups: Compositions, shares: Numbers, ratio: Any, *, logdet: Any, cross: Numbers
) -> tuple[Any, Numbers]:
    """Take the second level off the likelihood, one composition of groups at a time."""
    growth = 1 + groups.rows @ shares * ratio
    weights = np.einsum("c,d,e->cde", ratio / growth, shares, shares)
    lost = np.tensordot(weights, groups.squares, axes=3)
    return logdet + np.dot(groups.members, np.log(growth)), cross - lost


def _find_compositions(classes: Sequence[SizeClass], *, levels: int) -> Compositions | None:
    """Collapse second-level groups that hold alike numbers of rows in each size; None where that saves nothing."""
    size = len(classes)
    if size**2 > levels:
        return None
    width = classes[0].sums.shape[0]
    dense = np.zeros((size, width, levels))
    for place, held in enumerate(classes):
        dense[place][:, slice(None) if held.holders is None else held.holders] = held.sums
    rows = dense[:, 0, :]
    key = np.zeros(levels)
    for row in rows:
        # Any real mixing of the counts would do; this one keeps distinct compositions apart exactly.
        key = np.unique(key * (row.max() + 1) + row, return_inverse=True)[1].astype(np.float64)
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.diff(key[order], prepend=-1.0))
    if starts.size * size**2 > levels:
        return None
    ends = np.append(starts[1:], levels)
    flat = np.ascontiguousarray(dense[:, 1:, order]).reshape(size * (width - 1), levels)
    squares = np.empty((starts.size, size, size, width - 1, width - 1))
    for place, (start, end) in enumerate(zip(starts, ends, strict=True)):
        part = flat[:, start:end]
        product = (part @ part.T).reshape(size, width - 1, size, width - 1)
        squares[place] = product.transpose(0, 2, 1, 3)
    return Compositions(
        rows=rows[:, order[starts]].T.copy(), members=(ends - starts).astype(np.float64), squares=squares
    )


def _add_up(sums: Numbers, parents: IntArray, *, levels: int) -> Numbers:
    """Add the groups' columns up within the groups of the next level."""
    if not np.iscomplexobj(sums):
        return np.vstack([sum_by_group(row, parents, levels=levels) for row in sums])
    return _add_up(sums.real, parents, levels=levels) + 1j * _add_up(sums.imag, parents, levels=levels)


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
        parent = find_parents(finer.codes, coarser.codes, levels=finer.levels)
        if parent is None:
            return None
        found.append(parent)
    return tuple(found)


def sum_nested(
    columns: Columns,
    terms: Sequence[RandomTerm],
    *,
    parents: tuple[IntArray, ...],
    counts: IntArray | None = None,
) -> NestedMoments:
    """Add up `columns` over nested groups in one pass each.

    Parameters
    ----------
    columns : Columns
        Fixed columns and outcome.
    terms : sequence of RandomTerm
        Intercepts, finest first.
    parents : tuple of numpy.ndarray
        From `nest_terms`.
    counts : numpy.ndarray or None
        Rows of each of the finest groups, where they are known.

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
    rows = np.bincount(finest.codes, minlength=finest.levels) if counts is None else counts
    sums = columns.sums(finest.codes, finest.levels, counts=rows).T
    frequencies = np.bincount(rows)
    sizes = np.flatnonzero(frequencies[1:]) + 1
    alone = sizes.size == 1 and frequencies[0] == 0
    squares = np.empty((sizes.size, sums.shape[0], sums.shape[0]))
    classes = []
    for place, size in enumerate(sizes):
        chosen = None if alone else np.flatnonzero(rows == size)
        part = sums if chosen is None else np.vstack([row.take(chosen) for row in sums])
        squares[place] = part @ part.T
        if parents:
            holders = parents[0] if chosen is None else parents[0].take(chosen)
            intercept = columns.raw[0] is None
            classes.append(_add_class(part, holders, size=int(size), levels=terms[1].levels, intercept=intercept))
    return NestedMoments(
        columns=columns,
        terms=tuple(terms),
        parents=parents,
        sizes=sizes.astype(np.float64),
        counts=frequencies[sizes].astype(np.float64),
        squares=squares,
        classes=tuple(classes),
        compositions=_find_compositions(classes, levels=terms[1].levels) if len(terms) == 2 else None,
    )


def _add_class(part: FloatArray, holders: IntArray, *, size: int, levels: int, intercept: bool) -> SizeClass:
    with_size = np.bincount(holders, minlength=levels) * float(size)
    # The sums of the intercept are the rows counted already.
    known = [with_size, with_size] if intercept else [with_size]
    totals = np.vstack([*known, *[sum_by_group(row, holders, levels=levels) for row in part[int(intercept) :]]])
    held = np.flatnonzero(with_size)
    return (
        SizeClass(holders=None, sums=totals) if held.size == levels else SizeClass(holders=held, sums=totals[:, held])
    )
