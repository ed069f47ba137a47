"""show_what_if and its page: a reader moves five figures and sees what hosting would cost and return."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from toolkit.core.errors import UsageError
from toolkit.disclosure import Released
from toolkit.report.language import translator
from toolkit.report.page import CONTENT_SECURITY_POLICY, PAGE_TEMPLATES, finish_page, page_frame
from toolkit.report.parts import ReportPart
from toolkit.report.wording import Wording

WHAT_IF_MIME = "application/vnd.sivsen.whatif+json"
MOST_BYTES = 150_000
_TEMPLATES = PAGE_TEMPLATES / "sivsen"
_LEVERS = (
    ("wage", "Cost of one hour of whoever would do the work otherwise", 1, None),
    ("hours", "Hours present, all participants", 1, None),
    ("productivity", "Productivity in skilled tasks (%)", 100, 100),
    ("supervision", "Hours of daily guidance", 1, None),
    ("hires", "Participants employed afterwards", 1, None),
)


@dataclass(frozen=True, slots=True)
class _Lever:
    name: str
    label: str
    value: str
    scale: int
    most: int | None


def show_what_if(released: Released, *, wording: Wording) -> ReportPart:
    """Hand the figures of the what-if page to the runner, and point to the page.

    Parameters
    ----------
    released : Released
        Figures of money, those of the levers among them.
    wording : Wording
        Labels and language.

    Raises
    ------
    UsageError
        What was released are no figures of money.
    """
    if released.kind != "money":
        raise UsageError("show_what_if takes released figures of money")
    rows = released.select(estimators=["lever"]).frame
    if rows.empty or not rows["shown"].all():
        words = wording.text("There is no what-if page: too few hosts for its figures to be shown.")
        return ReportPart(f'<p class="notice">{escape(words)}</p>')
    base = {str(name): float(value) for name, value in zip(rows["component"], rows["estimate"], strict=True)}
    data = {"base": base, "unit": str(rows["unit"].iloc[0]), "language": wording.language}
    words = wording.text("The page beside this one whose name ends in what-if lets you change five of the figures.")
    return ReportPart(f"<p>{escape(words)}</p>", WHAT_IF_MIME, data)


def render_what_if(data: Mapping[str, Any], *, title: str) -> str:
    """Return the what-if page.

    Parameters
    ----------
    data : mapping
        As `show_what_if` hands it on.
    title : str
        Title of the page.

    Returns
    -------
    str
        One self-contained HTML page with one script, whose hash stands in its policy.

    Raises
    ------
    ReportError
        The page fails a check of `finish_page`.
    """
    language = str(data["language"])
    _ = translator(language).gettext
    script = (_TEMPLATES / "what_if.js").read_text(encoding="utf-8")
    base: Mapping[str, float] = data["base"]
    levers = [_Lever(name, _(label), f"{base[name] * scale:.12g}", scale, most) for name, label, scale, most in _LEVERS]
    frame = page_frame(title=title, language=language, policy=what_if_policy(script))
    environment = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)
    html = environment.get_template("what_if.html.j2").render(
        title=title,
        frame=frame,
        levers=levers,
        base=json.dumps(dict(base), sort_keys=True),
        currency=str(data["unit"]).split(" ")[0],
        unit=str(data["unit"]),
        script=script,
        _=_,
    )
    return finish_page(html, contents_label=frame.contents_label, script=script)


def what_if_policy(script: str) -> str:
    """Return the Content-Security-Policy that lets one script run, by its hash, and nothing else."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return f"{CONTENT_SECURITY_POLICY}; script-src 'sha256-{digest}'"
