"""What every verb between a file and its release promises: glossary columns, and inputs left as they were."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal, assert_series_equal

from toolkit import evaluate
from toolkit.core.estimates import ESTIMATE_COLUMNS, Estimates
from toolkit.core.glossary import GLOSSARY
from toolkit.core.ledger import LEDGER_COLUMNS
from toolkit.disclosure import plan_release, release
from toolkit.evaluate import FINDING_COLUMNS, AnalysisPlan, Design, count_populations, grade
from toolkit.ingest import ExportDeclaration, RawExport, Responses, concat_responses, read_export, tidy
from toolkit.instruments import Instrument
from toolkit.measure import Panel, Scores, ScoringRule, keep_consenting, keep_identified, link, score

MAX_EXAMPLES = 25  # each example runs the whole chain on two files, about 0.2 s
WAVES = ("pre", "post")
PLAN = AnalysisPlan(primary=("mood", "idle"), secondary=("life",))
RULES = (ScoringRule("mood", 2), ScoringRule("mood", 3, "sensitivity"), ScoringRule("idle", 1), ScoringRule("life", 1))
# One call per verb; a new estimate_* verb must be added here.
VERBS: dict[str, Callable[[Scores, Panel], Estimates]] = {
    "estimate_change": lambda _, panel: evaluate.estimate_change(panel, plan=PLAN, by=["country", "host"]),
    "estimate_pooled_change": lambda _, panel: evaluate.estimate_pooled_change(panel, plan=PLAN, site="host"),
    "estimate_completeness": lambda scores, _: evaluate.estimate_completeness(scores, plan=PLAN),
    "estimate_reliability": lambda scores, _: evaluate.estimate_reliability(scores, plan=PLAN),
}
Write = Callable[[list[Any]], list[ExportDeclaration]]


def frames_of(noun: object) -> dict[str, pd.DataFrame | pd.Series[float]]:
    """Every frame and series that a noun carries."""
    if isinstance(noun, (RawExport, Estimates, evaluate.Findings)):
        return {"frame": noun.frame}
    if isinstance(noun, Responses):
        return {"frame": noun.frame, "reasons": noun.reasons}
    if isinstance(noun, Scores):
        return {"people": noun.people, "items": noun.items, **{str(rule): v for rule, v in noun.values.items()}}
    if isinstance(noun, Panel):
        return {
            "people": noun.people,
            **{f"before {rule}": v for rule, v in noun.before.items()},
            **{f"after {rule}": v for rule, v in noun.after.items()},
        }
    raise TypeError(type(noun))


def untouched(verb: Callable[[Any], Any], noun: object) -> Any:
    """Return what the verb gives, after checking that what it was given is as before."""
    before = {name: frame.copy(deep=True) for name, frame in frames_of(noun).items()}
    result = verb(noun)
    for name, frame in frames_of(noun).items():
        if isinstance(frame, pd.DataFrame):
            assert_frame_equal(frame, before[name])
        else:
            assert_series_equal(frame, before[name])
    return result


def run_chain(declarations: list[ExportDeclaration], form: Instrument) -> tuple[Scores, Panel]:
    parts = [untouched(lambda raw: tidy(raw, form), read_export(declaration)) for declaration in declarations]
    responses = concat_responses(parts)
    responses = untouched(lambda noun: keep_consenting(noun, item="consent", keep=["yes"]), responses)
    responses = untouched(lambda noun: keep_identified(noun, key=["code"], repeated="set_aside"), responses)
    scores = untouched(lambda noun: score(noun, RULES), responses)
    panel = untouched(
        lambda noun: link(noun, key=["code"], groups=["country", "host"], waves=WAVES, repeated="set_aside"), scores
    )
    return scores, panel


def check_types(frame: pd.DataFrame, columns: tuple[str, ...]) -> None:
    assert list(frame) == list(columns)
    assert frame.dtypes.astype(str).tolist() == [GLOSSARY[name].dtype for name in columns]


def test_every_verb_is_under_contract() -> None:
    assert set(VERBS) == {name for name in evaluate.__all__ if name.startswith("estimate_")}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("n", [0, 1, 2, 7])
def test_a_verb_gives_the_columns_and_types_of_the_glossary(
    verb: str, n: int, write_waves: Write, person: Any, small_form: Instrument
) -> None:
    people = [
        person(f"P{k}" if k < n else "", "IT" if k % 2 else "SE", f"H{k % 3}", k % 4, k % 2) for k in range(n + 2)
    ]
    scores, panel = run_chain(write_waves(people), small_form)
    estimates = VERBS[verb](scores, panel)
    check_types(estimates.frame, ESTIMATE_COLUMNS)
    check_types(estimates.ledger.frame(), LEDGER_COLUMNS)
    assert len(panel.people) == n
    assert estimates.frame["outcome"].isin(PLAN.outcomes).all()
    assert (estimates.frame["estimator"] != "").all()
    check_types(grade(estimates, design=Design(waves=WAVES), study="s").frame, FINDING_COLUMNS)


@settings(max_examples=MAX_EXAMPLES, deadline=None)
@given(data=st.data())
def test_verbs_leave_what_they_are_given_as_it_was(
    data: st.DataObject, write_waves: Write, person: Any, small_form: Instrument
) -> None:
    people = data.draw(
        st.lists(
            st.builds(
                person,
                key=st.sampled_from(["", "A", "B", "C", "D", "E", "F", "G", "007"]),
                country=st.sampled_from(["IT", "SE", ""]),
                host=st.sampled_from(["Bakery", "Garden & Co", ""]),
                level=st.integers(0, 4),
                gain=st.integers(-1, 2),
                blank=st.booleans(),
            ),
            min_size=1,
            max_size=12,
        )
    )
    scores, panel = run_chain(write_waves(people), small_form)
    counts = count_populations(panel.people, ["country", "host"])
    plan = plan_release(counts, audience="internal")
    for verb in VERBS.values():
        estimates = untouched(lambda _, verb=verb: untouched(lambda panel: verb(scores, panel), panel), scores)
        findings = untouched(lambda noun: grade(noun, design=Design(waves=WAVES), study="s"), estimates)
        for noun in (estimates, findings):
            released = untouched(lambda noun: release(noun, plan=plan), noun)
            assert released.frame["finding_id" if noun is findings else "outcome"].equals(
                noun.frame["finding_id" if noun is findings else "outcome"]
            )
            assert len(released.select(whole=True).frame) + len(released.select(whole=False).frame) == len(noun.frame)
