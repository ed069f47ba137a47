"""Tables, figures and sentences: what a reader sees of released figures, and what stays behind the door."""

from __future__ import annotations

import base64
import re
from typing import Any

import pandas as pd
import pytest
from bs4 import BeautifulSoup

from toolkit.core.errors import UsageError
from toolkit.core.estimates import Estimates
from toolkit.core.ledger import Ledger, LedgerLine
from toolkit.core.provenance import Provenance
from toolkit.disclosure import Released, plan_release, release
from toolkit.evaluate import Design, grade
from toolkit.report.cover import show_account
from toolkit.report.figures import show_figure
from toolkit.report.parts import FINDINGS_MIME, TABLE_MIME, frame_csv
from toolkit.report.sentences import record
from toolkit.report.tables import show_table
from toolkit.report.wording import Wording

WORDING = Wording(
    language="en",
    outcomes={"skill": "Work <skills>"},
    values={("country", "it"): "Italy", ("country", "se"): "Sweden"},
    groups={"country": "Country"},
)
PLAN = plan_release({"programme": 50, "country=it": 33, "country=ro": 10, "country=se": 7}, audience="public")
SECRET = 0.123456789
"""Estimate of the group that is too small to be shown."""


def _row(population: str, estimate: float, n: int, **more: Any) -> dict[str, Any]:
    return {
        "outcome": "skill",
        "role": "primary",
        "population": population,
        "rule": "main",
        "min_items": 5,
        "estimator": "mean_change",
        "estimate": estimate,
        "unit": "points",
        "conf_level": 0.95,
        "conf_low": estimate - 0.2,
        "conf_high": estimate + 0.2,
        "p_value": 2e-9,
        "p_holm": 0.03,
        "n": n,
        "n_missing": 0,
        "improvement": "unclear" if abs(estimate) <= 0.2 else "yes" if estimate > 0 else "no",
        "scale_low": 1.0,
        "scale_high": 5.0,
        **more,
    }


def _estimates(*rows: dict[str, Any]) -> Estimates:
    return Estimates.from_records(rows, ledger=Ledger(), provenance=Provenance())


def _released(*rows: dict[str, Any]) -> Released:
    return release(_estimates(*rows), plan=PLAN)


@pytest.fixture
def groups() -> Released:
    return _released(_row("programme", 0.5, 40), _row("country=it", 0.6, 33), _row("country=se", SECRET, 7))


def _table(released: Released, **more: Any) -> BeautifulSoup:
    columns = ["population", "outcome", "estimate", "interval", "p_value", "n", "n_missing", "notes"]
    part = show_table(released, name="groups", caption="By <group>", columns=columns, wording=WORDING, **more)
    assert part.mime == TABLE_MIME
    return BeautifulSoup(part.html, "html.parser")


def test_table_has_caption_scopes_and_labels(groups: Released) -> None:
    page = _table(groups)
    assert page.caption is not None
    assert page.caption.get_text() == "By <group>"
    assert {cell["scope"] for cell in page.select("thead th")} == {"col"}
    assert [cell.get_text() for cell in page.select("tbody th[scope=row]")] == ["All participants", "Italy"]
    assert [cell.get_text() for cell in page.select("tbody tr")[1].select("td")] == [
        "Work <skills>",
        "+0.60",
        "+0.40 to +0.80",
        "<0.001",
        "33",
        "fewer than 10",
    ]


def test_group_too_small_is_named_in_words_and_nowhere_in_figures(groups: Released) -> None:
    page = _table(groups)
    words = "Not shown, because fewer than 10 people are behind the figure or could be worked out from it: Sweden."
    assert words in page.get_text()
    href = str(page.select_one("a[download]")["href"])  # type: ignore[index]
    content = base64.b64decode(href.split(",", 1)[1]).decode()
    assert "country=se" in content
    assert not re.search(r"0\.1234|0\.3234|,7,", content)


def test_download_holds_full_precision_and_every_row(groups: Released) -> None:
    page = _table(groups, estimators=["pooled_change"])
    assert page.select("tbody th") == []
    href = str(page.select_one("a[download]")["href"])  # type: ignore[index]
    assert "0.30000000000000004" in frame_csv(_released(_row("programme", 0.1 + 0.2, 40)).frame)
    assert base64.b64decode(href.split(",", 1)[1]).decode().count("country=it") == 1


def test_notes_stand_beneath_once() -> None:
    note = "Two <sites> are small."
    page = _table(_released(_row("programme", 0.5, 40, notes=note), _row("country=it", 0.5, 33, notes=note)))
    assert [text.get_text() for text in page.select("p.caveat")] == [
        f"Work <skills>: {note}",
        "People left out are rounded to tens.",
    ]


def test_csv_text_is_no_formula() -> None:
    frame = pd.DataFrame({"notes": ["=cmd()", "@x", "＝1", "+1", "plain"], "estimate": [-1.5, 2.0, None, 0.1, 3.0]})
    lines = frame_csv(frame).splitlines()
    assert lines[1:] == ["'=cmd(),-1.5", "'@x,2.0", "'＝1,", "'+1,0.1", "plain,3.0"]


