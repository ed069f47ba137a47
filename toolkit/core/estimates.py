"""Estimates: one row per figure, whoever computed it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from toolkit.core.glossary import conform_frame
from toolkit.core.ledger import Ledger
from toolkit.core.provenance import Provenance

ESTIMATE_COLUMNS = (
    "outcome",
    "role",
    "population",
    "wave",
    "rule",
    "min_items",
    "estimator",
    "estimate",
    "unit",
    "std_error",
    "statistic",
    "df",
    "df_method",
    "p_value",
    "p_holm",
    "conf_level",
    "conf_low",
    "conf_high",
    "pi_low",
    "pi_high",
    "n",
    "n_missing",
    "missing_reasons",
    "n_sites",
    "tau2",
    "i2",
    "improvement",
    "standardiser",
    "scale_low",
    "scale_high",
    "method",
    "notes",
    "reference",
)

_TEXT = frozenset(
    "outcome role population wave rule estimator unit df_method missing_reasons improvement standardiser "
    "method notes reference".split()
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimates:
    """Figures with their uncertainty, long: one row per outcome, population and estimator.

    Parameters
    ----------
    frame : DataFrame
        Columns `ESTIMATE_COLUMNS`, as the glossary describes them.
    ledger : Ledger
        What was set aside on the way here.
    provenance : Provenance
        What the figures were computed from.
    """

    frame: pd.DataFrame
    ledger: Ledger
    provenance: Provenance

    @classmethod
    def from_records(cls, records: Iterable[Mapping[str, Any]], *, ledger: Ledger, provenance: Provenance) -> Estimates:
        """Return estimates from one mapping per row; what a row does not give is empty."""
        rows = [
            [record.get(name, "" if name in _TEXT else None) for name in ESTIMATE_COLUMNS]
            for record in map(_only_known, records)
        ]
        frame = conform_frame(pd.DataFrame(rows, columns=list(ESTIMATE_COLUMNS)), ESTIMATE_COLUMNS)
        return cls(frame=frame, ledger=ledger, provenance=provenance)

    def select(self, estimators: Iterable[str]) -> Estimates:
        """Return the rows of the named estimators."""
        chosen = self.frame[self.frame["estimator"].isin(list(estimators))].reset_index(drop=True)
        return Estimates(frame=chosen, ledger=self.ledger, provenance=self.provenance)

    def join(self, other: Estimates) -> Estimates:
        """Return the rows and the ledger lines of both, these first; a line they share stands once."""
        frame = pd.concat([self.frame, other.frame], ignore_index=True)
        ledger = self.ledger.add(*(line for line in other.ledger.lines if line not in self.ledger.lines))
        return Estimates(frame=frame, ledger=ledger, provenance=self.provenance.merge(other.provenance))


def _only_known(record: Mapping[str, Any]) -> Mapping[str, Any]:
    unknown = set(record) - set(ESTIMATE_COLUMNS)
    if unknown:
        raise KeyError(f"not columns of Estimates: {sorted(unknown)}")
    return record
