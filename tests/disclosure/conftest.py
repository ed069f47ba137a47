from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from toolkit.core.estimates import Estimates
from toolkit.core.ledger import Ledger
from toolkit.core.provenance import Provenance

SOUND: Mapping[str, Any] = {
    "outcome": "mood",
    "role": "primary",
    "population": "programme",
    "rule": "main",
    "estimator": "mean_change",
    "estimate": 0.3,
    "unit": "points",
    "conf_level": 0.95,
    "conf_low": 0.1,
    "conf_high": 0.5,
    "p_holm": 0.01,
    "n": 40,
    "n_missing": 12,
    "missing_reasons": "pre missing: 12",
    "improvement": "yes",
}


@pytest.fixture(scope="session")
def make_estimates() -> Callable[..., Estimates]:
    """Return a function that makes sound estimates, each row with what it changes."""

    def make(*rows: Mapping[str, Any]) -> Estimates:
        return Estimates.from_records([{**SOUND, **row} for row in rows], ledger=Ledger(), provenance=Provenance())

    return make
