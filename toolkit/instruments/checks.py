"""What a survey tool lets pass and the data suffer from later: checks of an instrument that loads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from toolkit.core.errors import InputError, Problem, ProblemLog
from toolkit.core.nearest import suggest_name
from toolkit.instruments.exports.expressions import Variables, find_references, write_limesurvey_expression
from toolkit.instruments.exports.form import CONTROL_CHARACTERS, is_multiple
from toolkit.instruments.exports.gap_notes import known_slots
from toolkit.instruments.exports.google import to_google_forms
from toolkit.instruments.gaps import GAPS_FILE
from toolkit.instruments.labels import LANGUAGES, fold_label, label_column
from toolkit.instruments.model import Choice, Instrument, Item
from toolkit.instruments.tables import TableRow, read_table
from toolkit.instruments.xlsform import LAYOUTS

Level = Literal["problem", "warning"]

MAX_NAME = 15  # what Stata, SPSS and LimeSurvey take with room for a prefix and a wave
MAX_CODE = 5  # what LimeSurvey takes for an answer
_BETWEEN_ANSWERS = re.compile(r"[,;]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing that a check found.

    Parameters
    ----------
    level : {"problem", "warning"}
        `problem`: the form or its data will be wrong; `warning`: some tool will not take it, or needs care.
    problem : Problem
        What, where, what is allowed, how to mend it.
    """

    level: Level
    problem: Problem


@dataclass(slots=True, kw_only=True)
class _Review:
    """Gathers remarks and knows in which row each item and choice stands."""

    instrument: Instrument
    rows: Mapping[tuple[str, str], int]
    remarks: list[Remark] = field(default_factory=list)

    def about(self, owner: Item | tuple[str, Choice], column: str, *, level: Level, what: str, mend: str) -> None:
        """Note a remark about an item, or about a choice of a list."""
        if isinstance(owner, Item):
            file, key, name = "survey.csv", ("", owner.name), owner.name
        else:
            list_name, choice = owner
            file, key, name = "choices.csv", (list_name, choice.name), f"{choice.name} of list {list_name}"
        self.remarks.append(
            Remark(
                level=level,
                problem=Problem(
                    what=f"{name}: {what}" if name else what,
                    file=f"{self.instrument.name}/{file}",
                    row=self.rows.get(key),
                    column=column,
                    mend=mend,
                ),
            )
        )


def check_instrument(instrument: Instrument, *, folder: Path | None = None) -> tuple[Remark, ...]:
    """Return what is wrong or risky in an instrument that loads.

    Parameters
    ----------
    instrument : Instrument
        As `load_instrument` returned it.
    folder : Path, optional
        Its folder; the remarks then name rows.

    Returns
    -------
    tuple of Remark
        Problems first. Empty where nothing was found.

    Notes
    -----
    Problems: a condition that refers to an item which is not there or not asked in the same wave; an answer
    of a question with several answers that holds another one behind a comma; one question asked in two waves
    with other answers; characters that no file carries. Warnings: names and codes too long for LimeSurvey,
    conditions it cannot carry, references to what comes later, two columns with one title in one wave,
    placeholders and line breaks in labels, languages that are not there, and room for a scale that the toolkit
    does not know.

    Examples
    --------
    >>> item = Item(name="why", type="text", labels={"en": "Why?"}, waves=("pre",), relevant="${prior} = 'yes'")
    >>> form = Instrument(name="tiny", version="1", titles={"en": "Tiny"}, languages=("en",), waves=("pre",),
    ...                   items=(item,), scales=(), sha256="")
    >>> check_instrument(form)[0].problem.what
    'why: the condition refers to prior, which is not in the form'
    """
    review = _Review(instrument=instrument, rows=_find_rows(folder))
    _check_conditions(review)
    _check_names(review)
    for list_name, item in _lists(instrument).items():
        _check_codes(review, list_name, item.choices)
    for list_name, choices in _multiple_lists(instrument).items():
        _check_answers_apart(review, list_name, choices)
    _check_texts(review)
    _check_same_question(review)
    _check_titles(review)
    _check_languages(review)
    _check_gaps(review)
    return tuple(sorted(review.remarks, key=lambda remark: remark.level))


