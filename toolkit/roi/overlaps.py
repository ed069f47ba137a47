"""The double-count guard: what would be counted twice is refused, or counted once and named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from toolkit.core.errors import InputError, Problem
from toolkit.roi.value_ledger import ValueLedger, ValueLine

OverlapRule = Literal["refuse", "net"]

PAY_COSTS = frozenset({"pay", "wage", "allowance"})
PAY_GAINS = frozenset({"pay", "wage", "wage_gain", "allowance", "pay_received"})
PRODUCED = frozenset({"simple_work", "skilled_work", "productive_contribution", "production"})
VOLUNTEERED = frozenset({"volunteer_time", "volunteering"})
SAME_CHANGE = ("later_earnings", "wellbeing", "employability_proxy")
OVERHEADS = frozenset({"space", "overhead", "administration", "rent", "management"})
STATE_GAINS = frozenset({"state_savings", "tax_revenue", "benefits_saved"})
PERSON_GAINS = frozenset({"later_earnings", "income_gain"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Something that two lines count, or that one counts too fully.

    Parameters
    ----------
    name : str
        Which overlap.
    rows : tuple of str
        "file, row n" of the lines concerned, the one that stays first.
    done : str
        What was done, in words.
    """

    name: str
    rows: tuple[str, ...]
    done: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardedLedger:
    """A ledger in which nothing is counted twice.

    Parameters
    ----------
    ledger : ValueLedger
        The lines that count.
    overlaps : tuple of Overlap
        What was found and netted.
    """

    ledger: ValueLedger
    overlaps: tuple[Overlap, ...]


@dataclass(frozen=True, slots=True)
class _Change:
    name: str
    line: ValueLine
    beside: ValueLine
    becomes: ValueLine | None
    done: str


def guard_overlaps(ledger: ValueLedger, *, rule: OverlapRule = "refuse") -> GuardedLedger:
    """Find what a ledger counts twice.

    Parameters
    ----------
    ledger : ValueLedger
        Lines of all parties.
    rule : {"refuse", "net"}
        refuse: stop and name every overlap. net: count each once, by the more cautious line, and say so.

    Returns
    -------
    GuardedLedger
        The ledger and what was netted.

    Raises
    ------
    InputError
        There are overlaps and the rule is refuse.

    Notes
    -----
    Within a host: pay as its cost and as the participant's gain (both become a transfer); hours as volunteer
    time and as production (production stays); later earnings, wellbeing and an employability proxy for the
    same change (the first of these stays); an overhead charged in full (left out); state savings or taxes
    beside the person's income (the state's part becomes a transfer). Deadweight on top of a comparison group
    is guarded where social values are computed.
    """
    changes = list(_find(ledger.lines))
    if changes and rule == "refuse":
        raise InputError(
            [
                Problem(
                    what=f"{change.name}: {_beside(change)}",
                    file=change.line.file,
                    row=change.line.row,
                    column="category",
                    mend=f"remove the line, or let it be netted ({change.done})",
                )
                for change in changes
            ]
        )
    lines = list(ledger.lines)
    for change in changes:
        lines = [_apply(line, change) for line in lines if line is not change.line or change.becomes is not None]
    overlaps = tuple(Overlap(name=change.name, rows=_rows(change), done=change.done) for change in changes)
    return GuardedLedger(ledger=ValueLedger(lines=tuple(lines)), overlaps=overlaps)


def _apply(line: ValueLine, change: _Change) -> ValueLine:
    return change.becomes if line is change.line and change.becomes is not None else line


def _rows(change: _Change) -> tuple[str, ...]:
    pair = (change.beside, change.line) if change.beside is not change.line else (change.line,)
    return tuple(f"{line.file}, row {line.row}" for line in pair)


def _beside(change: _Change) -> str:
    if change.beside is change.line:
        return "the whole of an overhead would be there without the placement"
    return f"counted already in {change.beside.file}, row {change.beside.row}"


def _find(lines: Sequence[ValueLine]) -> Iterator[_Change]:
    hosts: dict[str, list[ValueLine]] = {}
    for line in lines:
        hosts.setdefault(line.host, []).append(line)
    for own in hosts.values():
        yield from _pay(own)
        yield from _hours(own)
        yield from _same_change(own)
        yield from _overheads(own)
        yield from _state(own)


def _pick(lines: Sequence[ValueLine], direction: str, categories: frozenset[str]) -> list[ValueLine]:
    return [line for line in lines if line.direction == direction and line.category in categories]


def _pay(lines: Sequence[ValueLine]) -> Iterator[_Change]:
    costs = [line for line in _pick(lines, "cost", PAY_COSTS) if line.party == "host"]
    gains = [line for line in _pick(lines, "benefit", PAY_GAINS) if line.party == "student"]
    if costs and gains:
        for line, beside in [*((cost, gains[0]) for cost in costs), *((gain, costs[0]) for gain in gains)]:
            if line.kind != "transfer":
                yield _Change(
                    "pay counted as cost and as gain",
                    line,
                    beside,
                    replace(line, kind="transfer"),
                    "it became a transfer, which no party loses or gains for society as a whole",
                )


def _hours(lines: Sequence[ValueLine]) -> Iterator[_Change]:
    produced = _pick(lines, "benefit", PRODUCED)
    for line in _pick(lines, "benefit", VOLUNTEERED) if produced else ():
        yield _Change("hours counted as volunteer time and as production", line, produced[0], None, "production stays")


def _same_change(lines: Sequence[ValueLine]) -> Iterator[_Change]:
    changes: dict[str, list[ValueLine]] = {}
    for line in _pick(lines, "benefit", frozenset(SAME_CHANGE)):
        changes.setdefault(line.change, []).append(line)
    for same in changes.values():
        kinds = sorted({line.category for line in same}, key=SAME_CHANGE.index)
        kept = next(line for line in same if line.category == kinds[0])
        for line in same:
            if line.category != kinds[0]:
                yield _Change(
                    "one change in a person valued more than once",
                    line,
                    kept,
                    None,
                    f"{kinds[0]} stays; for another change, name it in the column change",
                )


def _overheads(lines: Sequence[ValueLine]) -> Iterator[_Change]:
    for line in _pick(lines, "cost", OVERHEADS):
        if line.charge == "full":
            yield _Change(
                "full overhead charged as a cost of the placement",
                line,
                line,
                None,
                "it was left out; charge what it rose by, as marginal",
            )


def _state(lines: Sequence[ValueLine]) -> Iterator[_Change]:
    income = [line for line in _pick(lines, "benefit", PERSON_GAINS) if line.party == "student"]
    for line in _pick(lines, "benefit", STATE_GAINS) if income else ():
        if line.kind != "transfer":
            yield _Change(
                "state savings counted beside the person's income",
                line,
                income[0],
                replace(line, kind="transfer"),
                "the state's part became a transfer",
            )
