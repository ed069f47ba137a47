"""Logistic regression on arrays by Newton's method, with separation found and named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import FloatArray, name_positions, read_floats
from toolkit.stats.proportions import check_binary

MOST_STEPS = 100
STEP_TOLERANCE = 1e-13
# A fitted chance this near 0 or 1 only arises when some columns predict an answer perfectly.
CERTAIN = 1e-9
COLLINEAR = 1e-10

REFERENCE = (
    "maximum likelihood by Newton's method; Cox (1958), J. R. Stat. Soc. B 20, 215-242; agrees with R 4.2.2 glm()"
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LogisticFit:
    """A fitted logistic regression.

    Attributes
    ----------
    names : tuple of str
        One per column of the design.
    coefficients, std_errors : numpy.ndarray
        Log odds ratios and their standard errors, one per name.
    covariance : numpy.ndarray
        Of the coefficients, square.
    fitted : numpy.ndarray
        Chance of a 1 for each row, 0 to 1.
    log_likelihood : float
        At the coefficients.
    separated : bool
        Whether some columns predict the answer perfectly; coefficients are then without limit.
    reason : str
        Why the coefficients cannot be used; "" when they can.
    n : int
        Rows.
    n_steps : int
        Newton steps taken.
    reference : str
        Formula and source.
    """

    names: tuple[str, ...]
    coefficients: FloatArray
    std_errors: FloatArray
    covariance: FloatArray
    fitted: FloatArray
    log_likelihood: float
    separated: bool
    reason: str
    n: int
    n_steps: int
    reference: str = REFERENCE


def fit_logistic(outcome: ArrayLike, design: ArrayLike, *, names: Sequence[str] | None = None) -> LogisticFit:
    """Fit a logistic regression.

    Parameters
    ----------
    outcome : array_like
        0 or 1 for each row, no gaps.
    design : array_like
        One row per value, one column per coefficient; a constant column must be given to have one.
    names : sequence of str or None
        One per column; None calls them x1, x2, ...

    Returns
    -------
    LogisticFit
        Coefficients and fitted chances; `separated` says when they cannot be used.

    Raises
    ------
    UsageError
        Values other than 0 and 1, gaps, unequal lengths, more columns than rows, a column explained by others.

    Examples
    --------
    >>> fit = fit_logistic([0, 0, 1, 0, 1, 1], [[1, 1], [1, 2], [1, 3], [1, 4], [1, 5], [1, 6]])
    >>> fit.coefficients.round(3).tolist(), fit.separated
    ([-4.249, 1.214], False)
    """
    y, x, labels = _read(outcome, design, names=names)
    scale = np.linalg.norm(x, axis=0) / np.sqrt(y.size)
    scaled = x / scale
    beta = np.zeros(x.shape[1])
    n_steps = 0
    while n_steps < MOST_STEPS:
        n_steps += 1
        chance = special.expit(scaled @ beta)
        spread = chance * (1 - chance)
        information = (scaled * spread[:, None]).T @ scaled
        gradient = scaled.T @ (y - chance)
        move = _uphill(scaled, y, beta, np.linalg.lstsq(information, gradient, rcond=None)[0])
        beta = beta + move
        if float(np.abs(move).max()) <= STEP_TOLERANCE * max(1.0, float(np.abs(beta).max())):
            break
        if float(np.abs(beta).max()) > 1e4:
            break
    chance = special.expit(scaled @ beta)
    nearest = np.minimum(chance, 1 - chance)
    separated = bool(nearest.min() < CERTAIN) and float(np.abs(y - chance)[nearest < CERTAIN].max()) < CERTAIN
    information = (scaled * (chance * (1 - chance))[:, None]).T @ scaled
    covariance = np.linalg.pinv(information) / np.outer(scale, scale)
    return LogisticFit(
        names=labels,
        coefficients=beta / scale,
        std_errors=np.sqrt(np.maximum(np.diag(covariance), 0.0)),
        covariance=covariance,
        fitted=chance,
        log_likelihood=_log_likelihood(scaled, y, beta),
        separated=separated,
        reason="undefined, because the columns predict some answers perfectly (separation)" if separated else "",
        n=int(y.size),
        n_steps=n_steps,
    )


def _uphill(x: FloatArray, y: FloatArray, beta: FloatArray, move: FloatArray) -> FloatArray:
    """Halve a Newton step until the likelihood does not fall."""
    here = _log_likelihood(x, y, beta)
    for _ in range(30):
        if _log_likelihood(x, y, beta + move) >= here - 1e-12 * abs(here):
            return move
        move = move / 2
    return move


def _log_likelihood(x: FloatArray, y: FloatArray, beta: FloatArray) -> float:
    linear = x @ beta
    return float(np.sum(y * linear - np.logaddexp(0.0, linear)))


def _read(
    outcome: ArrayLike, design: ArrayLike, *, names: Sequence[str] | None
) -> tuple[FloatArray, FloatArray, tuple[str, ...]]:
    log = ProblemLog()
    y = read_floats(outcome, name="outcome", ndim=1, log=log)
    x = read_floats(design, name="design", ndim=2, log=log)
    check_binary(y, name="outcome", log=log)
    for values, name in ((y, "outcome"), (x, "design")):
        if np.isnan(values).any():
            log.add(f"is missing at {name_positions(np.isnan(values))}", column=name, allowed="no gaps")
    if not log.problems and y.size != x.shape[0]:
        log.add(f"has {y.size} values for {x.shape[0]} rows of the design", column="outcome", allowed="one per row")
    log.raise_as(UsageError)
    labels = tuple(names) if names is not None else tuple(f"x{place}" for place in range(1, x.shape[1] + 1))
    if len(labels) != x.shape[1]:
        log.add(f"there are {len(labels)} names for {x.shape[1]} columns", column="names", allowed="one per column")
    if y.size < x.shape[1] or x.shape[1] == 0:
        log.add(f"there are {y.size} rows and {x.shape[1]} columns", column="design", allowed="more rows than columns")
    log.raise_as(UsageError)
    norms = np.linalg.norm(x, axis=0)
    own = np.abs(np.diag(np.linalg.qr(x / np.where(norms > 0, norms, 1.0), mode="r")))
    explained = [labels[place] for place in np.flatnonzero(own < COLLINEAR)]
    if explained:
        log.add(
            f"cannot be told apart from the columns before it: {', '.join(explained)}",
            column="design",
            allowed="columns that do not explain one another",
        )
    log.raise_as(UsageError)
    return y, x, labels
