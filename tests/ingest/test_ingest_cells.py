"""One cell at a time: what is read, what is missing and why, what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.ingest.cells import BLANK, MARKED, CellReader, CellRules, clean_text
from toolkit.instruments import Instrument

MISSING = frozenset({"NA", "-99"})
OUT = "the answer is out of scale"
NO_LABEL = "the answer is none of the form's choices in any language"
NOT_SCORES = "the answer is a number, and numbers in this file are not known to be scores"


def reader(form: Instrument, item: str, *, plain: bool = True) -> CellReader:
    return CellReader(form.item(item), CellRules(missing=MISSING, scores_as_numbers=plain))


@pytest.mark.parametrize(
    ("item", "text", "value"),
    [
        ("m1", "Strongly agree", 5.0),
        ("m1", "STRONGLY\u00a0 agree ", 5.0),
        ("m1", "Del tutto d’accordo", 5.0),
        ("m1", "Håller helt med", 5.0),
        ("m1", "Acord total", 5.0),
        ("m1", "5 - Strongly agree", 5.0),
        ("m1", "a5", 5.0),
        ("m1", "5", 5.0),
        ("m1", "4.0", 4.0),
        ("m1", "５", 5.0),
        ("m2", "Agree", 4.0),
        ("h1", "0", 0.0),
        ("h1", "7.00", 7.0),
        ("h1", "３", 3.0),
        ("h1", " +3\u200b", 3.0),
        ("pay", "\u22121.5", -1.5),
        ("pay", "-1.5", -1.5),
        ("pay", "12.25", 12.25),
        ("started", "2026-02-03", "2026-02-03"),
        ("consent", "Sì", "yes"),
        ("consent", "Si", "yes"),
        ("country", "Sverige", "se"),
        ("country", "GB", "uk"),
        # Names that programs take for something else stay the text they are.
        ("country", "No", "No"),
        ("country", "Norway", "Norway"),
        ("country", "007", "007"),
        ("host", "No", "No"),
        ("host", "007", "007"),
        ("host", "1e5", "1e5"),
        ("host", "nan", "nan"),
        ("host", "N/A", "N/A"),
        ("code", "00742", "00742"),
        ("code", "TRUE", "TRUE"),
        ("code", "na", "na"),
    ],
)
def test_what_is_read(small_form: Instrument, item: str, text: str, value: float | str) -> None:
    cell = reader(small_form, item).read(text)
    assert (cell.value, cell.reason, cell.fault) == (value, "", "")


@pytest.mark.parametrize(
    ("item", "text", "reason"),
    [
        ("m1", "", BLANK),
        ("host", " \u00a0\u200b", BLANK),
        ("m1", "NA", MARKED),
        ("h1", "-99", MARKED),
        ("code", "NA", MARKED),
        ("country", " NA ", MARKED),
        ("m1", "Prefer not to say", "declined"),
        ("m1", "Vill inte svara", "declined"),
    ],
)
@pytest.mark.parametrize("plain", [True, False])
def test_what_is_missing_has_its_reason(small_form: Instrument, item: str, text: str, reason: str, plain: bool) -> None:
    cell = reader(small_form, item, plain=plain).read(text)
    assert (cell.value, cell.reason, cell.fault) == (None, reason, "")


@pytest.mark.parametrize(
    ("item", "text", "fault"),
    [
        ("m1", "6", OUT),
        ("m1", "0", OUT),
        ("m1", "3.5", OUT),
        ("m1", "\u22121", OUT),
        ("m1", "agree strongly", NO_LABEL),
        ("m1", "1e5", NO_LABEL),
        ("m1", "nan", NO_LABEL),
        ("consent", "maybe", NO_LABEL),
        ("h1", "8", OUT),
        ("h1", "\u22121", OUT),
        ("h1", "3.5", "the answer is not a whole number"),
        ("h1", "three", "the answer is not a whole number"),
        ("h1", "1e5", "the answer is not a whole number"),
        ("h1", "3,0", "the answer is not a whole number"),
        ("h1", "na", "the answer is not a whole number"),
        ("pay", "nan", "the answer is not a number"),
        ("pay", "inf", "the answer is not a number"),
        ("pay", "-Infinity", "the answer is not a number"),
        ("pay", "1e5", "the answer is not a number"),
        ("pay", "0x10", "the answer is not a number"),
        ("pay", "1_000", "the answer is not a number"),
        ("pay", "9" * 400, "the answer is not a number"),
        ("started", "03/02/2026", "the answer is a date whose order of day and month is not declared"),
        ("started", "2026-02-30", "the answer is not a date"),
    ],
)
def test_what_does_not_fit_is_a_fault(small_form: Instrument, item: str, text: str, fault: str) -> None:
    cell = reader(small_form, item).read(text)
    assert (cell.value, cell.reason, cell.fault) == (None, "", fault)


@pytest.mark.parametrize("text", ["1", "5", "５", "31", "4.0"])
def test_numbers_of_choices_that_are_not_scores_are_refused(small_form: Instrument, text: str) -> None:
    assert reader(small_form, "m1", plain=False).read(text).fault == NOT_SCORES
    assert reader(small_form, "m1", plain=False).read("Agree").value == 4.0
    assert reader(small_form, "ls", plain=False).read("5").value == 5.0


@pytest.mark.parametrize(
    ("item", "plain", "allowed"),
    [
        ("m1", True, "or a score from 1 to 5"),
        ("m1", False, "Strongly disagree | Disagree"),
        ("h1", True, "a whole number from 0 to 7"),
        ("pay", True, "a number with a decimal point"),
        ("started", True, "a date as YYYY-MM-DD"),
    ],
)
def test_what_is_allowed_is_said(small_form: Instrument, item: str, plain: bool, allowed: str) -> None:
    words = reader(small_form, item, plain=plain).allowed()
    assert allowed in words
    assert ("score" in words) == (item == "m1" and plain)


@given(text=st.text(max_size=12), item=st.sampled_from(["m1", "h1", "pay", "started", "consent", "country", "code"]))
def test_a_cell_is_a_value_or_a_reason_or_a_fault(small_form: Instrument, text: str, item: str) -> None:
    cell = reader(small_form, item).read(text)
    assert [cell.value is not None, bool(cell.reason), bool(cell.fault)].count(True) == 1
    if item == "code" and not cell.reason:
        assert cell.value == clean_text(text)
    if item == "m1" and cell.value is not None:
        assert cell.value in {1.0, 2.0, 3.0, 4.0, 5.0}
    if item == "h1" and cell.value is not None:
        assert cell.value in set(range(8))
