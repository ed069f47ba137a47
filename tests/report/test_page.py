"""The frame and the finishing pass: ids, contents, and everything that is refused."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from toolkit.core.errors import ReportError, UsageError
from toolkit.report import language
from toolkit.report.page import (
    CONTENT_SECURITY_POLICY,
    FILLER_ALT,
    PAGE_TEMPLATES,
    finish_page,
    page_frame,
)

STYLE_BYTES = 6 * 1024  # the agreed ceiling: one small sheet for every page
PIXEL = "data:image/png;base64,iVBORw0KGgo="
TABLE = "<table><caption>Means</caption><tr>{head}</tr><tr><td>1</td></tr></table>"


def page(content: str, *, title: str = "<h1>Title</h1>") -> str:
    return (
        f"<!DOCTYPE html><html lang='en'><head><title>T</title></head><body><nav></nav>"
        f"<main id='main'>{title}{content}</main></body></html>"
    )


def finished(content: str) -> BeautifulSoup:
    return BeautifulSoup(finish_page(page(content), contents_label="Contents"), "html.parser")


def problems_of(html: str) -> list[str]:
    with pytest.raises(ReportError) as caught:
        finish_page(html, contents_label="Contents")
    return [problem.what for problem in caught.value.problems]


def test_equal_headings_get_ids_of_their_own_and_contents_follow() -> None:
    soup = finished("<h2>Change</h2><h3>By country</h3><h2>Change</h2><h3>By country</h3><h2>Change</h2>")
    assert [tag["id"] for tag in soup.find_all(["h2", "h3"])] == [
        "change",
        "by-country",
        "change-2",
        "by-country-2",
        "change-3",
    ]
    nav = soup.find("nav")
    assert nav is not None
    assert nav["aria-label"] == "Contents"
    assert [link["href"] for link in nav.find_all("a")] == [
        "#change",
        "#by-country",
        "#change-2",
        "#by-country-2",
        "#change-3",
    ]
    assert len(nav.select(":scope > ol > li")) == 3
    assert len(nav.select(":scope > ol > li > ol > li")) == 2


def test_heading_ids_give_way_to_other_ids_and_references_follow() -> None:
    soup = finished(
        "<h2 id='What-is-Main'>Main</h2><section aria-labelledby='What-is-Main'>"
        "<p><a href='#What-is-Main'>above</a></p></section><h2>Åtgärder și urmări</h2><h2>工作</h2>"
    )
    assert [tag["id"] for tag in soup.find_all("h2")] == ["main-2", "atgarder-si-urmari", "section"]
    assert soup.select("section[aria-labelledby=main-2] a[href='#main-2']")


@given(st.lists(st.text(st.characters(codec="utf-8", categories=["L", "N", "Zs"]), min_size=1), max_size=8))
def test_ids_are_unique_whatever_the_headings_say(words: list[str]) -> None:
    kept = [text for text in words if text.strip()]
    soup = finished("".join(f"<h2>{text}</h2>" for text in kept))
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(ids) == len(set(ids))
    assert len(soup.select("nav a")) == len(kept)


def test_a_page_without_sections_has_no_contents() -> None:
    assert finished("<p>short</p>").find("nav") is None


def test_anchor_links_and_comments_go() -> None:
    html = finish_page(
        page("<h2>A<a class='anchor-link' href='#A'>¶</a></h2><!--><img src=x onerror=alert(1)>-->"),
        contents_label="Contents",
    )
    assert "¶" not in html
    assert "onerror" not in html


def test_empty_header_cells_become_cells() -> None:
    soup = finished(TABLE.format(head='<th scope="col"> </th><th scope="col">n</th>'))
    assert len(soup.find_all("th")) == 1
    first = soup.find("td")
    assert first is not None
    assert not first.has_attr("scope")


def test_links_in_prose_are_kept_and_tell_nothing() -> None:
    soup = finished("<p><a href='https://example.org/a?b=1&amp;c=2'>source</a> <a href='other.html'>x</a></p>")
    outside, beside = soup.select("main a")
    assert outside["rel"] == ["noreferrer", "noopener"]
    assert outside["href"] == "https://example.org/a?b=1&c=2"
    assert not beside.has_attr("rel")


def test_a_csv_download_is_allowed() -> None:
    assert finished("<a download='x.csv' href='data:text/csv;charset=utf-8;base64,YQ=='>CSV</a>").select("a")


@pytest.mark.parametrize(
    ("content", "word"),
    [
        ("<script>alert(1)</script>", "script"),
        ("<ScRiPt src=//example.org/x.js></sCrIpT>", "script"),
        ("<iframe src='data:text/html,x'></iframe>", "iframe"),
        ("<object data='x'></object>", "object"),
        ("<embed src='x'>", "embed"),
        ("<form action='/x'></form>", "form"),
        ("<link rel='stylesheet' href='https://example.org/x.css'>", "link"),
        ("<base href='https://example.org/'>", "base"),
        ("<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>", "noscript"),
        ("<svg><style><img src=x onerror=alert(1)></style></svg>", "svg"),
        ("<meta http-equiv='refresh' content='0;url=https://example.org'>", "meta"),
        (f"<img alt='x' src='{PIXEL}' onerror='alert(1)'>", "onerror"),
        ("<p ONCLICK='alert(1)'>x</p>", "onclick"),
        ("<img alt='x' src='https://example.org/x.png'>", "loaded from outside"),
        ("<img alt='x' src='figure.png'>", "loaded from outside"),
        ("<img alt='x' src='data:text/html,x'>", "loaded from outside"),
        (f"<img alt='x' src='{PIXEL}' srcset='https://example.org/x.png 2x'>", "srcset"),
        ("<a href='javascript:alert(1)'>x</a>", "address"),
        ("<a href=' java&#10;script:alert(1)'>x</a>", "address"),
        ("<a href='&#1;JaVaScRiPt:alert(1)'>x</a>", "address"),
        ("<a href='vbscript:x'>x</a>", "address"),
        ("<a href='data:text/html,x' download='x'>x</a>", "address"),
        ("<a href='data:text/csv;x'>not a download</a>", "address"),
        ("<a href='file:///home/someone/x'>x</a>", "address"),
        ("<a href='/home/someone/x'>x</a>", "address"),
        ("<a href='C:\\Users\\x'>x</a>", "address"),
        ("<a href='//example.org'>x</a>", "address"),
        ("<a href='x.html' ping='https://example.org'>x</a>", "ping"),
        ("<style>@import 'https://example.org/x.css';</style>", "style"),
        ("<style>p{background:url( 'https://example.org/x.png')}</style>", "style"),
        ("<p style='background:url(//example.org/x.png)'>x</p>", "style"),
        ("<p style='background:u\\72l(https://example.org/x.png)'>x</p>", "style"),
        ("<p style='background:image-set(\"https://example.org/x.png\" 1x)'>x</p>", "style"),
        ("<style>p{}<!--</style>", "style"),
        ("<a href='#nowhere'>x</a>", "not on the page"),
        ("<p id='a'>x</p><p id='a'>y</p>", "occurs 2 times"),
        ("<h1>Second</h1>", "2 headings of level 1"),
        ("<h3>Deep</h3>", "skips from level 1 to level 3"),
        ("<h2> </h2>", "is empty"),
        (f"<img src='{PIXEL}'>", "no description"),
        (f"<img src='{PIXEL}' alt='  '>", "no description"),
        (f"<img src='{PIXEL}' alt='{FILLER_ALT}'>", "no description"),
        ("<img alt='x'>", "no content"),
        ("<table><tr><th scope='col'>n</th></tr></table>", "no caption"),
        (TABLE.format(head="<th>n</th>"), "no scope"),
        (TABLE.format(head="<td>n</td>"), "no header cells"),
        (TABLE.format(head="<th></th>"), "no header cells"),
    ],
)
def test_what_is_refused(content: str, word: str) -> None:
    assert any(word in what for what in problems_of(page(content))), problems_of(page(content))


def test_style_that_only_uses_data_is_kept() -> None:
    assert finished(f"<p style=\"background:url('{PIXEL}')\">x</p>").select("p[style]")


def test_a_page_without_title_is_refused() -> None:
    assert any("0 headings of level 1" in what for what in problems_of(page("", title="")))


def test_all_problems_come_at_once_with_their_place_and_no_content() -> None:
    found = problems_of(page("<h2>Hosts</h2><script>secret</script><img src='/home/someone/secret.png'>"))
    assert len(found) == 3
    assert all(what.startswith('under "Hosts"') for what in found)
    assert "secret" not in "".join(found)


def test_equal_input_gives_equal_bytes_and_a_second_pass_changes_nothing() -> None:
    html = page(f"<h2>A &amp; B</h2><p class='b  a' id='p'>x &lt; y<br></p><img alt='x' src='{PIXEL}'>")
    once = finish_page(html, contents_label="Contents")
    assert once == finish_page(html, contents_label="Contents")
    assert once == finish_page(once, contents_label="Contents")
    assert once.startswith("<!DOCTYPE html>")


def test_frame_carries_the_agreed_policy_and_a_small_style() -> None:
    frame = page_frame(title="T", language="it")
    assert frame.policy == CONTENT_SECURITY_POLICY
    assert frame.policy == (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    assert len(frame.style.encode("utf-8")) <= STYLE_BYTES
    assert "<" not in frame.style
    assert (PAGE_TEMPLATES / "sivsen" / "conf.json").is_file()


@pytest.mark.parametrize("tag", ["", "EN", "../../en", "en_GB", "english", "en-gb", "en\n"])
def test_language_tags_of_another_form_are_refused(tag: str) -> None:
    with pytest.raises(UsageError):
        language.translator(tag)


def test_a_catalogue_translates_the_fixed_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "sv" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "sivsen.mo").write_bytes(
        compiled_catalogue({"": "Content-Type: text/plain; charset=UTF-8\n", "Contents": "Innehåll"})
    )
    monkeypatch.setattr(language, "CATALOGUES", tmp_path)
    assert page_frame(title="T", language="sv").contents_label == "Innehåll"
    assert page_frame(title="T", language="sv").skip_label == "Skip to the content"


def compiled_catalogue(messages: dict[str, str]) -> bytes:
    """Messages in the binary layout of GNU gettext: header, two index tables, texts."""
    texts = [text.encode("utf-8") for text in (*sorted(messages), *(messages[key] for key in sorted(messages)))]
    count, offset = len(messages), 28 + 8 * len(texts)
    index = b""
    for text in texts:
        index += struct.pack("<2I", len(text), offset)
        offset += len(text) + 1
    head = struct.pack("<7I", 0x950412DE, 0, count, 28, 28 + 8 * count, 0, 0)
    return head + index + b"".join(text + b"\0" for text in texts)
