"""Folding, pairing, review and matching: the same person or nobody, whatever the order of rows and waves."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.core.errors import InputError, UsageError
from toolkit.ingest import Responses
from toolkit.measure.digests import LinkKey
from toolkit.measure.folding import CODE_ALPHABET, check_sign, fold_element, is_whole_code
from toolkit.measure.keys import keep_identified
from toolkit.measure.linking import link
from toolkit.measure.matching import MatchRule, match_people
from toolkit.measure.pairing import find_candidates, link_rows, pair_rows
from toolkit.measure.review import ReviewRow, read_review, write_review
from toolkit.measure.scoring import score

SECRET = LinkKey(bytes(range(32)))
CANARY = "zqxcanary"
WAVES = ("pre", "post")
KINDS = ("text", "letters", "digits", "email", "code", "id")

Make = Callable[[list[dict[str, Any]]], Responses]

keys = st.integers(2, 4).flatmap(
    lambda k: st.tuples(
        st.lists(st.lists(st.integers(-1, 2), min_size=k, max_size=k), min_size=1, max_size=8),
        st.lists(st.lists(st.integers(-1, 2), min_size=k, max_size=k), min_size=1, max_size=8),
    )
)


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ("\u015etefan", "\u0218TEFAN", "text"),
        ("A\u030asa", "\u00c5sa", "text"),
        (" Gr\u00f8n\u00a0gata ", "gron gata", "text"),
        ("007", "7", "digits"),
        ("O7", "07.0", "digits"),
        ("l2", "12", "digits"),
        ("b0b", "Bob", "letters"),
        ("Anna.Test@Example.org ", "anna.test@example.org", "email"),
        ("4t7-k2", "4T7K2", "code"),
        ("O1", "0I", "code"),
        (" 42 ", "42", "id"),
    ],
)
def test_spellings_of_one_element_fold_alike(one: str, other: str, kind: Any) -> None:
    assert fold_element(one, kind=kind) == fold_element(other, kind=kind) != ""


def test_what_tells_people_apart_is_kept() -> None:
    assert fold_element("1-23", kind="text") != fold_element("12-3", kind="text")
    assert fold_element("007", kind="id") != fold_element("7", kind="id")
    assert fold_element("sara+x@a.b", kind="email") != fold_element("sara@a.b", kind="email")


@given(st.text(max_size=12), st.sampled_from(KINDS))
def test_folding_twice_is_folding_once(text: str, kind: Any) -> None:
    once = fold_element(text, kind=kind)
    assert fold_element(once, kind=kind) == once


@given(st.text(alphabet=CODE_ALPHABET, min_size=3, max_size=9), st.data())
def test_the_check_sign_finds_each_changed_sign_and_each_swap(body: str, data: st.DataObject) -> None:
    code = body + check_sign(body)
    assert is_whole_code(code)
    place = data.draw(st.integers(0, len(code) - 1))
    other = data.draw(st.sampled_from([sign for sign in CODE_ALPHABET if sign != code[place]]))
    assert not is_whole_code(code[:place] + other + code[place + 1 :])
    if place + 1 < len(code) and code[place] != code[place + 1]:
        assert not is_whole_code(code[:place] + code[place + 1] + code[place] + code[place + 2 :])


def every_pair(left: np.ndarray, right: np.ndarray, tolerance: int) -> set[tuple[int, int, int]]:
    found = set()
    for a, mine in enumerate(left):
        for b, theirs in enumerate(right):
            differing = sum(x != y or x == -1 for x, y in zip(mine, theirs, strict=True))
            if differing <= tolerance:
                found.add((a, b, differing))
    return found


@given(keys, st.integers(0, 1))
def test_blocking_finds_just_the_pairs_of_the_exhaustive_search(rows: Any, tolerance: int) -> None:
    left, right = (np.array(side) for side in rows)
    found = find_candidates(left, right, tolerance=tolerance)
    pairs = list(zip(found.left.tolist(), found.right.tolist(), found.differing.tolist(), strict=True))
    assert len(set(pairs)) == len(pairs)
    assert set(pairs) == every_pair(left, right, tolerance)


@given(keys, st.integers(0, 1), st.integers(0, 2**32 - 1))
def test_links_are_one_to_one_symmetric_and_free_of_order(rows: Any, tolerance: int, seed: int) -> None:
    left, right = (np.array(side) for side in rows)
    links = link_rows(left, right, tolerance=tolerance).links
    pairs = set(zip(links.left.tolist(), links.right.tolist(), strict=True))
    assert len({a for a, _ in pairs}) == len({b for _, b in pairs}) == len(pairs)
    turned = link_rows(right, left, tolerance=tolerance).links
    assert {(b, a) for a, b in zip(turned.left.tolist(), turned.right.tolist(), strict=True)} == pairs
    rng = np.random.default_rng(seed)
    one, other = rng.permutation(len(left)), rng.permutation(len(right))
    mixed = link_rows(left[one], right[other], tolerance=tolerance).links
    assert {(int(one[a]), int(other[b])) for a, b in zip(mixed.left, mixed.right, strict=True)} == pairs
    if tolerance:
        exact = link_rows(left, right, tolerance=0).links
        assert set(zip(exact.left.tolist(), exact.right.tolist(), strict=True)) <= pairs


@given(keys)
def test_proposals_are_one_to_one_and_ties_are_never_linked(rows: Any) -> None:
    left, right = (np.array(side) for side in rows)
    found = find_candidates(left, right, tolerance=1)
    pairing = pair_rows(found, n_left=len(left), n_right=len(right), tolerance=1)
    chosen = pairing.unsettled.keep(pairing.proposed)
    assert len(np.unique(chosen.left)) == len(np.unique(chosen.right)) == len(chosen.left)
    for a, b, d in zip(pairing.links.left, pairing.links.right, pairing.links.differing, strict=True):
        rivals = [pair for pair in every_pair(left, right, 1) if (pair[0] == a) != (pair[1] == b)]
        assert all(rival[2] > d for rival in rivals)


def test_impossible_settings_are_refused() -> None:
    key = np.array([[1, 2]])
    with pytest.raises(UsageError):
        find_candidates(key, key, tolerance=2)
    with pytest.raises(UsageError):
        pair_rows(find_candidates(key, key, tolerance=0), n_left=1, n_right=1, tolerance=0, margin=0)
    with pytest.raises(UsageError):
        LinkKey(b"short")


def people(*rows: tuple[str, str, str, str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["wave", "a", "b", "c"])
    numbers = frame.groupby("wave").cumcount() + 2
    return frame.assign(file=frame["wave"] + ".csv", row=numbers)


RULE = MatchRule(elements={"a": "text", "b": "text", "c": "text"}, secret=SECRET, tolerance=1)


def test_a_tie_is_left_to_a_person_and_the_verdict_is_honoured() -> None:
    frame = people(
        ("pre", CANARY, "1", "x"), ("post", CANARY, "1", "y"), ("post", CANARY, "1", "z"), ("pre", "q", "2", "w")
    )
    first = match_people(frame, waves=WAVES, rule=RULE)
    assert first.person.nunique() == 4
    assert {(row.one, row.other, row.unlike) for row in first.review} == {
        ("pre.csv:2", "post.csv:2", "c"),
        ("pre.csv:2", "post.csv:3", "c"),
    }
    text = write_review(first.review)
    assert CANARY not in text
    known = [f"{file}:{row}" for file, row in zip(frame["file"], frame["row"], strict=True)]
    for verdict, partner in (("same", "post.csv:3"), ("different", "post.csv:2")):
        lines = text.splitlines()
        said = [line + verdict if partner in line else line for line in lines]
        verdicts = read_review("\n".join(said), name="review.csv", known_rows=known)
        rule = MatchRule(elements=RULE.elements, secret=SECRET, tolerance=1, verdicts=verdicts)
        again = match_people(frame, waves=WAVES, rule=rule)
        assert again.person[0] == again.person[2] != again.person[1]


def test_three_waves_are_one_person_and_contradictions_are_nobody() -> None:
    frame = people(("pre", "1", "1", "1"), ("post", "1", "1", "2"), ("later", "1", "1", "2"))
    matched = match_people(frame, waves=("pre", "post", "later"), rule=RULE)
    assert matched.person.nunique() == 1
    frame = people(("pre", "1", "1", "1"), ("post", "1", "1", "2"), ("later", "1", "3", "2"), ("pre", "9", "3", "2"))
    matched = match_people(frame, waves=("pre", "post", "later"), rule=RULE)
    assert matched.person.nunique() == 4
    assert any("contradict" in row.unlike for row in matched.review)


def test_people_of_two_countries_are_never_compared() -> None:
    frame = people(("pre", "1", "1", "it"), ("post", "1", "1", "se"))
    rule = MatchRule(elements={"a": "text", "b": "text"}, secret=SECRET, within=("c",))
    assert match_people(frame, waves=WAVES, rule=rule).person.nunique() == 2


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("pre.csv:99,post.csv:2,,,same", "the row is not in the study"),
        ("pre.csv:2,post.csv:2,,,perhaps", "the verdict is unknown"),
        ("pre.csv:2,post.csv:2,,,same\npre.csv:2,post.csv:2,,,different", "another verdict"),
    ],
)
def test_a_review_file_edited_wrongly_is_refused_with_its_row(line: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        read_review(
            f"one_row,other_row,elements_that_differ,suggestion,verdict\n{line}\n",
            name="review.csv",
            known_rows=["pre.csv:2", "post.csv:2"],
        )
    assert words in str(caught.value)
    assert all(problem.file == "review.csv" and problem.row for problem in caught.value.problems)


def test_one_row_cannot_be_two_people_of_a_wave() -> None:
    frame = people(("pre", "1", "1", "1"), ("post", "2", "2", "2"), ("post", "3", "3", "3"))
    verdicts = tuple(ReviewRow(one="pre.csv:2", other=other, verdict="same") for other in ("post.csv:2", "post.csv:3"))
    rule = MatchRule(elements=RULE.elements, secret=SECRET, verdicts=verdicts)
    with pytest.raises(InputError, match="two rows of one wave"):
        match_people(frame, waves=WAVES, rule=rule)


@pytest.mark.parametrize("cell", ["1.1467E+11", "12-mar", "#REF!", "123456789012345000"])
def test_a_key_that_a_spreadsheet_damaged_stops_the_study(cell: str, make_responses: Make) -> None:
    responses = make_responses([{"wave": "pre", "code": cell}, {"wave": "pre", "code": "B"}])
    with pytest.raises(InputError) as caught:
        keep_identified(responses, key=["code"], repeated="refuse", elements={"code": "id"})
    (problem,) = caught.value.problems
    assert (problem.file, problem.row, problem.column) == ("pre.csv", 2, "code")
    assert cell not in str(caught.value)


def test_a_mistyped_code_is_nobody_and_counted(make_responses: Make) -> None:
    code = "4T7K2" + check_sign("4T7K2")
    rows = [{"wave": "pre", "code": code}, {"wave": "pre", "code": code[:-1] + code[0]}]
    kept = keep_identified(make_responses(rows), key=["code"], repeated="refuse", elements={"code": "code"})
    assert len(kept.frame) == 1
    (line,) = (line for line in kept.ledger.lines if "check sign" in line.reason)
    assert (line.count, line.source_rows) == (1, ("pre.csv:3",))


def test_joining_by_address_as_public_case_c12(make_responses: Make) -> None:
    folder = Path(__file__).parent / "data" / "email_join"
    expected = json.loads((folder / "expected.json").read_text(encoding="utf-8"))
    rows: list[dict[str, Any]] = []
    for wave in WAVES:
        frame = pd.read_csv(folder / f"{wave}.csv", dtype={"email": "str"}, keep_default_na=False)
        rows += [
            {"wave": wave, "code": email or None, "ls": float(answer), "country": "it", "host": "H"}
            for email, answer in zip(frame["email"], frame["q1"], strict=True)
        ]
    kept = keep_identified(make_responses(rows), key=["code"], repeated="refuse", elements={"code": "email"})
    reasons = {line.reason: line.count for line in kept.ledger.lines if line.wave == "pre" and line.count}
    assert sorted(reasons.values()) == sorted([expected["table"]["shared_mailbox"], expected["table"]["blank"]])
    scores = score(kept)
    matched = match_people(scores.people, waves=WAVES, rule=MatchRule(elements={"code": "email"}, secret=SECRET))
    assert len(matched.review) == expected["table"]["review"]
    panel = link(scores, key=["code"], groups=["country"], waves=WAVES, person=matched.person)
    assert len(panel.people) == expected["automatic_pairs"]
    (rule,) = (rule for rule in panel.before if rule.scale == "life")
    change = (panel.after[rule] - panel.before[rule]).mean()
    assert change == pytest.approx(expected["mean_change"], abs=1e-12)
