"""Permutation tests: sign flips of paired changes, exchange of group labels; exact, or Monte Carlo never zero."""

from __future__ import annotations

from itertools import combinations
from math import comb
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from toolkit.core.errors import ProblemLog, UsageError
from toolkit.stats.arrays import (
    FloatArray,
    check_choice,
    check_count,
    read_floats,
    read_pairs,
    round_differences,
)
from toolkit.stats.results import Estimate, undefined

PermutationMethod: TypeAlias = Literal["auto", "exact", "monte carlo"]
METHODS: tuple[PermutationMethod, ...] = ("auto", "exact", "monte carlo")

# Cells touched by the exact convolution; about a second.
MOST_CELLS = 500_000_000
MOST_SUMS = 4_000_000
ENUMERATED_PAIRS = 20
ENUMERATED_SPLITS = 400_000
DECIMALS = range(7)

# Two sums this close, as a share of the sum of sizes, are equal but for rounding.
EQUAL_SHARE = 1e-10
CHUNK = 4_000_000

REFERENCE = (
    "p = share of arrangements at least as far from zero as the one seen; Monte Carlo p = (b + 1) / (B + 1); "
    "Fisher (1935), The Design of Experiments, section 21; Phipson & Smyth (2010), Stat. Appl. Genet. Mol. "
    "Biol. 9, article 39"
)


def paired_permutation(
    pre: ArrayLike,
    post: ArrayLike,
    *,
    method: PermutationMethod = "auto",
    n_resamples: int = 9999,
    seed: int = 0,
) -> Estimate:
    """Test a mean change of zero by flipping the signs of the changes.

    Parameters
    ----------
    pre, post : array_like
        One value per participant, in the same order; NaN is missing.
    method : {"auto", "exact", "monte carlo"}
        "auto" is exact wherever that takes about a second.
    n_resamples : int
        Random sign vectors of the Monte Carlo test, 1 or more.
    seed : int
        Of the Monte Carlo test, 0 or more.

    Returns
    -------
    Estimate
        The mean change and its two-sided p; no interval.

    Raises
    ------
    UsageError
        As `read_pairs`; an exact test asked for where it is out of reach; a wrong method, count or seed.

    Notes
    -----
    Under the hypothesis each change is as likely with the other sign. Changes are rounded to six decimals
    first, so that floating-point noise breaks no tie. The exact distribution of the sum is a convolution over
    whole-number changes, or all 2^n sign vectors up to n = 20.

    References
    ----------
    Fisher (1935), The Design of Experiments, section 21; Phipson & Smyth (2010), Stat. Appl. Genet. Mol. Biol.
    9, article 39.

    Examples
    --------
    >>> paired_permutation([1, 2, 2, 3], [2, 3, 4, 5]).p_value
    0.125
    """
    log = ProblemLog()
    _check_options(method, n_resamples=n_resamples, seed=seed, log=log)
    log.raise_as(UsageError)
    pairs = read_pairs(pre, post, names=("pre", "post"))
    change = round_differences(pairs.second - pairs.first)
    n = int(change.size)
    p_value, how, used_seed = _sign_flip_p(change, method=method, n_resamples=n_resamples, seed=seed)
    return Estimate(
        name="mean change, sign-flip permutation",
        reason="" if n else undefined("nobody has both a pre and a post value"),
        interval_reason="a permutation test of no change gives a p value, not an interval",
        estimate=float(change.mean()) if n else None,
        statistic=float(change.sum()) if n else None,
        p_value=p_value if n else None,
        p_method=how if n else "",
        n=n,
        n_missing=pairs.n_missing,
        checks=(f"changes of zero: {int(np.sum(change == 0))} of {n}",),
        warnings=_least_p_warning(int(np.count_nonzero(change))),
        seed=used_seed,
        reference=REFERENCE,
    )


def group_permutation(
    treated: ArrayLike,
    control: ArrayLike,
    *,
    method: PermutationMethod = "auto",
    n_resamples: int = 9999,
    seed: int = 0,
) -> Estimate:
    """Test equal means of two groups by exchanging who belongs to which.

    Parameters
    ----------
    treated, control : array_like
        One value per person of each group; NaN is missing.
    method : {"auto", "exact", "monte carlo"}
        "auto" is exact up to 400,000 ways to split the people.
    n_resamples : int
        Random splits of the Monte Carlo test, 1 or more.
    seed : int
        Of the Monte Carlo test, 0 or more.

    Returns
    -------
    Estimate
        Mean of treated minus mean of control and its two-sided p; no interval.

    Raises
    ------
    UsageError
        Values that are no numbers or infinite; an exact test asked for where it is out of reach; a wrong
        method, count or seed.

    References
    ----------
    Fisher (1935), The Design of Experiments, section 21; Phipson & Smyth (2010), Stat. Appl. Genet. Mol. Biol.
    9, article 39.

    Examples
    --------
    >>> group_permutation([4, 5, 6], [1, 2, 3]).p_value
    0.1
    """
    log = ProblemLog()
    first = read_floats(treated, name="treated", ndim=1, log=log)
    second = read_floats(control, name="control", ndim=1, log=log)
    _check_options(method, n_resamples=n_resamples, seed=seed, log=log)
    log.raise_as(UsageError)
    missing = {"treated missing": int(np.isnan(first).sum()), "control missing": int(np.isnan(second).sum())}
    first, second = first[~np.isnan(first)], second[~np.isnan(second)]
    n = int(first.size + second.size)
    if not first.size or not second.size:
        return Estimate(
            name="difference of means, permutation",
            reason=undefined("a group has no values"),
            n=n,
            n_missing=missing,
            reference=REFERENCE,
        )
    p_value, how, used_seed = _split_p(first, second, method=method, n_resamples=n_resamples, seed=seed)
    return Estimate(
        name="difference of means, permutation",
        interval_reason="a permutation test of no difference gives a p value, not an interval",
        estimate=float(first.mean() - second.mean()),
        p_value=p_value,
        p_method=how,
        n=n,
        n_missing=missing,
        checks=(f"ways to split the people: {comb(n, int(first.size)):,}",),
        seed=used_seed,
        reference=REFERENCE,
    )


