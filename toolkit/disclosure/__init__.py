"""Floor 6: what an audience may see. `release` is the only door into reports."""

from toolkit.disclosure.audience import MIN_PEOPLE, Audience
from toolkit.disclosure.money import join_small_countries, may_show_total
from toolkit.disclosure.plan import SuppressionPlan, plan_release, strictest_plan
from toolkit.disclosure.release import Released, band_text, release, round_people, whole_population
from toolkit.disclosure.suppression import choose_shown

__all__ = [
    "MIN_PEOPLE",
    "Audience",
    "Released",
    "SuppressionPlan",
    "band_text",
    "choose_shown",
    "join_small_countries",
    "may_show_total",
    "plan_release",
    "release",
    "round_people",
    "strictest_plan",
    "whole_population",
]
