"""Pooling of sites, families of p values, one-way analysis of variance, power."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np
from scipy import stats

from tests.reference.comparing import Within
from tests.reference.fixtures import Fixture, FixtureError, Numbers
from tests.reference.methods.shared import PerFile, level
from toolkit.stats.heterogeneity import TAU2_METHODS
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


def _pooled(effects: Numbers, variances: Numbers, *, method: str, conf_level: float) -> dict[str, Any]:
    result = pool_estimates(effects, variances, method=method, conf_level=conf_level)
    k, mu, error, tau2 = result.n, result.estimate, result.normal_std_error, result.tau2
    tail = (1 - conf_level) / 2

    def around(half: float) -> list[float]:
        return [mu - half, mu + half]

    z, t1 = float(stats.norm.isf(tail)), float(stats.t.isf(tail, k - 1))
    hksj = {
        "se": result.std_error,
        "t": result.statistic,
        "df": result.df,
        "p": result.p_value,
        "ci": [result.conf_low, result.conf_high],
        "pi_t_km1": around(t1 * sqrt(tau2 + result.std_error**2)),
    }
    if k > 2:
        t2 = float(stats.t.isf(tail, k - 2))
        hksj["pi_t_km2"] = around(t2 * sqrt(tau2 + result.std_error**2))
        hksj["pi_t_km2_classic_se"] = around(t2 * sqrt(tau2 + error**2))
    return {
        "mu": mu,
        "se": error,
        "ci": around(z * error),
        "tau2": tau2,
        "se_tau2": result.tau2_std_error,
        "tau2_ci_qprofile": [result.tau2_conf_low, result.tau2_conf_high],
        "I2": result.i2,
        "H2": result.h2,
        "Q": result.q,
        "Q_df": result.q_df,
        "Q_p": result.q_p_value,
        "pi_z": around(z * sqrt(tau2 + error**2)),
        "hksj": hksj,
    }


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
