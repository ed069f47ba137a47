"""The grade of a design: the highest level of evidence that it allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

from toolkit.core.errors import Problem, UsageError

Comparison = Literal["none", "convenience", "matched", "quasi_random", "randomised"]
Measure = Literal["validated_scale", "own_scale", "records", "then_test", "reaction"]

LOSS_DIFFERENTIAL = 10.0
"""Points of differential loss above which a comparison no longer carries a claim of cause."""
LOSS_OVERALL = 50.0
"""Per cent of overall loss above which a comparison no longer carries a claim of cause."""

EEF_LOSS_BANDS: Mapping[int, float] = MappingProxyType({5: 10.0, 4: 20.0, 3: 30.0, 2: 40.0, 1: 50.0})
"""Security -> most that may be lost, in per cent of those who began."""
_EEF_DESIGN: Mapping[Comparison, int] = MappingProxyType(
    {"randomised": 5, "quasi_random": 4, "matched": 3, "convenience": 1, "none": 0}
)
_EARLIER, _LATER = frozenset({"pre"}), frozenset({"post", "followup"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What a study's design has.

    Parameters
    ----------
    waves : tuple of str
        Waves in which the same people have scores, of ``pre``, ``post``, ``followup``; empty where nobody has.
    comparison : {"none", "convenience", "matched", "quasi_random", "randomised"}
        Who the participants are compared with: nobody, whoever was at hand, people chosen to be alike, people
        parted by a rule that has nothing to do with the outcome, or people parted by lot.
    adjusted : bool
        Whether the change is adjusted for what people brought along, such as the pre-score.
    balance_shown : bool
        Whether the two groups are shown to be alike at the start.
    loss_overall : float, optional
        Per cent of those who began and have no result, 0 to 100; None where it is not known.
    loss_differential : float, optional
        Points of per cent between the two groups' losses, 0 to 100; None where it is not known.
    replicated : bool
        Whether another study elsewhere found the same.
    external_evaluator : bool
        Whether people outside the programme evaluated it.
    measure : {"validated_scale", "own_scale", "records", "then_test", "reaction"}
        What the outcome was measured by: a published scale, questions of one's own, records, a look back after
        the event, or satisfaction.
    costs : bool, optional
        Whether the costs are reported; None where nothing is said of them.
    planned : bool
        Whether the outcomes were declared before the later data existed.
    kirkpatrick : tuple of int
        Levels of Kirkpatrick and Phillips that have data: 1 reaction, 2 learning, 3 behaviour, 4 results,
        5 return on investment.

    Raises
    ------
    UsageError
        An unknown comparison or measure, a loss outside 0 to 100, or loss between groups without a comparison.
    """

    waves: tuple[str, ...]
    comparison: Comparison = "none"
    adjusted: bool = False
    balance_shown: bool = False
    loss_overall: float | None = None
    loss_differential: float | None = None
    replicated: bool = False
    external_evaluator: bool = False
    measure: Measure = "own_scale"
    costs: bool | None = None
    planned: bool = False
    kirkpatrick: tuple[int, ...] = (2,)

    def __post_init__(self) -> None:
        if problems := list(_contradictions(self)):
            raise UsageError(problems)

    @property
    def measures_change(self) -> bool:
        """Return whether the same people were measured before and after."""
        return self.measure != "reaction" and bool(_EARLIER & set(self.waves)) and bool(_LATER & set(self.waves))

    @property
    def compares(self) -> bool:
        """Return whether two groups' outcomes are compared: changes, or later scores where a lot parted the people."""
        if self.comparison == "none" or self.measure == "reaction":
            return False
        return self.measures_change or (self.comparison == "randomised" and bool(_LATER & set(self.waves)))

    @property
    def loss_is_low(self) -> bool:
        """Return whether the losses are known and within the bounds for a claim of cause."""
        overall, differential = self.loss_overall, self.loss_differential
        if overall is None or differential is None:
            return False
        return overall <= LOSS_OVERALL and differential <= LOSS_DIFFERENTIAL


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """Levels of evidence, with the reasons and what would lift them.

    Parameters
    ----------
    nesta : int
        Level on Nesta's standards of evidence, 1 to 5.
    maryland : int
        Level on the Maryland scale as the UK What Works Centre uses it, 0 (not reached) to 5.
    security : int
        Security of the finding in the manner of the Education Endowment Foundation, 0 to 5.
    kirkpatrick : tuple of int
        Levels of Kirkpatrick and Phillips that have data.
    causal : bool
        Whether it may be said that the programme made the difference.
    reasons : tuple of str
        Why these levels, one sentence each.
    lift : str
        What would lift the level by one, or "" at the highest.
    """

    nesta: int
    maryland: int
    security: int
    kirkpatrick: tuple[int, ...]
    causal: bool
    reasons: tuple[str, ...]
    lift: str

    @property
    def reason(self) -> str:
        """Return levels, reasons and what would lift them, as one text."""
        reached = f"level {self.maryland}" if self.maryland else "level not reached"
        return " ".join(filter(None, (f"Nesta level {self.nesta}, Maryland {reached}.", *self.reasons, self.lift)))


