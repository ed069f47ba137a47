"""The likelihood of a mixed model from sums over groups: its value, exact gradient and lowest point."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log, pi
from typing import Any, Literal, Protocol, TypeAlias

import numpy as np
from scipy import optimize

from toolkit.stats.arrays import BoolArray, FloatArray
from toolkit.stats.mixed_blocks import log_determinant
from toolkit.stats.mixed_columns import Columns
from toolkit.stats.mixed_terms import Numbers, RandomTerm, covariances, diagonal_thetas

Method: TypeAlias = Literal["reml", "ml"]

IMAGINARY_STEP = 1e-30
"""Steps along the imaginary axis lose no digits, however small."""

REAL_STEP = 1e-3
"""Step of the fourth-order differences of exact gradients: truncation and rounding are both near 1e-12."""

STARTS = (1.0, 0.1)
NEAR_ZERO = 1e-2
LIFTS = (0.001, 0.01, 0.03, 0.1, 0.3)
"""Thetas that are tried beside zero."""

SAME_CRITERION = 1e-6
FLAT_GAIN = 1e-9
NEWTON_STEPS = 12
SMALL_STEP = 1e-11


class Moments(Protocol):
    """Sums over groups that give the likelihood at any relative covariances."""

    @property
    def columns(self) -> Columns:
        """Fixed columns and outcome."""

    @property
    def terms(self) -> tuple[RandomTerm, ...]:
        """The random terms."""

    def evaluate(self, psi: Sequence[Numbers]) -> tuple[Any, Numbers]:
        """Return ``log|V|`` and ``[X y]' V^-1 [X y]``."""

    def within(self, place: int) -> FloatArray:
        """Return the cross products of the columns within the groups of one term."""

    def apply_inverse(self, psi: Sequence[FloatArray], values: FloatArray) -> FloatArray:
        """Return ``V^-1 values`` row by row."""

    def group_totals(self, term: RandomTerm, values: FloatArray) -> FloatArray:
        """Return ``Z' values`` for one term."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pieces:
    """What the likelihood is made of at one theta, in the columns' centred and scaled units.

    Attributes
    ----------
    logdet, logdet_fixed : float or complex
        ``log|V|`` and ``log|X'V^-1 X|``, V relative to the residual variance.
    rss : float or complex
        Generalised residual sum of squares.
    coefficients : numpy.ndarray, shape (p,)
        Generalised least squares.
    information : numpy.ndarray, shape (p, p)
        ``X'V^-1 X``.
    """

    logdet: Any
    logdet_fixed: Any
    rss: Any
    coefficients: Numbers
    information: Numbers


def take_apart(moments: Moments, psi: Sequence[Numbers]) -> Pieces:
    """Solve the generalised least squares at relative covariances `psi`.

    Examples
    --------
    >>> from toolkit.core.errors import ProblemLog
    >>> from toolkit.stats.mixed_columns import read_columns
    >>> from toolkit.stats.mixed_nested import sum_nested
    >>> columns = read_columns([1, 2, 4, 3], {}, intercept=True, log=ProblemLog())
    >>> hosts = RandomTerm(group="host", codes=np.array([0, 0, 1, 1]), levels=2)
    >>> moments = sum_nested(columns, [hosts], parents=())
    >>> round(float(take_apart(moments, [np.array([[1.0]])]).logdet), 4)
    2.1972
    """
    logdet, cross = moments.evaluate(psi)
    information, right = cross[:-1, :-1], cross[:-1, -1]
    coefficients = np.linalg.solve(information, right)
    return Pieces(
        logdet=logdet,
        logdet_fixed=log_determinant(information),
        rss=cross[-1, -1] - right @ coefficients,
        coefficients=coefficients,
        information=information,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Criterion:
    """Minus twice the profiled log-likelihood as a function of theta.

    Attributes
    ----------
    moments : Moments
        Sums over groups.
    method : {"reml", "ml"}
        Restricted or full likelihood.
    """

    moments: Moments
    method: Method

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of columns of each term."""
        return tuple(len(term.columns) for term in self.moments.terms)

    @property
    def df(self) -> int:
        """Rows that the residual variance is divided by."""
        columns = self.moments.columns
        return columns.n - columns.p if self.method == "reml" else columns.n

    @property
    def constant(self) -> float:
        """What the units of the columns and the outcome add to the criterion."""
        columns = self.moments.columns
        outcome = 2 * self.df * log(float(columns.scale[-1]))
        if self.method == "ml":
            return outcome
        return outcome + 2 * float(np.log(columns.scale[:-1]).sum())

    def value(self, theta: Numbers) -> Any:
        """Return the criterion at `theta`, sigma profiled out."""
        pieces = take_apart(self.moments, covariances(theta, sizes=self.sizes))
        found = pieces.logdet + self.df * (1 + np.log(2 * pi * pieces.rss / self.df)) + self.constant
        return found + pieces.logdet_fixed if self.method == "reml" else found

    def gradient(self, theta: FloatArray) -> FloatArray:
        """Return the exact gradient at `theta`."""
        return gradient_of(self.value, theta)


