"""What the toolkit offers for each method of the fixtures, from its inputs alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.reference.fixtures import Fixture
from tests.reference.methods.agreement import offer_agreement_limits, offer_icc, offer_krippendorff, offer_reliability
from tests.reference.methods.comparison import offer_ancova, offer_entropy_balance, offer_lee_bounds, offer_two_sample
from tests.reference.methods.models import offer_cluster_robust, offer_ipw_attrition, offer_lmm, offer_rubin
from tests.reference.methods.paired import (
    offer_bca,
    offer_paired_effect,
    offer_reliable_change,
    offer_signed_rank,
    offer_tost,
)
from tests.reference.methods.pooling import offer_adjusted, offer_meta, offer_oneway, offer_power
from tests.reference.methods.shared import PerFile, plain

METHODS: dict[str, Callable[[Fixture], Any]] = {
    "adjust_pvalues": offer_adjusted,
    "ancova": offer_ancova,
    "bca": offer_bca,
    "bland_altman": offer_agreement_limits,
    "cluster_robust": offer_cluster_robust,
    "entropy_balance": offer_entropy_balance,
    "icc": offer_icc,
    "ipw_attrition": offer_ipw_attrition,
    "krippendorff": offer_krippendorff,
    "lee_bounds": offer_lee_bounds,
    "lmm": offer_lmm,
    "meta": offer_meta,
    "oneway_anova": offer_oneway,
    "paired_effect": offer_paired_effect,
    "power": offer_power,
    "reliability": offer_reliability,
    "reliable_change": offer_reliable_change,
    "rubin": offer_rubin,
    "signed_rank": offer_signed_rank,
    "tost_paired": offer_tost,
    "two_sample_effects": offer_two_sample,
}

__all__ = ["METHODS", "PerFile", "plain"]
