"""show_figure: one figure with its real alternative text."""

from __future__ import annotations

import base64
import io
import textwrap
from collections.abc import Callable, Hashable
from html import escape
from typing import Any, Literal

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from toolkit.core.errors import Problem, UsageError
from toolkit.disclosure import Released, whole_population
from toolkit.report.parts import ReportPart
from toolkit.report.wording import Wording, format_limit, format_number

FigureKind = Literal["before_after", "forest"]

BLUE, ORANGE, GREY, INK = "#1f4e79", "#b45309", "#6b7280", "#1f2937"
WIDTH_INCHES = 4.2  # Legible when a phone scales it down, and when a desktop scales it up; see style.css.
_STYLE = {
    "svg.hashsalt": "sivsen",
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.edgecolor": GREY,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def show_figure(released: Released, *, kind: FigureKind, name: str, caption: str, wording: Wording) -> ReportPart:
    """Draw released estimates.

    Parameters
    ----------
    released : Released
        Estimates, main scoring rule. Rows that may not be shown are not drawn.
    kind : {"before_after", "forest"}
        before_after: the mean of each outcome in both surveys, on its own scale. forest: mean change with its
        interval for each group, the people as a whole, and pooled over sites.
    name : str
        Id of the figure in the page; letters, digits and hyphens.
    caption : str
        What the figure shows.
    wording : Wording
        Labels and language.

    Returns
    -------
    ReportPart
        The figure as an image inside the page, with alternative text that gives every value drawn.

    Raises
    ------
    UsageError
        The kind is unknown or estimates were not what was released.
    """
    if kind not in _KINDS or released.kind != "estimates":
        raise UsageError(
            Problem(what="this cannot be drawn", column="kind", allowed=" | ".join(_KINDS) + ", of estimates")
        )
    frame = released.frame
    rows = frame[frame["shown"].fillna(False).astype(bool) & (frame["rule"] == "main") & frame["estimate"].notna()]
    if kind == "forest":
        rows = rows[rows["conf_low"].notna()]
    if rows.empty:
        words = wording.text("There is nothing to draw: too few people, or no interval can be given.")
        return ReportPart(f'<p class="notice">{escape(words)}</p>')
    draw, describe = _KINDS[kind]
    with mpl.rc_context():
        mpl.rcdefaults()  # A matplotlibrc of the user's must not change a report.
        mpl.rcParams.update(_STYLE)
        image = _to_svg(draw(rows, wording))
    alt = f"{caption} {describe(rows, wording)}"
    return ReportPart(
        f'<figure class="plot" id="figure-{name}"><img alt="{escape(alt)}" '
        f'src="data:image/svg+xml;base64,{image}"><figcaption>{escape(caption)}</figcaption></figure>'
    )


def _to_svg(figure: Figure) -> str:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None}, bbox_inches="tight")
    return base64.b64encode(buffer.getvalue()).decode()


def _outcomes(rows: pd.DataFrame) -> list[str]:
    return list(dict.fromkeys(rows["outcome"]))


def _wrapped(text: str) -> str:
    return "\n".join(textwrap.wrap(text, 52))


def _draw_before_after(rows: pd.DataFrame, wording: Wording) -> Figure:
    outcomes = _outcomes(rows)
    figure = Figure(figsize=(WIDTH_INCHES, 0.35 + 0.8 * len(outcomes)))
    axes = figure.subplots(len(outcomes), 1, squeeze=False)[:, 0]
    for position, (axis, outcome) in enumerate(zip(axes, outcomes, strict=True)):
        here = rows[rows["outcome"] == outcome].set_index("estimator")
        before, after = here.loc["mean_before", "estimate"], here.loc["mean_after", "estimate"]
        low, high = here["scale_low"].iloc[0], here["scale_high"].iloc[0]
        axis.axhline(0, color="#d1d5db", lw=1, zorder=0)
        axis.annotate("", (after, 0), (before, 0), arrowprops={"arrowstyle": "->", "color": GREY, "lw": 1.6})
        axis.plot(before, 0, "o", ms=9, mfc="white", mec=BLUE, mew=2, label=wording.text("earlier survey"))
        axis.plot(after, 0, "o", ms=9, color=BLUE, label=wording.text("later survey"))
        axis.set_xlim(low - 0.03 * (high - low), high + 0.03 * (high - low))
        axis.set_ylim(-1, 1)
        axis.set_yticks([])
        axis.set_title(_wrapped(wording.outcome(outcome)), loc="left", fontsize=8.5, fontweight="bold", pad=3)
        axis.set_xticks(_scale_ticks(low, high))
        if position == 0:
            axis.legend(loc="lower left", bbox_to_anchor=(0, 1.5), ncols=2, frameon=False, borderaxespad=0.1)
    figure.subplots_adjust(hspace=1.3)
    return figure


