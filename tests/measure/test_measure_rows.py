"""Consent, keys and linking: who goes on, who is set aside, and that every row is accounted for."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.core.errors import InputError, UsageError
from toolkit.ingest import Responses
from toolkit.measure import Panel, keep_consenting, keep_identified, link, score

WAVES = ("pre", "post")
CANARY = "zqxcanary"

Make = Callable[[list[dict[str, Any]]], Responses]


def counts(noun: Responses | Panel, step: str) -> list[tuple[str, int, int, int]]:
    return [(line.wave, line.count, line.n_in, line.n_out) for line in noun.ledger.lines if line.step == step]


def linked(responses: Responses, *, groups: tuple[str, ...] = ("country", "host"), **options: Any) -> Panel:
    return link(score(responses), key=["code"], groups=groups, waves=WAVES, **options)


def row(wave: str, code: str | None, **cells: Any) -> dict[str, Any]:
    return {"wave": wave, "code": code, "country": "it", "host": "H", "ls": 5, **cells}


def test_only_those_who_agreed_go_on(make_responses: Make) -> None:
    rows = [row("pre", "A"), row("pre", "B", consent="no"), row("pre", "C", consent=None), row("post", "A")]
    kept = keep_consenting(make_responses(rows), item="consent", keep=["yes"])
    assert kept.frame["code"].tolist() == ["A", "A"]
    assert counts(kept, "consented") == [("pre", 2, 3, 1), ("post", 0, 1, 1)]
    assert kept.ledger.lines[0].source_rows == ("pre.csv:3", "pre.csv:4")
    assert kept.reasons.index.equals(kept.frame.index)


def test_a_repeated_key_is_refused_with_both_rows_and_without_the_key(make_responses: Make) -> None:
    rows = [row("pre", CANARY), row("pre", "B"), row("pre", CANARY), row("post", CANARY)]
    with pytest.raises(InputError) as caught:
        keep_identified(make_responses(rows), key=["code"], repeated="refuse")
    assert caught.value.exit_code == 3
    (problem,) = caught.value.problems
    assert "pre.csv, row 2 and pre.csv, row 4" in problem.what
    assert (problem.file, problem.row, problem.column) == ("pre.csv", 2, "code")
    assert CANARY not in str(caught.value)


def test_repeated_and_blank_keys_are_set_aside_whole(make_responses: Make) -> None:
    codes = ["A", "B", "A", None, "A", None]
    rows = [row("pre", code) for code in codes] + [row("post", "A"), row("post", None)]
    kept = keep_identified(make_responses(rows), key=["code"], repeated="set_aside")
    assert kept.frame[["wave", "code"]].to_numpy().tolist() == [["pre", "B"], ["post", "A"]]
    assert counts(kept, "identified") == [("pre", 2, 6, 4), ("pre", 3, 4, 1), ("post", 1, 2, 1), ("post", 0, 1, 1)]
    assert [line.source_rows for line in kept.ledger.lines[:2]] == [
        ("pre.csv:5", "pre.csv:7"),
        ("pre.csv:2", "pre.csv:4", "pre.csv:6"),
    ]


def test_a_key_of_two_items_is_blank_when_a_part_is(make_responses: Make) -> None:
    rows = [row("pre", "A", host="1"), row("pre", "A", host="2"), row("pre", "A", host=None), row("pre", None)]
    kept = keep_identified(make_responses(rows), key=["host", "code"], repeated="refuse")
    assert kept.frame["host"].tolist() == ["1", "2"]
    assert counts(kept, "identified") == [("pre", 2, 4, 2), ("pre", 0, 2, 2)]


def test_linking_is_exact_and_in_the_order_of_the_earlier_wave(make_responses: Make) -> None:
    rows = [row("pre", code, ls=k) for k, code in enumerate(["007", "b", "7", "B ", "only pre", None, None])]
    rows += [row("post", code, ls=10 - k) for k, code in enumerate(["B", "7", "only post", "007", "b", None, None])]
    panel = linked(make_responses(rows))
    (rule,) = (rule for rule in panel.before if rule.scale == "life")
    assert panel.before[rule].tolist() == [0, 1, 2]
    assert panel.after[rule].tolist() == [7, 6, 9]
    assert list(panel.people) == ["country", "host"]
    assert counts(panel, "linked") == [("pre", 4, 7, 3), ("pre", 0, 3, 3), ("post", 4, 7, 3), ("post", 0, 3, 3)]


def test_groups_come_from_the_earlier_wave_or_else_the_later(make_responses: Make) -> None:
    rows = [row("pre", "A", host=None), row("pre", "B"), row("pre", "C", host=None, country=None)]
    rows += [row("post", "A", host="late"), row("post", "B", host=None), row("post", "C", host=None)]
    panel = linked(make_responses(rows))
    assert panel.people["host"].tolist()[:2] == ["late", "H"]
    assert panel.people["host"].isna().tolist() == [False, False, True]
    assert panel.people["country"].tolist() == ["it"] * 3


def test_a_group_may_be_part_of_the_key(make_responses: Make) -> None:
    rows = [row("pre", "A", host="1"), row("pre", "A", host="2"), row("post", "A", host="2")]
    panel = link(score(make_responses(rows)), key=["host", "code"], groups=["host"], waves=WAVES)
    assert panel.people["host"].tolist() == ["2"]


def test_one_key_with_two_groups_may_be_two_people(make_responses: Make) -> None:
    rows = [row("pre", CANARY, host=f"{CANARY} 1"), row("pre", "B"), row("post", "B"), row("post", CANARY, host="2")]
    responses = make_responses(rows)
    with pytest.raises(InputError) as caught:
        linked(responses)
    (problem,) = caught.value.problems
    assert (problem.file, problem.row, problem.column) == ("pre.csv", 2, "country, host")
    assert "post.csv:3" in problem.what
    assert CANARY not in str(caught.value)
    panel = linked(responses, repeated="set_aside")
    assert len(panel.people) == 1
    assert counts(panel, "linked") == [("pre", 0, 2, 2), ("pre", 1, 2, 1), ("post", 0, 2, 2), ("post", 1, 2, 1)]
    assert [line.source_rows for line in panel.ledger.lines if line.count] == [("pre.csv:2",), ("post.csv:3",)]


@pytest.mark.parametrize("wave", WAVES)
def test_keys_must_be_unique_before_linking(make_responses: Make, wave: str) -> None:
    with pytest.raises(UsageError, match="see keep_identified"):
        linked(make_responses([row("pre", "A"), row("post", "A"), row(wave, "A")]))


@pytest.mark.parametrize("rows", [[], [row("pre", "A")], [row("post", "A")], [row("pre", None), row("post", None)]])
def test_nobody_to_link(make_responses: Make, rows: list[dict[str, Any]]) -> None:
    panel = linked(make_responses(rows))
    assert panel.people.shape == (0, 2)
    assert all(line.n_out == 0 for line in panel.ledger.lines)


people = st.lists(
    st.fixed_dictionaries(
        {
            "wave": st.sampled_from(WAVES),
            "code": st.sampled_from([None, *"ABCDEFGH"]),
            "host": st.sampled_from([None, "1", "2"]),
            "consent": st.sampled_from(["yes", "yes", "yes", "no", None]),
            "ls": st.integers(0, 10),
        }
    ),
    max_size=24,
)


@given(rows=people, data=st.data())
def test_every_row_is_accounted_for_in_any_order(
    make_responses: Make, rows: list[dict[str, Any]], data: st.DataObject
) -> None:
    def run(chosen: list[dict[str, Any]]) -> tuple[Responses, Panel]:
        consenting = keep_consenting(make_responses(chosen), item="consent", keep=["yes"])
        kept = keep_identified(consenting, key=["code"], repeated="set_aside")
        return kept, linked(kept, groups=("host",), repeated="set_aside")

    def pairs(panel: Panel) -> list[tuple[Any, ...]]:
        (rule,) = (rule for rule in panel.before if rule.scale == "life")
        hosts = panel.people["host"].where(panel.people["host"].notna(), "")
        return sorted(zip(hosts, panel.before[rule], panel.after[rule], strict=True))

    kept, panel = run(rows)
    assert kept.frame["code"].notna().all()
    assert not kept.frame.duplicated(["wave", "code"]).any()
    for wave in {each["wave"] for each in rows}:
        lines = [line for line in panel.ledger.lines if line.wave == wave]
        n_rows = sum(each["wave"] == wave for each in rows)
        assert lines[0].n_in == n_rows
        assert all(one.n_out == other.n_in for one, other in pairwise(lines))
        assert n_rows - sum(line.count for line in lines) == lines[-1].n_out == len(panel.people)
        for line in lines:
            assert line.step == "linked" or len(line.source_rows) == line.count
    _, shuffled = run(data.draw(st.permutations(rows)))
    assert pairs(shuffled) == pairs(panel)
    assert pd.Index(panel.people.index).equals(pd.RangeIndex(len(panel.people)))
