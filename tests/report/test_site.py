"""The list of reports and the page that stands in for a failed one."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag

from toolkit.core.errors import ReportError, UsageError
from toolkit.report.page import CONTENT_SECURITY_POLICY, page_frame
from toolkit.report.site import STATUS_MARKS, SiteEntry, render_failure, render_index

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'"
ENTRY = SiteEntry(title="Participants", question="What changed?", href="01.html", status="made", note="142 people")
FAILED = SiteEntry(title="Hosts", question="", href="", status="failed", note="")
KEPT = dataclasses.replace(ENTRY, title="Costs", status="kept")


def index(*entries: SiteEntry, title: str = "Placements 2026", language: str = "en") -> str:
    return render_index(
        title=title, entries=entries, facts=[("Cohort", "2026")], audience_label="Partners", language=language
    )


def failure(**changed: Any) -> str:
    words: dict[str, Any] = {"title": "Hosts", "cell": 4, "message": "No host answered.", "mend": "Check it."}
    return render_failure(**{**words, **changed}, language="en")


def cards(page: str) -> list[Tag]:
    return list(BeautifulSoup(page, "html.parser").select("ul.cards > li"))


@pytest.mark.parametrize("page", [index(ENTRY), failure()])
def test_every_page_has_the_same_frame(page: str) -> None:
    soup = BeautifulSoup(page, "html.parser")
    assert soup.html is not None
    assert soup.html["lang"] == "en"
    (policy,) = soup.select("meta[http-equiv]")
    assert policy["content"] == CONTENT_SECURITY_POLICY
    assert soup.style is not None
    assert soup.style.get_text().strip() == page_frame(title="T", language="en").style.strip()
    assert [tag.name for tag in soup.select("body > *")] == ["a", "header", "main", "footer"]
    assert len(soup.find_all("h1")) == 1
    assert soup.find("script") is None


def test_title_facts_and_audience_are_shown() -> None:
    page = index(ENTRY)
    assert "<title>Placements 2026 - SIVSEN toolkit</title>" in page
    assert "<dt>Cohort</dt><dd>2026</dd>" in page
    assert "<dt>Audience</dt><dd>Partners</dd>" in page


def test_status_is_a_word_and_a_shape() -> None:
    shown = cards(index(ENTRY, FAILED, KEPT))
    words = [card.select_one(".status").get_text() for card in shown]  # type: ignore[union-attr]
    assert words == ["● Made in this run", "✕ Could not be made", "◆ Earlier report kept: this run's failed"]
    assert len(set(STATUS_MARKS.values())) == len(STATUS_MARKS)
    assert all(card.select_one(".mark[aria-hidden=true]") for card in shown)


def test_a_report_without_page_has_no_link() -> None:
    linked, unlinked = cards(index(ENTRY, FAILED))
    assert linked.select("h3 a[href='01.html']")
    assert not unlinked.select("a")
    assert not unlinked.select(".question, .note")


@pytest.mark.parametrize(
    ("entries", "summary"),
    [
        ((ENTRY,), "1 report."),
        ((ENTRY, KEPT), "2 reports."),
        ((ENTRY, KEPT, FAILED), "2 reports. 1 could not be made."),
        ((), "0 reports."),
    ],
)
def test_the_summary_counts(entries: tuple[SiteEntry, ...], summary: str) -> None:
    lead = BeautifulSoup(index(*entries), "html.parser").select_one(".lead")
    assert lead is not None
    assert lead.get_text() == summary


def test_hostile_words_stay_words() -> None:
    entry = SiteEntry(title=HOSTILE, question=HOSTILE, href="a.html", status="made", note=HOSTILE)
    for page in (
        index(entry, title=HOSTILE),
        failure(title=HOSTILE, message=HOSTILE, mend=HOSTILE),
    ):
        soup = BeautifulSoup(page, "html.parser")
        assert soup.find(["script", "img"]) is None
        assert soup.h1 is not None
        assert soup.h1.get_text() == HOSTILE


@pytest.mark.parametrize("href", ["javascript:alert(1)", "/home/someone/x.html", "file:///x", "data:text/html,x"])
def test_a_hostile_address_is_refused(href: str) -> None:
    with pytest.raises(ReportError, match="address"):
        index(dataclasses.replace(ENTRY, href=href))


def test_an_unknown_status_is_refused() -> None:
    with pytest.raises(UsageError, match="made, failed, kept"):
        SiteEntry(title="", question="", href="", status="done", note="")  # type: ignore[arg-type]


def test_equal_input_gives_equal_bytes() -> None:
    assert index(ENTRY, FAILED) == index(ENTRY, FAILED)
    assert failure() == failure()


def test_the_failure_page_says_where_what_and_how_to_mend() -> None:
    page = failure()
    for words in ("could not be made", "cell 4", "No host answered.", "Check it."):
        assert words in page
    assert "cell" not in BeautifulSoup(failure(cell=None), "html.parser").get_text().replace(".cell", "")
    assert "What to do" not in failure(mend="")


def test_a_traceback_is_refused() -> None:
    with pytest.raises(ReportError, match="traceback"):
        failure(message="Traceback (most recent call last):\n  File secret.py")