def gradient_of(function: Callable[[Numbers], Any], at: FloatArray) -> FloatArray:
    """Return the derivatives of `function`, one row per entry of `at`, by steps along the imaginary axis.

    Examples
    --------
    >>> gradient_of(lambda x: x[0] ** 2 * x[1], np.array([3.0, 2.0])).tolist()
    [12.0, 9.0]
    """
    found = []
    for place in range(at.size):
        step = at.astype(np.complex128)
        step[place] += 1j * IMAGINARY_STEP
        found.append(np.imag(function(step)) / IMAGINARY_STEP)
    return np.array(found)


def hessian_of(function: Callable[[Numbers], Any], at: FloatArray, *, steps: FloatArray | None = None) -> FloatArray:
    """Return the second derivatives of `function`, shape (k, k, ...): differences of exact gradients.

    Examples
    --------
    >>> hessian_of(lambda x: x[0] ** 2 * x[1], np.array([3.0, 2.0])).round(6).tolist()
    [[4.0, 6.0], [6.0, 0.0]]
    """
    if steps is None:
        steps = REAL_STEP * np.maximum(np.abs(at), 0.1)
    rows = []
    for place in range(at.size):
        step = np.zeros(at.size)
        step[place] = steps[place]
        near = gradient_of(function, at + step) - gradient_of(function, at - step)
        far = gradient_of(function, at + 2 * step) - gradient_of(function, at - 2 * step)
        rows.append((8 * near - far) / (12 * steps[place]))
    found = np.array(rows)
    return np.asarray((found + np.swapaxes(found, 0, 1)) / 2)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Optimum:
    """The lowest point found.

    Attributes
    ----------
    theta : numpy.ndarray
        Where.
    value : float
        The criterion there.
    gradient : float
        Largest slope in a direction that is not held at zero.
    second_value : float
        The criterion that the second start came to.
    agree : bool
        Whether both starts came to the same criterion.
    """

    theta: FloatArray
    value: float
    gradient: float
    second_value: float
    agree: bool


def minimise(criterion: Criterion) -> Optimum:
    """Find the lowest criterion from two starts, variances of exactly zero included.

    Parameters
    ----------
    criterion : Criterion
        What to make small.

    Returns
    -------
    Optimum
        The lower of the two ends; what the other came to is kept.

    Examples
    --------
    >>> from toolkit.core.errors import ProblemLog
    >>> from toolkit.stats.mixed_columns import read_columns
    >>> from toolkit.stats.mixed_nested import sum_nested
    >>> columns = read_columns([1.0, 2, 4, 3], {}, intercept=True, log=ProblemLog())
    >>> hosts = RandomTerm(group="host", codes=np.array([0, 0, 1, 1]), levels=2)
    >>> found = minimise(Criterion(moments=sum_nested(columns, [hosts], parents=()), method="reml"))
    >>> found.theta.round(6).tolist(), found.agree
    ([1.870829], True)
    """
    diagonal = diagonal_thetas(criterion.sizes)
    ends = [_descend(criterion, start * diagonal.astype(np.float64), diagonal=diagonal) for start in STARTS]
    heights = [float(criterion.value(end)) for end in ends]
    best = 0 if heights[0] <= heights[1] + FLAT_GAIN else 1
    theta, gradient = _polish(criterion, ends[best], free=~(diagonal & (ends[best] == 0)))
    value = float(criterion.value(theta))
    other = heights[1 - best]
    return Optimum(
        theta=theta, value=value, gradient=gradient, second_value=other, agree=other - value <= SAME_CRITERION
    )


