"""Sample pages, and the way to have pages checked in a browser."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from toolkit.cli import main
from toolkit.report.exporter import render_report
from toolkit.report.site import SiteEntry, render_failure, render_index

HERE = Path(__file__).parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CHECK_SECONDS = 300  # several pages at two widths on a loaded machine; a hang must not hold up CI for ever

PLOT = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 240" width="640" height="240"
font-family="sans-serif" font-size="13"><rect width="640" height="240" fill="#fff"/>
<g stroke="#cfd7e0"><path d="M150 20V200M290 20V200M430 20V200M570 20V200"/></g>
<g stroke="#0b5c8f" stroke-width="3"><path d="M330 60H520M300 110H480M230 160H410"/></g>
<g fill="#0b5c8f"><circle cx="430" cy="60" r="6"/><circle cx="390" cy="110" r="6"/>
<circle cx="320" cy="160" r="6"/></g><g fill="#1a2430"><text x="10" y="64">Self-efficacy</text>
<text x="10" y="114">Teamwork</text><text x="10" y="164">Wellbeing</text>
<text x="146" y="222">-0.5</text><text x="286" y="222">0</text><text x="420" y="222">0.5</text>
<text x="564" y="222">1</text></g></svg>"""

COVER = """<div class="cover"><p class="lead">Most young people scored higher after the placement than before.
The gain in self-efficacy is clear; for wellbeing the data cannot tell.</p><dl class="facts">
<div><dt>Cohort</dt><dd>Placements 2026, Italy, Sweden and Romania</dd></div>
<div><dt>People with both answers</dt><dd>142 of 187</dd></div>
<div><dt>Comparison group</dt><dd>None: changes cannot be put down to the placement</dd></div></dl></div>"""

FINDINGS = """<ul class="findings">
<li class="finding finding-yes"><span class="mark" aria-hidden="true">▲</span>
<p>Self-efficacy rose by 0.48 points on a scale from 1 to 5 (95% range 0.31 to 0.65).</p>
<p class="caveat">Before and after only; 45 people did not answer the second time.</p></li>
<li class="finding finding-no"><span class="mark" aria-hidden="true">▼</span>
<p>Confidence in finding work within a year fell by 0.22 points (95% range 0.05 to 0.39).</p></li>
<li class="finding finding-unclear"><span class="mark" aria-hidden="true">◆</span>
<p>For wellbeing the data cannot tell whether it changed.</p></li>
<li class="finding finding-small"><span class="mark" aria-hidden="true">○</span>
<p>Romania: too few people to say.</p><p class="caveat">Fewer than 10 answered.</p></li></ul>"""

PROVENANCE = """<section class="provenance"><dl><div><dt>Data</dt><dd>{digest}</dd></div>
<div><dt>Lock</dt><dd>{digest}</dd></div><div><dt>Seed</dt><dd>20260101</dd></div></dl></section>"""


def data_table(name: str, *, caption: str) -> str:
    """A table as the toolkit's table function writes it, wide enough to overflow a phone."""
    columns = (
        "n",
        "Before",
        "After",
        "Change",
        "95% range, from",
        "95% range, to",
        "p, adjusted",
        "Improvement",
    )
    head = "".join(f'<th scope="col" class="number">{column}</th>' for column in columns)
    rows = "".join(
        f'<tr><th scope="row">{scale}</th>' + "".join(f'<td class="number">{cell}</td>' for cell in cells) + "</tr>"
        for scale, cells in {
            "Self-efficacy": ("142", "3.21", "3.69", "0.48", "0.31", "0.65", "0.001", "yes"),
            "Teamwork and communication": ("140", "3.40", "3.74", "0.34", "0.02", "0.66", "0.041", "yes"),
            "Wellbeing": ("138", "3.52", "3.60", "0.08", "−0.24", "0.40", "0.610", "unclear"),
        }.items()
    )
    csv = base64.b64encode(b"scale,n\nself_efficacy,142\n").decode("ascii")
    return (
        f'<div class="table-wrap" role="region" aria-labelledby="{name}" tabindex="0"><table class="data">'
        f'<caption id="{name}">{caption}</caption>'
        f'<thead><tr><th scope="col">Scale</th>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
        f'<p class="download"><a download="{name}.csv" href="data:text/csv;charset=utf-8;base64,{csv}">'
        "Download this table (CSV)</a></p>"
    )


def shown(html: str) -> nbformat.NotebookNode:
    return new_code_cell("show()", outputs=[new_output("display_data", data={"text/html": html})])


