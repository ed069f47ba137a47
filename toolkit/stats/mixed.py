"""Linear mixed models by REML or ML, from sums over groups; variances of exactly zero are found and said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import get_args

import numpy as np
from numpy.typing import ArrayLike

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import FloatArray
from toolkit.stats.groups import IntArray
from toolkit.stats.mixed_blocks import sum_blocks
from toolkit.stats.mixed_columns import Columns, read_columns
from toolkit.stats.mixed_identified import check_identified, check_within
from toolkit.stats.mixed_likelihood import Criterion, Method, Moments, Optimum, minimise, take_apart
from toolkit.stats.mixed_nested import nest_terms, sum_nested
from toolkit.stats.mixed_terms import RandomTerm, check_terms, covariances, label_terms, lower_positions

REFERENCE = (
    "y = X b + Z u + e, u ~ N(0, sigma^2 L L'), e ~ N(0, sigma^2); Laird & Ware (1982), Biometrics 38, 963-974; "
    "criterion of Bates, Maechler, Bolker & Walker (2015), J. Stat. Softw. 67(1); agrees with R lme4 1.1-31"
)
SINGULAR_SHARE = 1e-6
LARGE_SLOPE = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class VarianceComponent:
    """One variance or covariance of the random part.

    Attributes
    ----------
    group : str
        Grouping factor, or "Residual".
    name : str
        What varies: "(Intercept)" or a covariate; "" for the residual.
    other : str
        The second column of a covariance; "" for a variance.
    variance : float
        Variance or covariance, in squared units of the outcome per unit of the columns.
    sd : float or None
        Standard deviation; for a covariance the correlation, None when a variance is zero.
    """

    group: str
    name: str
    other: str
    variance: float
    sd: float | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MixedFit:
    """A fitted linear mixed model.

    Attributes
    ----------
    method : {"reml", "ml"}
        Restricted or full maximum likelihood.
    names : tuple of str
        Coefficients, in the order of `coefficients`.
    coefficients : numpy.ndarray, shape (p,)
        Fixed effects, in units of the outcome per unit of the column.
    covariance : numpy.ndarray, shape (p, p)
        Of the coefficients, at the estimated variances.
    variances : tuple of VarianceComponent
        Random terms from many groups to few, then the residual.
    theta : numpy.ndarray
        Cholesky factors relative to `sigma`, in the columns' own units, as lme4 gives them.
    sigma : float
        Residual standard deviation.
    criterion : float
        Minus twice the maximised (restricted) log-likelihood.
    log_likelihood : float
        Its half with the other sign.
    n : int
        Rows.
    n_groups : mapping of str to int
        Groups of each factor.
    singular : bool
        Whether a variance is zero or a correlation is at its limit.
    checks, warnings : tuple of str
        What was looked at; what a reader must know while the result stays valid.
    optimum : Optimum
        Where the search ended, and where the second start did.
    engine : Criterion
        The likelihood itself, for intervals and tests.
    random : tuple of RandomTerm
        The random terms as given, from many groups to few.
    stretch : tuple of numpy.ndarray
        What the columns of each term were divided by inside `engine`.
    reference : str
        Formula and source.
    """

    method: Method
    names: tuple[str, ...]
    coefficients: FloatArray
    covariance: FloatArray
    variances: tuple[VarianceComponent, ...]
    theta: FloatArray
    sigma: float
    criterion: float
    log_likelihood: float
    n: int
    n_groups: Mapping[str, int]
    singular: bool
    checks: tuple[str, ...]
    warnings: tuple[str, ...]
    optimum: Optimum
    engine: Criterion
    random: tuple[RandomTerm, ...]
    stretch: tuple[FloatArray, ...]
    reference: str = REFERENCE

    @property
    def std_errors(self) -> FloatArray:
        """Standard errors of the coefficients, shape (p,)."""
        return np.sqrt(np.diag(self.covariance))


def fit_mixed(
    outcome: ArrayLike,
    fixed: Mapping[str, ArrayLike],
    *,
    random: Sequence[RandomTerm],
    intercept: bool = True,
    method: Method = "reml",
) -> MixedFit:
    """Fit a linear mixed model.

    Parameters
    ----------
    outcome : array_like, shape (n,)
        One value per row, complete.
    fixed : mapping of str to array_like
        Fixed columns by name, without the intercept; complete.
    random : sequence of RandomTerm
        Random terms, in any order: nested, crossed, with slopes.
    intercept : bool
        Whether the model has a fixed intercept.
    method : {"reml", "ml"}
        Restricted likelihood (for variances and intervals) or full (to compare fixed parts).

    Returns
    -------
    MixedFit
        Estimates, and the likelihood for what is asked next.

    Raises
    ------
    UsageError
        Missing values, unequal lengths, one group, groups of one row each, an outcome or column that does not
        vary, columns that repeat each other, more coefficients than groups or rows can tell apart.

    Notes
    -----
    Minus twice the restricted log-likelihood, ``log|V| + log|X'V^-1 X| + (n-p)(1 + log(2 pi r^2/(n-p)))``,
    is made as small as possible over the relative Cholesky factor, from two starts.

    References
    ----------
    Bates, D., Maechler, M., Bolker, B. & Walker, S. (2015). Fitting linear mixed-effects models using lme4.
    Journal of Statistical Software, 67(1), 1-48, equations 31 to 42.

    Examples
    --------
    >>> hosts = RandomTerm(group="host", codes=np.repeat([0, 1, 2], 2), levels=3)
    >>> fit = fit_mixed([1, 2, 4, 3, 6, 7], {"wave": [0, 1, 0, 1, 0, 1]}, random=[hosts])
    >>> fit.coefficients.round(4).tolist(), round(fit.variances[0].variance, 4)
    ([3.6667, 0.3333], 6.0)
    """
    log = ProblemLog()
    if method not in get_args(Method):
        log.add("is not known", column="method", allowed=" or ".join(get_args(Method)))
    columns = read_columns(outcome, fixed, intercept=intercept, log=log)
    check_terms(random, n=columns.n, log=log)
    log.raise_as(UsageError)
    rows = [np.bincount(term.codes, minlength=term.levels) for term in random]
    counted = [int(np.count_nonzero(counts)) for counts in rows]
    order = sorted(range(len(random)), key=lambda place: -counted[place])
    terms, groups = tuple(random[place] for place in order), [counted[place] for place in order]
    check_identified(list(zip(terms, groups, strict=True)), log=log)
    log.raise_as(UsageError)
    scaled, stretch = zip(*[_stretch(term) for term in terms], strict=True)
    moments = _sum_up(columns, scaled, counts=rows[order[0]], log=log)
    check_within(moments, groups, log=log)
    log.raise_as(UsageError)
    engine = Criterion(moments=moments, method=method)
    optimum = minimise(engine)
    return _describe(engine, optimum, terms=terms, stretch=stretch, counts=groups)


def _stretch(term: RandomTerm) -> tuple[RandomTerm, FloatArray]:
    """Bring a term's columns to a root mean square of 1, so that its thetas are of one size."""
    rms = [1.0 if column is None else sqrt(float(np.dot(column, column)) / column.size) for column in term.columns]
    columns = tuple(column if column is None else column / size for column, size in zip(term.columns, rms, strict=True))
    return replace(term, columns=columns), np.array(rms)


