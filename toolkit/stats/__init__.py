"""Floor 2: numbers only; numpy arrays in, frozen results out, no data frames and no files."""

from __future__ import annotations

from toolkit.stats.agreement import (
    IntraclassCorrelation,
    LimitsOfAgreement,
    intraclass_correlations,
    limits_of_agreement,
)
from toolkit.stats.ancova import AdjustedMean, Ancova, compare_adjusted
from toolkit.stats.bootstrap import BootstrapInterval, bootstrap_changes
from toolkit.stats.bootstrap_exact import ExactBootstrap, enumerate_bootstrap
from toolkit.stats.bootstrap_ratio import BootstrapRatio, bootstrap_ratio
from toolkit.stats.differences import DifferenceInDifferences, compare_changes
from toolkit.stats.durations import MonthsToOutcome, ReachedShare, compare_months, months_to_outcome
from toolkit.stats.equivalence import Equivalence, paired_equivalence
from toolkit.stats.group_difference import GroupDifference, compare_groups
from toolkit.stats.imputation import PooledImputations, pool_imputations, pool_r_squared
from toolkit.stats.item_analysis import ItemSummary, summarise_items
from toolkit.stats.krippendorff import KrippendorffAlpha, krippendorff_alpha
from toolkit.stats.multiplicity import adjust_holm, adjust_p_values
from toolkit.stats.noncentral import noncentral_t_cdf, noncentrality_interval
from toolkit.stats.oneway import OnewayAnova, oneway_anova
from toolkit.stats.paired import PairedMean, paired_mean
from toolkit.stats.paired_shares import PairedShares, paired_shares
from toolkit.stats.permutation import group_permutation, paired_permutation
from toolkit.stats.pooling import PooledEstimate, pool_estimates
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
from toolkit.stats.proportions import Share, compare_shares, estimate_share, say_in_ten, wilson_interval
from toolkit.stats.ranks import SignedRank, sign_test, signed_rank
from toolkit.stats.ratios import RatioOfSums, ratio_of_sums
from toolkit.stats.recalibration import RegressionToMean, ThenTest, net_of_regression, then_test
from toolkit.stats.reliability import CronbachAlpha, cronbach_alpha
from toolkit.stats.reliable_change import ChangeCutoffs, ReliableChange, change_cutoffs, reliable_change
from toolkit.stats.repeated import RepeatedChanges, compare_waves
from toolkit.stats.response_weights import ResponseWeighted, weighted_mean_of_responders
from toolkit.stats.results import EffectSize, Estimate
from toolkit.stats.selection import LeeBounds, lee_bounds
from toolkit.stats.standardised import StandardisedChange, hedges_correction, standardised_change
from toolkit.stats.transitions import TransitionTable, bootstrap_transitions, count_transitions
from toolkit.stats.weighted_comparison import BalanceRow, WeightedComparison, compare_weighted
from toolkit.stats.weighted_mean import WeightedMean, weighted_mean

__all__ = [
    "AdjustedMean",
    "Ancova",
    "BalanceRow",
    "BootstrapInterval",
    "BootstrapRatio",
    "ChangeCutoffs",
    "CronbachAlpha",
    "DifferenceInDifferences",
    "EffectSize",
    "Equivalence",
    "Estimate",
    "ExactBootstrap",
    "GroupDifference",
    "IntraclassCorrelation",
    "ItemSummary",
    "KrippendorffAlpha",
    "LeeBounds",
    "LimitsOfAgreement",
    "MonthsToOutcome",
    "OnewayAnova",
    "PairedMean",
    "PairedShares",
    "PooledEstimate",
    "PooledImputations",
    "RatioOfSums",
    "ReachedShare",
    "RegressionToMean",
    "ReliableChange",
    "RepeatedChanges",
    "ResponseWeighted",
    "Share",
    "SignedRank",
    "StandardisedChange",
    "ThenTest",
    "TransitionTable",
    "WeightedComparison",
    "WeightedMean",
    "adjust_holm",
    "adjust_p_values",
    "bootstrap_changes",
    "bootstrap_ratio",
    "bootstrap_transitions",
    "change_cutoffs",
    "compare_adjusted",
    "compare_changes",
    "compare_groups",
    "compare_months",
    "compare_shares",
    "compare_waves",
    "compare_weighted",
    "count_transitions",
    "cronbach_alpha",
    "design_effect",
    "enumerate_bootstrap",
    "estimate_share",
    "group_permutation",
    "group_power",
    "group_size_needed",
    "hedges_correction",
    "intraclass_correlations",
    "krippendorff_alpha",
    "lee_bounds",
    "limits_of_agreement",
    "months_to_outcome",
    "net_of_regression",
    "noncentral_t_cdf",
    "noncentrality_interval",
    "oneway_anova",
    "paired_equivalence",
    "paired_mean",
    "paired_permutation",
    "paired_power",
    "paired_shares",
    "pairs_needed",
    "pool_estimates",
    "pool_imputations",
    "pool_r_squared",
    "ratio_of_sums",
    "reliable_change",
    "say_in_ten",
    "sign_test",
    "signed_rank",
    "smallest_clustered_effect",
    "smallest_group_effect",
    "smallest_paired_effect",
    "standardised_change",
    "summarise_items",
    "then_test",
    "weighted_mean",
    "weighted_mean_of_responders",
    "wilson_interval",
]
