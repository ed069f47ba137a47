"""Pooling of sites, families of p values, one-way analysis of variance, power."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np
from scipy import stats

from tests.reference.comparing import Within, either
from tests.reference.fixtures import Fixture, FixtureError, Numbers
from tests.reference.methods.r_searches import stop_like_fisher_scoring, stop_like_uniroot
from tests.reference.methods.shared import PerFile, level
from toolkit.stats.heterogeneity import TAU2_METHODS, Sites, tau2_std_error
from toolkit.stats.multiplicity import ADJUSTMENTS, adjust_p_values
from toolkit.stats.oneway import oneway_anova
from toolkit.stats.pooling import pool_estimates
from toolkit.stats.power import (
    design_effect,
    group_power,
    group_size_needed,
    paired_power,
    pairs_needed,
    smallest_clustered_effect,
    smallest_group_effect,
    smallest_paired_effect,
)


def offer_adjusted(fixture: Fixture) -> dict[str, Any]:
    p_values = fixture.table().numbers(fixture.input("p"))
    offered = {name: adjust_p_values(p_values, method=name) for name in ADJUSTMENTS}
    return offered | {"fdr": offered["BH"], "none": p_values}


def offer_meta(fixture: Fixture) -> dict[str, Any]:
    table = fixture.table()
    effects, variances = table.numbers(fixture.input("estimate")), table.numbers(fixture.input("variance"))
    known = ~np.isnan(effects) & ~np.isnan(variances)
    pooled = {
        method: _pooled(effects[known], variances[known], method=method, conf_level=level(fixture))
        for method in TAU2_METHODS
    }
    weights = 1 / variances[known]
    mean, error = float(weights @ effects[known] / weights.sum()), 1 / sqrt(float(weights.sum()))
    z = float(stats.norm.isf((1 - level(fixture)) / 2))
    fixed = {"mu": mean, "se": error, "ci": [mean - z * error, mean + z * error]}
    return {"k": int(known.sum()), "yi": effects, "vi": variances, **pooled, "FE": fixed, "EE": fixed}


def _pooled(effects: Numbers, variances: Numbers, *, method: str, conf_level: float) -> Any:
    """What the toolkit gives, and the same at the tau2 where metafor's own search stops."""
    result = pool_estimates(effects, variances, method=method, conf_level=conf_level)
    exact = _describe(effects, variances, result.tau2, conf_level=conf_level) | {
        "mu": result.estimate,
        "se": result.normal_std_error,
        "tau2": result.tau2,
        "se_tau2": result.tau2_std_error,
        "tau2_ci_qprofile": [result.tau2_conf_low, result.tau2_conf_high],
        "I2": result.i2,
        "H2": result.h2,
        "Q": result.q,
        "Q_df": result.q_df,
        "Q_p": result.q_p_value,
    }
    own = {
        "se": result.std_error,
        "t": result.statistic,
        "df": result.df,
        "p": result.p_value,
        "ci": [result.conf_low, result.conf_high],
    }
    exact["hksj"] = exact["hksj"] | own
    tau2 = _tau2_of_metafor(effects, variances, method=method)
    stopped = _describe(effects, variances, tau2, conf_level=conf_level)
    sites = Sites(effects=effects, variances=variances, origin=0.0, unit=1.0)
    stopped["se_tau2"] = tau2_std_error(sites, tau2, method=method)
    stopped["tau2_ci_qprofile"] = _qprofile_of_metafor(effects, variances, conf_level=conf_level)
    return either(exact, stopped, names=("exact", "where metafor's search stops"))


