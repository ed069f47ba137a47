"""A study opened: scope, plan, seed, provenance, and what a notebook holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from toolkit.core.errors import InputError
from toolkit.core.provenance import hash_bytes
from toolkit.disclosure import Audience, plan_release
from toolkit.evaluate import count_populations
from toolkit.measure import ScoringRule
from toolkit.study import open_study, plan_study_release, scaffold_study

Snapshot = Callable[[Path], Mapping[str, bytes]]


def edit(study: Path, old: str, new: str) -> None:
    path = study / "study.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_study_is_read_scored_and_linked(tiny_study: Path, snapshot: Snapshot) -> None:
    before = snapshot(tiny_study)
    study = open_study(tiny_study)
    assert (study.name, study.population, study.site, study.groups) == (
        "tiny",
        "programme",
        "host",
        ("host", "country"),
    )
    assert len(study.panel.people) == 24
    assert len(study.scores.people) == 50
    assert study.plan.primary == ("work_competences", "sector_knowledge", "sector_intention")
    assert snapshot(tiny_study) == before


def test_without_a_plan_the_strictest_rule_holds(tiny_study: Path) -> None:
    study = open_study(tiny_study)
    assert not study.release_plan.planned
    assert study.release_plan.audience == "internal"
    assert study.release_plan.min_people == 10


def test_sites_are_groups_of_internal_reports_only(tiny_study: Path) -> None:
    expected: dict[Audience, tuple[str, ...]] = {"public": ("country",), "internal": ("host", "country")}
    for audience, groups in expected.items():
        opened = open_study(tiny_study)
        plan = plan_release(
            count_populations(opened.panel.people, opened.panel.groups), audience=audience, internal_groups=["host"]
        )
        assert open_study(tiny_study, release_plan=plan).groups == groups


@pytest.mark.parametrize("scope", ["country=IT", "country=it", "country=Italien", "country=ITA"])
def test_a_group_is_found_by_any_of_its_names(scope: str, tiny_study: Path) -> None:
    study = open_study(tiny_study, scope=scope)
    assert study.population == "country=it"
    assert len(study.panel.people) == 12
    line = next(line for line in study.panel.ledger.lines if line.step == "in scope")
    assert (line.n_in, line.count, line.n_out) == (50, 25, 25)


def test_a_group_may_be_named_as_declared_or_as_in_the_form(tiny_study: Path) -> None:
    assert open_study(tiny_study, scope="site=Bakery").population == "host=Bakery"
    assert open_study(tiny_study, scope="host=Bakery").population == "host=Bakery"


@pytest.mark.parametrize("scope", ["town=Rome", "country=RO", "site=bakery", "Italy", "country="])
def test_a_scope_without_people_is_refused(scope: str, tiny_study: Path) -> None:
    with pytest.raises(InputError) as caught:
        open_study(tiny_study, scope=scope)
    assert caught.value.problems[0].column == "scope"
    assert caught.value.problems[0].allowed


def test_the_seed_given_wins_over_the_study(tiny_study: Path) -> None:
    assert open_study(tiny_study).origin.provenance.seed == 20260101
    assert open_study(tiny_study, seed=0).origin.provenance.seed == 0


def test_every_file_that_was_read_is_hashed(tiny_study: Path) -> None:
    inputs = open_study(tiny_study).origin.provenance.inputs
    assert inputs == {
        name: hash_bytes((tiny_study / name).read_bytes())
        for name in ("study.yaml", "exports/pre.csv", "exports/post.csv")
    }
    hashes = open_study(tiny_study).origin.hashes
    form = tiny_study / "instruments" / "participant" / "choices.csv"
    form.write_text(form.read_text(encoding="utf-8").replace("Great Britain", "Greater Britain"), encoding="utf-8")
    changed = open_study(tiny_study).origin.hashes
    assert {name for name in hashes if hashes[name] != changed[name]} == {"Form, all files"}


def test_a_whole_path_does_not_reach_names(tiny_study: Path) -> None:
    edit(tiny_study, "path: exports/post.csv", f"path: {tiny_study / 'exports' / 'post.csv'}")
    study = open_study(tiny_study)
    assert len(study.panel.people) == 24
    assert set(study.origin.provenance.inputs) == {"study.yaml", "exports/pre.csv", "exports/post.csv"}
    assert str(tiny_study.parent) not in str(study.cover.notes)


def test_minimums_of_study_yaml_replace_those_of_the_form(tiny_study: Path) -> None:
    edit(
        tiny_study,
        "disclosure:",
        "scoring:\n  min_items: {work_competences: 7}\n"
        "  sensitivity: {min_items: {work_competences: [7, 5]}}\ndisclosure:",
    )
    rules = [rule for rule in open_study(tiny_study).scores.values if rule.scale == "work_competences"]
    assert rules == [ScoringRule("work_competences", 7), ScoringRule("work_competences", 5, "sensitivity")]


def test_mistakes_in_both_exports_are_told_together(tiny_study: Path) -> None:
    for wave in ("pre", "post"):
        path = tiny_study / "exports" / f"{wave}.csv"
        path.write_text(path.read_text(encoding="utf-8").replace("sk1", "other", 1), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        open_study(tiny_study)
    assert [problem.file for problem in caught.value.problems] == ["exports/pre.csv", "exports/post.csv"]


def test_the_scaffold_opens_once_exports_are_there(tiny_study: Path, tmp_path: Path) -> None:
    path = scaffold_study(tmp_path / "mine")
    assert sorted(entry.name for entry in path.parent.iterdir()) == ["exports", "instruments", "study.yaml"]
    assert not list(tmp_path.glob(".sivsen-*"))
    for wave in ("pre", "post"):
        text = (tiny_study / "exports" / f"{wave}.csv").read_text(encoding="utf-8")
        (path.parent / "exports" / f"{wave}_it.csv").write_text(text.replace(",SE,", ",IT,"), encoding="utf-8")
    assert len(open_study(path).panel.people) == 24


def test_without_linked_answers_no_change_is_claimed(tiny_study: Path) -> None:
    assert open_study(tiny_study).design.waves == ("pre", "post")
    post = tiny_study / "exports" / "post.csv"
    post.write_text(post.read_text(encoding="utf-8").replace("canary-", "another-"), encoding="utf-8")
    study = open_study(tiny_study)
    assert study.panel.people.empty
    assert study.design.waves == ()
    assert "no change was measured" in study.cover.grade_reason


def test_the_plan_counts_who_answered_and_withholds_changes_of_few(tiny_study: Path) -> None:
    study = open_study(tiny_study)
    plan = plan_study_release(study)
    assert plan.audience == "public"
    assert plan.allows("programme", change_in="work_competences")
    assert not any(plan.allows(name) for name in plan.shown if "host" in name)
