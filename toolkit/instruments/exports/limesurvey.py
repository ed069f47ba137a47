"""LimeSurvey's tab-separated survey structure."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from toolkit.core.errors import InputError, ProblemLog
from toolkit.instruments.exports.expressions import Variables, write_limesurvey_expression
from toolkit.instruments.exports.form import draft_banner, is_multiple, number_text, text_in
from toolkit.instruments.exports.pages import Grid, Page, lay_out
from toolkit.instruments.model import Instrument, Item

COLUMNS = (
    "id related_id class type/scale name relevance text help language validation mandatory other default "
    "same_default em_validation_q min_num_value_n max_num_value_n num_value_int_only date_format"
).split()
QUESTION_CODE = re.compile(r"[A-Za-z][A-Za-z0-9]{0,19}")
ANSWER_CODE = re.compile(r"[A-Za-z0-9]{1,5}")
ISO_DATES = "6"  # place of YYYY-MM-DD in LimeSurvey's list of date formats
_QUESTION_TYPES = {"integer": "N", "decimal": "N", "text": "S", "date": "D", "note": "X", "select_one": "L"}
_PRIVACY = {"anonymized": "Y", "datestamp": "N", "ipaddr": "N", "refurl": "N", "savetimings": "N"}

Row = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """One language of the survey, with what all languages share."""

    language: str
    is_base: bool
    variables: Variables
    log: ProblemLog


def to_limesurvey(instrument: Instrument, *, wave: str = "") -> str:
    r"""Return an instrument as a survey structure that LimeSurvey imports.

    Parameters
    ----------
    instrument : Instrument
        The form.
    wave : str
        One of its waves, or "" for the questions of all waves.

    Returns
    -------
    str
        Tab-separated values with a byte order mark, to be saved as .txt. All languages are in it, the default
        one first and the others with the same rows. Questions of one scale that follow each other form an
        array; its rows carry the item names, so that an export calls them `array[item]`.

    Raises
    ------
    InputError
        With every name, code and condition that LimeSurvey cannot take.
    UsageError
        Where there is no such wave.

    Notes
    -----
    LimeSurvey shows texts as HTML and works out what stands in braces. Characters that would start either, and
    a first character that a spreadsheet takes for a formula, are written as entities. The survey is set to
    anonymous answers, without dates, addresses or timings. A draft says so where the survey welcomes people.

    References
    ----------
    LimeSurvey manual, "Tab Separated Value survey structure",
    https://www.limesurvey.org/manual/Tab_Separated_Value_survey_structure

    Examples
    --------
    >>> item = Item(name="ls", type="integer", labels={"en": "Life"}, waves=("pre",))
    >>> form = Instrument(name="tiny", version="1", titles={"en": "Tiny"}, languages=("en",), waves=("pre",),
    ...                   items=(item,), scales=(), sha256="")
    >>> [line.split("\t")[2] for line in to_limesurvey(form).splitlines()[-3:]]
    ['SL', 'G', 'Q']
    """
    pages = lay_out(instrument, wave=wave)
    log = ProblemLog()
    _check_codes(instrument, pages, log=log)
    variables = _name_variables(pages)
    base = instrument.default_language
    languages = [base, *(code for code in instrument.languages if code != base)]
    rows = _survey_rows(instrument, languages=languages, wave=wave)
    for language in languages:
        target = _Target(language=language, is_base=language == base, variables=variables, log=log)
        rows += _structure_rows(pages, target=target)
    log.raise_as(InputError)
    lines = [COLUMNS, *([row.get(column, "") for column in COLUMNS] for row in rows)]
    return "\ufeff" + "".join("\t".join(cells) + "\n" for cells in lines)


def escape_text(text: str) -> str:
    """Return a text as LimeSurvey's HTML, on one line, with nothing in it that is worked out or run.

    Examples
    --------
    >>> escape_text('=1+1 {x} <b> "a"')
    '&#61;1+1 &#123;x&#125; &lt;b&gt; &quot;a&quot;'
    """
    shown = html.escape(text).replace("{", "&#123;").replace("}", "&#125;").replace("\t", " ")
    shown = re.sub(r"\r\n|[\r\n\u0085\u2028\u2029]", "<br />", shown)
    return f"&#{ord(shown[0])};{shown[1:]}" if shown[:1] in ("=", "+", "-", "@") else shown


def _survey_rows(instrument: Instrument, *, languages: list[str], wave: str) -> list[Row]:
    # LimeSurvey takes another number where this one is in use.
    digest = hashlib.sha256(f"{instrument.name} {instrument.version} {wave}".encode()).digest()
    settings = {
        "sid": str(100_000 + int.from_bytes(digest[:4], "big") % 900_000),
        "language": languages[0],
        "additional_languages": " ".join(languages[1:]),
        "format": "G",
        "showprogress": "Y",
        **_PRIVACY,
    }
    banner = draft_banner(instrument)
    rows = [{"class": "S", "name": name, "text": text} for name, text in settings.items() if text]
    for code in languages:
        title = text_in(instrument.titles, code) or instrument.name
        texts = {
            "surveyls_title": escape_text(f"{title} ({wave})" if wave else title),
            "surveyls_welcometext": escape_text(banner[code]) if code in instrument.draft_languages else "",
            "surveyls_dateformat": ISO_DATES,
            "surveyls_numberformat": "0" if code == "en" else "1",
        }
        rows += [{"class": "SL", "name": name, "text": text, "language": code} for name, text in texts.items() if text]
    return rows


def _structure_rows(pages: tuple[Page, ...], *, target: _Target) -> Iterator[Row]:
    number = 0
    for order, page in enumerate(pages, start=1):
        yield {
            "id": str(order),
            "class": "G",
            "type/scale": f"G{order}",
            "name": escape_text(text_in(page.labels, target.language)),
            "relevance": _condition(page.relevant, place=f"page {order}", column="relevant", target=target) or "1",
            "language": target.language,
        }
        for part in page.parts:
            number += 1
            rows = list(_grid_rows(part, target=target) if isinstance(part, Grid) else _item_rows(part, target=target))
            for position, row in enumerate(rows):
                # A question and its answers share a number; its rows of a grid count on.
                if position and row["class"] == "SQ":
                    number += 1
                row["id"] = str(number) if row["class"] != "A" else rows[0]["id"]
                row["language"] = target.language
                yield row


def _grid_rows(grid: Grid, *, target: _Target) -> Iterator[Row]:
    first = grid.items[0]
    yield {
        **_question(grid.labels, grid.hints, required=first.required, target=target),
        "type/scale": "F",
        "name": grid.name,
        "relevance": _condition(first.relevant, place=first.name, column="relevant", target=target) or "1",
    }
    for item in grid.items:
        yield _subquestion(item.name, item.labels, target=target)
    yield from _answer_rows(first, target=target)


def _item_rows(item: Item, *, target: _Target) -> Iterator[Row]:
    yield {
        **_question(item.labels, item.hints, required=item.required, target=target),
        "type/scale": _question_type(item),
        "name": item.name,
        "relevance": _condition(item.relevant, place=item.name, column="relevant", target=target) or "1",
        # Attributes hold for all languages and are read once.
        **(_attributes(item, target=target) if target.is_base else {}),
    }
    if is_multiple(item):
        for choice in item.choices:
            yield _subquestion(choice.name, choice.labels, target=target)
    else:
        yield from _answer_rows(item, target=target)


def _question(labels: Mapping[str, str], hints: Mapping[str, str], *, required: bool, target: _Target) -> Row:
    return {
        "class": "Q",
        "text": escape_text(text_in(labels, target.language)),
        "help": escape_text(text_in(hints, target.language)),
        "mandatory": "Y" if required else "N",
        "other": "N",
    }


def _subquestion(name: str, labels: Mapping[str, str], *, target: _Target) -> Row:
    text = escape_text(text_in(labels, target.language))
    return {"class": "SQ", "type/scale": "0", "name": name, "relevance": "1", "text": text}


def _answer_rows(item: Item, *, target: _Target) -> Iterator[Row]:
    for choice in item.choices:
        text = escape_text(text_in(choice.labels, target.language))
        yield {"class": "A", "type/scale": "0", "name": choice.name, "text": text}


def _question_type(item: Item) -> str:
    if is_multiple(item):
        return "M"
    return "T" if item.type == "text" and item.role == "open" else _QUESTION_TYPES[item.type]


def _attributes(item: Item, *, target: _Target) -> Row:
    attributes = {
        "em_validation_q": _validation(item, target=target),
        "num_value_int_only": "1" if item.type == "integer" else "",
        "date_format": "yyyy-mm-dd" if item.type == "date" else "",
    }
    for name, limit in (("min_num_value_n", item.range_min), ("max_num_value_n", item.range_max)):
        attributes[name] = "" if limit is None else number_text(limit)
    return {name: text for name, text in attributes.items() if text}


def _validation(item: Item, *, target: _Target) -> str:
    """Return the condition of an answer; it holds where there is none, as XLSForm looks at answers only."""
    condition = _condition(item.constraint, place=item.name, column="constraint", target=target, own=item.name)
    return f"is_empty(self.NAOK) or ({condition})" if condition and not is_multiple(item) else condition


def _condition(expression: str, *, place: str, column: str, target: _Target, own: str = "") -> str:
    if not expression:
        return ""
    try:
        return write_limesurvey_expression(expression, variables=target.variables, own=own)
    except InputError as error:
        for problem in error.problems if target.is_base else ():
            target.log.add(f"{place}: {problem.what}", column=column, allowed=problem.allowed, mend=problem.mend)
        return ""


def _name_variables(pages: tuple[Page, ...]) -> Variables:
    names: dict[str, str] = {}
    multiple: dict[str, tuple[str, ...]] = {}
    for page in pages:
        for part in page.parts:
            if isinstance(part, Grid):
                names |= {item.name: f"{part.name}_{item.name}" for item in part.items}
            elif part.holds_answer:
                names[part.name] = part.name
                if is_multiple(part):
                    multiple[part.name] = tuple(choice.name for choice in part.choices)
    return Variables(names=names, multiple=multiple)


def _check_codes(instrument: Instrument, pages: tuple[Page, ...], *, log: ProblemLog) -> None:
    codes: dict[tuple[str, str], None] = {}
    for part in (part for page in pages for part in page.parts):
        for item in part.items if isinstance(part, Grid) else (part,):
            if not QUESTION_CODE.fullmatch(item.name):
                _refuse_code(instrument, item.name, column="name", allowed="up to 20 letters and digits", log=log)
            codes |= {(item.list_name, choice.name): None for choice in item.choices}
    for list_name, code in codes:
        if not ANSWER_CODE.fullmatch(code):
            shown = f"{code} of list {list_name}"
            _refuse_code(instrument, shown, column="choice", allowed="up to 5 letters and digits", log=log)


def _refuse_code(instrument: Instrument, shown: str, *, column: str, allowed: str, log: ProblemLog) -> None:
    file = f"{instrument.name}/{'survey.csv' if column == 'name' else 'choices.csv'}"
    what = f"{shown} is no name that LimeSurvey takes"
    log.add(what, file=file, column="name", allowed=f"a letter first, {allowed}", mend="rename it")
