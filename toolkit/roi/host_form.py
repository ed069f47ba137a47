"""The host cost form: its answers become drivers and lines, checked host by host."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from toolkit.core.errors import InputError, ProblemLog
from toolkit.roi.model import HostingModel, Term
from toolkit.roi.money import ConversionRule, PriceBasis, plan_conversion
from toolkit.roi.numerals import looks_grouped
from toolkit.roi.reference import ReferenceTables
from toolkit.roi.rows import RowLog

Unit = Literal["hours", "money", "share", "count"]

HOURS_IN_A_YEAR = 8784.0
COUNTRY_CODES: Mapping[str, str] = {"uk": "GB", "it": "IT", "se": "SE", "ro": "RO"}


@dataclass(frozen=True, slots=True)
class FormDriver:
    """A figure of the form that is asked as lowest, most likely, highest, and where it comes from.

    Parameters
    ----------
    stem : str
        Start of its items' names; ``l``, ``m``, ``h`` and ``s`` follow.
    name : str
        Name of the driver.
    unit : {"hours", "money", "share", "count"}
        What it counts; shares are asked in per cent and kept from 0 to 1.
    """

    stem: str
    name: str
    unit: Unit


_WORK = (
    ("rec", "choosing"),
    ("adm", "paperwork"),
    ("ind", "induction"),
    ("sup", "guidance"),
    ("rev", "reviews"),
)
_SPENT: tuple[tuple[str, str, Literal["cash", "in_kind", "transfer"]], ...] = (
    ("allow", "pay", "transfer"),
    ("trav", "travel", "cash"),
    ("insur", "insurance", "cash"),
    ("check", "checks", "cash"),
    ("equip", "equipment", "cash"),
    ("mater", "materials", "cash"),
    ("space", "space", "in_kind"),
    ("error", "errors", "cash"),
)
_GRANTS = (("subs", "subsidies"), ("grant", "grants"))

FORM_DRIVERS: tuple[FormDriver, ...] = (
    *(FormDriver(f"{stem}hr", f"{name}_hours", "hours") for stem, name in _WORK),
    *(FormDriver(f"{stem}rt", f"{name}_rate", "money") for stem, name in _WORK),
    *(FormDriver(stem, name, "money") for stem, name, _ in _SPENT),
    *(FormDriver(stem, name, "money") for stem, name in _GRANTS),
    FormDriver("hours", "hours_present", "hours"),
    FormDriver("shsim", "share_simple", "share"),
    FormDriver("shskl", "share_skilled", "share"),
    FormDriver("wsim", "wage_simple", "money"),
    FormDriver("wskl", "wage_skilled", "money"),
    FormDriver("relpr", "productivity", "share"),
    FormDriver("hired", "hires", "count"),
    FormDriver("pext", "chance_external", "share"),
    FormDriver("rcost", "cost_per_hire", "money"),
    FormDriver("slow", "cost_newcomer", "money"),
)
SHARES = frozenset(driver.name for driver in FORM_DRIVERS if driver.unit == "share")
RECRUITMENT_YEAR = 1
FORM_TERMS: tuple[Term, ...] = (
    *(
        Term(name=name, party="host", direction="cost", kind="in_kind", drivers=(f"{name}_hours", f"{name}_rate"))
        for _, name in _WORK
    ),
    *(Term(name=name, party="host", direction="cost", kind=kind, drivers=(name,)) for _, name, kind in _SPENT),
    *(Term(name=name, party="host", direction="benefit", kind="transfer", drivers=(name,)) for _, name in _GRANTS),
    Term(
        name="simple_work",
        party="host",
        direction="benefit",
        kind="in_kind",
        drivers=("hours_present", "share_simple", "wage_simple"),
    ),
    Term(
        name="skilled_work",
        party="host",
        direction="benefit",
        kind="in_kind",
        drivers=("hours_present", "share_skilled", "productivity", "wage_skilled"),
    ),
    Term(
        name="recruitment_saved",
        party="host",
        direction="benefit",
        kind="cash",
        drivers=("hires", "chance_external", "cost_per_hire"),
        year=RECRUITMENT_YEAR,
    ),
    Term(
        name="newcomer_saved",
        party="host",
        direction="benefit",
        kind="in_kind",
        drivers=("hires", "chance_external", "cost_newcomer"),
        year=RECRUITMENT_YEAR,
    ),
)
_TOGETHER = (
    *((f"{name}_hours", f"{name}_rate") for _, name in _WORK),
    ("share_simple", "wage_simple"),
    ("share_skilled", "wage_skilled"),
    ("share_skilled", "productivity"),
)


def build_hosting_model(
    answers: pd.DataFrame,
    *,
    target: PriceBasis,
    tables: ReferenceTables,
    measure: str = "CPI",
    rule: ConversionRule = "market",
) -> HostingModel:
    """Turn answers to the host cost form into a hosting model, in one currency and price year.

    Parameters
    ----------
    answers : DataFrame
        One row per host: ``file``, ``row``, ``host``, ``country``, ``currency``, ``priceyear``, ``nplace`` and
        the items of `FORM_DRIVERS`, numbers or empty. An item that is not there is not answered.
    target : PriceBasis
        What all amounts shall be counted in.
    tables : ReferenceTables
        Indices, rates and parities.
    measure, rule : str
        As in `plan_conversion`.

    Returns
    -------
    HostingModel
        A figure that is given as the most likely one only is taken as exact; one that is left blank is zero.

    Raises
    ------
    InputError
        Ranges out of order, figures below zero, shares above 100 per cent, hours without their cost, more
        hours than there are, a host twice, an unknown currency, or a year without an index: everything at
        once, by file, row and column.
    """
    log = ProblemLog()
    records = answers.to_dict("records")
    _check_hosts(records, log)
    shape = (len(records), len(FORM_DRIVERS))
    low, mode, high = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    basis: list[str] = []
    for row, record in enumerate(records):
        factor = _factor(record, target=target, tables=tables, measure=measure, rule=rule, basis=basis, log=log)
        for place, driver in enumerate(FORM_DRIVERS):
            limits = _read_range(record, driver, log)
            scale = {"money": factor, "share": 0.01}.get(driver.unit, 1.0)
            low[row, place], mode[row, place], high[row, place] = (limit * scale for limit in limits)
        _check_together(record, dict(zip((driver.name for driver in FORM_DRIVERS), mode[row], strict=True)), log)
    log.raise_as(InputError)
    participants = np.asarray([float(record["nplace"]) for record in records])
    names = tuple(driver.name for driver in FORM_DRIVERS)
    model = HostingModel(
        hosts=tuple(str(record["host"]) for record in records),
        countries=tuple(str(record["country"]) for record in records),
        drivers=names,
        low=low,
        mode=mode,
        high=high,
        terms=FORM_TERMS,
        participants=participants,
        hours=np.zeros(len(records)),
        currency=target.currency,
        price_year=target.price_year,
        families={},
        basis=tuple(dict.fromkeys(basis)),
    )
    return replace(model, hours=model.driver_means()[:, names.index("hours_present")])


def count_sources(answers: pd.DataFrame) -> dict[str, int]:
    """Return how many figures come from payroll, from an estimate and from a guess, over all hosts.

    Parameters
    ----------
    answers : DataFrame
        As in `build_hosting_model`.

    Returns
    -------
    dict of str to int
        ``payroll``, ``estimate``, ``guess`` and ``not_said``; figures that were left blank are not counted.
    """
    counts = {"payroll": 0, "estimate": 0, "guess": 0, "not_said": 0}
    words = {"pay": "payroll", "est": "estimate", "guess": "guess"}
    for record in answers.to_dict("records"):
        for driver in FORM_DRIVERS:
            if _number(record, f"{driver.stem}m") is not None:
                counts[words.get(str(record.get(f"{driver.stem}s")), "not_said")] += 1
    return counts


def _row_log(record: Mapping[Hashable, Any], log: ProblemLog) -> RowLog:
    return RowLog(log, str(record["file"]), int(record["row"]))


def _number(record: Mapping[Hashable, Any], name: str) -> float | None:
    value = record.get(name)
    return None if value is None or pd.isna(value) else float(value)


def _check_hosts(records: Sequence[Mapping[Hashable, Any]], log: ProblemLog) -> None:
    first: dict[str, Mapping[Hashable, Any]] = {}
    for record in records:
        place = _row_log(record, log)
        for name in ("host", "country", "currency", "priceyear", "nplace"):
            if record.get(name) is None or pd.isna(record[name]) or record[name] == "":
                place.add("the cell is empty", column=name, mend="fill it in: no amount means anything without it")
        host = record.get("host")
        if isinstance(host, str) and host in first:
            earlier = first[host]
            place.add(
                f"the costs of this host stand already in {earlier['file']}, row {earlier['row']}",
                column="host",
                allowed="one form for each host",
                mend="keep the form that is right, or add the two up in one",
            )
        elif isinstance(host, str):
            first[host] = record
        participants = _number(record, "nplace")
        if participants is not None and participants < 1:
            place.add("the figures cover nobody", column="nplace", allowed="1 or more")


def _factor(
    record: Mapping[Hashable, Any],
    *,
    target: PriceBasis,
    tables: ReferenceTables,
    measure: str,
    rule: ConversionRule,
    basis: list[str],
    log: ProblemLog,
) -> float:
    """Return by what the amounts of one host are multiplied; note what stands in the way."""
    year = _number(record, "priceyear")
    if year is None or not isinstance(record.get("currency"), str) or not isinstance(record.get("country"), str):
        return 1.0
    country = COUNTRY_CODES.get(record["country"].lower(), record["country"].upper())
    currency = record["currency"].upper()
    spent_in = country if tables.currencies.get(country, currency) == currency else ""
    origin = PriceBasis(currency=currency, price_year=int(year), country=spent_in)
    try:
        conversion = plan_conversion(origin, target, tables=tables, measure=measure, rule=rule)
    except InputError as error:
        for problem in error.problems:
            _row_log(record, log).add(
                problem.what,
                column={"price_year": "priceyear"}.get(problem.column, problem.column),
                allowed=problem.allowed,
                mend=problem.mend,
            )
        return 1.0
    basis.extend(conversion.vintages)
    return conversion.factor


def _read_range(record: Mapping[Hashable, Any], driver: FormDriver, log: ProblemLog) -> tuple[float, float, float]:
    place = _row_log(record, log)
    values = [_number(record, f"{driver.stem}{letter}") for letter in "lmh"]
    low, mode, high = values
    if mode is None:
        if low is not None or high is not None:
            place.add(
                "the most likely figure is missing beside the lowest or highest",
                column=f"{driver.stem}m",
                mend="give the most likely figure, or clear all three",
            )
        return 0.0, 0.0, 0.0
    most = 100.0 if driver.unit == "share" else np.inf
    good = True
    for letter, value in zip("lmh", values, strict=True):
        column = f"{driver.stem}{letter}"
        if value is None:
            continue
        if not np.isfinite(value) or value < 0:
            place.add("the figure is below zero", column=column, allowed="0 or more", mend="correct the cell")
            good = False
        elif value > most:
            place.add("the share is above 100%", column=column, allowed="0 to 100", mend="correct the cell")
            good = False
        elif driver.unit == "money" and looks_grouped(value):
            place.add(
                "the amount has a third decimal: it seems to be written in the manner of another language",
                column=column,
                allowed="1234 or 1234.50",
                mend="write it without a sign for thousands",
            )
            good = False
    if not good:
        return 0.0, 0.0, 0.0
    low = mode if low is None else low
    high = mode if high is None else high
    if not low <= mode <= high:
        place.add(
            "the three figures are not in order",
            column=f"{driver.stem}{'l' if low > mode else 'h'}",
            allowed="lowest, most likely, highest, each no smaller than the one before",
            mend="correct the cells",
        )
        return 0.0, 0.0, 0.0
    return low, mode, high


def _check_together(record: Mapping[Hashable, Any], mode: Mapping[str, float], log: ProblemLog) -> None:
    """Note figures that make no sense beside each other."""
    place = _row_log(record, log)
    stems = {driver.name: driver.stem for driver in FORM_DRIVERS}
    for needed, other in _TOGETHER:
        if mode[needed] > 0 and _number(record, f"{stems[other]}m") is None:
            place.add(
                f"{needed} is given, and {other} is not",
                column=f"{stems[other]}m",
                mend="fill it in, with 0 if that is meant, or clear the other",
            )
    if mode["share_simple"] + mode["share_skilled"] > 1 + 1e-9:
        place.add(
            "simple and skilled tasks take more than all of the hours",
            column=f"{stems['share_skilled']}m",
            allowed="together up to 100",
            mend="correct the shares; what is practice is neither",
        )
    participants = _number(record, "nplace")
    if participants and mode["hours_present"] > HOURS_IN_A_YEAR * participants:
        place.add(
            "there are more hours than a year has for each participant",
            column=f"{stems['hours_present']}m",
            allowed=f"up to {HOURS_IN_A_YEAR:g} for each participant",
            mend="give the hours of all participants together",
        )
    if participants and mode["hires"] > participants:
        place.add(
            "more participants were employed than took part",
            column=f"{stems['hires']}m",
            allowed=f"up to {participants:g}",
            mend="correct the number",
        )
