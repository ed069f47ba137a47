"""Sums that carry the likelihood of any random part: slopes, crossed terms, several factors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import linalg, sparse

from toolkit.core.errors import ProblemLog
from toolkit.stats.arrays import FloatArray
from toolkit.stats.groups import sum_by_group
from toolkit.stats.mixed_columns import Columns
from toolkit.stats.mixed_terms import Numbers, RandomTerm

MOST_CROSSED = 4000
"""Random effects outside the largest factor up to which a dense matrix of them is held."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BlockMoments:
    """Sums over the groups of the largest factor, which is eliminated block by block, and over the rest.

    Attributes
    ----------
    columns : Columns
        Fixed columns and outcome.
    terms : tuple of RandomTerm
        The terms, in the order of the thetas.
    first, rest : tuple of int
        Places of the terms of the largest factor, and of the others.
    blocks : numpy.ndarray, shape (m, q, q)
        ``Z1'Z1``, one block per group of the largest factor.
    sums : numpy.ndarray, shape (m, q, P)
        ``Z1'[X y]``; P = p + 1.
    between : scipy sparse array, shape (m q, Q)
        ``Z1'Z2``.
    others : numpy.ndarray, shape (Q, Q)
        ``Z2'Z2``.
    other_sums : numpy.ndarray, shape (Q, P)
        ``Z2'[X y]``.
    """

    columns: Columns
    terms: tuple[RandomTerm, ...]
    first: tuple[int, ...]
    rest: tuple[int, ...]
    blocks: FloatArray
    sums: FloatArray
    between: Any
    others: FloatArray
    other_sums: FloatArray

    def evaluate(self, psi: Sequence[Numbers]) -> tuple[Any, Numbers]:
        """Return ``log|V|`` and ``[X y]' V^-1 [X y]`` for relative covariances `psi`, one per term.

        Notes
        -----
        ``V^-1 = I - Z N Z'`` with ``N = Psi (I + Z'Z Psi)^-1``, first for the largest factor, then for the
        rest with the sums that are left.
        """
        relative = linalg.block_diag(*[psi[place] for place in self.first])
        inner, logdet = shrink_blocks(self.blocks, relative)
        weighted = inner @ self.sums
        m, q, width = self.sums.shape
        cross = self.columns.gram - self.sums.reshape(m * q, width).T @ weighted.reshape(m * q, width)
        if not self.rest:
            return logdet, cross
        tall = weighted.reshape(m * q, width)
        others = self.others - self.between.T @ _times(inner, self.between)
        other_sums = self.other_sums - self.between.T @ tall
        wide = self._wide(psi)
        growth = np.eye(wide.shape[0]) + others @ wide
        # psi (I + K psi)^-1 is symmetric, so that its transpose may be solved for.
        inner_rest = np.linalg.solve(growth.T, wide.T).T
        cross = cross - other_sums.T @ inner_rest @ other_sums
        return logdet + log_determinant(growth), cross

    def _wide(self, psi: Sequence[Numbers]) -> Numbers:
        parts = []
        for place in self.rest:
            parts.append(np.kron(np.eye(self.terms[place].levels), psi[place]))
        return np.asarray(linalg.block_diag(*parts))

    def within(self, place: int) -> FloatArray:
        """Return the cross products of the columns within the groups of a term that has an intercept, shape (P, P)."""
        offset = self.terms[place].intercept_place or 0
        if place in self.first:
            before = sum(len(self.terms[other].columns) for other in self.first if other < place)
            column = before + offset
            counts, sums = self.blocks[:, column, column], self.sums[:, column, :]
        else:
            before = sum(self.terms[o].levels * len(self.terms[o].columns) for o in self.rest if o < place)
            width, levels = len(self.terms[place].columns), self.terms[place].levels
            chosen = before + np.arange(levels) * width + offset
            counts, sums = np.diag(self.others)[chosen], self.other_sums[chosen]
        held = counts > 0
        return np.asarray(self.columns.gram - (sums[held] / counts[held, None]).T @ sums[held])

    def apply_inverse(self, psi: Sequence[FloatArray], values: FloatArray) -> FloatArray:
        """Return ``V^-1 values`` row by row, shape (n,)."""
        relative = linalg.block_diag(*[psi[place] for place in self.first])
        inner, _ = shrink_blocks(self.blocks, relative)
        one = np.hstack([self.group_totals(self.terms[place], values) for place in self.first])
        effects_first = (inner @ one[:, :, None])[:, :, 0]
        effects: dict[int, FloatArray] = {}
        if self.rest:
            m, q = one.shape
            two = np.concatenate([self.group_totals(self.terms[place], values).ravel() for place in self.rest])
            two -= self.between.T @ effects_first.reshape(m * q)
            others = self.others - self.between.T @ _times(inner, self.between)
            wide = self._wide(psi)
            solved = wide @ np.linalg.solve(np.eye(wide.shape[0]) + others @ wide, two)
            one = one - (self.between @ solved).reshape(m, q)
            effects_first = (inner @ one[:, :, None])[:, :, 0]
            start = 0
            for place in self.rest:
                term = self.terms[place]
                size = term.levels * len(term.columns)
                effects[place] = solved[start : start + size].reshape(term.levels, -1)
                start += size
        start = 0
        for place in self.first:
            width = len(self.terms[place].columns)
            effects[place] = effects_first[:, start : start + width]
            start += width
        left = np.array(values, dtype=np.float64)
        for place, term in enumerate(self.terms):
            for column, effect in zip(term.columns, effects[place].T, strict=True):
                share = effect[term.codes]
                left -= share if column is None else share * column
        return left

    def group_totals(self, term: RandomTerm, values: FloatArray) -> FloatArray:
        """Return ``Z' values`` for one term, shape (levels, columns)."""
        return np.column_stack(
            [
                sum_by_group(values if column is None else values * column, term.codes, levels=term.levels)
                for column in term.columns
            ]
        )


