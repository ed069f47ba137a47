"""A notebook becomes a page: what is shown, what is left out, what is refused."""

from __future__ import annotations

import copy
from typing import Any

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from toolkit.core.errors import ReportError, UsageError
from toolkit.report.exporter import ReportExporter, render_report
from toolkit.report.page import CONTENT_SECURITY_POLICY

PAGE_BYTES = 20_000  # a page without figures stays small: 6 KB of style and the frame
PIXEL = "iVBORw0KGgo="
TITLE = "# How did *development* change & why?"
TABLE_FORM = "application/vnd.sivsen.table+json"
FINDINGS_FORM = "application/vnd.sivsen.findings+json"


def bundle(data: dict[str, Any], metadata: dict[str, Any] | None = None) -> nbformat.NotebookNode:
    return new_output("display_data", data=data, metadata=metadata or {})


def notebook(*outputs: nbformat.NotebookNode, prose: str = "## Part\n\ntext") -> nbformat.NotebookNode:
    return new_notebook(
        cells=[
            new_markdown_cell(TITLE),
            new_code_cell("secret_call()", outputs=list(outputs), execution_count=7),
            new_markdown_cell(prose),
        ]
    )


def rendered(*outputs: nbformat.NotebookNode, prose: str = "## Part\n\ntext") -> str:
    return render_report(notebook(*outputs, prose=prose), language="en")


def test_the_page_has_its_frame() -> None:
    page = rendered(bundle({"text/html": "<p>shown</p>"}))
    soup = BeautifulSoup(page, "html.parser")
    assert page.startswith("<!DOCTYPE html>")
    assert soup.html is not None
    assert soup.html["lang"] == "en"
    assert soup.title is not None
    assert soup.title.get_text() == "How did development change & why? - SIVSEN toolkit"
    assert soup.select("meta[charset]")
    assert soup.select("meta[name=viewport]")
    assert soup.select_one("meta[name=referrer]")["content"] == "no-referrer"  # type: ignore[index]
    (policy,) = soup.select("meta[http-equiv]")
    assert policy["content"] == CONTENT_SECURITY_POLICY
    assert [tag.name for tag in soup.select("body > *")] == ["a", "header", "nav", "main", "footer"]
    assert soup.select("a.skip[href='#main']")
    assert [link.get_text() for link in soup.select("nav[aria-label=Contents] a")] == ["Part"]
    assert [tag.get_text() for tag in soup.select("main#main > p")] == ["shown", "text"]
    assert soup.find("script") is None
    assert len(page.encode("utf-8")) < PAGE_BYTES


@pytest.mark.parametrize("language", ["it", "sv", "ro", "en-GB"])
def test_the_page_says_its_language(language: str) -> None:
    assert f'<html lang="{language}">' in render_report(notebook(), language=language)


def test_a_language_of_another_form_is_refused() -> None:
    with pytest.raises(UsageError):
        render_report(notebook(), language='en"><script>')


@pytest.mark.parametrize(
    "left_out",
    [
        new_output("stream", name="stdout", text="/home/someone/secret.csv"),
        new_output("stream", name="stderr", text="/home/someone/secret.py:3: UserWarning"),
        new_output("execute_result", data={"text/plain": "<secret object>"}),
        bundle({"application/javascript": "secret()"}),
        bundle({"text/latex": "secret"}),
        bundle({"application/vnd.jupyter.widget-view+json": {"model_id": "secret"}, "text/plain": "secret"}),
        bundle({TABLE_FORM: {"rows": ["secret"]}}),
        bundle({TABLE_FORM: {"rows": ["secret"]}, "text/plain": "secret"}),
        bundle({"text/html": "<p>shown</p>", FINDINGS_FORM: ["secret"], "text/plain": "secret"}),
        bundle({"text/html": "<p>shown</p>"}, {"text/html": {"isolated": True}, "secret": 1}),
    ],
)
def test_what_is_left_out(left_out: nbformat.NotebookNode) -> None:
    page = rendered(left_out)
    assert "secret" not in page
    assert "[7]" not in page
    assert ("<p>shown</p>" in page) == ("text/html" in left_out.get("data", {}))


def test_raw_cells_ids_and_tags_stay_in_the_notebook() -> None:
    source = notebook()
    source.cells.append(new_raw_cell("<p>secret</p>", metadata={"raw_mimetype": "text/html"}))
    source.cells[0].id = "secret-id"
    source.cells[1].metadata["tags"] = ["secret-tag"]
    assert "secret" not in render_report(source, language="en")


