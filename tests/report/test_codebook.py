"""The codebook and the build sheets as pages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from toolkit.core.shipped import shipped_path
from toolkit.instruments import LANGUAGES, Instrument, load_instrument
from toolkit.instruments.exports import to_eusurvey, to_google_forms
from toolkit.report.build_sheet import render_build_sheet
from toolkit.report.codebook import render_codebook
from toolkit.report.page import CONTENT_SECURITY_POLICY, finish_page

HOSTILE = '=1+1 <script>alert(1)</script>\t"q" <img src=x onerror=alert(1)>\nsecond & {{ last }}'


@pytest.fixture(scope="module")
def form() -> Instrument:
    return load_instrument(shipped_path("surveys", "instruments", "participant"))


@pytest.fixture(scope="module")
def spoilt(form: Instrument) -> Instrument:
    texts = {code: HOSTILE for code in form.languages}
    items = tuple(
        replace(
            item,
            labels=texts,
            hints=texts,
            choices=tuple(replace(choice, labels=texts, aliases=(HOSTILE,)) for choice in item.choices),
        )
        for item in form.items
    )
    scales = tuple(replace(scale, labels=texts, source=HOSTILE, licence=HOSTILE) for scale in form.scales)
    return replace(form, titles=texts, items=items, scales=scales, version=HOSTILE)


def pages(form: Instrument) -> list[str]:
    return [
        render_codebook(form),
        render_build_sheet(to_google_forms(form, language="ro", wave="pre")),
        render_build_sheet(to_eusurvey(form, language="sv")),
    ]


def words(page: str) -> str:
    return " ".join(BeautifulSoup(page, "html.parser").get_text(" ").split())


def test_pages_have_the_frame_and_pass_its_checks_again(form: Instrument, spoilt: Instrument) -> None:
    for page in [*pages(form), *pages(spoilt)]:
        soup = BeautifulSoup(page, "html.parser")
        (policy,) = soup.select("meta[http-equiv]")
        assert policy["content"] == CONTENT_SECURITY_POLICY
        assert soup.select_one("a.skip[href='#main']") is not None
        assert soup.find(["script", "img"]) is None
        assert finish_page(page, contents_label="Contents") == page


def test_every_text_of_every_language_is_in_the_codebook(form: Instrument) -> None:
    soup = BeautifulSoup(render_codebook(form), "html.parser")
    for code in LANGUAGES:
        told = {" ".join(tag.get_text().split()) for tag in soup.select(f"[lang={code}]")}
        joined = " ".join(told)
        for item in form.items:
            for text in filter(None, (item.labels.get(code), item.hints.get(code))):
                assert text in joined
            assert {choice.labels[code] for choice in item.choices} <= told
        assert {scale.labels[code] for scale in form.scales} <= told


def test_the_codebook_tells_scores_keying_range_and_licence(form: Instrument) -> None:
    page = render_codebook(form)
    text = words(page)
    assert "wc4 (reversed)" in text
    assert "Mean of the items, 1 to 5; needs 5 of 7" in text
    assert "The item itself, 0 to 10" in text
    assert "reversed: a high answer counts as low" in text
    assert "CC BY 4.0" in text
    soup = BeautifulSoup(page, "html.parser")
    tables = {table.caption.get_text(): table for table in soup.find_all("table") if table.caption}
    agreement = next(table for caption, table in tables.items() if "wc1" in caption)
    rows = [[cell.get_text() for cell in row.find_all(["th", "td"])][:3] for row in agreement.tbody.find_all("tr")]
    assert rows[4] == ["a5", "5", "Strongly agree"]
    assert rows[5] == ["pns", "", "Prefer not to say"]


def test_every_question_leads_to_its_list(form: Instrument) -> None:
    soup = BeautifulSoup(render_codebook(form), "html.parser")
    link = next(tag for tag in soup.select(".item .kind a") if tag.get_text() == "country")
    target = soup.find(id=str(link["href"])[1:])
    assert target is not None
    assert target.find_parent(class_="item") is None


def test_the_banner_stands_while_a_language_is_a_draft(form: Instrument) -> None:
    assert "signed English, Italiano, Svenska, Română yet" in words(render_codebook(form))
    signed = replace(form, translation_status=dict.fromkeys(LANGUAGES, "reviewed by A B on 2026-02-01"))
    assert "Draft wording" not in render_codebook(signed)
    assert "Draft wording" not in render_build_sheet(to_google_forms(signed, language="it"))
    partly = replace(form, translation_status={"en": "validated", "it": "reviewed", "sv": "draft"})  # type: ignore[arg-type]
    assert "signed Svenska, Română yet" in words(render_codebook(partly))
    assert "signed Svenska yet" in words(render_build_sheet(to_eusurvey(partly, language="sv")))


def test_hostile_words_stay_words(spoilt: Instrument) -> None:
    for page in pages(spoilt):
        assert " ".join(HOSTILE.split()) in words(page)


def test_a_build_sheet_shows_all_steps_and_columns(form: Instrument) -> None:
    sheet = to_google_forms(form, language="ro", wave="pre")
    soup = BeautifulSoup(render_build_sheet(sheet), "html.parser")
    assert len(soup.select(".item h3")) == sum(len(section.steps) for section in sheet.sections)
    rows = [[cell.get_text() for cell in row.find_all(["th", "td"])] for row in soup.select("tbody tr")]
    assert rows == [list(pair) for pair in sheet.columns]
    assert {tag["lang"] for tag in soup.select(".paste")} == {"ro"}


def test_groups_are_chapters(form: Instrument) -> None:
    small = load_instrument(Path(__file__).parents[1] / "forms" / "small")
    edge = replace(
        small.items[0], type="begin_group", name="page", labels={"en": "Your days"}, choices=(), list_name=""
    )
    end = replace(edge, type="end_group", name="", labels={})
    grouped = replace(small, items=(small.items[0], edge, *small.items[1:4], end, *small.items[4:]))
    soup = BeautifulSoup(render_codebook(grouped), "html.parser")
    assert [tag.get_text() for tag in soup.find_all("h2")] == [
        "Scales",
        "Questions",
        "Your days",
        "Questions",
        "Answer lists",
    ]


def test_equal_forms_give_equal_bytes(form: Instrument) -> None:
    assert pages(form) == pages(form)
