"""The grade of a design: the highest level of evidence it allows."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What a study's design has.

    Parameters
    ----------
    waves : tuple of str
        Waves in which the same people have scores, in order; empty where nobody has two.
    """

    waves: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """Levels of evidence, with the reason and what would lift them.

    Parameters
    ----------
    nesta : int
        Level on Nesta's standards of evidence, 1 to 5.
    maryland : int
        Level on the Maryland scale as the UK What Works Centre uses it, 0 (not reached) to 5.
    reason : str
        Why, and what would lift it by one.
    """

    nesta: int
    maryland: int
    reason: str


def grade_design(design: Design) -> Grade:
    """Return the highest levels that one group without a comparison allows.

    Parameters
    ----------
    design : Design
        One arm, one or more waves.

    References
    ----------
    Puttick and Ludlow (2013), Standards of Evidence, Nesta. What Works Centre for Local Economic Growth,
    Scientific Maryland Scale.

    Examples
    --------
    >>> grade_design(Design(waves=("pre", "post"))).nesta
    2
    """
    if len(design.waves) < 2:
        return Grade(
            nesta=1,
            maryland=0,
            reason="Nesta level 1, Maryland level not reached. Nobody has scores in two surveys: the answers tell what "
            "people report, and no change was measured. Asking the same people the same questions before and after "
            "would lift it to Nesta level 2.",
        )
    return Grade(
        nesta=2,
        maryland=1,
        reason="Nesta level 2, Maryland level 1. The same people were asked before and after, and there is no "
        "comparison group: a change was "
        "measured, its cause was not. A comparison group that is shown to be alike at the start would lift "
        "it to Nesta level 3 and Maryland level 3.",
    )
