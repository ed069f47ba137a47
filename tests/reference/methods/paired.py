"""Paired measurements: means and effect sizes, ranks, equivalence, reliable change, exact bootstrap."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import stats

from tests.reference.comparing import Within, either
from tests.reference.fixtures import Fixture, Numbers
from tests.reference.methods.shared import level
from toolkit.stats.bootstrap import bootstrap_changes
from toolkit.stats.bootstrap_exact import MOST_RESAMPLES, count_resamples, enumerate_bootstrap
from toolkit.stats.equivalence import paired_equivalence
from toolkit.stats.group_difference import compare_groups
from toolkit.stats.noncentral import noncentrality_interval
from toolkit.stats.paired import paired_mean
from toolkit.stats.permutation import paired_permutation
from toolkit.stats.ranks import rank_biserial_interval, sign_test, signed_rank
from toolkit.stats.reliable_change import change_cutoffs, reliable_change
from toolkit.stats.standardised import average_change_bonett, hedges_correction, standardised_change

# What the fixtures allow a Monte Carlo bootstrap of 10,000 resamples.
MONTE_CARLO_ATOL = {"mean_diff": 0.05, "d_z": 0.06}
STATISTIC_NAMES = {"mean_diff": "mean_change", "mean_change": "mean_change", "mean": "mean_change", "d_z": "d_z"}


def read_waves(fixture: Fixture) -> tuple[Numbers, Numbers]:
    """pre and post, or zeros and a column of differences."""
    table = fixture.table()
    if "pre" in fixture.inputs or "difference" not in fixture.inputs:
        return table.numbers(fixture.input("pre")), table.numbers(fixture.input("post"))
    difference = table.numbers(fixture.input("difference"))
    return np.zeros_like(difference), difference


def offer_paired_effect(fixture: Fixture) -> dict[str, Any]:
    pre, post = read_waves(fixture)
    mean = paired_mean(pre, post, conf_level=level(fixture))
    found = {each.name: each for each in standardised_change(pre, post, conf_level=level(fixture))}
    bonett = average_change_bonett(mean)
    limits = {name: [each.conf_low, each.conf_high] for name, each in found.items()}
    offered = {
        "n": mean.n,
        "mean_pre": mean.mean_pre,
        "mean_post": mean.mean_post,
        "sd_pre": mean.sd_pre,
        "sd_post": mean.sd_post,
        "r": mean.correlation,
        "mean_diff": mean.estimate,
        "sd_diff": mean.sd_change,
        "se_diff": mean.std_error,
        "ci_mean_diff": [mean.conf_low, mean.conf_high],
        "t": mean.statistic,
        "df": mean.df,
        "p": mean.p_value,
        "ncp_ci95": noncentrality_interval(mean.statistic, mean.df, conf_level=level(fixture)),
        "hedges_J_exact_df_n1": hedges_correction(mean.n - 1),
        "hedges_J_approx_df_n1": 1 - 3 / (4 * (mean.n - 1) - 1),
        "d_z_ci95_nct": limits["d_z"],
        "g_z_ci95_nct": limits["g_z"],
        "d_rm_ci95_from_nct": limits["d_rm"],
        "g_rm_ci95_from_nct": limits["g_rm"],
        "d_av_rootmeanvar": found["d_av"].estimate,
        "g_av_rootmeanvar": found["g_av"].estimate,
        "d_av_meansd": mean.estimate / ((mean.sd_pre + mean.sd_post) / 2),
        "g_av_meansd": found["d_av"].hedges_j * mean.estimate / ((mean.sd_pre + mean.sd_post) / 2),
        "d_av_ci95_algina_keselman": limits["d_av"],
        "g_av_ci95_algina_keselman": limits["g_av"],
        "d_av_se_bonett2008": bonett[0],
        "d_av_ci95_bonett2008": bonett[1:],
        "d_pre_becker": found["d_pre"].estimate,
        "g_pre_becker_df_n1": found["g_pre"].estimate,
        "prob_improved_normal_cles": float(stats.norm.cdf(found["d_z"].estimate)),
    }
    return {**{name: each.estimate for name, each in found.items()}, **offered}


def offer_signed_rank(fixture: Fixture) -> dict[str, Any]:
    pre, post = read_waves(fixture)
    dropped = signed_rank(pre, post, conf_level=level(fixture))
    kept = signed_rank(pre, post, zeros="pratt", conf_level=level(fixture))
    signs = sign_test(pre, post)
    known = ~np.isnan(pre) & ~np.isnan(post)
    biserial = dropped.effect("rank_biserial")
    rose = int(signs.statistic)
    unpaired = compare_groups(post[known], pre[known], conf_level=level(fixture))
    delta = unpaired.effect("cliffs_delta")
    zero_ranks = dropped.n * (dropped.n + 1) / 2
    offered = {
        "n": dropped.n,
        "n_zero": dropped.n_zero,
        "n_ties": dropped.n_ties,
        "W_plus": dropped.w_plus,
        "W_minus": dropped.w_minus,
        "rank_biserial": biserial.estimate,
        "rank_biserial_pratt_zero_in_total": (kept.w_plus - kept.w_minus) / zero_ranks,
        "r_wilcoxtest_asymp_cc": {"V": dropped.w_plus},
        "r_wilcoxtest_asymp_nocc_p": dropped.normal_p_value,
        "exact_p_zeros_dropped": dropped.p_value,
        "coin_exact_wilcoxon_p": dropped.p_value,
        "coin_exact_pratt_p": kept.p_value,
        "coin_asym_wilcoxon": {"z": dropped.z, "p": dropped.normal_p_value},
        "coin_asym_pratt": {"z": kept.z, "p": kept.normal_p_value},
        "sign_test": {"pos": rose, "neg": dropped.n - dropped.n_zero - rose, "p": signs.p_value},
        "sign_flip_perm_exact_p_mean": paired_permutation(pre, post).p_value,
        "cliffs_delta_unpaired": delta.estimate,
        "effectsize_rank_biserial_paired": {"r_rank_biserial": biserial.estimate},
    }
    if biserial.conf_low is not None:
        ends = either(
            [biserial.conf_low, biserial.conf_high],
            _limits_of_effectsize(biserial.estimate, post[known], conf_level=level(fixture)),
            names=("zeros left out", "n as effectsize 0.8.3 counts it: values of post that are not zero"),
        )
        interval = {"CI": level(fixture), "CI_low": ends[0], "CI_high": ends[1]}
        offered["rank_biserial_ci_effectsize"] = interval
        offered["effectsize_rank_biserial_paired"] |= interval
    if delta.conf_low is not None:
        offered["cliffs_delta_unpaired_ci"] = [delta.conf_low, delta.conf_high]
    return offered


def _limits_of_effectsize(value: float, post: Numbers, *, conf_level: float) -> tuple[float, float]:
    return rank_biserial_interval(value, int(np.count_nonzero(post)), conf_level=conf_level)


def offer_tost(fixture: Fixture) -> dict[str, Any]:
    pre, post = read_waves(fixture)
    margins = fixture.input("margins")
    if not isinstance(margins, dict):
        listed = margins if isinstance(margins, list) else [margins]
        margins = {f"pm{each:g}": each for each in listed}
    alpha = float(fixture.inputs.get("alpha", 0.05))
    offered = {}
    for name, margin in margins.items():
        ends = tuple(float(end) for end in margin) if isinstance(margin, list) else float(margin)
        result = paired_equivalence(pre, post, margin=ends, alpha=alpha)
        offered[name] = {
            "bounds": [result.margin_low, result.margin_high],
            "n": result.n,
            "mean_diff": result.estimate,
            "t_lower": result.t_lower,
            "t_upper": result.t_upper,
            "df": result.df,
            "p_lower": result.p_lower,
            "p_upper": result.p_upper,
            "p_tost": result.p_value,
            f"ci{round(100 * (1 - 2 * alpha))}": [result.conf_low, result.conf_high],
            "equivalent": result.equivalent,
        }
    return offered


def offer_reliable_change(fixture: Fixture) -> dict[str, Any]:
    offered: dict[str, Any] = {}
    for name, expected in fixture.values.items():
        if isinstance(expected, dict) and "inputs" in expected:
            offered[name] = _worked_numbers(expected["inputs"])
    if "data" not in fixture.inputs:
        return offered
    pre, post = read_waves(fixture)
    result = reliable_change(pre, post, reliability=float(fixture.input("reliability")), conf_level=level(fixture))
    known = ~np.isnan(pre) & ~np.isnan(post)
    places = np.cumsum(known) - 1
    by_row = [result.index[place] if there else None for place, there in zip(places, known, strict=True)]
    group = {
        "n": result.n,
        "sd_pre": result.sd_pre,
        "se": result.std_error_of_measurement,
        "sem": result.std_error_of_measurement,
        "s_diff": result.std_error_of_difference,
        "threshold_raw_95": result.threshold,
        "rci": by_row,
        **{f"rci_first{rows}": by_row[:rows] for rows in range(1, len(by_row) + 1)},
        "n_reliable_gain": result.n_gain,
        "n_reliable_loss": result.n_loss,
        "n_no_change": result.n_same,
        "share_gain": result.estimate,
        "share_gain_wilson": [result.conf_low, result.conf_high],
    }
    # The group of values of the data carries the data's own name, whatever that is.
    names = [name for name, expected in fixture.values.items() if name not in offered and isinstance(expected, dict)]
    return {**group, **offered, **{name: group for name in names}}


def _worked_numbers(inputs: dict[str, float]) -> dict[str, Any]:
    one = reliable_change(
        [inputs["pre"]], [inputs["post"]], reliability=inputs["rxx"], sd_pre=inputs["sd"], reliability_source="given"
    )
    offered = {
        "inputs": inputs,
        "se": one.std_error_of_measurement,
        "s_diff": one.std_error_of_difference,
        "rci": one.index[0],
    }
    if "mean_norm" in inputs:
        cutoffs = change_cutoffs(
            mean_start=inputs["mean_dysf"],
            sd_start=inputs["sd_dysf"],
            mean_norm=inputs["mean_norm"],
            sd_norm=inputs["sd_norm"],
        )
        offered |= {"cutoff_a": cutoffs.a, "cutoff_b": cutoffs.b, "cutoff_c": cutoffs.c}
    return offered


def offer_bca(fixture: Fixture) -> dict[str, Any]:
    pre, post = read_waves(fixture)
    offered: dict[str, Any] = {}
    for name in fixture.inputs.get("statistics") or ["mean_diff", "d_z"]:
        statistic = STATISTIC_NAMES.get(name)
        if statistic is None:
            continue
        if count_resamples(post - pre) > MOST_RESAMPLES:
            offered[name] = _drawn(pre, post, name=name, conf_level=level(fixture))
            continue
        exact = enumerate_bootstrap(post - pre, statistic=statistic, conf_level=level(fixture))
        offered[name] = {
            "n": exact.n,
            "theta": exact.estimate,
            "accel": exact.acceleration,
            "z0_strict": exact.z0_strict,
            "z0_midrank": exact.z0_midrank,
            "bca_z0_strict": [exact.strict_low, exact.strict_high],
            "bca_z0_midrank": [exact.conf_low, exact.conf_high],
            "percentile": [exact.percentile_low, exact.percentile_high],
            "prob_undefined_resample": exact.chance_undefined,
            "boot_se": exact.std_error,
        }
    return offered


def _drawn(pre: Numbers, post: Numbers, *, name: str, conf_level: float) -> dict[str, Any]:
    """Too many resamples to enumerate: a million drawn, held to the tolerance of Monte Carlo."""
    atol = MONTE_CARLO_ATOL.get(name, max(MONTE_CARLO_ATOL.values()))
    options = {"statistic": STATISTIC_NAMES[name], "conf_level": conf_level, "n_resamples": 200_000, "seed": 1}
    (bca,) = bootstrap_changes(pre, post, method="bca", **options)
    (plain,) = bootstrap_changes(pre, post, method="percentile", **options)
    limits = [Within(bca.conf_low, atol), Within(bca.conf_high, atol)]
    return {
        "theta": bca.estimate,
        "accel": bca.acceleration,
        "z0_strict": Within(bca.z0, 0.01),
        "z0_midrank": Within(bca.z0, 0.01),
        "bca_z0_strict": limits,
        "bca_z0_midrank": limits,
        "percentile": [Within(plain.conf_low, atol), Within(plain.conf_high, atol)],
        "prob_undefined_resample": Within(bca.n_undefined / bca.n_resamples, 0.002),
        "boot_se": Within(bca.std_error, atol),
    }
