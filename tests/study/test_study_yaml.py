"""Scalars stay the text that was written, and every entry has its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.core.errors import InputError
from toolkit.study.yaml_text import parse_yaml


@pytest.mark.parametrize(
    "text", ["No", "no", "off", "007", "016", "12:30", "1_000", "1e3", "null", "~", "2019-01-01", ".nan", "0x10", "NA"]
)
def test_a_scalar_stays_text(text: str) -> None:
    tree, _ = parse_yaml(f"host: {text}\nhosts: [{text}]\n", name="study.yaml")
    assert tree == {"host": text, "hosts": [text]}


def test_every_entry_has_its_line() -> None:
    tree, lines = parse_yaml("a: 1\nb:\n  - {c: 2}\n  - c: 3\n    d: 4\n", name="study.yaml")
    assert tree == {"a": "1", "b": [{"c": "2"}, {"c": "3", "d": "4"}]}
    assert lines[("b",)] == 2
    assert lines[("b", 0, "c")] == 3
    assert lines[("b", 1, "d")] == 5


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing but a remark\n", "---\n"])
def test_an_empty_document_is_an_empty_mapping(text: str) -> None:
    assert parse_yaml(text, name="study.yaml")[0] in ({}, "")


@pytest.mark.parametrize(
    ("text", "row", "what"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, "the key occurs twice"),
        ("x: {a: 1, a: 2}\n", 1, "the key occurs twice"),
        ("a: &mark 1\nb: *mark\n", 2, "alias"),
        ("a: !!python/object:os.system ls\n", 1, "tag"),
        ("a: !own 1\n", 1, "tag"),
        ("? [a, b]\n: 1\n", 1, "a key must be a word"),
        ("a: 1\n---\nb: 2\n", 2, "not YAML"),
        ("a: [1, 2\n", 2, "not YAML"),
        ("a: 1\n\tb: 2\n", 2, "begins with a tab"),
        ("a:\n" + "".join(" " * depth + "- \n" for depth in range(1, 40)), 21, "too deep"),
    ],
)
def test_what_could_be_misread_is_refused_with_its_line(text: str, row: int, what: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_yaml(text, name="study.yaml")
    problem = caught.value.problems[0]
    assert problem.row == row
    assert what in problem.what
    assert problem.mend


def test_all_repeated_keys_are_named() -> None:
    with pytest.raises(InputError) as caught:
        parse_yaml("a: 1\na: 2\nb: {c: 1, c: 2}\nb: 3\n", name="study.yaml")
    assert [(problem.row, problem.column) for problem in caught.value.problems] == [(2, "a"), (3, "c"), (4, "b")]


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_yaml(text, name="study.yaml")
    except InputError as error:
        assert error.problems


@given(
    st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.from_regex(r"[A-Za-z0-9]{1,8}", fullmatch=True))
)
def test_plain_words_come_back_as_written(mapping: dict[str, str]) -> None:
    text = "".join(f"{key}: {value}\n" for key, value in mapping.items())
    assert parse_yaml(text, name="study.yaml")[0] == mapping
