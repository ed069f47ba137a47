"""release: the door between figures and readers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from toolkit.core.estimates import ESTIMATE_COLUMNS, Estimates
from toolkit.core.glossary import GLOSSARY, conform_frame
from toolkit.core.ledger import LEDGER_COLUMNS, Ledger
from toolkit.disclosure.plan import SuppressionPlan
from toolkit.evaluate import FINDING_COLUMNS, PROGRAMME, Findings, split_population

ReleasedKind = Literal["estimates", "findings", "account"]

_STAYS = frozenset(
    "outcome role population wave rule min_items estimator unit standardiser method reference "
    "scale_low scale_high finding_id planned nesta maryland grade_reason".split()
)
_SHARES = frozenset({"share_scored"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """Figures that the audience may see. Reports accept nothing else.

    Parameters
    ----------
    kind : {"estimates", "findings", "account"}
        What was released.
    frame : DataFrame
        The columns of the noun, then ``shown`` and ``band``. Where ``shown`` is False the figures are empty
        and ``band`` says what may be said instead.
    plan : SuppressionPlan
        Rule that decided.
    """

    kind: ReleasedKind
    frame: pd.DataFrame
    plan: SuppressionPlan

    def select(
        self,
        *,
        estimators: Sequence[str] = (),
        roles: Sequence[str] = (),
        rules: Sequence[str] = (),
        whole: bool | None = None,
    ) -> Released:
        """Return some of the rows.

        Parameters
        ----------
        estimators, roles, rules : sequence of str
            Values to keep; all when empty.
        whole : bool, optional
            True keeps the rows about the people as a whole, False those about groups of them.
        """
        mask = pd.Series(True, index=self.frame.index)
        for column, wanted in (("estimator", estimators), ("role", roles), ("rule", rules)):
            if wanted:
                mask &= self.frame[column].isin(list(wanted))
        if whole is not None:
            mask &= (self.frame["population"] == whole_population(self.frame["population"])) == whole
        return Released(kind=self.kind, frame=self.frame[mask].reset_index(drop=True), plan=self.plan)


def whole_population(names: Iterable[str]) -> str:
    """Return the population that all the others are groups of: the one defined by the fewest groups."""
    return min(names, key=lambda name: len(split_population(name)), default=PROGRAMME)


def release(noun: Estimates | Findings | Ledger, *, plan: SuppressionPlan) -> Released:
    """Let through what the audience may see.

    Parameters
    ----------
    noun : Estimates, Findings or Ledger
        Figures to show.
    plan : SuppressionPlan
        The study's plan, or `strictest_plan`.

    Returns
    -------
    Released
        Same rows. A row is emptied and banded when its population may not be shown or it rests on fewer
        people than the minimum; a share also when either side of it does. In an account of rows, a count
        from 1 to below the minimum is banded, and the rows themselves are named in internal reports only.
    """
    if isinstance(noun, Ledger):
        return Released(kind="account", frame=_release_account(noun, plan), plan=plan)
    columns = ESTIMATE_COLUMNS if isinstance(noun, Estimates) else FINDING_COLUMNS
    frame = noun.frame
    least = plan.min_people
    n = frame["n"].fillna(0)
    shown = (n >= least) & frame["population"].map(plan.allows)
    if isinstance(noun, Estimates):
        part = frame["n_missing"].fillna(0)
        small_part = (part > 0) & (part < least) | (n - part > 0) & (n - part < least)
        shown &= ~(frame["estimator"].isin(_SHARES) & small_part)
    frame = _empty(frame, ~shown)
    if isinstance(noun, Estimates):
        frame = _band_losses(frame, least)
    else:
        frame = frame.assign(direction=frame["direction"].where(shown, "too_few"))
    frame = frame.assign(shown=shown.astype("boolean"), band=[_band(yes, least) for yes in shown])
    kind: ReleasedKind = "estimates" if isinstance(noun, Estimates) else "findings"
    return Released(kind=kind, frame=conform_frame(frame, (*columns, "shown", "band")), plan=plan)


def _band(shown: bool, least: int) -> str:
    return "" if shown else f"fewer than {least}"


def _empty(frame: pd.DataFrame, hide: pd.Series[bool]) -> pd.DataFrame:
    emptied = frame.copy()
    for name in frame:
        if name not in _STAYS:
            emptied[name] = emptied[name].mask(hide, "" if GLOSSARY[str(name)].kind == "text" else None)
    return emptied


def _band_losses(frame: pd.DataFrame, least: int) -> pd.DataFrame:
    lost = frame["n_missing"]
    small = ((lost > 0) & (lost < least)).fillna(False).astype(bool)
    if not small.any():
        return frame
    reasons = frame["missing_reasons"].mask(small, f"fewer than {least} people")
    return frame.assign(n_missing=lost.mask(small), missing_reasons=reasons)


def _release_account(ledger: Ledger, plan: SuppressionPlan) -> pd.DataFrame:
    frame = ledger.frame()
    least = plan.min_people
    internal = plan.planned and plan.audience == "internal"
    small = ((frame["count"] > 0) & (frame["count"] < least)).astype(bool)
    if internal:
        small &= False
    frame = frame.assign(
        count=frame["count"].mask(small),
        source_rows=frame["source_rows"] if internal else "",
        shown=(~small).astype("boolean"),
        band=[_band(not hidden, least) for hidden in small],
    )
    return conform_frame(frame, (*LEDGER_COLUMNS, "shown", "band"))
