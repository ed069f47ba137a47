"""From a RawExport to Responses: one wave, wide, long; columns, reasons, notes and faults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from toolkit.core.errors import InputError
from toolkit.ingest import ExportDeclaration, Responses, concat_responses, read_export, tidy

CANARY = "zqxcanary"
PERSON = ("code", "country", "host", "consent")
SCALED = ("m1", "m2", "m3", "h1", "h2", "ls")

Declare = Callable[..., ExportDeclaration]
Write = Callable[..., str]


def tidied(declaration: ExportDeclaration) -> Responses:
    return tidy(read_export(declaration), declaration.instrument)


def faults(declaration: ExportDeclaration) -> list[str]:
    with pytest.raises(InputError) as caught:
        tidied(declaration)
    return [str(problem) for problem in caught.value.problems]


def test_a_file_of_one_wave(declare: Declare, plain: Write) -> None:
    responses = tidied(
        declare(plain({}, {"m1": "5", "host": "007", "country": "No", "h1": "", "m3": "Vill inte svara"}))
    )
    frame, reasons = responses.frame, responses.reasons
    assert frame[["wave", "file", "row"]].to_numpy().tolist() == [["pre", "answers.csv", 2], ["pre", "answers.csv", 3]]
    assert frame["m1"].tolist() == [4.0, 5.0]
    assert frame["m2"].tolist() == [2.0, 2.0]
    assert frame["country"].tolist() == ["it", "No"]
    assert frame["host"].tolist() == ["Bakery", "007"]
    assert np.isnan(frame.at[1, "h1"])
    assert pd.isna(frame.at[0, "best"])
    assert reasons.loc[1, ["m1", "h1", "m3", "best"]].tolist() == ["", "blank", "declined", "not asked"]
    assert list(reasons) == list(frame)[3:]
    assert responses.notes == ("answers.csv: read as plain (12 of 12 headers in row 1 are known).",)
    assert [(line.wave, line.count, line.n_in) for line in responses.ledger.lines] == [("pre", 0, 2)]


def test_columns_missing_marks_and_fixed_answers(declare: Declare, plain: Write) -> None:
    content = plain({"m1": "NA", "code": "NA"}, {"h1": "-99"}).replace("m1", "Q1").replace("country,", "nation,", 1)
    responses = tidied(
        declare(content, columns={"m1": "Q1"}, missing=frozenset({"NA", "-99"}), fixed={"country": "SE"})
    )
    assert responses.frame["country"].tolist() == ["se", "se"]
    assert responses.reasons["m1"].tolist() == ["marked missing", ""]
    assert responses.reasons["h1"].tolist() == ["", "marked missing"]
    assert responses.reasons["code"].tolist() == ["marked missing", ""]
    assert pd.isna(responses.frame.at[0, "code"])
    assert "left out: nation." in responses.notes[1]


def test_a_fixed_answer_must_be_an_answer_of_the_form(declare: Declare, plain: Write) -> None:
    assert "consent" in faults(declare(plain({}, {}), fixed={"consent": "perhaps"}))[0]


def test_a_scale_that_no_outcome_needs_may_be_left_out_as_a_whole(declare: Declare, plain: Write) -> None:
    headers = (*PERSON, "prior", "started", "m1", "m2", "m3", "ls")
    outcomes = frozenset({"mood", "life"})
    responses = tidied(declare(plain({}, headers=headers), outcomes=outcomes))
    assert responses.reasons[["h1", "h2"]].to_numpy().tolist() == [["not in the export"] * 2]
    for more in (frozenset({"idle"}), frozenset({"mood", "idle"})):
        assert len(faults(declare(plain({}, headers=headers), outcomes=more))) == 2
    assert "column h2" in faults(declare(plain({}, headers=(*headers, "h1")), outcomes=outcomes))[0]
    assert "column m2" in faults(declare(plain({}, headers=("m1", *headers[:6], "m3", "ls")), outcomes=outcomes))[0]


def test_columns_that_may_be_missing_and_columns_that_may_not(declare: Declare, plain: Write) -> None:
    headers = ("consent", "code", "nation", "host", "m2", "m3", "h1", "h2", "ls", "m1_")
    problems = faults(declare(plain({"nation": "Italy"}, headers=headers)))
    assert [problem.split(": ")[0] for problem in problems] == [
        "answers.csv, row 1, column country",
        "answers.csv, row 1, column m1",
    ]
    assert "the file has a column" in problems[1]
    mapped = tidied(
        declare(plain({"nation": "Italy", "m1_": "5"}, headers=headers), columns={"country": "nation", "m1": "m1_"})
    )
    assert mapped.reasons[["prior", "started", "pay"]].iloc[0].tolist() == ["not in the export"] * 2 + ["not asked"]
    assert mapped.frame.at[0, "m1"] == 5.0


def wide_file(declare: Declare, people: list[dict[str, str]], **declared: Any) -> ExportDeclaration:
    """A row per person, the second wave's columns ending in _2; what a person leaves out is blank."""
    headers = [*PERSON, *SCALED, *(f"{item}_2" for item in (*SCALED, "best"))]
    lines = [",".join(headers), *(",".join(person.get(name, "") for name in headers) for person in people)]
    options: dict[str, Any] = {
        "layout": "wide",
        "platform": "plain",
        "waves": {"pre": "{item}", "post": "{item}_2"},
        "columns": {name: name for name in PERSON},
    }
    return declare("\n".join(lines), **{**options, **declared})