def _sum_up(columns: Columns, terms: Sequence[RandomTerm], *, counts: IntArray, log: ProblemLog) -> Moments:
    parents = nest_terms(terms)
    if parents is not None:
        return sum_nested(columns, terms, parents=parents, counts=counts)
    blocks = sum_blocks(columns, terms, log=log)
    log.raise_as(UsageError)
    if blocks is None:
        raise UsageError("the random part is too large")
    return blocks


def _describe(
    engine: Criterion,
    optimum: Optimum,
    *,
    terms: tuple[RandomTerm, ...],
    stretch: tuple[FloatArray, ...],
    counts: Sequence[int],
) -> MixedFit:
    columns = engine.moments.columns
    pieces = take_apart(engine.moments, covariances(optimum.theta, sizes=engine.sizes))
    scale = float(columns.scale[-1])
    sigma = sqrt(float(pieces.rss) / engine.df) * scale
    spread = np.linalg.inv(pieces.information)
    theta = _own_units(optimum.theta, stretch=stretch)
    psi = covariances(theta, sizes=engine.sizes)
    variances = [
        part
        for term, label, relative in zip(terms, label_terms(terms), psi, strict=True)
        for part in _components(term, relative * sigma**2, label=label)
    ]
    residual = VarianceComponent(group="Residual", name="", other="", variance=sigma**2, sd=sigma)
    zeros = _find_limits(terms, psi)
    return MixedFit(
        method=engine.method,
        names=columns.names,
        coefficients=columns.origin + scale * (columns.back @ pieces.coefficients),
        covariance=sigma**2 * (columns.back @ spread @ columns.back.T),
        variances=(*variances, residual),
        theta=theta,
        sigma=sigma,
        criterion=optimum.value,
        log_likelihood=-optimum.value / 2,
        n=columns.n,
        n_groups={term.group: count for term, count in zip(terms, counts, strict=True)},
        singular=bool(zeros),
        checks=_checks(optimum),
        warnings=(*zeros, *_warnings(optimum)),
        optimum=optimum,
        engine=engine,
        random=terms,
        stretch=stretch,
    )


