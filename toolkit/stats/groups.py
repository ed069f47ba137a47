"""Sums over groups of rows, one pass for each column."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from toolkit.core.errors import ProblemLog
from toolkit.stats.arrays import FloatArray

IntArray: TypeAlias = NDArray[np.integer[Any]]

ROWS_AT_ONCE = 131_072
"""Rows looked at together, so that what is set beside them stays in the processor's cache."""


def sum_by_group(values: FloatArray, codes: IntArray, *, levels: int) -> FloatArray:
    """Return the sum of `values` in each group, shape (levels,).

    Examples
    --------
    >>> sum_by_group(np.array([1.0, 2.0, 5.0]), np.array([0, 0, 1]), levels=2).tolist()
    [3.0, 5.0]
    """
    return np.asarray(np.bincount(codes, weights=values, minlength=levels), dtype=np.float64)


def find_parents(finer: IntArray, coarser: IntArray, *, levels: int) -> IntArray | None:
    """Return the coarser group of each finer one, or None when a finer group lies in several.

    Parameters
    ----------
    finer, coarser : numpy.ndarray of int, shape (n,)
        Group of each row.
    levels : int
        Highest finer code possible plus one.

    Returns
    -------
    numpy.ndarray or None
        Shape (levels,); 0 for a code that no row has.

    Examples
    --------
    >>> find_parents(np.array([0, 0, 1, 2]), np.array([1, 1, 1, 0]), levels=3).tolist()
    [1, 1, 0]
    >>> find_parents(np.array([0, 0]), np.array([0, 1]), levels=1) is None
    True
    """
    found = np.zeros(levels, dtype=np.intp)
    pieces = [slice(start, start + ROWS_AT_ONCE) for start in range(0, finer.size, ROWS_AT_ONCE)]
    for piece in pieces:
        found[finer[piece]] = coarser[piece]
    nested = all(np.array_equal(found[finer[piece]], coarser[piece]) for piece in pieces)
    return found if nested else None


def grams_by_group(design: FloatArray, codes: IntArray, *, levels: int) -> FloatArray:
    """Return ``X'X`` of each group's rows, shape (levels, p, p).

    Examples
    --------
    >>> grams_by_group(np.array([[1.0, 2.0], [1.0, 3.0], [1.0, 1.0]]), np.array([0, 0, 1]), levels=2)[0].tolist()
    [[2.0, 5.0], [5.0, 13.0]]
    """
    p = design.shape[1]
    found = np.empty((levels, p, p))
    for row in range(p):
        for column in range(row, p):
            sums = sum_by_group(design[:, row] * design[:, column], codes, levels=levels)
            found[:, row, column] = found[:, column, row] = sums
    return found


def number_groups(groups: ArrayLike, *, name: str, n: int, log: ProblemLog) -> tuple[IntArray, int]:
    """Give group labels numbers from 0; note in `log` labels that are missing or of another length.

    Parameters
    ----------
    groups : array_like, shape (n,)
        Numbers or text; rows with equal values belong together.
    name : str
        Name of the argument, for the message.
    n : int
        Rows there must be.
    log : ProblemLog
        Gathers the problems.

    Returns
    -------
    tuple of numpy.ndarray and int
        Code of each row, and how many groups there are.

    Examples
    --------
    >>> codes, levels = number_groups(["b", "a", "b"], name="cluster", n=3, log=ProblemLog())
    >>> codes.tolist(), levels
    ([1, 0, 1], 2)
    """
    labels = np.asarray(groups)
    if labels.ndim != 1 or labels.size != n:
        log.add(f"has {labels.size} values", column=name, allowed=f"one per row, {n} in all")
        return np.zeros(n, dtype=np.intp), 0
    if labels.dtype.kind == "O":
        missing = np.array([label is None or label != label for label in labels], dtype=bool)
        labels = labels.astype(str)
    else:
        missing = np.isnan(labels) if labels.dtype.kind == "f" else np.zeros(n, dtype=bool)
    if missing.any():
        log.add(f"is missing in {int(missing.sum())} rows", column=name, allowed="a group for every row")
    distinct, codes = np.unique(labels, return_inverse=True)
    return codes, int(distinct.size)
