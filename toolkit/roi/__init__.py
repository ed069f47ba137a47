"""Floor 5: what hosting cost and returned, with its uncertainty."""

from __future__ import annotations

from toolkit.roi.estimates import CONTRIBUTION_COLUMNS, MAIN_VIEW, MONEY_COLUMNS, MoneyEstimates, estimate_returns
from toolkit.roi.host_form import FORM_DRIVERS, build_hosting_model
from toolkit.roi.model import HostingModel
from toolkit.roi.money import ConversionRule, Money, PriceBasis, plan_conversion, restate
from toolkit.roi.overlaps import guard_overlaps
from toolkit.roi.reference import TABLE_COLUMNS, ReferenceTables, TableName, build_reference_tables
from toolkit.roi.returns import compute_returns, net_present_value, payback_years
from toolkit.roi.simulation import simulate_hosting, split_costs
from toolkit.roi.sroi import SocialOutcome, compute_social_return, wellby_proxy
from toolkit.roi.value_ledger import build_value_ledger, model_ledger

__all__ = [
    "CONTRIBUTION_COLUMNS",
    "FORM_DRIVERS",
    "MAIN_VIEW",
    "MONEY_COLUMNS",
    "TABLE_COLUMNS",
    "ConversionRule",
    "HostingModel",
    "Money",
    "MoneyEstimates",
    "PriceBasis",
    "ReferenceTables",
    "SocialOutcome",
    "TableName",
    "build_hosting_model",
    "build_reference_tables",
    "build_value_ledger",
    "compute_returns",
    "compute_social_return",
    "estimate_returns",
    "guard_overlaps",
    "model_ledger",
    "net_present_value",
    "payback_years",
    "plan_conversion",
    "restate",
    "simulate_hosting",
    "split_costs",
    "wellby_proxy",
]
