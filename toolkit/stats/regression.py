"""Linear regression on arrays: least squares by QR (statsmodels beneath) with classical, HC2 and HC3 errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import statsmodels.api as sm
from numpy.typing import ArrayLike
from scipy import stats

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import FloatArray, name_positions, read_floats

# A column whose part not explained by the others is below this share of it counts as explained by them.
COLLINEAR = 1e-10

REFERENCE = (
    "least squares by QR; HC2 and HC3 errors of MacKinnon & White (1985), J. Econom. 29, 305-325; agrees with R 4.2.2 "
    "lm() and sandwich 3.0-2 vcovHC()"
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinearFit:
    """A fitted linear regression.

    Attributes
    ----------
    names : tuple of str
        One per column of the design.
    coefficients : numpy.ndarray
        One per name, in the units of the outcome per unit of the column.
    covariance : numpy.ndarray
        Classical covariance of the coefficients, square.
    std_errors, hc2_std_errors, hc3_std_errors : numpy.ndarray
        Classical and heteroscedasticity-robust standard errors, one per name. The robust ones are NaN where a
        row decides its own fitted value.
    df : int
        Residual degrees of freedom, n less columns.
    sigma : float
        Residual standard deviation.
    r_squared : float or None
        Explained share of the variation about the mean; None where the outcome does not vary.
    residual_ss : float
        Residual sum of squares.
    residuals, fitted, leverages : numpy.ndarray
        One per row.
    n : int
        Rows.
    reference : str
        Formula and source.
    """

    names: tuple[str, ...]
    coefficients: FloatArray
    covariance: FloatArray
    std_errors: FloatArray
    hc2_std_errors: FloatArray
    hc3_std_errors: FloatArray
    df: int
    sigma: float
    r_squared: float | None
    residual_ss: float
    residuals: FloatArray
    fitted: FloatArray
    leverages: FloatArray
    n: int
    reference: str = REFERENCE

    def p_values(self, std_errors: FloatArray) -> FloatArray:
        """Return two-sided t p values for the coefficients with these standard errors."""
        p_values: FloatArray = 2 * stats.t.sf(np.abs(self.coefficients / std_errors), self.df)
        return p_values

    def intervals(self, std_errors: FloatArray, *, conf_level: float) -> FloatArray:
        """Return t limits, shape (coefficients, 2), with these standard errors."""
        half = float(stats.t.isf((1 - conf_level) / 2, self.df)) * std_errors
        return np.stack([self.coefficients - half, self.coefficients + half], axis=1)


def fit_linear(outcome: ArrayLike, design: ArrayLike, *, names: Sequence[str] | None = None) -> LinearFit:
    """Fit a linear regression.

    Parameters
    ----------
    outcome : array_like
        One finite value per row.
    design : array_like
        One row per value, one column per coefficient; a constant column must be given to have one.
    names : sequence of str or None
        One per column; None calls them x1, x2, ...

    Returns
    -------
    LinearFit
        Coefficients, errors and diagnostics.

    Raises
    ------
    UsageError
        Missing or infinite values, unequal lengths, no more rows than columns, a column explained by others.

    Examples
    --------
    >>> fit = fit_linear([1, 2, 2, 4], [[1, 0], [1, 1], [1, 2], [1, 3]], names=["(Intercept)", "wave"])
    >>> fit.coefficients.round(3).tolist(), round(float(fit.std_errors[1]), 3)
    ([0.9, 0.9], 0.265)
    """
    y, x, labels = _read(outcome, design, names=names)
    model = sm.OLS(y, x).fit(method="qr")
    coefficients = np.asarray(model.params, dtype=np.float64)
    q, r = np.linalg.qr(x)
    inverse = np.linalg.inv(r)
    # One step of refinement: the residuals carry no coefficient any more.
    coefficients = coefficients + inverse @ (q.T @ (y - x @ coefficients))
    residuals = y - x @ coefficients
    df = int(y.size - x.shape[1])
    residual_ss = float(residuals @ residuals)
    sigma = sqrt(residual_ss / df)
    bread = inverse @ inverse.T
    leverages = np.einsum("ij,ij->i", q, q)
    constant = bool(np.any(np.ptp(x, axis=0) == 0) or _spans_constant(q))
    centred = y - y.mean() if constant else y
    total = float(centred @ centred)
    return LinearFit(
        names=labels,
        coefficients=coefficients,
        covariance=bread * sigma**2,
        std_errors=sigma * np.sqrt(np.diag(bread)),
        hc2_std_errors=_robust(x @ bread, residuals, 1 - leverages, power=1),
        hc3_std_errors=_robust(x @ bread, residuals, 1 - leverages, power=2),
        df=df,
        sigma=sigma,
        r_squared=1 - residual_ss / total if total > 0 else None,
        residual_ss=residual_ss,
        residuals=residuals,
        fitted=x @ coefficients,
        leverages=leverages,
        n=int(y.size),
    )


def compare_nested(smaller: LinearFit, larger: LinearFit) -> tuple[float, int, float]:
    """Return F, its numerator degrees of freedom and p for the columns that only the larger model has.

    Examples
    --------
    >>> rows = [[1, 0], [1, 1], [1, 2], [1, 3]]
    >>> larger = fit_linear([1, 2, 2, 4], rows)
    >>> smaller = fit_linear([1, 2, 2, 4], [row[:1] for row in rows])
    >>> f, df, p = compare_nested(smaller, larger)
    >>> round(f, 3), df, round(p, 4)
    (11.571, 1, 0.0766)
    """
    df = smaller.df - larger.df
    gained = max(0.0, smaller.residual_ss - larger.residual_ss)
    f = gained / df / (larger.residual_ss / larger.df) if larger.residual_ss > 0 else float("inf")
    return f, df, float(stats.f.sf(f, df, larger.df))


def breusch_pagan(fit: LinearFit, design: ArrayLike) -> tuple[float, int, float]:
    """Return Koenker's studentised Breusch-Pagan statistic, its degrees of freedom and p.

    Notes
    -----
    n times the R2 of the squared residuals on the design. A small p says that the spread depends on the design;
    HC3 errors hold then, classical ones do not.

    References
    ----------
    Koenker (1981). A note on studentizing a test for heteroscedasticity. J. Econom., 17, 107-112.

    Examples
    --------
    >>> rows = [[1, 0], [1, 1], [1, 2], [1, 3]]
    >>> statistic, df, p = breusch_pagan(fit_linear([1, 2, 2, 4], rows), rows)
    >>> df
    1
    """
    squared = fit_linear(fit.residuals**2, design)
    share = squared.r_squared or 0.0
    df = len(fit.names) - 1
    return fit.n * share, df, float(stats.chi2.sf(fit.n * share, df))


def _read(
    outcome: ArrayLike, design: ArrayLike, *, names: Sequence[str] | None
) -> tuple[FloatArray, FloatArray, tuple[str, ...]]:
    log = ProblemLog()
    y = read_floats(outcome, name="outcome", ndim=1, log=log)
    x = read_floats(design, name="design", ndim=2, log=log)
    for values, name in ((y, "outcome"), (x, "design")):
        if np.isnan(values).any():
            log.add(
                f"is missing at {name_positions(np.isnan(values))}",
                column=name,
                allowed="finite numbers",
                mend="leave out rows with gaps first, and count them",
            )
    if not log.problems and y.size != x.shape[0]:
        log.add(f"has {y.size} values for {x.shape[0]} rows of the design", column="outcome", allowed="one per row")
    log.raise_as(UsageError)
    labels = tuple(names) if names is not None else tuple(f"x{place}" for place in range(1, x.shape[1] + 1))
    if len(labels) != x.shape[1]:
        log.add(f"there are {len(labels)} names for {x.shape[1]} columns", column="names", allowed="one per column")
    elif y.size <= x.shape[1]:
        log.add(
            f"there are {y.size} rows and {x.shape[1]} coefficients", column="design", allowed="more rows than columns"
        )
    else:
        explained = _explained_columns(x)
        if explained:
            named = ", ".join(labels[place] for place in explained)
            log.add(
                f"cannot be told apart from the columns before it: {named}",
                column="design",
                allowed="columns that do not explain one another",
                mend="leave it out, or join groups",
            )
    log.raise_as(UsageError)
    return y, x, labels


def _explained_columns(x: FloatArray) -> list[int]:
    norms = np.linalg.norm(x, axis=0)
    scaled = x / np.where(norms > 0, norms, 1.0)
    own = np.abs(np.diag(np.linalg.qr(scaled, mode="r")))
    return [place for place in range(x.shape[1]) if own[place] < COLLINEAR]


def _spans_constant(q: FloatArray) -> bool:
    ones = np.ones(q.shape[0])
    return float(np.abs(ones - q @ (q.T @ ones)).max()) < COLLINEAR


def _robust(influence: FloatArray, residuals: FloatArray, rest: FloatArray, *, power: int) -> FloatArray:
    if float(rest.min()) < COLLINEAR:
        return np.full(influence.shape[1], np.nan)
    weighted = influence * (residuals / rest ** (power / 2))[:, None]
    errors: FloatArray = np.sqrt(np.einsum("ij,ij->j", weighted, weighted))
    return errors