def shrink_blocks(blocks: FloatArray, relative: Numbers) -> tuple[Numbers, Any]:
    """Return ``psi (I + K psi)^-1`` for every block K, and the sum of ``log|I + K psi|``.

    Examples
    --------
    >>> inner, logdet = shrink_blocks(np.full((2, 1, 1), 3.0), np.array([[1.0]]))
    >>> inner.ravel().tolist(), round(float(logdet), 4)
    ([0.25, 0.25], 2.7726)
    """
    q = relative.shape[0]
    growth = np.eye(q) + blocks @ relative
    if q == 1:
        return relative / growth, np.log(growth).sum()
    if q == 2:
        determinant = growth[:, 0, 0] * growth[:, 1, 1] - growth[:, 0, 1] * growth[:, 1, 0]
        adjugate = np.empty_like(growth)
        adjugate[:, 0, 0], adjugate[:, 1, 1] = growth[:, 1, 1], growth[:, 0, 0]
        adjugate[:, 0, 1], adjugate[:, 1, 0] = -growth[:, 0, 1], -growth[:, 1, 0]
        return relative @ (adjugate / determinant[:, None, None]), np.log(determinant).sum()
    solved = np.linalg.solve(growth.transpose(0, 2, 1), np.broadcast_to(relative.T, growth.shape))
    return solved.transpose(0, 2, 1), log_determinant(growth).sum()


def log_determinant(matrix: Numbers) -> Any:
    """Return the log of a positive determinant, its imaginary step kept to the last digit.

    Examples
    --------
    >>> round(float(log_determinant(np.diag([2.0, 4.0]))), 4)
    2.0794
    """
    sign, size = np.linalg.slogdet(matrix)
    return size + 1j * (sign.imag / sign.real) if np.iscomplexobj(matrix) else size


def _times(inner: Numbers, between: Any) -> Any:
    """Product of a block-diagonal matrix and a sparse one."""
    m, q, _ = inner.shape
    diagonal = sparse.bsr_array((inner, np.arange(m), np.arange(m + 1)), shape=(m * q, m * q))
    return diagonal.tocsr() @ between