def _said(*rows: dict[str, Any]) -> list[str]:
    findings = grade(_estimates(*rows), design=Design(waves=("pre", "post")), study="test")
    part = record(release(findings, plan=PLAN), wording=WORDING)
    assert part.mime == FINDINGS_MIME
    assert part.data is not None
    assert len(part.data["rows"]) == len(rows)
    return [" ".join(item.get_text(" ").split()) for item in BeautifulSoup(part.html, "html.parser").select("li")]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (_row("programme", 0.5, 40), ["Better.", "the 40 people with both scores scored", "0.50 points higher"]),
        (_row("programme", -0.5, 40), ["Worse.", "0.50 points lower", "(95% interval −0.70 to −0.30)"]),
        (_row("programme", 0.1, 40), ["No clear change.", "no clear change", "+0.10 points"]),
        (
            _row("programme", 0.5, 40, p_holm=0.06),
            ["No clear change.", "adjusted for that (Holm), p is 0.060, which is not below 0.05"],
        ),
        (_row("programme", 0.5, 9), ["Too few to say.", "fewer than 10"]),
        (_row("programme", 0.5, 40, role="secondary", p_holm=None), ["Better.", "Exploratory"]),
        (
            _row("programme", 0.5, 40, estimator="pooled_change", n_sites=4, p_holm=None),
            ["Better.", "pooled over 4 sites"],
        ),
        (
            _row("programme", 0.2, 12, conf_low=None, conf_high=None, p_holm=None, notes="all changed alike"),
            ["No clear change.", "no interval: all changed alike"],
        ),
    ],
)
def test_sentence_says_what_the_finding_allows(row: dict[str, Any], words: list[str]) -> None:
    (sentence,) = _said(row)
    for expected in words:
        assert expected in sentence
    assert "Work <skills>" in sentence


def test_groups_are_recorded_and_not_said() -> None:
    assert len(_said(_row("programme", 0.5, 40), _row("country=it", 0.6, 33))) == 1


def test_only_findings_can_be_recorded(groups: Released) -> None:
    with pytest.raises(UsageError, match="grade"):
        record(groups, wording=WORDING)


def _means(population: str = "programme", n: int = 40) -> list[dict[str, Any]]:
    return [
        _row(population, mean, n, estimator=name, conf_low=None, conf_high=None, p_value=None, p_holm=None)
        for name, mean in (("mean_before", 3.25), ("mean_after", 3.75))
    ]


def test_figures_say_every_value_in_their_alternative_text(groups: Released) -> None:
    forest = show_figure(groups, kind="forest", name="f", caption="Change.", wording=WORDING).html
    before = show_figure(_released(*_means()), kind="before_after", name="b", caption="Means.", wording=WORDING).html
    alts = [str(BeautifulSoup(html, "html.parser").img["alt"]) for html in (forest, before)]  # type: ignore[index]
    assert alts[0] == (
        "Change. Work <skills>: Italy +0.60, interval +0.40 to +0.80; All participants +0.50, interval +0.30 to +0.70."
    )
    assert alts[1] == "Means. Work <skills>: 3.25 in the earlier survey, 3.75 in the later one."


def test_figures_are_the_same_bytes_twice_and_hold_no_date(groups: Released) -> None:
    made = [show_figure(groups, kind="forest", name="f", caption="c", wording=WORDING).html for _ in range(2)]
    assert made[0] == made[1]
    image = base64.b64decode(made[0].split("base64,")[1].split('"')[0]).decode()
    assert "<dc:date>" not in image
    assert "http" not in re.sub(
        r'(xmlns[:\w]*|[\w:]+:resource|DOCTYPE svg PUBLIC)[ =]"[^"]*"( *\n? *"[^"]*")?', "", image
    )


def test_nothing_to_draw_is_said() -> None:
    html = show_figure(_released(*_means(n=4)), kind="before_after", name="b", caption="c", wording=WORDING).html
    assert "<img" not in html
    assert "too few people" in html
    alike = _released(_row("programme", 0.2, 40, conf_low=None, conf_high=None))
    html = show_figure(alike, kind="forest", name="b", caption="c", wording=WORDING).html
    assert "<img" not in html
    assert "no interval" in html


def test_unknown_figure_is_refused(groups: Released) -> None:
    with pytest.raises(UsageError, match="before_after"):
        show_figure(groups, kind="pie", name="f", caption="c", wording=WORDING)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("audience", "cells"), [("public", ["pre", "90", "20", "70"]), ("internal", ["pre", "97", "3", "94"])]
)
def test_account_gives_no_small_count_away_in_public(audience: Any, cells: list[str]) -> None:
    line = LedgerLine(
        step="consented", wave="pre", reason="no consent", count=3, n_in=97, n_out=94, source_rows=("a.csv:7",)
    )
    linked = LedgerLine(step="linked", wave="pre", reason="not in both", count=22, n_in=94, n_out=72)
    plan = plan_release({"programme": 90}, audience=audience)
    part = show_account(release(Ledger().add(line, linked), plan=plan), name="account", caption="c", wording=WORDING)
    page = BeautifulSoup(part.html, "html.parser")
    row = [cell.get_text() for cell in page.select("tbody tr")[0].select("td")]
    # Public pages name the steps that set aside too few beneath the table, without a count.
    assert row[:4] == cells
    named = [item.get_text() for item in page.select("ul.caveat li")]
    assert named == (["no consent (pre)"] if audience == "public" else [])
    assert ("a.csv:7" in part.html) == (audience == "internal")
    assert part.data is not None
    public_text = str(part.data["rows"])
    assert audience == "internal" or not re.search(r"\b(97|94|3)\b", public_text)