def grade_design(design: Design) -> Grade:
    """Return the highest levels of evidence that a design allows.

    Parameters
    ----------
    design : Design
        What the study has.

    Returns
    -------
    Grade
        The levels hold for the design as a whole; a single figure may deserve less.

    Notes
    -----
    A claim of cause needs a comparison group shown to be alike at the start, measured before and after (after
    is enough where a lot parted the people), with losses known and at most 10 points apart and 50% overall. A
    broken comparison counts as one that is not shown to be alike. Security is the least that the design, the
    overall loss (bands of 10, 20, 30, 40 and 50%) and the balance allow.

    References
    ----------
    Puttick and Ludlow (2013), Standards of Evidence, Nesta. What Works Centre for Local Economic Growth,
    Scientific Maryland Scale. Education Endowment Foundation, Classification of the security of findings.
    Phillips (2003), Return on Investment in Training and Performance Improvement Programs.

    Examples
    --------
    >>> level = grade_design(Design(waves=("pre", "post")))
    >>> level.nesta, level.maryland, level.causal
    (2, 1, False)
    """
    causal = design.compares and design.balance_shown and design.loss_is_low
    return Grade(
        nesta=_nesta(design, causal=causal),
        maryland=_maryland(design, causal=causal),
        security=_security(design),
        kirkpatrick=tuple(sorted(design.kirkpatrick)),
        causal=causal,
        reasons=tuple(_reasons(design, causal=causal)),
        lift=_lift(design, causal=causal),
    )


def _contradictions(design: Design) -> Iterator[Problem]:
    for name, allowed in (("comparison", get_args(Comparison)), ("measure", get_args(Measure))):
        if getattr(design, name) not in allowed:
            yield Problem(what=f"the {name} is unknown", column=name, allowed=", ".join(allowed))
    for name in ("loss_overall", "loss_differential"):
        loss = getattr(design, name)
        if loss is not None and not 0 <= loss <= 100:
            yield Problem(what="the loss is no share of people", column=name, allowed="0 to 100, in per cent")
    alone = [name for name in ("balance_shown", "loss_differential") if getattr(design, name)]
    if design.comparison == "none" and alone:
        yield Problem(
            what="two groups are spoken of, and there is no comparison group",
            column=alone[0],
            allowed="with a comparison: convenience, matched, quasi_random, randomised",
            mend="declare the comparison, or leave this out",
        )
    if unknown := set(design.kirkpatrick) - {1, 2, 3, 4, 5}:
        yield Problem(what=f"the level {min(unknown)} is unknown", column="kirkpatrick", allowed="1 to 5")


