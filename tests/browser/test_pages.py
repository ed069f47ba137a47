"""What a browser makes of finished pages: nothing is loaded, nothing errs, everyone can read them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from toolkit.report.page import CONTENT_SECURITY_POLICY

pytestmark = pytest.mark.browser

Check = Callable[[Sequence[Path]], list[dict[str, Any]]]
WIDTHS = [1280, 390]


@pytest.mark.parametrize("which", ["sample_pages", "example_pages", "form_pages"])
def test_pages_are_quiet_accessible_and_fit(check_pages: Check, which: str, request: pytest.FixtureRequest) -> None:
    pages: list[Path] = request.getfixturevalue(which)
    results = check_pages(pages)
    assert [Path(result["file"]) for result in results] == pages
    for result in results:
        assert result["requests"] == [], result["file"]
        assert result["console_errors"] == [], result["file"]
        assert [seen["width"] for seen in result["widths"]] == WIDTHS
        for seen in result["widths"]:
            assert seen["violations"] == [], (result["file"], seen["width"])
            assert seen["scroll_width"] <= seen["client_width"], (result["file"], seen["width"])


def test_the_check_sees_what_is_wrong(check_pages: Check, tmp_path: Path) -> None:
    bad = tmp_path / "bad.html"
    bad.write_text(
        "<!DOCTYPE html><html><head><title>Bad</title></head><body><main><h1>Bad</h1>"
        "<img src='https://example.org/x.png'><p style='color:#bbb;width:3000px'>pale</p>"
        "<script>throw new Error('no')</script></main></body></html>",
        encoding="utf-8",
    )
    (result,) = check_pages([bad])
    assert result["requests"] == [{"url": "https://example.org/x.png", "failure": "net::ERR_INTERNET_DISCONNECTED"}]
    assert any("no" in error for error in result["console_errors"])
    for seen in result["widths"]:
        assert {"html-has-lang", "image-alt", "color-contrast"} <= {found["id"] for found in seen["violations"]}
        assert seen["scroll_width"] > seen["client_width"]


def test_the_policy_stops_code_and_requests(check_pages: Check, tmp_path: Path) -> None:
    page = tmp_path / "hostile.html"
    page.write_text(
        "<!DOCTYPE html><html lang='en'><head><title>Hostile</title>"
        f'<meta http-equiv="Content-Security-Policy" content="{CONTENT_SECURITY_POLICY}"></head>'
        "<body><main><h1>Hostile</h1><img alt='x' src='https://example.org/x.png' onerror='alert(1)'>"
        "<script>alert(2)</script></main></body></html>",
        encoding="utf-8",
    )
    (result,) = check_pages([page])
    assert result["requests"] == [{"url": "https://example.org/x.png", "failure": "csp"}]
    assert not any("dialog" in error for error in result["console_errors"])