def convolve_signs(sizes: FloatArray) -> FloatArray:
    """Return the probabilities of every sum of a random subset of whole-number `sizes`, from 0 upwards.

    Parameters
    ----------
    sizes : numpy.ndarray
        Whole numbers above zero; each is in the subset with probability 1/2.

    Returns
    -------
    numpy.ndarray
        Probability of sum 0, 1, ..., total; they add to 1.

    Examples
    --------
    >>> convolve_signs(np.array([1.0, 2.0]))
    array([0.25, 0.25, 0.25, 0.25])
    """
    chances = np.zeros(int(sizes.sum()) + 1)
    chances[0] = 1.0
    reach = 0
    for size in np.sort(sizes).astype(np.int64):
        grown = chances[: reach + 1] / 2
        chances[: reach + 1] = grown
        chances[size : size + reach + 1] += grown
        reach += int(size)
    return chances


def _check_options(method: str, *, n_resamples: int, seed: int, log: ProblemLog) -> None:
    check_choice(method, name="method", allowed=METHODS, log=log)
    check_count(n_resamples, name="n_resamples", low=1, log=log)
    check_count(seed, name="seed", low=0, log=log)


def _sign_flip_p(
    change: FloatArray, *, method: PermutationMethod, n_resamples: int, seed: int
) -> tuple[float, str, int | None]:
    sizes = np.abs(change[change != 0])
    observed = abs(float(change.sum()))
    if not sizes.size:
        return 1.0, "exact: no change at all", None
    slack = EQUAL_SHARE * float(sizes.sum())
    whole = _as_whole_numbers(sizes)
    if method != "monte carlo" and whole is not None:
        unit = float(sizes.sum() / whole.sum())
        chances = convolve_signs(whole)
        sums = np.abs(2 * np.arange(chances.size) - whole.sum()) * unit
        return min(1.0, float(chances[sums >= observed - slack].sum())), "exact: all sign vectors", None
    if method != "monte carlo" and sizes.size <= ENUMERATED_PAIRS:
        sums = np.zeros(1)
        for size in sizes:
            sums = np.concatenate([sums - size, sums + size])
        return float(np.mean(np.abs(sums) >= observed - slack)), "exact: all sign vectors", None
    if method == "exact":
        raise UsageError("the exact sign-flip test is out of reach here. Allowed: method 'auto' or 'monte carlo'")
    rng = np.random.default_rng(seed)
    beyond, left = 0, n_resamples
    while left:
        rows = min(left, max(1, CHUNK // sizes.size))
        signs = rng.integers(0, 2, size=(rows, sizes.size), dtype=np.int8).astype(np.float64)
        beyond += int(np.sum(np.abs(2 * (signs @ sizes) - sizes.sum()) >= observed - slack))
        left -= rows
    return (beyond + 1) / (n_resamples + 1), f"Monte Carlo: {n_resamples} sign vectors, (b+1)/(B+1)", seed


def _as_whole_numbers(sizes: FloatArray) -> FloatArray | None:
    """Sizes as multiples of a power of ten, where that makes an affordable convolution."""
    for decimals in DECIMALS:
        whole = np.round(sizes * 10**decimals)
        if np.allclose(whole / 10**decimals, sizes, rtol=0, atol=1e-9) and whole.min() >= 1:
            total = float(whole.sum())
            return whole if total <= MOST_SUMS and total * sizes.size <= MOST_CELLS else None
    return None


def _split_p(
    first: FloatArray, second: FloatArray, *, method: PermutationMethod, n_resamples: int, seed: int
) -> tuple[float, str, int | None]:
    values = np.concatenate([first, second])
    values = values - values.mean()
    k, n = int(first.size), int(values.size)
    observed = abs(float(values[:k].sum()))
    slack = EQUAL_SHARE * float(np.abs(values).sum())
    splits = comb(n, k)
    if method == "exact" and splits > ENUMERATED_SPLITS:
        raise UsageError(
            f"there are {splits:,} ways to split the people. Allowed: an exact test up to {ENUMERATED_SPLITS:,}, "
            "or method 'monte carlo'"
        )
    if method != "monte carlo" and splits <= ENUMERATED_SPLITS:
        chosen = np.array(list(combinations(range(n), k)))
        return float(np.mean(np.abs(values[chosen].sum(axis=1)) >= observed - slack)), "exact: all splits", None
    rng = np.random.default_rng(seed)
    beyond, left = 0, n_resamples
    while left:
        rows = min(left, max(1, CHUNK // n))
        shuffled = rng.permuted(np.broadcast_to(values, (rows, n)).copy(), axis=1)
        beyond += int(np.sum(np.abs(shuffled[:, :k].sum(axis=1)) >= observed - slack))
        left -= rows
    return (beyond + 1) / (n_resamples + 1), f"Monte Carlo: {n_resamples} splits, (b+1)/(B+1)", seed


def _least_p_warning(n_changed: int) -> tuple[str, ...]:
    if n_changed >= 6:
        return ()
    return (f"{n_changed} people changed: p cannot fall below {2.0 ** (1 - max(n_changed, 1)):g}, whatever happened",)
