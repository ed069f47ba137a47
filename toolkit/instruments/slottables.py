"""The files of a slot as text: which columns and fields they have, and how each is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from toolkit.core.errors import ProblemLog
from toolkit.core.nearest import suggest_name
from toolkit.instruments.labels import LANGUAGES, label_column
from toolkit.instruments.model import BETTERS, SCORINGS, Better, Scoring
from toolkit.instruments.tables import Layout, Table, TableRow

SLOT_LAYOUTS: Mapping[str, Layout] = {
    "slot.csv": Layout(required=("field", "value"), optional=()),
    "items.csv": Layout(required=("item", "reverse", "subscale"), optional=()),
    "labels.csv": Layout(required=("part", *(label_column("label", language) for language in LANGUAGES)), optional=()),
    "texts.csv": Layout(required=("language", "where", "note"), optional=()),
    "norms.csv": Layout(required=("population", "mean", "sd", "year", "n", "source", "checked"), optional=()),
    "metric.csv": Layout(required=("raw", "score"), optional=()),
    "referral.csv": Layout(required=("language", "text"), optional=()),
}
SLOT_OPTIONAL = frozenset({"metric.csv", "referral.csv"})

FIELDS = (
    *("name", "title", "scoring", "better", "answer_min", "answer_max", "factor", "range_min", "range_max"),
    *("min_items", "mid", "mid_basis", "alpha", "reliability_source", "licence", "attribution", "ship_items"),
    *("wellbeing", "notes"),
)
_SCORINGS: dict[str, Scoring] = {each: each for each in SCORINGS}
_BETTERS: dict[str, Better] = {each: each for each in BETTERS}


@dataclass(slots=True)
class SlotFields:
    """The fields of slot.csv; what is wrong with one is noted in the row where it stands."""

    file: str
    log: ProblemLog
    rows: dict[str, TableRow] = field(default_factory=dict)

    def report(self, name: str, *, what: str, allowed: str = "", mend: str = "") -> None:
        """Note a problem with a field."""
        row = self.rows.get(name)
        number = row.number if row else None
        self.log.add(what, file=self.file, row=number, column=name, allowed=allowed, mend=mend)

    def text(self, name: str, *, optional: bool = False) -> str:
        """Return a field as text; note where a field that is needed is blank."""
        text = self.rows[name].text("value") if name in self.rows else ""
        if not text and not optional and name in self.rows:
            self.report(name, what="the value is blank", allowed="any text", mend="fill it in")
        return text

    def option(self, name: str, *, allowed: Iterable[str]) -> str:
        """Return a field that is one of `allowed`, else "" with a problem noted."""
        text, names = self.text(name), list(allowed)
        if text and text not in names:
            self.report(name, what=f"{text} is not known", allowed=", ".join(names), mend=suggest_name(text, names))
        return text if text in names else ""

    def decimal(self, name: str, *, optional: bool = False) -> float | None:
        """Return a field as a number, or None with a problem noted."""
        if not self.text(name, optional=optional):
            return None
        return self.rows[name].decimal("value", log=self.log)

    def whole(self, name: str) -> int:
        """Return a field as a whole number, or 0 with a problem noted."""
        number = self.decimal(name)
        if number is not None and not number.is_integer():
            self.report(name, what="it is not a whole number", allowed="a whole number", mend="correct it")
        return round(number or 0)

    def scoring(self) -> Scoring:
        """Return the scoring; any will do after a problem was noted."""
        return _SCORINGS.get(self.option("scoring", allowed=SCORINGS), "mean")

    def better(self) -> Better:
        """Return which end is the good one; any will do after a problem was noted."""
        return _BETTERS.get(self.option("better", allowed=BETTERS), "higher")


def read_fields(table: Table, *, log: ProblemLog) -> SlotFields:
    """Return the fields of slot.csv and note unknown, repeated and missing ones."""
    fields = SlotFields(file=table.file, log=log)
    for row in table.rows:
        name = row.option("field", allowed=FIELDS, log=log)
        if name in fields.rows:
            row.report(log, "field", what=f"{name} occurs twice", mend="remove one")
        elif name:
            fields.rows[name] = row
    for name in FIELDS:
        if name not in fields.rows:
            log.add(f"the field {name} is missing", file=table.file, column="field", mend=f"add a row {name}")
    return fields


def read_language_texts(table: Table, *, column: str, log: ProblemLog) -> dict[str, str]:
    """Return language -> text of a file with a row per language, and note languages without a text."""
    texts: dict[str, str] = {}
    for row in table.rows:
        language = row.option("language", allowed=LANGUAGES, log=log)
        if language in texts:
            row.report(log, "language", what=f"{language} occurs twice", mend="remove one")
        if language:
            texts[language] = row.filled(column, log=log)
    for language in LANGUAGES:
        if language not in texts:
            log.add(f"there is no row for {language}", file=table.file, column="language", mend="add it")
    return texts


def read_metric(table: Table, *, log: ProblemLog) -> dict[float, float]:
    """Return sum -> score, in order, and note sums that occur twice."""
    metric: dict[float, float] = {}
    for row in table.rows:
        raw, score = row.decimal("raw", log=log), row.decimal("score", log=log)
        if raw in metric:
            row.report(log, "raw", what=f"{raw:g} occurs twice", mend="remove one")
        elif raw is not None and score is not None:
            metric[raw] = score
    return metric


def check_metric(metric: Mapping[float, float], *, sums: tuple[float, float], file: str, log: ProblemLog) -> None:
    """Note a table that does not give a rising score for every whole sum."""
    wanted = [float(raw) for raw in range(round(sums[0]), round(sums[1]) + 1)]
    if list(metric) != wanted or any(later <= earlier for earlier, later in pairwise(metric.values())):
        log.add(
            "the table does not give a rising score for every sum",
            file=file,
            allowed=f"each sum from {sums[0]:g} to {sums[1]:g} once, in order",
            mend="copy the table anew from its source",
        )
