"""Slots: published scales without their wording: how they are keyed, scored, compared, licensed and had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from toolkit.core.errors import InputError, ProblemLog
from toolkit.instruments.labels import LANGUAGES
from toolkit.instruments.model import Better, Scoring
from toolkit.instruments.slottables import (
    SLOT_LAYOUTS,
    SLOT_OPTIONAL,
    SlotFields,
    check_metric,
    read_fields,
    read_language_texts,
    read_metric,
)
from toolkit.instruments.tables import SHORT_NAME, SHORT_NAME_RULE, Table, read_table
from toolkit.instruments.translations import check_all_labels, read_texts

YES_NO = ("yes", "no")


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotItem:
    """One item of a published scale, without its wording.

    Parameters
    ----------
    name : str
        Id by which a partner's own items file gives its text.
    reverse : bool
        Whether a high answer means a low score.
    subscale : str
        Name of the subscale that it belongs to, or "".
    """

    name: str
    reverse: bool
    subscale: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Norm:
    """What a named population scored.

    Parameters
    ----------
    population : str
        Who was asked.
    mean, sd : float or None
        In points of the scale; None where not known.
    year : str
        Year or years of the answers or of the publication.
    n : int or None
        Number of people.
    source : str
        Where the figures stand.
    checked : bool
        Whether the figures were seen in the source; where not, they are to be checked before use.
    """

    population: str
    mean: float | None
    sd: float | None
    year: str
    n: int | None
    source: str
    checked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialText:
    """Where the official wording in one language is had.

    Parameters
    ----------
    where : str
        Address, publication or owner to ask, in that language.
    note : str
        What is known of this translation.
    """

    where: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A published scale whose items are not shipped.

    Parameters
    ----------
    name, title : str
        Short name; full name and authors.
    labels : mapping of str to str
        Language code -> name of the outcome.
    subscales : mapping of str to mapping of str to str
        Subscale -> language code -> its name.
    items : tuple of SlotItem
        In the order of the official form.
    answer_min, answer_max : int
        Points of the lowest and highest answer.
    scoring, better : str
        As in `Scale`.
    factor : float
        What the mean or sum is multiplied by.
    metric : mapping of float to float
        Sum -> score, where the owners publish a table; empty where not.
    score_range : tuple of float
        Lowest and highest score, declared and checked against items, answers, factor and table.
    min_items : int
        Fewest answered items that give a score.
    norms : tuple of Norm
        Published comparisons; may be empty.
    mid : float or None
        Minimal important difference in points of the scale; None where none is published.
    mid_basis : str
        What the difference rests on, or what to use in its place.
    alpha : float or None
        Published internal consistency.
    reliability_source, licence, attribution, notes : str
        Texts to show with every result.
    ship_items : bool
        Always False: this project ships no wording of a published scale.
    official_texts : mapping of str to OfficialText
        Language code -> where the wording is had.
    referral : mapping of str to str
        Language code -> where help is had; only for scales of wellbeing, else empty.
    """

    name: str
    title: str
    labels: Mapping[str, str] = field(hash=False)
    subscales: Mapping[str, Mapping[str, str]] = field(hash=False)
    items: tuple[SlotItem, ...]
    answer_min: int
    answer_max: int
    scoring: Scoring
    better: Better
    factor: float
    metric: Mapping[float, float] = field(hash=False)
    score_range: tuple[float, float]
    min_items: int
    norms: tuple[Norm, ...]
    mid: float | None
    mid_basis: str
    alpha: float | None
    reliability_source: str
    licence: str
    attribution: str
    notes: str
    ship_items: bool
    official_texts: Mapping[str, OfficialText] = field(hash=False)
    referral: Mapping[str, str] = field(hash=False)

    def __post_init__(self) -> None:
        subscales = {name: MappingProxyType(dict(labels)) for name, labels in self.subscales.items()}
        object.__setattr__(self, "subscales", MappingProxyType(subscales))
        for name in ("labels", "metric", "official_texts", "referral"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    @property
    def answers(self) -> tuple[int, ...]:
        """Points of each answer, lowest first; the answer of n points has the code ``s`` and n."""
        return tuple(range(self.answer_min, self.answer_max + 1))


def load_slot(folder: Path) -> Slot:
    """Read a slot and check all of it.

    Parameters
    ----------
    folder : Path
        Folder with slot.csv (field, value), items.csv, labels.csv, texts.csv and norms.csv; metric.csv where
        sums are turned into scores by a table; referral.csv where slot.csv says wellbeing yes.

    Returns
    -------
    Slot
        Without any wording of items: no file has a place for it.

    Raises
    ------
    InputError
        With every problem found.

    Examples
    --------
    >>> from toolkit.core.shipped import shipped_path
    >>> slot = load_slot(shipped_path("surveys", "instruments", "slots", "swemwbs"))
    >>> len(slot.items), slot.metric[20.0], slot.score_range, slot.ship_items
    (7, 18.59, (7.0, 35.0), False)
    """
    shown = folder.resolve().name
    log = ProblemLog()
    if not folder.is_dir():
        log.add("there is no such folder", file=shown, mend="correct the path")
        log.raise_as(InputError)
    tables = {
        name: read_table(folder / name, file=f"{shown}/{name}", layout=layout, log=log)
        for name, layout in SLOT_LAYOUTS.items()
        if name not in SLOT_OPTIONAL or (folder / name).exists()
    }
    log.raise_as(InputError)
    slot = _build_slot({name: table for name, table in tables.items() if table is not None}, shown, log)
    log.raise_as(InputError)
    return slot


def load_slots(folder: Path) -> tuple[Slot, ...]:
    """Read every slot of a folder, by name.

    Parameters
    ----------
    folder : Path
        Folder whose subfolders are slots, such as surveys/instruments/slots.

    Raises
    ------
    InputError
        With every problem of every slot.

    Examples
    --------
    >>> from toolkit.core.shipped import shipped_path
    >>> [slot.name for slot in load_slots(shipped_path("surveys", "instruments", "slots"))]
    ['caas', 'gse', 'rosenberg', 'rothwell', 'swemwbs', 'who5']
    """
    log = ProblemLog()
    slots = []
    for each in sorted(path for path in folder.iterdir() if path.is_dir()):
        try:
            slots.append(load_slot(each))
        except InputError as error:
            log.extend(error.problems)
    log.raise_as(InputError)
    return tuple(slots)


def _build_slot(tables: Mapping[str, Table], name: str, log: ProblemLog) -> Slot:
    fields = read_fields(tables["slot.csv"], log=log)
    labels = _read_labels(tables["labels.csv"], log)
    items = _read_items(tables["items.csv"], set(labels) - {"total"}, log)
    metric = read_metric(tables["metric.csv"], log=log) if "metric.csv" in tables else {}
    low, high = (fields.decimal(end) or 0.0 for end in ("range_min", "range_max"))
    scoring, better = fields.scoring(), fields.better()
    slot = Slot(
        name=fields.text("name"),
        title=fields.text("title"),
        labels=labels.get("total", {}),
        subscales={part: texts for part, texts in labels.items() if part != "total"},
        items=items,
        answer_min=fields.whole("answer_min"),
        answer_max=fields.whole("answer_max"),
        scoring=scoring,
        better=better,
        factor=fields.decimal("factor") or 1.0,
        metric=metric,
        score_range=(low, high),
        min_items=fields.whole("min_items"),
        norms=_read_norms(tables["norms.csv"], (low, high), log),
        mid=fields.decimal("mid", optional=True),
        mid_basis=fields.text("mid_basis"),
        alpha=fields.decimal("alpha", optional=True),
        reliability_source=fields.text("reliability_source"),
        licence=fields.text("licence"),
        attribution=fields.text("attribution"),
        notes=fields.text("notes", optional=True),
        ship_items=fields.option("ship_items", allowed=("no",)) == "yes",
        official_texts=_read_official_texts(tables["texts.csv"], log),
        referral=read_language_texts(tables["referral.csv"], column="text", log=log)
        if "referral.csv" in tables
        else {},
    )
    _check_whole(slot, fields, name, log)
    return slot


def _read_labels(table: Table, log: ProblemLog) -> dict[str, dict[str, str]]:
    check_all_labels(table, log=log)
    labels: dict[str, dict[str, str]] = {}
    for row in table.rows:
        part = row.code("part", pattern=SHORT_NAME, rule=SHORT_NAME_RULE, log=log)
        if part in labels:
            row.report(log, "part", what=f"{part} occurs twice", mend="remove one")
        labels[part] = read_texts(row, prefix="label", languages=LANGUAGES)
    if "total" not in labels:
        log.add("there is no row total", file=table.file, column="part", mend="name the outcome in a row total")
    return labels


def _read_items(table: Table, subscales: set[str], log: ProblemLog) -> tuple[SlotItem, ...]:
    items: list[SlotItem] = []
    for row in table.rows:
        name = row.code("item", pattern=SHORT_NAME, rule=SHORT_NAME_RULE, log=log)
        if name in [item.name for item in items]:
            row.report(log, "item", what=f"{name} occurs twice", mend="rename one")
        reverse = row.option("reverse", allowed=YES_NO, log=log) == "yes"
        subscale = row.option("subscale", allowed=sorted(subscales) or [""], log=log)
        items.append(SlotItem(name=name, reverse=reverse, subscale=subscale))
    if not items:
        log.add("there are no items", file=table.file, row=1, mend="add a row for each item")
    for part in sorted(subscales - {item.subscale for item in items}):
        log.add(f"no item belongs to {part}", file=table.file, column="subscale", mend="correct items.csv")
    return tuple(items)


def _read_norms(table: Table, score_range: tuple[float, float], log: ProblemLog) -> tuple[Norm, ...]:
    norms = []
    for row in table.rows:
        mean, sd, n = (row.decimal(column, log=log) for column in ("mean", "sd", "n"))
        if mean is not None and not score_range[0] <= mean <= score_range[1]:
            row.report(log, "mean", what="the mean lies outside the range", allowed="a score", mend="correct it")
        if sd is not None and not 0 < sd <= (score_range[1] - score_range[0]) / 2:
            row.report(
                log, "sd", what="no scores in the range have this sd", allowed="0 to half the range", mend="check"
            )
        norms.append(
            Norm(
                population=row.filled("population", log=log),
                mean=mean,
                sd=sd,
                year=row.filled("year", log=log),
                n=None if n is None else round(n),
                source=row.filled("source", log=log),
                checked=row.option("checked", allowed=YES_NO, log=log) == "yes",
            )
        )
    return tuple(norms)


def _read_official_texts(table: Table, log: ProblemLog) -> dict[str, OfficialText]:
    where = read_language_texts(table, column="where", log=log)
    notes = {row.text("language"): row.text("note") for row in table.rows}
    return {language: OfficialText(where=text, note=notes[language]) for language, text in where.items()}


def _check_whole(slot: Slot, fields: SlotFields, folder: str, log: ProblemLog) -> None:
    n = len(slot.items)
    if slot.name != folder:
        fields.report("name", what=f"{slot.name} is not the name of the folder", allowed=folder, mend="rename one")
    if slot.answer_min >= slot.answer_max:
        fields.report("answer_max", what="it is not above answer_min", allowed="more points", mend="correct one")
    if n and not 1 <= slot.min_items <= n:
        fields.report("min_items", what=f"{slot.min_items} items", allowed=f"1 to {n}", mend="correct it")
    if slot.alpha is not None and not 0 <= slot.alpha <= 1:
        fields.report("alpha", what="it is not between 0 and 1", allowed="0 to 1, or blank", mend="correct it")
    if slot.mid is not None and not 0 < slot.mid < slot.score_range[1] - slot.score_range[0]:
        fields.report("mid", what="it does not fit the range", allowed="above 0", mend="correct it")
    if (fields.option("wellbeing", allowed=YES_NO) == "yes") != bool(slot.referral):
        fields.report(
            "wellbeing",
            what="a scale of wellbeing needs a referral note, and no other scale has one",
            allowed="yes and referral.csv, or no and none",
            mend="say in referral.csv where help is had",
        )
    size = 1 if slot.scoring == "mean" else n
    sums = (float(slot.answer_min * size), float(slot.answer_max * size))
    if slot.metric:
        if slot.scoring == "mean" or slot.factor != 1 or slot.min_items != n:
            fields.report(
                "scoring", what="a table needs the sum of all items", allowed="sum, factor 1, all items", mend="correct"
            )
        check_metric(slot.metric, sums=sums, file=f"{folder}/metric.csv", log=log)
    worked_out = tuple(slot.metric.get(end, end * slot.factor) for end in sums)
    if worked_out != slot.score_range:
        fields.report(
            "range_min",
            what="items, answers and scoring give another range",
            allowed=f"{worked_out[0]:g} to {worked_out[1]:g}",
            mend="correct the range or what it rests on",
        )
