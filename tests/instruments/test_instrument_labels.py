from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.instruments import choice_lookup, fold_label, load_instrument

Sheets = dict[str, list[list[str]]]


@pytest.mark.parametrize(
    ("raw", "folded"),
    [
        ("", ""),
        ("  Strongly\u00a0 agree\t", "strongly agree"),
        ("STRONGLY\nAGREE", "strongly agree"),
        ("Învăţământ ŞI", "învățământ și"),
        ("t\u0326 t\u0327 S\u0327", "ț ț ș"),
        ("ｆｕｌｌ", "full"),
        ("Del tutto d’accordo", "del tutto d'accordo"),
        ("Ha\u030aller med", "håller med"),
        ("STRASSE ß", "strasse ss"),
    ],
)
def test_fold_by_hand(raw: str, folded: str) -> None:
    assert fold_label(raw) == folded


@pytest.mark.parametrize(("one", "other"), [("Sì", "Si"), ("Strongly agree", "Strongly agree."), ("fără", "fara")])
def test_accents_and_punctuation_still_count(one: str, other: str) -> None:
    assert fold_label(one) != fold_label(other)


@given(st.text())
def test_fold_is_idempotent(text: str) -> None:
    assert fold_label(fold_label(text)) == fold_label(text)


@given(st.text(alphabet="aåäțşŢŞâîĂé'’ \u00a0\u2009bZ"), st.sampled_from([" ", "\u00a0", "\n", "\u3000"]))
def test_case_and_space_make_no_difference(text: str, space: str) -> None:
    assert fold_label(f"{space}{text.upper()}{space}") == fold_label(text.lower())
    assert fold_label(text.replace(" ", space * 2)) == fold_label(text)


@given(st.text())
def test_folded_text_has_single_spaces_and_no_cedilla(text: str) -> None:
    folded = fold_label(text)
    assert folded == " ".join(folded.split())
    assert not set(folded) & set("ţşŢŞ")


def test_lookup_finds_names_labels_of_all_languages_and_aliases(
    sheets: Sheets, write_sheets: Callable[[Sheets], Path]
) -> None:
    item = load_instrument(write_sheets(sheets)).item("m1")
    lookup = choice_lookup(item)
    for raw in ("a3", "HIGH", "alto", "3 - High\u00a0"):
        assert lookup[fold_label(raw)].score == 3.0
    assert lookup["skip"].is_missing
    assert "3" not in lookup
    with pytest.raises(TypeError):
        lookup["new"] = item.choices[0]  # type: ignore[index]


def test_lookup_of_a_text_item_is_empty(sheets: Sheets, write_sheets: Callable[[Sheets], Path]) -> None:
    assert not choice_lookup(load_instrument(write_sheets(sheets)).item("word"))
