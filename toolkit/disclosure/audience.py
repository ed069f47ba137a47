"""Audiences and the smallest group each may see."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

Audience = Literal["public", "partner", "internal"]

MIN_PEOPLE: Mapping[Audience, int] = MappingProxyType({"public": 10, "partner": 10, "internal": 5})