def sum_blocks(columns: Columns, terms: Sequence[RandomTerm], *, log: ProblemLog) -> BlockMoments | None:
    """Add up `columns` and the random columns over groups; note in `log` a random part that is too large.

    Parameters
    ----------
    columns : Columns
        Fixed columns and outcome.
    terms : sequence of RandomTerm
        From many groups to few.
    log : ProblemLog
        Gathers the problem.

    Returns
    -------
    BlockMoments or None
        None when too large.

    Examples
    --------
    >>> from toolkit.stats.mixed_columns import read_columns
    >>> columns = read_columns([1, 2, 4, 3], {}, intercept=True, log=ProblemLog())
    >>> hosts = RandomTerm(group="host", codes=np.array([0, 0, 1, 1]), levels=2)
    >>> sum_blocks(columns, [hosts], log=ProblemLog()).blocks.ravel().tolist()
    [2.0, 2.0]
    """
    first = tuple(place for place, term in enumerate(terms) if np.array_equal(term.codes, terms[0].codes))
    rest = tuple(place for place in range(len(terms)) if place not in first)
    crossed = sum(terms[place].levels * len(terms[place].columns) for place in rest)
    if crossed > MOST_CROSSED:
        log.add(
            f"has {crossed} random effects besides those of {terms[0].group}",
            column="random",
            allowed=f"{MOST_CROSSED}, or intercepts nested in each other",
        )
        return None
    codes, levels = terms[0].codes, terms[0].levels
    own = [column for place in first for column in terms[place].columns]
    blocks = np.empty((levels, len(own), len(own)))
    for row, left in enumerate(own):
        for place in range(row, len(own)):
            totals = np.bincount(codes, weights=_multiply(left, own[place]), minlength=levels)
            blocks[:, row, place] = blocks[:, place, row] = totals
    sums = np.stack([columns.products(column, codes, levels) for column in own], axis=1)
    one = _indicators([terms[place] for place in first], n=columns.n, interleave=True)
    two = _indicators([terms[place] for place in rest], n=columns.n, interleave=False)
    return BlockMoments(
        columns=columns,
        terms=tuple(terms),
        first=first,
        rest=rest,
        blocks=blocks,
        sums=sums,
        between=(one.T @ two).tocsr() if rest else None,
        others=(two.T @ two).toarray() if rest else np.zeros((0, 0)),
        other_sums=_other_sums(columns, [terms[place] for place in rest]),
    )


def _other_sums(columns: Columns, terms: Sequence[RandomTerm]) -> FloatArray:
    parts = []
    for term in terms:
        sums = [columns.products(column, term.codes, term.levels) for column in term.columns]
        parts.append(np.stack(sums, axis=1).reshape(-1, columns.p + 1))
    return np.vstack(parts) if parts else np.zeros((0, columns.p + 1))


def _multiply(left: FloatArray | None, right: FloatArray | None) -> FloatArray | None:
    if left is None or right is None:
        return right if left is None else left
    return left * right


def _indicators(terms: Sequence[RandomTerm], *, n: int, interleave: bool) -> Any:
    """Sparse Z of the terms; a group's columns stand together, over all terms when they share the groups."""
    rows = np.arange(n)
    width = sum(len(term.columns) for term in terms)
    parts, places, values, start = [], [], [], 0
    for term in terms:
        own = len(term.columns)
        for offset, column in enumerate(term.columns):
            parts.append(rows)
            places.append(term.codes * width + start + offset if interleave else start + term.codes * own + offset)
            values.append(np.ones(n) if column is None else column)
        start += own if interleave else term.levels * own
    if not terms:
        return sparse.csr_array((n, 0))
    size = terms[0].levels * width if interleave else start
    return sparse.csr_array((np.concatenate(values), (np.concatenate(parts), np.concatenate(places))), shape=(n, size))
