"""What a dialect writes, it and no other reads: every answer comes back, several answers and commas included."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from toolkit.ingest import ExportDeclaration, read_export, tidy
from toolkit.ingest.dialects import DIALECTS, PLAIN, Answers, Dialect
from toolkit.instruments import Choice, Instrument, Item

Declare = Callable[..., ExportDeclaration]
WRITERS = [dialect for dialect in DIALECTS if dialect.write is not None]
LANGUAGES = ("en", "it", "sv", "ro")
TASKS = tuple(
    Choice(name=name, labels=dict.fromkeys(LANGUAGES, label))
    for name, label in (
        ("kitchen", "Kitchen, cold"),
        ("kitch2", "Kitchen, cold, and hot"),
        ("till", "Till & shop"),
        ("none", "None"),
    )
)


@pytest.fixture(scope="session")
def form(small_form: Instrument) -> Instrument:
    tasks = Item(
        name="tasks",
        type="select_multiple",
        labels=dict.fromkeys(LANGUAGES, "Your tasks?"),
        waves=("pre",),
        choices=TASKS,
    )
    asked = [item for item in small_form.items if item.holds_answer and "pre" in item.waves]
    return replace(small_form, items=(*asked, tasks), scales=())


def answers_of(form: Instrument, rows: list[dict[str, str]], language: str = "en") -> Answers:
    sound = {"consent": "yes", "code": "007", "country": "italy", "host": "Bakery, Rome", "prior": "no"}
    sound |= {"started": "2026-02-03", "m1": "a4", "m2": "", "m3": "a5", "h1": "0", "h2": "7", "ls": "10"}
    names = [item.name for item in form.items]
    choices = {item.name: [choice.name for choice in item.choices] for item in form.items}
    for name, codes in choices.items():
        if codes and name != "tasks" and sound.get(name) not in codes:
            sound[name] = codes[0]
    frame = pd.DataFrame([{**dict.fromkeys(names, ""), **sound, **row} for row in rows], columns=names, dtype="str")
    return Answers(instrument=form, wave="pre", language=language, frame=frame)


def expected(form: Instrument, answers: Answers, item: Item) -> list[object]:
    scores = {choice.name: choice.score for choice in item.choices}
    declined = {choice.name for choice in item.choices if choice.is_missing}
    found: list[object] = []
    for text in answers.frame[item.name]:
        if not text or text in declined:
            found.append(None)
        elif item.type == "integer":
            found.append(float(text))
        elif item.type == "select_one":
            found.append(text if scores[text] is None else scores[text])
        else:
            found.append(text)
    return found


def check(declare: Declare, dialect: Dialect, form: Instrument, answers: Answers) -> None:
    assert dialect.write is not None
    raw = read_export(declare(dialect.write(answers), instrument=form))
    assert raw.platform == dialect.name
    assert len(raw.frame) == len(answers.frame)
    responses = tidy(raw, form)
    for item in form.items:
        got = [None if pd.isna(value) else value for value in responses.frame[item.name]]
        assert got == expected(form, answers, item), (dialect.name, item.name)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("dialect", WRITERS, ids=lambda dialect: dialect.name)
def test_what_is_written_is_read_back(declare: Declare, form: Instrument, dialect: Dialect, language: str) -> None:
    rows = [{"tasks": "kitchen till"}, {"tasks": "kitchen kitch2", "code": "12345678901234567"}, {"tasks": "none"}]
    check(declare, dialect, form, answers_of(form, rows, language))


@pytest.mark.parametrize("dialect", WRITERS, ids=lambda dialect: dialect.name)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_answers_come_back(declare: Declare, form: Instrument, dialect: Dialect, data: st.DataObject) -> None:
    one = {item.name: [choice.name for choice in item.choices] for item in form.items if item.type == "select_one"}
    row = st.fixed_dictionaries(
        {
            **{name: st.sampled_from(codes) for name, codes in one.items()},
            "code": st.text("abcXYZ123456789", min_size=1, max_size=8),
            "host": st.text("abc ,;\"'åţș\n-", max_size=12).map(str.strip),
            "tasks": st.sets(st.sampled_from([choice.name for choice in TASKS])).map(
                lambda chosen: " ".join(choice.name for choice in TASKS if choice.name in chosen)
            ),
        }
    )
    check(declare, dialect, form, answers_of(form, data.draw(st.lists(row, min_size=1, max_size=4))))


@pytest.mark.parametrize("dialect", WRITERS, ids=lambda dialect: dialect.name)
def test_no_other_dialect_claims_the_file(declare: Declare, form: Instrument, dialect: Dialect) -> None:
    assert dialect.write is not None
    content = dialect.write(answers_of(form, [{}]))
    declaration = declare(content, instrument=form, platform=dialect.name)
    from_auto = read_export(declare(content, instrument=form))
    assert from_auto.platform == read_export(declaration).platform == dialect.name
    assert (from_auto.evidence != "") and (dialect is PLAIN or "headers in row 1 are known" not in from_auto.evidence)
