"""A frozen plan: what is under it, what may change, and that it cannot be changed afterwards."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from toolkit.cli import main
from toolkit.core.errors import InputError
from toolkit.study import freeze_study, open_study

DAY = date(2026, 1, 15)


def edit(study: Path, old: str, new: str) -> None:
    path = study / "study.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def frozen_study(tiny_study: Path) -> Path:
    """Return a study whose plan was frozen before the later wave came in."""
    post = tiny_study / "exports" / "post.csv"
    kept = post.read_bytes()
    post.unlink()
    plan = freeze_study(tiny_study / "study.yaml", today=DAY)
    assert not plan.later_answers
    post.write_bytes(kept)
    return tiny_study


def test_a_frozen_plan_is_told_with_its_day(frozen_study: Path) -> None:
    study = open_study(frozen_study)
    assert study.plan.frozen_on == DAY
    assert study.design.planned
    assert "plan.json" in study.origin.provenance.inputs


def test_without_one_the_plan_counts_as_not_frozen(tiny_study: Path) -> None:
    assert open_study(tiny_study).plan.frozen_on is None
    assert not open_study(tiny_study).design.planned


def test_a_plan_frozen_after_the_later_answers_says_so(tiny_study: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", str(tiny_study)]) == 0
    assert "were there already" in capsys.readouterr().out
    assert open_study(tiny_study).plan.frozen_on is None


def test_freezing_twice_changes_nothing(frozen_study: Path) -> None:
    before = (frozen_study / "plan.json").read_bytes()
    freeze_study(frozen_study / "study.yaml", today=date(2026, 6, 1))
    assert (frozen_study / "plan.json").read_bytes() == before


def test_another_plan_does_not_replace_a_frozen_one(frozen_study: Path) -> None:
    edit(frozen_study, "secondary: [life_satisfaction]", "secondary: []")
    with pytest.raises(InputError, match=r"outcomes\.secondary: a plan was frozen on 2026-01-15"):
        freeze_study(frozen_study / "study.yaml", today=DAY)
    with pytest.raises(InputError, match=r"column outcomes\.secondary: this differs from the plan") as caught:
        open_study(frozen_study)
    assert caught.value.exit_code == 3


def test_a_declared_deviation_is_listed(frozen_study: Path) -> None:
    edit(
        frozen_study,
        "secondary: [life_satisfaction]",
        "secondary: []\ndeviations:\n  - {entry: outcomes.secondary, reason: nobody answered it}",
    )
    assert open_study(frozen_study).plan.deviations == (("outcomes.secondary", "nobody answered it"),)


@pytest.mark.parametrize("entry", ["outcomes.primary", "seed", "nothing"])
def test_a_deviation_that_is_none_is_refused(entry: str, frozen_study: Path) -> None:
    edit(frozen_study, "seed:", f"deviations: [{{entry: {entry}, reason: x}}]\nseed:")
    with pytest.raises(InputError, match="does not differ from the frozen plan"):
        open_study(frozen_study)


def test_deviations_need_a_frozen_plan(tiny_study: Path) -> None:
    edit(tiny_study, "seed:", "deviations: [{entry: seed, reason: x}]\nseed:")
    with pytest.raises(InputError, match="no plan was frozen"):
        open_study(tiny_study)


@pytest.mark.parametrize("change", ["day", "content", "sha256", "later_answers", "cut", "list"])
def test_a_plan_file_that_was_edited_is_refused(change: str, frozen_study: Path) -> None:
    path = frozen_study / "plan.json"
    written = json.loads(path.read_text(encoding="utf-8"))
    other = {"day": "2025-01-01", "content": {}, "sha256": "0" * 64, "later_answers": True}
    text = "[]" if change == "list" else json.dumps({**written, change: other.get(change)})
    path.write_text(text[:-9] if change == "cut" else text, encoding="utf-8")
    with pytest.raises(InputError, match="changed after it was frozen"):
        open_study(frozen_study)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("margins: {other: 0.2}", "margins names other"),
        ("important: {work_competences: 0}", "too small"),
        ("important: {work_competences: much}", "not a number"),
        ("families: {a: [work_competences]}", "each primary outcome exactly once"),
    ],
)
def test_what_the_plan_may_say(more: str, words: str, tiny_study: Path) -> None:
    edit(tiny_study, "  secondary: [life_satisfaction]", f"  secondary: [life_satisfaction]\n  {more}")
    with pytest.raises(InputError, match=words):
        open_study(tiny_study)