def _describe(effects: Numbers, variances: Numbers, tau2: float, *, conf_level: float) -> dict[str, Any]:
    k, tail = effects.size, (1 - conf_level) / 2
    weights = 1 / (variances + tau2)
    mu, error = float(weights @ effects / weights.sum()), 1 / sqrt(float(weights.sum()))
    knapp = sqrt(float(weights @ (effects - mu) ** 2) / (k - 1)) * error
    fixed = 1 / variances
    typical = (k - 1) / float(fixed.sum() - fixed @ fixed / fixed.sum())

    def around(half: float) -> list[float]:
        return [mu - half, mu + half]

    z, t1 = float(stats.norm.isf(tail)), float(stats.t.isf(tail, k - 1))
    hksj = {
        "se": knapp,
        "t": mu / knapp,
        "p": 2 * float(stats.t.sf(abs(mu / knapp), k - 1)),
        "ci": around(t1 * knapp),
        "pi_t_km1": around(t1 * sqrt(tau2 + knapp**2)),
    }
    if k > 2:
        t2 = float(stats.t.isf(tail, k - 2))
        hksj["pi_t_km2"] = around(t2 * sqrt(tau2 + knapp**2))
        hksj["pi_t_km2_classic_se"] = around(t2 * sqrt(tau2 + error**2))
    return {
        "mu": mu,
        "se": error,
        "ci": around(z * error),
        "tau2": tau2,
        "I2": 100 * tau2 / (tau2 + typical),
        "H2": 1 + tau2 / typical,
        "pi_z": around(z * sqrt(tau2 + error**2)),
        "hksj": hksj,
    }


def _generalised_q(effects: Numbers, variances: Numbers, tau2: float) -> float:
    weights = 1 / (variances + tau2)
    return float(weights @ (effects - weights @ effects / weights.sum()) ** 2)


# The interval in which metafor looks for tau2.
LARGEST_TAU2 = 100.0


def _root_of_metafor(effects: Numbers, variances: Numbers, *, target: float) -> float:
    if _generalised_q(effects, variances, 0.0) <= target:
        return 0.0
    return stop_like_uniroot(lambda tau2: _generalised_q(effects, variances, tau2) - target, 0.0, LARGEST_TAU2)


def _qprofile_of_metafor(effects: Numbers, variances: Numbers, *, conf_level: float) -> list[float]:
    tail, df = (1 - conf_level) / 2, effects.size - 1
    targets = float(stats.chi2.isf(tail, df)), float(stats.chi2.ppf(tail, df))
    return [_root_of_metafor(effects, variances, target=target) for target in targets]


def _tau2_of_metafor(effects: Numbers, variances: Numbers, *, method: str) -> float:
    k = effects.size
    if method == "PM":
        return _root_of_metafor(effects, variances, target=k - 1)
    if method == "DL":
        weights = 1 / variances
        excess = _generalised_q(effects, variances, 0.0) - (k - 1)
        return max(0.0, excess / float(weights.sum() - weights @ weights / weights.sum()))

    def step(tau2: float) -> float:
        weights = 1 / (variances + tau2)
        total, residual = float(weights.sum()), effects - weights @ effects / weights.sum()
        squares = float(np.sum((weights * residual) ** 2))
        if method == "ML":
            return (squares - total) / float(weights @ weights)
        trace = total - float(weights @ weights) / total
        square = (
            float(weights @ weights) - 2 * float(np.sum(weights**3)) / total + (float(weights @ weights) / total) ** 2
        )
        return (squares - trace) / square

    return stop_like_fisher_scoring(step, float(effects.var(ddof=1) - variances.mean()))


def offer_oneway(fixture: Fixture) -> Any:
    named = fixture.input("data")
    files = named if isinstance(named, list) else [named]
    parts = {}
    for file in files:
        digits = _digits(fixture.tolerance, file)
        offered = _oneway(fixture, file)
        if digits is not None:
            offered = _within_digits(offered, fixture.values, digits=digits)
        parts[f"{file}: " if len(files) > 1 else ""] = offered
    return PerFile(parts)