@pytest.mark.parametrize(
    "content",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "<iframe src='https://example.org'></iframe>",
        "<svg onload=alert(1)></svg>",
        "<img src='https://example.org/pixel.png' alt='x'>",
    ],
)
@pytest.mark.parametrize("place", ["html output", "markdown output", "prose"])
def test_hostile_content_is_refused(content: str, place: str) -> None:
    with pytest.raises(ReportError):
        if place == "prose":
            rendered(prose=f"## Part\n\n{content}")
        else:
            rendered(bundle({"text/html" if place == "html output" else "text/markdown": content}))


def test_hostile_alt_text_and_title_stay_text() -> None:
    source = notebook(bundle({"image/png": PIXEL}, {"image/png": {"alt": '"><script>alert(1)</script>'}}))
    source.cells[0].source = "# A &lt;script&gt; title"
    page = render_report(source, language="en")
    soup = BeautifulSoup(page, "html.parser")
    assert soup.find("script") is None
    assert soup.select("figure.plot img")[0]["alt"] == '"><script>alert(1)</script>'
    assert soup.title is not None
    assert soup.title.get_text() == "A <script> title - SIVSEN toolkit"


@pytest.mark.parametrize("form", ["image/png", "image/jpeg", "image/svg+xml"])
def test_an_image_is_shown_only_with_a_description(form: str) -> None:
    value = "<svg xmlns='http://www.w3.org/2000/svg'/>" if form == "image/svg+xml" else PIXEL
    described = rendered(bundle({form: value}, {form: {"alt": "Scores rose"}}))
    assert f'<img alt="Scores rose" src="data:{form};base64,' in described
    with pytest.raises(ReportError, match="no description"):
        rendered(bundle({form: value}))


def test_filler_alt_of_an_html_output_is_refused() -> None:
    with pytest.raises(ReportError, match="no description"):
        rendered(bundle({"text/html": f"<img src='data:image/png;base64,{PIXEL}'>"}))


@pytest.mark.parametrize("address", ["figure.png", "../../secret.png", "https://example.org/x.png"])
def test_markdown_images_from_files_or_the_network_are_refused(address: str) -> None:
    with pytest.raises(ReportError, match="outside the page"):
        rendered(prose=f"## Part\n\n![words]({address})")


def test_prose_keeps_lists_links_and_data_images() -> None:
    page = rendered(prose=f"## Part\n\n- one\n\n[x](https://example.org)\n\n![w](data:image/png;base64,{PIXEL})")
    assert "<li>one</li>" in page
    assert '<a href="https://example.org" rel="noreferrer noopener">x</a>' in page
    assert f'<img alt="w" src="data:image/png;base64,{PIXEL}">' in page


def test_equal_headings_get_ids_of_their_own() -> None:
    page = rendered(prose="## Ändring\n\n## Ändring\n\n[above](#Ändring)")
    assert '<h2 id="andring">' in page
    assert '<h2 id="andring-2">' in page
    assert '<p><a href="#andring">above</a></p>' in page
    assert "¶" not in page


def test_a_failed_cell_is_never_exported() -> None:
    failure = new_output("error", ename="KeyError", evalue="secret", traceback=["/home/someone/secret.py"])
    with pytest.raises(ReportError, match="cell 2 ended in an error") as caught:
        rendered(failure, bundle({"text/html": "<p>shown</p>"}))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("first", ["## Not a title", "", "plain", "# "])
def test_a_notebook_without_title_is_refused(first: str) -> None:
    source = notebook()
    source.cells[0].source = first
    with pytest.raises(ReportError, match="has no title"):
        render_report(source, language="en")
    with pytest.raises(ReportError, match="has no title"):
        render_report(new_notebook(), language="en")


def test_a_second_title_is_refused() -> None:
    with pytest.raises(ReportError, match="2 headings of level 1"):
        rendered(prose="# Another title")


def test_equal_notebooks_give_equal_bytes_and_stay_as_they_are() -> None:
    shown = bundle({"text/html": "<p>shown</p>", "text/plain": "x"})
    first, second = notebook(shown), notebook(shown)
    before = copy.deepcopy(first)
    assert first.cells[0].id != second.cells[0].id
    assert render_report(first, language="en") == render_report(second, language="en")
    assert first == before


def test_the_exporter_alone_is_as_safe_as_the_function() -> None:
    source = notebook(bundle({"text/html": "<p>shown</p>"}))
    page, _ = ReportExporter().from_notebook_node(source)
    assert page == render_report(source, language="en")
