"""Floor 2: numbers only; numpy arrays in, frozen results out, no data frames and no files."""

from __future__ import annotations

from toolkit.stats.multiplicity import adjust_holm
from toolkit.stats.noncentral import noncentral_t_cdf, noncentrality_interval
from toolkit.stats.paired import PairedMean, paired_mean
from toolkit.stats.pooling import PooledEstimate, pool_estimates
from toolkit.stats.ratios import RatioOfSums, ratio_of_sums
from toolkit.stats.reliability import CronbachAlpha, cronbach_alpha
from toolkit.stats.standardised import StandardisedChange, hedges_correction, standardised_change

__all__ = [
    "CronbachAlpha",
    "PairedMean",
    "PooledEstimate",
    "RatioOfSums",
    "StandardisedChange",
    "adjust_holm",
    "cronbach_alpha",
    "hedges_correction",
    "noncentral_t_cdf",
    "noncentrality_interval",
    "paired_mean",
    "pool_estimates",
    "ratio_of_sums",
    "standardised_change",
]