def _scale_ticks(low: float, high: float) -> list[float]:
    span = high - low
    step = 1 if span <= 10 else max(1, round(span / 5))
    return [low + step * index for index in range(int(span // step) + 1)]


def _describe_before_after(rows: pd.DataFrame, wording: Wording) -> str:
    words = wording.text("{outcome}: {before} in the earlier survey, {after} in the later one.")
    sentences = []
    for outcome in _outcomes(rows):
        here = rows[rows["outcome"] == outcome].set_index("estimator")["estimate"]
        sentences.append(
            words.format(
                outcome=wording.outcome(outcome),
                before=format_number(here["mean_before"]),
                after=format_number(here["mean_after"]),
            )
        )
    return " ".join(sentences)


def _forest_rows(rows: pd.DataFrame, wording: Wording) -> dict[str, list[dict[Hashable, Any]]]:
    """Rows of each outcome: groups in order, then the whole, then the pooled change; with labels."""
    whole = whole_population(rows["population"])
    panels: dict[str, list[dict[Hashable, Any]]] = {}
    for outcome in _outcomes(rows):
        records = rows[rows["outcome"] == outcome].to_dict("records")
        for record in records:
            pooled = record["estimator"] == "pooled_change"
            is_whole = record["population"] == whole
            record["rank"] = 2 if pooled else 1 if is_whole else 0
            record["label"] = wording.text("Pooled over sites") if pooled else wording.population(record["population"])
        chosen = [record for record in records if record["estimator"] in ("mean_change", "pooled_change")]
        panels[outcome] = sorted(chosen, key=lambda record: int(record["rank"]))
    return {outcome: records for outcome, records in panels.items() if records}


def _draw_forest(rows: pd.DataFrame, wording: Wording) -> Figure:
    panels = _forest_rows(rows, wording)
    heights = [len(records) for records in panels.values()]
    figure = Figure(figsize=(WIDTH_INCHES, 0.4 * sum(heights) + 0.75 * len(panels)))
    axes = figure.subplots(len(panels), 1, squeeze=False, sharex=True, gridspec_kw={"height_ratios": heights})[:, 0]
    for axis, (outcome, records) in zip(axes, panels.items(), strict=True):
        _draw_forest_panel(axis, records)
        axis.set_title(_wrapped(wording.outcome(outcome)), loc="left", fontsize=8.5, fontweight="bold")
        axis.tick_params(axis="x", labelbottom=True)
    axes[-1].set_xlabel(wording.text("change in points, later minus earlier, with interval"))
    figure.subplots_adjust(hspace=0.75 * len(panels) / (0.4 * sum(heights)))
    return figure


def _draw_forest_panel(axis: Axes, records: list[dict[Hashable, Any]]) -> None:
    axis.axvline(0, color=GREY, lw=1, ls=(0, (4, 3)), zorder=0)
    for position, record in enumerate(records):
        height = len(records) - 1 - position
        colour, marker = (BLUE, "o") if record["rank"] == 0 else (ORANGE, "D")
        if not pd.isna(record["pi_low"]):
            axis.plot([record["pi_low"], record["pi_high"]], [height] * 2, color=colour, lw=1, ls=":")
        axis.plot([record["conf_low"], record["conf_high"]], [height] * 2, color=colour, lw=2)
        axis.plot(record["estimate"], height, marker, color=colour, ms=6)
        label = f"{record['label']} (n = {record['n']})"
        axis.text(
            0,
            height + 0.22,
            label,
            transform=axis.get_yaxis_transform(),
            ha="left",
            va="bottom",
            bbox={"facecolor": "white", "lw": 0, "pad": 0.5},
        )
    axis.set_yticks([])
    axis.set_ylim(-0.4, len(records) - 0.2)


def _describe_forest(rows: pd.DataFrame, wording: Wording) -> str:
    words = wording.text("{who} {estimate}, interval {low} to {high}")
    sentences = []
    for outcome, records in _forest_rows(rows, wording).items():
        parts = [
            words.format(
                who=record["label"],
                estimate=format_number(record["estimate"], signed=True),
                low=format_limit(record["conf_low"], signed=True),
                high=format_limit(record["conf_high"], signed=True),
            )
            for record in records
        ]
        sentences.append(f"{wording.outcome(outcome)}: {'; '.join(parts)}.")
    return " ".join(sentences)


_KINDS: dict[str, tuple[Callable[[pd.DataFrame, Wording], Figure], Callable[[pd.DataFrame, Wording], str]]] = {
    "before_after": (_draw_before_after, _describe_before_after),
    "forest": (_draw_forest, _describe_forest),
}
