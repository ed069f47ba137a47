"""grade_design: the levels a design allows, its reasons, and flags that contradict each other."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.claims import compare, main, read_design
from toolkit.core.errors import UsageError
from toolkit.evaluate import Design, grade_design

CLAIMS = Path(__file__).parents[1] / "reference" / "claims.csv"
with CLAIMS.open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file))
SOUND = Design(waves=("pre", "post"), comparison="matched", balance_shown=True, loss_overall=18, loss_differential=3)

designs = st.builds(
    Design,
    waves=st.sampled_from([(), ("pre",), ("post",), ("pre", "post"), ("pre", "post", "followup")]),
    comparison=st.sampled_from(["convenience", "matched", "quasi_random", "randomised"]),
    adjusted=st.booleans(),
    balance_shown=st.booleans(),
    loss_overall=st.none() | st.floats(0, 100),
    loss_differential=st.none() | st.floats(0, 100),
    replicated=st.booleans(),
    external_evaluator=st.booleans(),
    measure=st.sampled_from(["validated_scale", "own_scale", "records", "then_test", "reaction"]),
    costs=st.none() | st.booleans(),
)


@pytest.mark.parametrize("row", ROWS, ids=[row["id"] for row in ROWS])
def test_levels_of_known_designs(row: Mapping[str, str]) -> None:
    found, expected = compare(row)
    assert found == expected


def test_the_runner_tells_disagreement(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(CLAIMS)]) == 0
    assert capsys.readouterr().out.endswith("14 of 14 designs agree\n")
    changed = tmp_path / "claims.csv"
    changed.write_text(
        CLAIMS.read_text(encoding="utf-8").replace(",2,1,0,change captured", ",3,1,0,change captured"), encoding="utf-8"
    )
    assert main([str(changed)]) == 1
    with pytest.raises(UsageError, match="no comparison group"):
        read_design({**ROWS[2], "randomised": "1"})


@pytest.mark.parametrize(
    ("change", "nesta", "maryland", "causal"),
    [
        ({}, 3, 3, True),
        ({"loss_differential": 10.0}, 3, 3, True),
        ({"loss_differential": 10.1}, 2, 2, False),
        ({"loss_overall": 50.0}, 3, 3, True),
        ({"loss_overall": 50.1}, 2, 2, False),
        ({"loss_differential": None}, 2, 2, False),
        ({"comparison": "quasi_random"}, 3, 4, True),
        ({"comparison": "randomised"}, 3, 5, True),
        ({"comparison": "randomised", "waves": ("post",)}, 3, 5, True),
        ({"waves": ("post",)}, 1, 1, False),
        ({"waves": ("post",), "adjusted": True}, 1, 2, False),
        ({"waves": ("pre",)}, 1, 0, False),
        ({"measure": "reaction"}, 1, 1, False),
        ({"replicated": True, "external_evaluator": True}, 4, 3, True),
        ({"replicated": True, "external_evaluator": True, "costs": False}, 3, 3, True),
        ({"replicated": True}, 3, 3, True),
    ],
)
def test_what_each_flag_does(change: dict[str, Any], nesta: int, maryland: int, causal: bool) -> None:
    level = grade_design(replace(SOUND, **change))
    assert (level.nesta, level.maryland, level.causal) == (nesta, maryland, causal)


@pytest.mark.parametrize(
    ("loss", "security"), [(0, 5), (10, 5), (10.5, 4), (20, 4), (30, 3), (40, 2), (50, 1), (51, 0), (None, 0)]
)
def test_security_follows_the_loss(loss: float | None, security: int) -> None:
    assert grade_design(replace(SOUND, comparison="randomised", loss_overall=loss)).security == security


def test_security_is_capped_by_design_and_balance() -> None:
    best = replace(SOUND, loss_overall=5)
    assert [
        grade_design(replace(best, comparison=kind)).security for kind in ("quasi_random", "matched", "convenience")
    ] == [4, 3, 1]
    assert grade_design(replace(best, balance_shown=False)).security == 1
    assert grade_design(Design(waves=("pre", "post"), loss_overall=5)).security == 0


@given(designs)
def test_no_claim_of_cause_without_what_it_needs(design: Design) -> None:
    level = grade_design(design)
    assert level.causal == (level.nesta >= 3) == (level.maryland >= 3)
    if level.causal:
        assert design.balance_shown
        assert design.loss_overall is not None
        assert design.loss_overall <= 50
        assert design.loss_differential is not None
        assert design.loss_differential <= 10
    assert level.reasons
    assert f"Nesta level {level.nesta}" in level.reason
    assert level.lift


@given(designs)
def test_a_flag_more_never_lowers_the_level(design: Design) -> None:
    level = grade_design(design)
    for better in ({"balance_shown": True}, {"replicated": True}, {"external_evaluator": True}, {"adjusted": True}):
        lifted = grade_design(replace(design, **better))
        assert lifted.nesta >= level.nesta
        assert lifted.maryland >= level.maryland
        assert lifted.security >= level.security


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"comparison": "friends"}, "the comparison is unknown"),
        ({"measure": "stars"}, "the measure is unknown"),
        ({"loss_overall": 101.0}, "0 to 100"),
        ({"loss_overall": -1.0}, "0 to 100"),
        ({"balance_shown": True}, "there is no comparison group"),
        ({"loss_differential": 3.0}, "there is no comparison group"),
        ({"kirkpatrick": (6,)}, "the level 6 is unknown"),
    ],
)
def test_contradictions_are_refused(flags: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Design(waves=("pre", "post"), **flags)
