"""The fixed part of a mixed model: columns centred and scaled, so that sums over groups keep their digits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import LARGEST_VALUE, FloatArray, name_positions, read_floats
from toolkit.stats.groups import IntArray, sum_by_group
from toolkit.stats.mixed_terms import INTERCEPT

LARGEST_MEAN = 8.0
"""A mean above this many SDs is taken off row by row; below it, taking it off the sums costs under two digits."""

SMALLEST_SHARE = 1e-10
"""A direction of the design below this share of the largest, or of the outcome's variance, is rounding noise."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Columns:
    """Fixed columns and outcome as sums can use them; the outcome stands last.

    Attributes
    ----------
    names : tuple of str
        Name of each coefficient.
    raw : tuple of (numpy.ndarray or None)
        Columns (n,); None is the intercept.
    centre, scale : numpy.ndarray, shape (p + 1,)
        A column counts as ``(raw - centre) / scale``.
    gram : numpy.ndarray, shape (p + 1, p + 1)
        Cross products of the centred and scaled columns.
    back : numpy.ndarray, shape (p, p)
        Coefficients in the columns' own units are ``origin + back @ b``.
    origin : numpy.ndarray, shape (p,)
        What was taken off the outcome, as coefficients.
    n : int
        Rows.
    """

    names: tuple[str, ...]
    raw: tuple[FloatArray | None, ...]
    centre: FloatArray
    scale: FloatArray
    gram: FloatArray
    back: FloatArray
    origin: FloatArray
    n: int

    @property
    def p(self) -> int:
        """Number of coefficients."""
        return len(self.names)

    def sums(self, codes: IntArray, levels: int, *, counts: IntArray | None = None) -> FloatArray:
        """Return the sums of every column by group, shape (levels, p + 1), each column lying together."""
        rows = (np.bincount(codes, minlength=levels) if counts is None else counts).astype(np.float64)
        found = np.empty((self.p + 1, levels))
        for place, column in enumerate(self.raw):
            if column is None:
                found[place] = rows
                continue
            np.multiply(rows, -self.centre[place], out=found[place])
            found[place] += sum_by_group(column, codes, levels=levels)
            found[place] /= self.scale[place]
        return found.T

    def products(self, weights: FloatArray | None, codes: IntArray, levels: int) -> FloatArray:
        """Return the sums of `weights` times every column by group; None weighs every row 1."""
        if weights is None:
            return self.sums(codes, levels)
        totals = sum_by_group(weights, codes, levels=levels)
        found = np.empty((levels, self.p + 1))
        for place, column in enumerate(self.raw):
            if column is None:
                found[:, place] = totals
            else:
                sums = sum_by_group(weights * column, codes, levels=levels)
                found[:, place] = (sums - totals * self.centre[place]) / self.scale[place]
        return found

    def combine(self, coefficients: FloatArray) -> FloatArray:
        """Return the rows' values of a combination of the centred and scaled columns, shape (n,)."""
        total = np.zeros(self.n)
        for place, column in enumerate(self.raw):
            share = coefficients[place] / self.scale[place]
            total += share if column is None else (column - self.centre[place]) * share
        return total


def read_columns(outcome: ArrayLike, fixed: Mapping[str, ArrayLike], *, intercept: bool, log: ProblemLog) -> Columns:
    """Read outcome and fixed columns; raise at once when they cannot be used.

    Parameters
    ----------
    outcome : array_like, shape (n,)
        One value per row; none may be missing.
    fixed : mapping of str to array_like
        Fixed columns by name, without the intercept.
    intercept : bool
        Whether the model has an intercept.
    log : ProblemLog
        Gathers the problems; raised here together with what was noted before.

    Returns
    -------
    Columns
        Ready for sums.

    Raises
    ------
    UsageError
        Missing or infinite values, unequal lengths, a constant outcome or column, columns that are
        combinations of others, fewer rows than coefficients plus one.

    Examples
    --------
    >>> read_columns([1, 2, 4], {"wave": [0, 1, 1]}, intercept=True, log=ProblemLog()).origin.round(4).tolist()
    [2.3333, 0.0]
    """
    response = _read(outcome, name="outcome", log=log)
    arrays = {name: _read(values, name=f"fixed, {name}", log=log) for name, values in fixed.items()}
    for name, values in arrays.items():
        if values.size != response.size:
            log.add(
                f"has {values.size} values and the outcome has {response.size}",
                column=f"fixed, {name}",
                allowed="one value per row",
            )
    p = len(arrays) + intercept
    if response.size <= p:
        log.add(
            f"has {response.size} rows for {p} coefficients",
            column="outcome",
            allowed=f"{p + 1} rows or more",
        )
    if not p:
        log.add("is empty and there is no intercept", column="fixed", allowed="one coefficient or more")
    log.raise_as(UsageError)
    return _scale(response, arrays, intercept=intercept, log=log)


