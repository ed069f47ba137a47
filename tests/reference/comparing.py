"""Comparing what is offered with what a fixture expects, leaf by leaf, within its tolerance."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from tests.reference.fixtures import Fixture
from tests.reference.not_offered import find_reason

Verdict = Literal["agrees", "differs", "not offered", "left out", "missing"]

# R prints 15 digits; an expected zero is met by rounding noise of this size.
ZERO_NOISE = 1e-10
DEFAULT_RTOL = 1e-6

# The kinds that a tolerance may name, and which values they speak of.
FIXED, COMPONENT, PROFILE = 1e-5, 1e-4, 1e-3
COMPONENT_NAMES = ("df", "DenDF", "vcov", "sdcor", "sigma", "theta", "ml_sd", "ranef", "null_icc", "icc")
DERIVED_FROM_DF = ("Pr(>|t|)", "Pr(>F)", "p")


@dataclass(frozen=True, slots=True)
class AnyOf:
    """A value under several conventions that a fixture does not tell apart; it agrees when one of them does."""

    by_convention: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Within:
    """A value that comes with a tolerance of its own, because it rests on random draws."""

    value: Any
    atol: float


@dataclass(frozen=True, slots=True)
class Line:
    """One compared value."""

    path: str
    expected: Any
    offered: Any
    verdict: Verdict
    note: str = ""


def either(first: Any, second: Any, *, names: tuple[str, str]) -> Any:
    """Two offers of one shape as one, each value under both conventions."""
    if isinstance(first, dict):
        return {
            key: either(value, second[key], names=names) if key in second else value for key, value in first.items()
        }
    if isinstance(first, list | tuple):
        return [either(one, other, names=names) for one, other in zip(first, second, strict=True)]
    return AnyOf({names[0]: first, names[1]: second})


def compare(fixture: Fixture, offered: Any, *, prefix: str = "", expected: Any = None) -> Iterator[Line]:
    """One line per leaf of the expected values."""
    for path, wanted in leaves(fixture.values if expected is None else expected):
        found, there = look_up(offered, path)
        name = prefix + ".".join(str(part) for part in path)
        if not there:
            if wanted is None:
                continue
            listed = find_reason(fixture.method, name)
            if listed is None:
                yield Line(name, wanted, None, "missing", "neither offered nor listed as not offered")
            else:
                yield Line(name, wanted, None, "left out" if listed.free else "not offered", listed.reason)
            continue
        yield judge(name, wanted, found, tolerance=tolerance_of(fixture, path))


def judge(name: str, wanted: Any, found: Any, *, tolerance: tuple[float, float]) -> Line:
    if isinstance(found, AnyOf):
        for convention, value in found.by_convention.items():
            line = judge(name, wanted, value, tolerance=tolerance)
            if line.verdict == "agrees":
                return Line(name, wanted, value, "agrees", convention)
        return Line(name, wanted, found.by_convention, "differs", "under no convention")
    if isinstance(found, Within):
        tolerance, found = (0.0, found.atol), found.value
    if isinstance(wanted, bool | str) or wanted is None:
        same = type(found) is type(wanted) and found == wanted
    elif isinstance(found, bool) or not isinstance(found, int | float):
        same = False
    else:
        same = is_close(float(wanted), float(found), tolerance=tolerance)
    return Line(name, wanted, found, "agrees" if same else "differs")


def is_close(wanted: float, found: float, *, tolerance: tuple[float, float]) -> bool:
    if math.isnan(wanted) or math.isnan(found):
        return False
    rtol, atol = tolerance
    return abs(wanted - found) <= max(rtol * abs(wanted), atol, ZERO_NOISE if wanted == 0 else 0.0)


def leaves(values: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if isinstance(values, dict):
        for key, value in values.items():
            yield from leaves(value, (*path, key))
    elif isinstance(values, list):
        for place, value in enumerate(values):
            yield from leaves(value, (*path, place))
    else:
        yield path, values


def look_up(offered: Any, path: tuple[str | int, ...]) -> tuple[Any, bool]:
    for part in path:
        keyed = isinstance(offered, dict) and part in offered
        listed = isinstance(offered, list | tuple) and isinstance(part, int) and part < len(offered)
        if not keyed and not listed:
            return None, False
        offered = offered[part]
    if isinstance(offered, dict | list | tuple):
        return None, False
    return offered, True


def tolerance_of(fixture: Fixture, path: tuple[str | int, ...]) -> tuple[float, float]:
    """(rtol, atol) for one value: the first number named, or by kind where the text names kinds."""
    text = fixture.tolerance
    if "profile" in text:
        return _by_kind(path), 0.0
    first = re.search(r"(rtol|atol)\s*:?\s*([0-9.]+(?:e-?[0-9]+)?)", text, flags=re.IGNORECASE)
    if first is None:
        return DEFAULT_RTOL, 0.0
    size = float(first.group(2))
    return (size, 0.0) if first.group(1).lower() == "rtol" else (0.0, size)


def _by_kind(path: tuple[str | int, ...]) -> float:
    names = [part for part in path if isinstance(part, str)]
    if any(name.startswith("profile") for name in names):
        return PROFILE
    if any(name in COMPONENT_NAMES or name in DERIVED_FROM_DF or name.startswith("r2") for name in names):
        return COMPONENT
    return FIXED