def _find_rows(folder: Path | None) -> Mapping[tuple[str, str], int]:
    """Return (list or "", name) -> row of the file."""
    rows: dict[tuple[str, str], int] = {}
    for file, owner in (("survey.csv", ""), ("choices.csv", "list_name")):
        if folder is not None:
            table = read_table(folder / file, file=file, layout=LAYOUTS[file], log=ProblemLog())
            found: Sequence[TableRow] = table.rows if table is not None else ()
            for row in found:
                rows.setdefault((row.text(owner) if owner else "", row.text("name")), row.number)
    return rows


def _lists(instrument: Instrument) -> dict[str, Item]:
    return {item.list_name: item for item in instrument.items if item.choices}


def _multiple_lists(instrument: Instrument) -> dict[str, tuple[Choice, ...]]:
    return {item.list_name: item.choices for item in instrument.items if item.choices and is_multiple(item)}


def _check_conditions(review: _Review) -> None:
    answered = {item.name: item for item in review.instrument.items if item.holds_answer}
    variables = Variables(
        names={name: name for name in answered},
        multiple={
            name: tuple(choice.name for choice in item.choices) for name, item in answered.items() if is_multiple(item)
        },
    )
    seen: set[str] = set()
    for item in review.instrument.items:
        for column, text in (("relevant", item.relevant), ("constraint", item.constraint)):
            names = find_references(text)
            for name in names:
                _check_reference(review, item, column, answered.get(name), name=name, seen=seen)
            if text and all(name in answered for name in names):
                try:
                    write_limesurvey_expression(text, variables=variables, own=item.name)
                except InputError as error:
                    what = f"LimeSurvey cannot take it: {error.problems[0].what}"
                    review.about(item, column, level="warning", what=what, mend=error.problems[0].mend)
        if item.holds_answer:
            seen.add(item.name)


def _check_reference(
    review: _Review, item: Item, column: str, target: Item | None, *, name: str, seen: set[str]
) -> None:
    if target is None:
        what = f"the condition refers to {name}, which is not in the form"
        review.about(item, column, level="problem", what=what, mend="correct the name in the braces")
        return
    apart = [wave for wave in item.waves if wave not in target.waves]
    if apart:
        what = f"the condition refers to {name}, which is not asked in wave {', '.join(apart)}"
        review.about(item, column, level="problem", what=what, mend="ask both in the same waves")
    elif name not in seen and name != item.name:
        what = f"the condition refers to {name}, which comes later in the form"
        review.about(item, column, level="warning", what=what, mend="move it before this question")


def _check_names(review: _Review) -> None:
    for item in review.instrument.items:
        if item.type != "end_group" and item.holds_answer and (len(item.name) > MAX_NAME or "_" in item.name):
            what = f"the name is longer than {MAX_NAME} letters and digits or holds _, which LimeSurvey refuses"
            review.about(item, "name", level="warning", what=what, mend="shorten it before the form is first used")


def _check_codes(review: _Review, list_name: str, choices: Sequence[Choice]) -> None:
    for choice in choices:
        if len(choice.name) > MAX_CODE or "_" in choice.name:
            what = f"the code is longer than {MAX_CODE} letters and digits or holds _, which LimeSurvey refuses"
            mend = "shorten it before the form is first used"
            review.about((list_name, choice), "name", level="warning", what=what, mend=mend)


def _check_answers_apart(review: _Review, list_name: str, choices: Sequence[Choice]) -> None:
    """Note answers that cannot be told apart once several of them stand in one cell."""
    for language in review.instrument.languages:
        labels = {fold_label(choice.labels.get(language, "")): choice for choice in choices}
        for label, choice in labels.items():
            parts = [part.strip() for part in _BETWEEN_ANSWERS.split(label)]
            others = [other for other in labels if other and other != label]
            inside = [other for other in others if other in parts or ("," in other and other in label)]
            if len(parts) > 1 and inside:
                what = f"the label holds that of {labels[inside[0]].name} and a comma, so a cell with several "
                column = label_column("label", language)
                mend = "word it without the comma"
                what += "answers can be read two ways"
                review.about((list_name, choice), column, level="problem", what=what, mend=mend)
            elif ";" in label:
                what = "the label holds a semicolon, which tools put between several answers"
                column = label_column("label", language)
                review.about((list_name, choice), column, level="warning", what=what, mend="word it without")