def sample_notebook() -> nbformat.NotebookNode:
    """A notebook with every kind of markup that the report room emits."""
    image = base64.b64encode(PLOT.encode("utf-8")).decode("ascii")
    figure = (
        '<figure class="plot"><img alt="Changes on three scales: two rose, wellbeing is unclear." '
        f'src="data:image/svg+xml;base64,{image}">'
        "<figcaption>Mean change with its 95% range. A range that crosses 0 is unclear.</figcaption></figure>"
    )
    digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    return new_notebook(
        cells=[
            new_markdown_cell("# How did professional and personal development change?"),
            shown('<p class="notice notice-internal">Internal: not to be shown outside the project.</p>' + COVER),
            new_markdown_cell("## In short\n\nThree findings stand out, and one group is too small to speak of."),
            shown(FINDINGS),
            new_markdown_cell(
                "## Professional development\n\nEach person answered *before* and *after*. The scale is "
                "described by [the World Health Organization](https://www.who.int/).\n\n"
                "### Change on each scale\n\n- one line per scale\n- ranges are 95% ranges\n"
            ),
            shown(
                figure + data_table("scores", caption="Mean scores before and after the placement, points from 1 to 5")
            ),
            new_markdown_cell("### Change by country"),
            shown(data_table("scores-italy", caption="Mean scores before and after the placement, Italy only")),
            new_markdown_cell("## Personal development\n\n> I open the shop on my own now."),
            shown('<p class="notice">Quotations are shown with consent.</p>'),
            new_markdown_cell("## Methods and limits\n\n1. Linked by code\n2. No comparison group"),
            new_markdown_cell("## Where this comes from"),
            shown(PROVENANCE.format(digest=digest)),
        ]
    )


@pytest.fixture
def sample_pages(tmp_path: Path) -> list[Path]:
    """A report, an index and a failure page, written to a temporary folder."""
    entries = [
        SiteEntry(
            title="Participants",
            question="How did development change?",
            href="report.html",
            status="made",
            note="142 people with both answers.",
        ),
        SiteEntry(
            title="Data quality",
            question="What arrived, what was lost, who is missing?",
            href="report.html",
            status="made",
            note="",
        ),
        SiteEntry(
            title="Hosts and educators",
            question="What did hosts and educators see?",
            href="report.html",
            status="kept",
            note="The shown report is from the run before.",
        ),
        SiteEntry(
            title="Return on investment",
            question="What did hosting cost and return?",
            href="failure.html",
            status="failed",
            note="See what went wrong.",
        ),
    ]
    pages = {
        "report.html": render_report(sample_notebook(), language="en"),
        "index.html": render_index(
            title="Placements 2026",
            entries=entries,
            audience_label="Partners",
            language="en",
            facts=[("Countries", "Italy, Sweden, Romania"), ("People", "187"), ("Plan", "9f86d081" * 8)],
        ),
        "failure.html": render_failure(
            title="Return on investment",
            cell=6,
            message="Two cost lines have no currency.",
            mend="Fill in the column currency in costs.csv, then run again.",
            language="en",
        ),
    }
    paths = []
    for name, page in pages.items():
        path = tmp_path / name
        path.write_text(page, encoding="utf-8")
        paths.append(path)
    return paths


def missing_for_browser() -> str:
    """What this machine lacks to open a page, or ""."""
    if shutil.which("node") is None:
        return "there is no node"
    if not (HERE / "node_modules" / "playwright-core").is_dir():
        return "the packages are not installed: npm ci --prefix tests/browser"
    if not any(shutil.which(name) for name in BROWSERS):
        return f"there is no browser ({', '.join(BROWSERS)})"
    return ""


@pytest.fixture(scope="session")
def check_pages() -> Callable[[Sequence[Path]], list[dict[str, Any]]]:
    """A function that opens pages in Chromium and returns what check_page.mjs found, one dict per page."""
    missing = missing_for_browser()
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"the browser tests cannot run in CI: {missing}")
    if missing:
        pytest.skip(missing)

    def check(paths: Sequence[Path]) -> list[dict[str, Any]]:
        done = subprocess.run(
            ["node", str(HERE / "check_page.mjs"), *map(str, paths)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=CHECK_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            pytest.fail(f"check_page.mjs ended with {done.returncode}: {done.stderr}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    return check


@pytest.fixture(scope="session")
def form_pages(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return the codebook and the build sheets of a form, made by the command that makes them for a user."""
    folder = tmp_path_factory.mktemp("forms")
    codebook, google, eu = (folder / name for name in ("codebook.html", "google.html", "eusurvey.html"))
    assert main(["instruments", "codebook", "participant", "--output", str(codebook)]) == 0
    for target, language, path in (("google", "it", google), ("eusurvey", "ro", eu)):
        words = ["instruments", "export", "participant", "--to", target, "--language", language]
        assert main([*words, "--output", str(path)]) == 0
    return [codebook, google, eu]


@pytest.fixture(scope="session")
def example_pages(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return index and reports of the example study, made by the command that makes them for a user."""
    output = tmp_path_factory.mktemp("demo") / "example"
    assert main(["demo", "--output", str(output)]) == 0
    pages = sorted(output.glob("*.html"))
    assert [page.name for page in pages] == [
        "00_data_quality.html",
        "01_participant_outcomes.html",
        "04_enterprise_roi-what-if.html",
        "04_enterprise_roi.html",
        "index.html",
    ]
    return pages
