"""What the methods share: results as plain numbers, R's table of coefficients, confidence levels."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import stats

from tests.reference.comparing import AnyOf, Within
from tests.reference.fixtures import Fixture, FixtureError


@dataclass(frozen=True, slots=True)
class PerFile:
    """A method that runs once per data file: what is offered for each, by the prefix of its lines."""

    parts: dict[str, Any]


def plain(offered: Any) -> Any:
    """The same with Python numbers; a NaN is None, as R's NA is null."""
    if isinstance(offered, dict):
        return {key: plain(value) for key, value in offered.items()}
    if isinstance(offered, AnyOf):
        return AnyOf(plain(offered.by_convention))
    if isinstance(offered, Within):
        return Within(plain(offered.value), offered.atol)
    if isinstance(offered, np.ndarray | list | tuple):
        return [plain(value) for value in offered]
    if isinstance(offered, bool | np.bool_):
        return bool(offered)
    if isinstance(offered, int | np.integer):
        return int(offered)
    if isinstance(offered, float | np.floating):
        return None if math.isnan(offered) else float(offered)
    return offered


def coefficient_table(names: Iterable[str], estimates: Any, errors: Any, *, df: float) -> dict[str, dict[str, float]]:
    """R's summary table: Estimate, Std. Error, t value, Pr(>|t|) by name."""
    table = {}
    for name, estimate, error in zip(names, estimates, errors, strict=True):
        statistic = float(estimate) / float(error)
        table[name] = {
            "Estimate": float(estimate),
            "Std. Error": float(error),
            "t value": statistic,
            "Pr(>|t|)": 2 * float(stats.t.sf(abs(statistic), df)),
        }
    return table


def level(fixture: Fixture) -> float:
    """The level of the intervals: inputs may give one; else 95%."""
    for name in ("conf_level", "level"):
        if name in fixture.inputs:
            return float(fixture.inputs[name])
    return 0.95


def read_number(value: Any) -> float:
    """A number, or R's qnorm(p) for one."""
    if isinstance(value, int | float):
        return float(value)
    found = re.fullmatch(r"qnorm\(\s*([0-9.]+)\s*\)", str(value).strip())
    if found:
        return float(stats.norm.ppf(float(found.group(1))))
    try:
        return float(value)
    except ValueError as error:
        raise FixtureError(f"{value!r} is neither a number nor qnorm(p)") from error


def dig(values: Any, *names: str) -> Any:
    """What a fixture expects at a path; None where there is none."""
    for name in names:
        values = values.get(name) if isinstance(values, dict) else None
    return values