def test_a_wide_file_gives_a_row_per_person_and_wave(declare: Declare) -> None:
    known = {"country": "IT", "host": "H", "consent": "yes"}
    declaration = wide_file(
        declare,
        [
            {**known, "code": "both", "m1": "4", "h1": "3", "m1_2": "5", "ls_2": "9", "best": "", "best_2": "people"},
            {**known, "code": "early", "m1": "2"},
            {**known, "code": "late", "h2_2": "0"},
            {**known, "code": "declined", "ls": "1", "m3_2": "Prefer not to say"},
            {**known, "code": "marked", "ls": "1", "m1_2": "NA"},
        ],
        missing=frozenset({"NA"}),
    )
    responses = tidied(declaration)
    assert responses.frame[["code", "wave", "row"]].to_numpy().tolist() == [
        ["both", "pre", 2],
        ["early", "pre", 3],
        ["declined", "pre", 5],
        ["marked", "pre", 6],
        ["both", "post", 2],
        ["late", "post", 4],
        ["declined", "post", 5],
    ]
    assert responses.frame["m1"].tolist()[::4] == [4.0, 5.0]
    assert responses.frame.at[4, "best"] == "people"
    assert [(line.wave, line.count, line.n_in, line.n_out, line.source_rows) for line in responses.ledger.lines] == [
        ("", 0, 5, 5, ()),
        ("pre", 1, 5, 4, ("answers.csv:4",)),
        ("post", 2, 5, 3, ("answers.csv:3", "answers.csv:6")),
    ]


def test_a_wide_file_lacks_columns_of_one_wave(declare: Declare) -> None:
    problems = faults(wide_file(declare, [{"code": "A"}], waves={"pre": "{item}", "post": "{item}_3"}))
    assert [problem.split(":")[0] for problem in problems] == [
        f"answers.csv, row 1, column {name}_3" for name in SCALED
    ]
    assert "the file has a column m1_2" in problems[0]


@pytest.mark.parametrize("mark", ["2", "7"])
def test_a_long_file_tells_the_wave_in_a_column(declare: Declare, plain: Write, mark: str) -> None:
    content = plain(
        {"time": "1"},
        {"time": mark, "m1": "5"},
        {"time": "9"},
        {"time": "", "code": "B"},
        {"time": "\u00a01 ", "code": "C"},
        headers=("time", *PERSON, *SCALED),
    )
    responses = tidied(
        declare(content, layout="long", wave_column="time", waves={"pre": "1", "post": "2"}, platform="plain")
    )
    n_other = 2 if mark == "2" else 3
    assert responses.frame["wave"].tolist() == ["pre", "pre", "post"][: 5 - n_other]
    assert responses.frame["row"].tolist() == [2, 6, 3][: 5 - n_other]
    first, line = responses.ledger.lines
    assert (first.count, first.n_out) == (0, 5)
    assert (line.reason, line.count, line.n_in) == ("rows of waves that the study does not declare", n_other, 5)
    assert line.source_rows[-2:] == ("answers.csv:4", "answers.csv:5")
    assert responses.frame["m1"].dtype == np.float64