def _check_texts(review: _Review) -> None:
    for item in review.instrument.items:
        for prefix, texts in (("label", item.labels), ("hint", item.hints)):
            for language, text in texts.items():
                for level, what, mend in _faults_of(text, is_label=prefix == "label"):
                    review.about(item, label_column(prefix, language), level=level, what=what, mend=mend)
    for list_name, owner in _lists(review.instrument).items():
        for choice in owner.choices:
            for language, text in choice.labels.items():
                for level, what, mend in _faults_of(text, is_label=True):
                    column = label_column("label", language)
                    review.about((list_name, choice), column, level=level, what=what, mend=mend)


def _faults_of(text: str, *, is_label: bool) -> Iterator[tuple[Level, str, str]]:
    if CONTROL_CHARACTERS.search(text):
        yield "problem", "the text holds a control character, which no form can show", "type the text again"
    if "${" in text:
        yield "warning", "the text holds a placeholder, which only some tools fill in", "word it without"
    if is_label and re.search(r"[\n\r\t]", text):
        yield "warning", "the label holds a line break or tab, which exports keep in column titles", "use one line"


def _check_same_question(review: _Review) -> None:
    """Note questions that are asked again in another wave with other answers: their change means nothing."""
    first: dict[str, Item] = {}
    default = review.instrument.default_language
    for item in review.instrument.items:
        words = fold_label(item.labels.get(default, ""))
        if not item.holds_answer or not words:
            continue
        other = first.setdefault(words, item)
        offered = [(choice.name, choice.score) for choice in item.choices]
        if set(item.waves).isdisjoint(other.waves) and (
            other.type != item.type
            or offered != [(choice.name, choice.score) for choice in other.choices]
            or (item.range_min, item.range_max) != (other.range_min, other.range_max)
        ):
            what = f"asks the same as {other.name} in another wave, with other answers"
            review.about(item, "type", level="problem", what=what, mend="offer the same answers in both waves")


def _check_titles(review: _Review) -> None:
    """Note columns that would have one title in a tool that titles columns by the question's text."""
    told: set[tuple[str, str]] = set()
    for wave in review.instrument.waves:
        for language in review.instrument.languages:
            owners: dict[str, str] = {}
            for name, title in to_google_forms(review.instrument, language=language, wave=wave).columns:
                other = owners.setdefault(fold_label(title), name)
                if other != name and (name, language) not in told:
                    told.add((name, language))
                    what = f"has the same text as {other} in wave {wave}, so their columns cannot be told apart"
                    column = label_column("label", language)
                    review.about(review.instrument.item(name), column, level="warning", what=what, mend="reword one")


def _check_gaps(review: _Review) -> None:
    known = known_slots()
    for gap in review.instrument.gaps:
        if gap.slot not in known:
            problem = Problem(
                what=f"there is no slot called {gap.slot} among those that come with the toolkit",
                file=f"{review.instrument.name}/{GAPS_FILE}",
                column="slot",
                allowed=", ".join(known),
                mend=suggest_name(gap.slot, list(known)) or "give its folder to sivsen instruments fill",
            )
            review.remarks.append(Remark(level="warning", problem=problem))


def _check_languages(review: _Review) -> None:
    for language, shown in LANGUAGES.items():
        if language not in review.instrument.languages:
            problem = Problem(
                what=f"there are no texts in {shown}",
                file=f"{review.instrument.name}/survey.csv",
                column=label_column("label", language),
                mend="translate the form if it is to be used in that language",
            )
            review.remarks.append(Remark(level="warning", problem=problem))
