"""Weights: how many people they are worth, entropy balancing of means, and weighted least squares."""

from __future__ import annotations

import numpy as np

from toolkit.stats.arrays import FloatArray
from toolkit.stats.regression import LinearFit, fit_linear

MOST_STEPS = 200
BALANCED = 1e-10


def effective_size(weights: FloatArray) -> float:
    """Return how many equally weighted people the weighted ones are worth.

    Examples
    --------
    >>> effective_size(np.array([1.0, 1.0, 2.0]))
    2.6666666666666665
    """
    return float(weights.sum()) ** 2 / float(weights @ weights)


def entropy_weights(covariates: FloatArray, targets: FloatArray) -> FloatArray | None:
    """Return the weights, summing to 1 and nearest to equal ones, whose means are `targets`.

    Parameters
    ----------
    covariates : numpy.ndarray
        One row per comparison person.
    targets : numpy.ndarray
        One mean per column.

    Returns
    -------
    numpy.ndarray or None
        One weight per row; None when no weights reach the targets.

    Examples
    --------
    >>> entropy_weights(np.array([[0.0], [1.0]]), np.array([0.25])).round(6)
    array([0.75, 0.25])
    """
    spread = covariates.std(axis=0)
    centred = (covariates - targets) / np.where(spread > 0, spread, 1.0)
    lagrange = np.zeros(centred.shape[1])

    def dual(values: FloatArray) -> tuple[float, FloatArray]:
        exponent = -centred @ values
        top = float(exponent.max())
        raw = np.exp(exponent - top)
        return top + float(np.log(raw.sum())), raw / raw.sum()

    value, weights = dual(lagrange)
    for _ in range(MOST_STEPS):
        gap = weights @ centred
        if float(np.abs(gap).max()) < BALANCED:
            return weights
        curvature = (centred * weights[:, None]).T @ centred - np.outer(gap, gap)
        move = np.linalg.lstsq(curvature, gap, rcond=1e-12)[0]
        length = 1.0
        while length > 1e-10:
            tried, tried_weights = dual(lagrange + length * move)
            if (
                tried <= value - 1e-4 * length * float(gap @ move)
                or float(np.abs(tried_weights @ centred).max()) < BALANCED
            ):
                break
            length /= 2
        lagrange, value, weights = lagrange + length * move, tried, tried_weights
        if float(np.abs(lagrange).max()) > 1e6:
            break
    return weights if float(np.abs(weights @ centred).max()) < 1e-7 else None


def fit_weighted(outcome: FloatArray, design: FloatArray, *, weights: FloatArray) -> tuple[LinearFit, FloatArray]:
    """Return a weighted least squares fit and its design-based standard errors.

    Notes
    -----
    Errors are ``sqrt(diag(A^-1 B A^-1))`` with ``A = sum(w x x')`` and ``B = n/(n-1) sum(w^2 e^2 x x')``, as for
    a sample with replacement and these weights.

    Examples
    --------
    >>> fit, errors = fit_weighted(np.array([1.0, 2.0, 4.0]), np.ones((3, 1)), weights=np.array([1.0, 1.0, 2.0]))
    >>> float(fit.coefficients[0])
    2.75
    """
    root = np.sqrt(weights)
    fit = fit_linear(outcome * root, design * root[:, None])
    residuals = outcome - design @ fit.coefficients
    bread = fit.covariance / fit.sigma**2 if fit.sigma > 0 else fit.covariance
    influence = (design * (weights * residuals)[:, None]) @ bread
    n = outcome.size
    errors: FloatArray = np.sqrt(n / (n - 1) * np.einsum("ij,ij->j", influence, influence))
    return fit, errors
