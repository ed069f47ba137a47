"""release: the door between figures and readers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from toolkit.core.estimates import ESTIMATE_COLUMNS, Estimates
from toolkit.core.glossary import GLOSSARY, conform_frame
from toolkit.core.ledger import LEDGER_COLUMNS, Ledger
from toolkit.disclosure.money import release_money_frame
from toolkit.disclosure.plan import SuppressionPlan
from toolkit.evaluate import FINDING_COLUMNS, PROGRAMME, Findings, split_population
from toolkit.roi import MONEY_COLUMNS, MoneyEstimates

ReleasedKind = Literal["estimates", "findings", "account", "money"]

_STAYS = frozenset(
    "outcome role population wave rule min_items estimator unit standardiser method reference "
    "scale_low scale_high finding_id planned nesta maryland grade_reason".split()
)
_SHARES = frozenset({"share_scored"})
_OF_ANSWERS = frozenset({"share_scored", "alpha"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """Figures that the audience may see. Reports accept nothing else.

    Parameters
    ----------
    kind : {"estimates", "findings", "account", "money"}
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
        views: Sequence[str] = (),
        whole: bool | None = None,
    ) -> Released:
        """Return some of the rows.

        Parameters
        ----------
        estimators, roles, rules, views : sequence of str
            Values to keep; all when empty.
        whole : bool, optional
            True keeps the rows about the people as a whole, False those about groups of them.
        """
        mask = pd.Series(True, index=self.frame.index)
        for column, wanted in (("estimator", estimators), ("role", roles), ("rule", rules), ("view", views)):
            if wanted:
                mask &= self.frame[column].isin(list(wanted))
        if whole is not None:
            mask &= (self.frame["population"] == whole_population(self.frame["population"])) == whole
        return Released(kind=self.kind, frame=self.frame[mask].reset_index(drop=True), plan=self.plan)


def whole_population(names: Iterable[str]) -> str:
    """Return the population that all the others are groups of: the one defined by the fewest groups."""
    return min(names, key=lambda name: len(split_population(name)), default=PROGRAMME)


def release(noun: Estimates | Findings | Ledger | MoneyEstimates, *, plan: SuppressionPlan) -> Released:
    """Let through what the audience may see.

    Parameters
    ----------
    noun : Estimates, Findings, Ledger or MoneyEstimates
        Figures to show.
    plan : SuppressionPlan
        The study's plan, or `strictest_plan`.

    Returns
    -------
    Released
        Same rows, some of them emptied, with ``band`` saying what stands instead.

    Notes
    -----
    A row is emptied when its population may not be shown or it rests on fewer people than the minimum. The
    people left out of a row are banded when they are fewer than the minimum, none included, so that zero and
    a few look alike; a share is then emptied too, since it would give them away, and likewise where fewer than
    the minimum are left. In internal reports all else is exact and an account names rows. Elsewhere the people
    left out, and all that counts answers before the analysis (accounts, and the n of shares), are rounded to
    tens, shares to whole per cent, and a row under another scoring rule is emptied where it rests on nearly
    the same people as a row that is shown: the difference of the two would tell the answers of the few.
    """
    if isinstance(noun, Ledger):
        return Released(kind="account", frame=_release_account(noun, plan), plan=plan)
    if isinstance(noun, MoneyEstimates):
        frame = conform_frame(release_money_frame(noun), (*MONEY_COLUMNS, "shown", "band"))
        return Released(kind="money", frame=frame, plan=plan)
    columns = ESTIMATE_COLUMNS if isinstance(noun, Estimates) else FINDING_COLUMNS
    frame, least = noun.frame, plan.min_people
    share = frame["estimator"].isin(_SHARES)
    shown = (frame["n"].fillna(0) >= least) & _allowed(frame, plan)
    if isinstance(noun, Estimates) and not plan.exact:
        shown &= ~_nearly_same_people(frame, shown, least)
    small_loss = (frame["n_missing"].fillna(least) < least).astype(bool)
    # The n of a share counts those left out too, so that few who are left show in n minus n_missing.
    small_loss |= share & (frame["n"].fillna(0) - frame["n_missing"].fillna(0) < least).astype(bool)
    frame = _empty(frame, ~shown)
    frame = frame.assign(n_missing=frame["n_missing"].mask(small_loss))
    if isinstance(noun, Estimates):
        frame = frame.assign(
            estimate=frame["estimate"].mask(share & small_loss),
            missing_reasons=frame["missing_reasons"].mask(small_loss | _names_few(frame["missing_reasons"], least), ""),
        )
    else:
        frame = frame.assign(direction=frame["direction"].where(shown, "too_few"))
    if not plan.exact:
        frame = _round_counts(frame, share)
    banded = ~shown | small_loss
    frame = frame.assign(shown=shown.astype("boolean"), band=banded.map({True: band_text(least), False: ""}))
    kind: ReleasedKind = "estimates" if isinstance(noun, Estimates) else "findings"
    return Released(kind=kind, frame=conform_frame(frame, (*columns, "shown", "band")), plan=plan)