def _nesta(design: Design, *, causal: bool) -> int:
    if not causal:
        return 2 if design.measures_change else 1
    return 4 if design.replicated and design.external_evaluator and design.costs is not False else 3


def _maryland(design: Design, *, causal: bool) -> int:
    if causal:
        return {"randomised": 5, "quasi_random": 4}.get(design.comparison, 3)
    if design.comparison == "none":
        return (2 if design.adjusted else 1) if design.measures_change else 0
    if design.measures_change:
        return 2
    return (2 if design.adjusted else 1) if _LATER & set(design.waves) else 0


def _security(design: Design) -> int:
    if not design.measures_change and not design.compares:
        return 0
    by_design = _EEF_DESIGN[design.comparison]
    if design.loss_overall is None:
        by_loss = 0
    else:
        by_loss = max((level for level, most in EEF_LOSS_BANDS.items() if design.loss_overall <= most), default=0)
    lost_unevenly = design.loss_differential is None or design.loss_differential > LOSS_DIFFERENTIAL
    capped = 1 if not design.balance_shown or lost_unevenly else 5
    return min(by_design, by_loss, capped)


def _reasons(design: Design, *, causal: bool) -> Iterator[str]:
    if not design.waves:
        yield "Nobody has scores in two surveys: the answers tell what people report, and no change was measured."
    elif design.measure == "reaction":
        yield "Satisfaction was asked: it tells how people found the programme, and no change was measured."
    elif not design.measures_change:
        yield "There is one survey only: it tells what people report, and no change was measured."
    elif design.comparison == "none":
        yield (
            "The same people were asked before and after, and there is no comparison group: a change was measured, "
            "its cause was not."
        )
        if design.adjusted:
            yield "The change is adjusted for what people brought along."
    if design.measure == "then_test":
        yield "The start was judged by looking back, which mixes change with a changed view of oneself."
    if design.comparison != "none":
        yield from _comparison_reasons(design, causal=causal)
    if design.loss_overall is not None and design.loss_overall > LOSS_OVERALL:
        yield f"More than {LOSS_OVERALL:g}% of those who began have no result: this is about those who stayed only."


def _comparison_reasons(design: Design, *, causal: bool) -> Iterator[str]:
    words = {
        "convenience": "The comparison group is whoever was at hand.",
        "matched": "The comparison group was chosen to be alike.",
        "quasi_random": "The groups were parted by a rule that has nothing to do with the outcome.",
        "randomised": "The groups were parted by lot.",
    }
    yield words[design.comparison]
    if causal:
        yield "Both groups were alike at the start, and the losses are within the bounds."
    elif not design.measures_change:
        yield "Without a survey before, the groups may have differed from the start."
    else:
        if not design.balance_shown:
            yield "It is not shown that both groups were alike at the start."
        if design.loss_overall is None or design.loss_differential is None:
            yield "How many each group lost is not reported."
        elif design.loss_differential > LOSS_DIFFERENTIAL:
            yield (
                f"The groups' losses are more than {LOSS_DIFFERENTIAL:g} points apart, which alone can make "
                "a difference between them."
            )


def _lift(design: Design, *, causal: bool) -> str:
    if not design.measures_change and not causal:
        return "Asking the same people the same questions before and after would lift it to Nesta level 2."
    if design.comparison == "none":
        return (
            "A comparison group that is shown to be alike at the start would lift it to Nesta level 3 and "
            "Maryland level 3."
        )
    if not causal:
        return (
            f"Groups shown to be alike at the start, with at most {LOSS_DIFFERENTIAL:g} points between their losses "
            f"and at most {LOSS_OVERALL:g}% lost overall, would lift it to Nesta level 3."
        )
    if _nesta(design, causal=causal) == 3:
        return (
            "The same result from another place, by evaluators from outside and with the costs reported, would "
            "lift it to Nesta level 4."
        )
    return "Repeated use at a larger scale, with the same result, would lift it to Nesta level 5."
