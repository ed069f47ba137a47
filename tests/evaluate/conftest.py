from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import pandas as pd
import pytest

from toolkit.core.ledger import Ledger
from toolkit.core.provenance import Provenance
from toolkit.instruments import Instrument, load_instrument
from toolkit.measure import Panel, Scores, ScoringRule

Values = Mapping[ScoringRule, Sequence[float | None]]


@pytest.fixture(scope="session")
def small_form() -> Instrument:
    return load_instrument(Path(__file__).parents[1] / "forms" / "small")


def _series(values: Values) -> Mapping[ScoringRule, pd.Series[float]]:
    return MappingProxyType({rule: pd.Series(list(column), dtype="float64") for rule, column in values.items()})


@pytest.fixture(scope="session")
def make_panel(small_form: Instrument) -> Callable[..., Panel]:
    """Return a function that makes a Panel from scores by rule; groups by name, none when left out."""

    def make(before: Values, after: Values, **groups: Sequence[str | None]) -> Panel:
        n = len(next(iter(before.values())))
        return Panel(
            people=pd.DataFrame(groups, index=pd.RangeIndex(n), dtype="str"),
            before=_series(before),
            after=_series(after),
            waves=("pre", "post"),
            instrument=small_form,
            ledger=Ledger(),
            provenance=Provenance(inputs={"pre.csv": "0"}),
            groups=tuple(groups),
        )

    return make


@pytest.fixture(scope="session")
def make_scores(small_form: Instrument) -> Callable[..., Scores]:
    """Return a function that makes Scores from keyed items, waves and scores by rule."""

    def make(waves: Sequence[str], items: Mapping[str, Sequence[float | None]], values: Values) -> Scores:
        return Scores(
            people=pd.DataFrame({"wave": list(waves)}, dtype="str"),
            values=_series(values),
            items=pd.DataFrame({name: pd.Series(list(column), dtype="float64") for name, column in items.items()}),
            instrument=small_form,
            notes=(),
            ledger=Ledger(),
            provenance=Provenance(),
        )

    return make