def test_a_long_file_without_its_wave_column(declare: Declare, plain: Write) -> None:
    content = plain({"times": "1"}, headers=("times", *PERSON, *SCALED))
    (problem,) = faults(declare(content, layout="long", wave_column="time", waves={"pre": "1"}))
    assert "column time: the column that tells the wave is missing" in problem
    assert "the file has a column times" in problem


def test_qualtrics_numbers_are_not_scores(declare: Declare, qualtrics: Write) -> None:
    labels = tidied(declare(qualtrics({}, {"m1": "Del tutto d'accordo", "country": "", "ls": "10"})))
    assert labels.frame["m1"].tolist() == [4.0, 5.0]
    assert labels.frame["ls"].tolist() == [8.0, 10.0]
    assert labels.reasons["country"].tolist() == ["", "blank"]
    problems = faults(declare(qualtrics({"m1": "4"}, {"m1": "4", "h1": "9"})))
    assert [problem.split(":")[0] for problem in problems] == [
        "answers.csv, row 4, column m1",
        "answers.csv, row 5, column m1",
        "answers.csv, row 5, column h1",
    ]
    assert "export the answers as choice text, not as numeric values" in problems[0]
    fixed = tidied(declare(qualtrics({}), fixed={"m1": "5"}))
    assert fixed.frame["m1"].tolist() == [5.0]


def test_a_file_of_previews_only_is_empty_and_accounted_for(declare: Declare, qualtrics: Write) -> None:
    responses = tidied(declare(qualtrics({"Status": "Survey Preview"})))
    assert len(responses.frame) == 0
    assert [line.count for line in responses.ledger.lines] == [1]
    whole = concat_responses([responses, tidied(declare(qualtrics({})))])
    assert whole.frame["m1"].tolist() == [4.0]


def test_every_fault_of_a_file_is_said_at_once_and_says_how_to_mend(declare: Declare, plain: Write) -> None:
    rows = [{"m1": "6", "h1": "3.5", "consent": CANARY}, {"m2": CANARY, "ls": "ten", "started": "yesterday"}]
    headers = ("consent", "code", "country", "host", "started", "m1", "m2", "h1", "h2", "ls")
    problems = faults(declare(plain(*rows, {}, headers=headers)))
    found = {tuple(problem.split(": ")[0].split(", ")[1:]) for problem in problems}
    assert found == {
        ("row 2", "column m1"),
        ("row 2", "column h1"),
        ("row 2", "column consent"),
        ("row 3", "column m2"),
        ("row 3", "column ls"),
        ("row 3", "column started"),
        ("row 1", "column m3"),
    }
    assert all("To mend:" in problem for problem in problems)
    assert sum("Allowed:" in problem for problem in problems) == 6


def test_many_rows_with_one_fault_are_summed_up(declare: Declare, plain: Write) -> None:
    problems = faults(declare(plain(*[{"m1": "9"}] * 30)))
    assert len(problems) == 21
    assert "out of scale in 10 more rows" in problems[-1]


@pytest.mark.parametrize("text", [CANARY, f"9{CANARY}", "987654321", f'"{CANARY}, twice"'])
@pytest.mark.parametrize("column", ["consent", "code", "country", "host", "started", "m1", "h1", "ls"])
@pytest.mark.parametrize("writer", ["plain", "qualtrics"])
@pytest.mark.parametrize("spoil", ["", "ragged", "quote", "stray", "nul", "latin"])
def test_no_message_holds_an_answer(
    declare: Declare, request: pytest.FixtureRequest, text: str, column: str, writer: str, spoil: str
) -> None:
    content = request.getfixturevalue(writer)({column: text}, {column: text, "m2": text}).encode()
    content += {
        "": b"",
        "ragged": f"\n{CANARY},987654321".encode(),
        "quote": f'\n{CANARY},"{CANARY}'.encode(),
        "stray": f'\n{CANARY},"{CANARY}" {CANARY}'.encode(),
        "nul": f"\n{CANARY},\0".encode(),
        "latin": f"\n{CANARY}è".encode("cp1252"),
    }[spoil]
    with pytest.raises(InputError) as caught:
        tidied(declare(content))
    message = "\n".join(str(problem) for problem in caught.value.problems)
    assert CANARY not in message
    assert "987654321" not in message