def _allowed(frame: pd.DataFrame, plan: SuppressionPlan) -> pd.Series[bool]:
    answers = frame["estimator"].isin(_OF_ANSWERS)
    outcomes = frame["outcome"].mask(answers, "")
    allowed = [
        plan.allows(name, change_in=outcome) for name, outcome in zip(frame["population"], outcomes, strict=True)
    ]
    return pd.Series(allowed, index=frame.index, dtype=bool)


def _nearly_same_people(frame: pd.DataFrame, shown: pd.Series[bool], least: int) -> pd.Series[bool]:
    """Tell which rows under another scoring rule rest on fewer than `least` people more or less than a kept one."""
    near = pd.Series(False, index=frame.index)
    figures = (
        frame[shown].assign(is_other=frame["rule"] != "main").sort_values(["is_other", "min_items"], kind="stable")
    )
    for _, rows in figures.groupby(["outcome", "population", "wave", "estimator"], sort=False, dropna=False):
        kept: list[int] = []
        for row, n, is_other in zip(rows.index, rows["n"], rows["is_other"], strict=True):
            if is_other and any(0 < abs(n - other) < least for other in kept):
                near[row] = True
            else:
                kept.append(n)
    return near


def _round_counts(frame: pd.DataFrame, share: pd.Series[bool]) -> pd.DataFrame:
    rounded = frame.assign(
        n=frame["n"].mask(share, _to_tens(frame["n"])),
        n_missing=_to_tens(frame["n_missing"]),
        estimate=frame["estimate"].mask(share, frame["estimate"].round(2)),
    )
    # Reasons name exact counts.
    return rounded.assign(missing_reasons="") if "missing_reasons" in frame else rounded


def band_text(least: int) -> str:
    """Return what stands in place of a number of people below the minimum.

    Examples
    --------
    >>> band_text(10)
    'fewer than 10'
    """
    return f"fewer than {least}"


def round_people(n: int, *, plan: SuppressionPlan) -> str:
    """Return a total as the audience may see it: exact in internal reports, else rounded to tens.

    Two totals rounded to tens do not give away a small group by their difference.

    Examples
    --------
    >>> from toolkit.disclosure.plan import plan_release
    >>> public = plan_release({"programme": 90}, audience="public")
    >>> round_people(93, plan=public), round_people(7, plan=public)
    ('about 90', 'fewer than 10')
    """
    if n < plan.min_people:
        return band_text(plan.min_people)
    return str(n) if plan.exact else f"about {10 * ((n + 5) // 10)}"


def _to_tens(counts: pd.Series[int]) -> pd.Series[int]:
    return 10 * ((counts + 5) // 10)


def _names_few(reasons: pd.Series[str], least: int) -> pd.Series[bool]:
    """Tell which texts of reasons name a count below the minimum: a part may be small where the whole is not."""
    return reasons.fillna("").map(lambda text: any(int(n) < least for n in re.findall(r": (\d+)", text))).astype(bool)


def _empty(frame: pd.DataFrame, hide: pd.Series[bool]) -> pd.DataFrame:
    emptied = frame.copy()
    for name in frame:
        if name not in _STAYS:
            emptied[name] = emptied[name].mask(hide, "" if GLOSSARY[str(name)].kind == "text" else None)
    return emptied


def _release_account(ledger: Ledger, plan: SuppressionPlan) -> pd.DataFrame:
    frame = ledger.frame()
    if plan.exact:
        frame = frame.assign(shown=pd.array([True] * len(frame), dtype="boolean"), band="")
    else:
        least = plan.min_people
        counts = {name: frame[name].where(frame[name] >= least) for name in ("n_in", "count", "n_out")}
        small = counts["count"].isna()
        frame = frame.assign(
            **{name: _to_tens(values.astype("Int64")) for name, values in counts.items()},
            source_rows="",
            shown=(~small).astype("boolean"),
            band=pd.concat(counts.values(), axis=1).isna().any(axis=1).map({True: band_text(least), False: ""}),
        )
    return conform_frame(frame, (*LEDGER_COLUMNS, "shown", "band"))
