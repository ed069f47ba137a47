"""The random part of a mixed model: terms, and the way their free numbers (theta) make covariance matrices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from toolkit.core.errors import ProblemLog
from toolkit.stats.arrays import FloatArray, name_positions
from toolkit.stats.groups import IntArray

Numbers: TypeAlias = NDArray[Any]
"""Floats, or complex numbers where a derivative is taken by a step along the imaginary axis."""

INTERCEPT = "(Intercept)"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RandomTerm:
    """One random term: which rows belong together, and what varies between the groups.

    Attributes
    ----------
    group : str
        Name of the grouping factor, such as "host".
    codes : numpy.ndarray of int, shape (n,)
        Group of each row, 0 to `levels` - 1. A number that no row has is no group.
    levels : int
        Highest code possible plus one.
    columns : tuple of (numpy.ndarray or None)
        What varies: None is the intercept, an array (n,) a covariate's slope.
    names : tuple of str
        Name of each column; the intercept is "(Intercept)".

    Examples
    --------
    >>> term = RandomTerm(group="host", codes=np.array([0, 0, 1]), levels=2)
    >>> term.is_intercept, term.n_theta
    (True, 1)
    """

    group: str
    codes: IntArray
    levels: int
    columns: tuple[FloatArray | None, ...] = (None,)
    names: tuple[str, ...] = (INTERCEPT,)

    @property
    def is_intercept(self) -> bool:
        """Whether the term is one intercept per group and nothing else."""
        return len(self.columns) == 1 and self.columns[0] is None

    @property
    def intercept_place(self) -> int | None:
        """Which column is the intercept, or None."""
        return next((place for place, column in enumerate(self.columns) if column is None), None)

    @property
    def n_theta(self) -> int:
        """How many numbers the covariance matrix of the term has."""
        q = len(self.columns)
        return q * (q + 1) // 2


def lower_positions(q: int) -> tuple[tuple[int, int], ...]:
    """Return row and column of each theta of a term with `q` columns, column by column.

    Examples
    --------
    >>> lower_positions(2)
    ((0, 0), (1, 0), (1, 1))
    """
    return tuple((row, column) for column in range(q) for row in range(column, q))


def covariances(theta: Numbers, *, sizes: Sequence[int]) -> tuple[Numbers, ...]:
    """Return each term's covariance matrix relative to the residual variance.

    Parameters
    ----------
    theta : numpy.ndarray
        Lower Cholesky factors of the terms, column by column, one after the other.
    sizes : sequence of int
        Number of columns of each term.

    Returns
    -------
    tuple of numpy.ndarray
        ``L L'`` for each term.

    Examples
    --------
    >>> covariances(np.array([2.0, 1.0, 3.0]), sizes=[2])[0].tolist()
    [[4.0, 2.0], [2.0, 10.0]]
    """
    found, start = [], 0
    for q in sizes:
        factor = np.zeros((q, q), dtype=theta.dtype)
        for offset, (row, column) in enumerate(lower_positions(q)):
            factor[row, column] = theta[start + offset]
        start += q * (q + 1) // 2
        found.append(factor @ factor.T)
    return tuple(found)


def diagonal_thetas(sizes: Sequence[int]) -> NDArray[np.bool_]:
    """Return which thetas are diagonal, so may not be negative.

    Examples
    --------
    >>> diagonal_thetas([2, 1]).tolist()
    [True, False, True, True]
    """
    return np.array([row == column for q in sizes for row, column in lower_positions(q)], dtype=bool)


def label_terms(terms: Sequence[RandomTerm]) -> list[str]:
    """Return a name for each term: its grouping factor, a second term of one factor with ".1" behind it, as lme4.

    Examples
    --------
    >>> term = RandomTerm(group="host", codes=np.array([0, 1]), levels=2)
    >>> label_terms([term, term])
    ['host', 'host.1']
    """
    found: list[str] = []
    for place, term in enumerate(terms):
        before = sum(other.group == term.group for other in terms[:place])
        found.append(f"{term.group}.{before}" if before else term.group)
    return found


def check_terms(random: Sequence[RandomTerm], *, n: int, log: ProblemLog) -> None:
    """Note in `log` what makes the random part impossible for `n` rows, whatever the answers are.

    Examples
    --------
    >>> log = ProblemLog()
    >>> check_terms([], n=3, log=log)
    >>> print(log.problems[0])
    column random: holds no term. Allowed: one random term or more.
    """
    if not random:
        log.add("holds no term", column="random", allowed="one random term or more")
    for term in random:
        where = f"random, {term.group}"
        if term.codes.ndim != 1 or term.codes.size != n or not np.issubdtype(term.codes.dtype, np.integer):
            log.add(
                f"has {term.codes.size} group codes of type {term.codes.dtype}",
                column=where,
                allowed=f"one whole number per row, {n} in all",
            )
            continue
        if n and (int(term.codes.min()) < 0 or int(term.codes.max()) >= term.levels):
            log.add("holds a group code out of range", column=where, allowed=f"0 to {term.levels - 1}")
            continue
        if len(term.columns) != len(term.names) or not term.columns:
            log.add(f"has {len(term.columns)} columns and {len(term.names)} names", column=where, allowed="as many")
        for name, column in zip(term.names, term.columns, strict=False):
            _check_slope(column, where=f"{where}, {name}", n=n, log=log)


def _check_slope(column: FloatArray | None, *, where: str, n: int, log: ProblemLog) -> None:
    if column is None:
        return
    if column.ndim != 1 or column.size != n:
        log.add(f"has {column.size} values", column=where, allowed=f"one per row, {n} in all")
        return
    wrong = ~np.isfinite(column)
    if wrong.any():
        log.add(f"is missing or infinite at {name_positions(wrong)}", column=where, allowed="finite numbers")
    elif n and not np.any(column):
        log.add("is zero in every row", column=where, allowed="a column that varies")