def _oneway(fixture: Fixture, file: str) -> dict[str, Any]:
    table = fixture.table(file)
    result = oneway_anova(table.numbers(fixture.input("outcome")), _labels(table.labels(fixture.input("group"))))
    return {
        "n": result.n,
        "F": result.statistic,
        "p": result.p_value,
        "between_ss": result.between_ss,
        "within_ss": result.within_ss,
        "df": [result.df, result.df_within],
        "residual_sd": result.residual_sd,
        "r2": result.estimate,
    }


def _labels(labels: list[str | None]) -> list[str]:
    return ["" if label is None else label for label in labels]


def _digits(tolerance: str, file: str) -> float | None:
    """The log relative error that a tolerance such as "LRE >= 9 (smls01), ..." asks of one file."""
    if "LRE" not in tolerance:
        return None
    for digits, name in re.findall(r">=\s*([0-9.]+)\s*\(([A-Za-z0-9_]+)", tolerance):
        if name.lower() in file.lower():
            return float(digits)
    found = re.search(r">=\s*([0-9.]+)", tolerance)
    return float(found.group(1)) if found else None


def _within_digits(offered: dict[str, Any], expected: dict[str, Any], *, digits: float) -> dict[str, Any]:
    held: dict[str, Any] = {}
    for name, value in offered.items():
        wanted = expected.get(name)
        if isinstance(wanted, int | float) and isinstance(value, float):
            held[name] = Within(value, abs(wanted) * 10**-digits)
        else:
            held[name] = value
    return held


NUMBER = r"(\d*\.?\d+)"
POWER_NAMES: tuple[tuple[str, Callable[..., float]], ...] = (
    (rf"paired_n{NUMBER}_d{NUMBER}", lambda n, d: paired_power(n, effect=d)),
    (rf"paired_n_for_d{NUMBER}(?:_p{NUMBER})?", lambda d, power=80: pairs_needed(d, power=_share(power))),
    (
        rf"(?:mde_paired|paired_mde)_n{NUMBER}(?:_p{NUMBER})?",
        lambda n, power=80: smallest_paired_effect(int(n), power=_share(power)),
    ),
    (rf"two_sample(?:_unequal)?_n{NUMBER}_{NUMBER}_d{NUMBER}", lambda a, b, d: group_power(a, b, effect=d)),
    (rf"two_sample_n{NUMBER}_d{NUMBER}", lambda n, d: group_power(n, n, effect=d)),
    (rf"two_sample_n_for_d{NUMBER}(?:_p{NUMBER})?", lambda d, power=80: group_size_needed(d, power=_share(power))),
    (
        rf"(?:mde_two_sample|mde_2arm)_n{NUMBER}(?:_p{NUMBER})?",
        lambda n, power=80: smallest_group_effect(int(n), int(n), power=_share(power)),
    ),
    (
        rf"(?:mde_two_sample|mde_2arm)_n{NUMBER}_{NUMBER}(?:_p{NUMBER})?",
        lambda a, b, power=80: smallest_group_effect(int(a), int(b), power=_share(power)),
    ),
    (rf"deff_m{NUMBER}_icc{NUMBER}", lambda m, icc: design_effect(m, icc=icc)),
    (
        rf"mde_2arm_cluster_J{NUMBER}_m{NUMBER}_icc{NUMBER}(?:_p{NUMBER})?",
        lambda j, m, icc, power=80: smallest_clustered_effect(int(j), m, icc=icc, power=_share(power)),
    ),
)


def _share(power: float) -> float:
    return power / 100 if power > 1 else power


def offer_power(fixture: Fixture) -> dict[str, Any]:
    """The design is read from the names of the values, as the fixtures have no other inputs."""
    offered = {}
    for name in fixture.values:
        for pattern, compute in POWER_NAMES:
            found = re.fullmatch(pattern, name)
            if found:
                offered[name] = compute(*(float(part) for part in found.groups() if part is not None))
                break
    if not offered:
        raise FixtureError("no name of a value says which design is meant")
    return offered