def _descend(criterion: Criterion, start: FloatArray, *, diagonal: BoolArray) -> FloatArray:
    theta = _search(criterion, start, free=np.ones(start.size, dtype=bool), diagonal=diagonal)
    for place in np.flatnonzero(diagonal):
        if theta[place] < NEAR_ZERO:
            theta = _settle_zero(criterion, theta, place=int(place), diagonal=diagonal)
    return theta


def _search(criterion: Criterion, start: FloatArray, *, free: BoolArray, diagonal: BoolArray) -> FloatArray:
    """Quasi-Newton search over the thetas that are free."""
    theta = start.astype(np.float64)

    def both(values: FloatArray) -> tuple[float, FloatArray]:
        # One complex evaluation gives the value and one slope together.
        full = theta.copy()
        full[free] = values
        slopes, value = np.empty(values.size), 0.0
        for offset, place in enumerate(np.flatnonzero(free)):
            step = full.astype(np.complex128)
            step[place] += 1j * IMAGINARY_STEP
            found = criterion.value(step)
            slopes[offset], value = found.imag / IMAGINARY_STEP, float(found.real)
        return value, slopes

    if free.any():
        bounds = [(0.0 if flag else None, None) for flag in diagonal[free]]
        found = optimize.minimize(
            both,
            theta[free],
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            options={"ftol": 1e-13, "gtol": 1e-7, "maxiter": 200},
        )
        theta[free] = found.x
    return theta


def _settle_zero(criterion: Criterion, theta: FloatArray, *, place: int, diagonal: BoolArray) -> FloatArray:
    """Take a variance to exactly zero when that is no worse, and away from it when zero is a ridge."""
    zero = theta.copy()
    zero[place] = 0.0
    free = ~(diagonal & (zero == 0))
    zero = _search(criterion, zero, free=free, diagonal=diagonal)
    # The criterion is even in a diagonal theta, so that its slope at zero says nothing: points beside it do. A search
    # from one that is lower than zero cannot end at zero.
    beside = []
    for size in LIFTS:
        point = zero.copy()
        point[place] = size
        beside.append((float(criterion.value(point)), size))
    height, size = min(beside)
    if height < criterion.value(zero) - FLAT_GAIN:
        away = zero.copy()
        away[place] = size
        away = _search(criterion, away, free=np.ones(theta.size, dtype=bool), diagonal=diagonal)
        return min((away, theta, zero), key=lambda point: float(criterion.value(point)))
    return zero if criterion.value(zero) <= criterion.value(theta) + FLAT_GAIN else theta


def _polish(criterion: Criterion, theta: FloatArray, *, free: BoolArray) -> tuple[FloatArray, float]:
    """Newton steps until the slope is rounding noise; a search by values alone stops at half the digits.

    The curvature is that of the start, which is near enough for the slope to shrink with every step.
    """
    if not free.any():
        return theta, 0.0
    gradient = criterion.gradient(theta)[free]
    curvature = hessian_of(criterion.value, theta)[np.ix_(free, free)]
    for _ in range(NEWTON_STEPS):
        try:
            step = -np.linalg.solve(curvature, gradient)
        except np.linalg.LinAlgError:
            break
        trial = theta.copy()
        trial[free] += step
        fresh = criterion.gradient(trial)[free]
        if not np.abs(fresh).max() < np.abs(gradient).max() or criterion.value(trial) > criterion.value(theta) + 1e-7:
            break
        theta, gradient = trial, fresh
        if np.abs(step).max() <= SMALL_STEP * max(1.0, float(np.abs(theta).max())):
            break
    return theta, float(np.abs(gradient).max())