def _read(values: ArrayLike, *, name: str, log: ProblemLog) -> FloatArray:
    """Read a complete column; an array of floats that is in order is not copied."""
    # The product with itself is finite exactly when no value is missing, infinite or far too large.
    plain = isinstance(values, np.ndarray) and values.dtype == np.float64 and values.ndim == 1
    if plain and float(np.dot(values, values)) < LARGEST_VALUE**2:
        return np.asarray(values, dtype=np.float64)
    numbers = read_floats(values, name=name, ndim=1, log=log)
    missing = np.isnan(numbers)
    if missing.any():
        log.add(
            f"is missing at {name_positions(missing)}",
            column=name,
            allowed="complete rows",
            mend="set rows with a missing value aside first, and count them",
        )
    return numbers


def _scale(outcome: FloatArray, fixed: Mapping[str, FloatArray], *, intercept: bool, log: ProblemLog) -> Columns:
    n = outcome.size
    names = ((INTERCEPT,) if intercept else ()) + tuple(fixed)
    origin: FloatArray = np.zeros(len(names))
    raw: list[FloatArray | None] = [*([None] if intercept else []), *fixed.values(), outcome]
    if not intercept:
        # Without an intercept nothing may be centred; taking the least-squares fit off the outcome may.
        design = np.column_stack(list(fixed.values()))
        origin = np.asarray(np.linalg.lstsq(design, outcome, rcond=None)[0], dtype=np.float64)
        raw[-1] = outcome - design @ origin
    centre, spread = np.zeros(len(raw)), np.ones(len(raw))
    total = np.zeros(len(raw))
    for place, column in enumerate(raw):
        if column is not None:
            column, taken, centre[place], spread[place] = _centre(column, intercept=intercept)
            raw[place] = column
            total[place] = taken + centre[place]
    _check_constant(names, spread, total, log=log)
    log.raise_as(UsageError)
    gram = _gram(raw, centre=centre, scale=spread, n=n)
    _check_rank(gram[:-1, :-1], names, log=log)
    log.raise_as(UsageError)
    back = np.diag(1 / spread[:-1])
    if intercept:
        back[0, 1:] = -total[1:-1] / spread[1:-1]
        origin[0] = total[-1]
    _check_exact(gram, log=log)
    log.raise_as(UsageError)
    return Columns(
        names=names,
        raw=tuple(raw),
        centre=centre,
        scale=spread,
        gram=gram,
        back=back,
        origin=origin,
        n=n,
    )


def _centre(column: FloatArray, *, intercept: bool) -> tuple[FloatArray, float, float, float]:
    """Return the column, what was taken off it, the mean that is left, and its spread."""
    n = column.size
    if not intercept:
        return column, 0.0, 0.0, float(np.sqrt(np.dot(column, column) / n))
    mean = float(column.sum() / n)
    variance = float(np.dot(column, column)) / n - mean**2
    if mean**2 <= LARGEST_MEAN**2 * max(variance, 0.0):
        return column, 0.0, mean, float(np.sqrt(variance))
    first = float(column[0])
    shift = first + float((column - first).sum() / n)
    shifted = column - shift
    rest = float(shifted.sum() / n)
    return shifted, shift, rest, float(np.sqrt(max(float(np.dot(shifted, shifted)) / n - rest**2, 0.0)))


def _gram(raw: list[FloatArray | None], *, centre: FloatArray, scale: FloatArray, n: int) -> FloatArray:
    size = len(raw)
    found = np.empty((size, size))
    for row, left in enumerate(raw):
        for place in range(row, size):
            right = raw[place]
            if left is None:
                # The columns are centred, so that their sum with the intercept is zero but for itself.
                value = float(n) if right is None else 0.0
            elif right is None:
                value = 0.0
            else:
                value = float(np.dot(left, right)) - n * centre[row] * centre[place]
            found[row, place] = found[place, row] = value / (scale[row] * scale[place])
    return found


def _check_constant(names: tuple[str, ...], spread: FloatArray, total: FloatArray, *, log: ProblemLog) -> None:
    noise = 8 * np.finfo(np.float64).eps * np.abs(total)
    for place, name in enumerate((*names, "outcome")):
        if name != INTERCEPT and spread[place] <= noise[place]:
            spread[place] = 1.0
            log.add(
                "does not vary",
                column=name if name == "outcome" else f"fixed, {name}",
                allowed="a column with two values or more",
            )


def _check_rank(gram: FloatArray, names: tuple[str, ...], *, log: ProblemLog) -> None:
    """Name the first column that the columns before it make up."""
    unit = gram / np.sqrt(np.outer(np.diag(gram), np.diag(gram)))
    if float(np.linalg.eigvalsh(unit)[0]) > SMALLEST_SHARE:
        return
    for place in range(1, len(names) + 1):
        if float(np.linalg.eigvalsh(unit[:place, :place])[0]) <= SMALLEST_SHARE:
            log.add(
                "is a combination of the columns before it",
                column=f"fixed, {names[place - 1]}",
                allowed="columns that each add something",
                mend="leave it out",
            )
            return


def _check_exact(gram: FloatArray, *, log: ProblemLog) -> None:
    fitted = gram[-1, :-1] @ np.linalg.solve(gram[:-1, :-1], gram[:-1, -1])
    if gram[-1, -1] - fitted <= SMALLEST_SHARE**1.5 * gram[-1, -1]:
        log.add(
            "is fitted exactly by the fixed columns: nothing is left to vary",
            column="outcome",
            allowed="an outcome with a residual",
        )