def _own_units(theta: FloatArray, *, stretch: Sequence[FloatArray]) -> FloatArray:
    """Take thetas of stretched columns back to the columns' own units."""
    divisors = [sizes[row] for sizes in stretch for row, _ in lower_positions(sizes.size)]
    return np.asarray(theta / np.array(divisors))


def _components(term: RandomTerm, matrix: FloatArray, *, label: str) -> list[VarianceComponent]:
    """Variances first, then covariances, as lme4 lists them."""
    sds = np.sqrt(np.diag(matrix))
    found = [
        VarianceComponent(group=label, name=name, other="", variance=float(matrix[i, i]), sd=float(sds[i]))
        for i, name in enumerate(term.names)
    ]
    for i, name in enumerate(term.names):
        for j in range(i + 1, len(term.names)):
            both = float(sds[i] * sds[j])
            found.append(
                VarianceComponent(
                    group=label,
                    name=name,
                    other=term.names[j],
                    variance=float(matrix[i, j]),
                    sd=float(matrix[i, j]) / both if both > 0 else None,
                )
            )
    return found


def _find_limits(terms: Sequence[RandomTerm], psi: Sequence[FloatArray]) -> list[str]:
    """Return in words which variances are zero and which correlations are at their limit."""
    found = []
    for term, relative in zip(terms, psi, strict=True):
        diagonal = np.diag(relative)
        for name, value in zip(term.names, diagonal, strict=True):
            if value <= SINGULAR_SHARE**2:
                what = f"intercepts of {term.group}" if name == "(Intercept)" else f"slopes of {name} by {term.group}"
                found.append(
                    f"the variance of the {what} is zero: they differ no more than chance within them explains, "
                    "which does not prove that they are alike"
                )
        if len(term.names) > 1 and diagonal.min() > SINGULAR_SHARE**2:
            unit = relative / np.sqrt(np.outer(diagonal, diagonal))
            if float(np.linalg.eigvalsh(unit)[0]) <= SINGULAR_SHARE:
                found.append(f"a correlation of the random effects of {term.group} is at its limit: simplify the model")
    return found


def _checks(optimum: Optimum) -> tuple[str, ...]:
    return (
        f"second start: criterion {optimum.second_value - optimum.value:.2g} above the first",
        f"slope of the criterion at the end: {optimum.gradient:.2g}",
    )


def _warnings(optimum: Optimum) -> tuple[str, ...]:
    found = []
    if not optimum.agree:
        found.append("two starts ended at different points: the likelihood has more than one peak; the higher is kept")
    if optimum.gradient > LARGE_SLOPE:
        found.append("the search stopped on a slope: the variances are rough")
    return tuple(found)


def compare_nested(full: MixedFit, smaller: MixedFit) -> tuple[float, int]:
    """Return the likelihood ratio statistic of two fits by ML and its degrees of freedom.

    Parameters
    ----------
    full, smaller : MixedFit
        Fits of the same outcome by ML, the second a special case of the first.

    Returns
    -------
    tuple of float and int
        Statistic, 0 or more, and number of parameters left out.

    Raises
    ------
    UsageError
        A fit by REML, or of other rows.

    Examples
    --------
    >>> hosts = RandomTerm(group="host", codes=np.repeat([0, 1, 2], 2), levels=3)
    >>> y, wave = [1, 2, 4, 3, 6, 7], [0, 1, 0, 1, 0, 1]
    >>> full = fit_mixed(y, {"wave": wave}, random=[hosts], method="ml")
    >>> smaller = fit_mixed(y, {}, random=[hosts], method="ml")
    >>> statistic, df = compare_nested(full, smaller)
    >>> round(statistic, 4), df
    (0.3533, 1)
    """
    if full.method != "ml" or smaller.method != "ml" or full.n != smaller.n:
        raise UsageError("a likelihood ratio needs two fits by ML of the same rows")
    left_out = len(full.names) + full.theta.size - len(smaller.names) - smaller.theta.size
    return max(0.0, smaller.criterion - full.criterion), left_out


def null_log_likelihood(fit: MixedFit) -> float:
    """Return the log-likelihood of the same fixed part without any random term.

    Examples
    --------
    >>> hosts = RandomTerm(group="host", codes=np.repeat([0, 1, 2], 2), levels=3)
    >>> fit = fit_mixed([1, 2, 4, 3, 6, 7], {}, random=[hosts])
    >>> null_log_likelihood(fit) < fit.log_likelihood
    True
    """
    return -float(fit.engine.value(np.zeros(fit.theta.size))) / 2
