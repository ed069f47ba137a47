"""show_money_figure: waterfall, tornado, distribution and cost structure, each with its alternative text."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from html import escape
from typing import Literal

import matplotlib as mpl
import matplotlib.patches
import matplotlib.ticker
import pandas as pd
from matplotlib.figure import Figure

from toolkit.core.errors import Problem, UsageError
from toolkit.disclosure import Released
from toolkit.report.money_words import figure_text, part_label
from toolkit.report.parts import ReportPart
from toolkit.report.wording import Wording

MoneyFigureKind = Literal["waterfall", "tornado", "density", "cost_structure"]

BLUE, ORANGE, GREY, INK = "#1f4e79", "#b45309", "#6b7280", "#1f2937"
WIDTH_INCHES = 4.2
HATCHES = ("", "//", "..", "xx", "\\\\", "++", "oo", "--")
SHADES = ("#1f4e79", "#b45309", "#4d7c0f", "#7c3aed", "#0e7490", "#9f1239", "#6b7280", "#a16207")
_STYLE = {
    "svg.hashsalt": "sivsen",
    "font.family": "DejaVu Sans",
    "font.size": 8.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": GREY,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "hatch.linewidth": 0.6,
}
_MOST_BARS = 10


def show_money_figure(
    released: Released, *, kind: MoneyFigureKind, name: str, caption: str, wording: Wording
) -> ReportPart:
    """Draw released figures of money.

    Parameters
    ----------
    released : Released
        Figures of money of one view. Rows that may not be shown are not drawn.
    kind : {"waterfall", "tornado", "density", "cost_structure"}
        waterfall: from the costs, line by line, to the net benefit. tornado: the net benefit with each figure
        at its 10th and 90th percentile. density: how often each net benefit was drawn, with the break-even
        line. cost_structure: shares of the cost in each country.
    name : str
        Id of the figure in the page.
    caption : str
        What the figure shows.
    wording : Wording
        Labels and language.

    Returns
    -------
    ReportPart
        The figure as an image inside the page; its alternative text gives every value drawn.

    Raises
    ------
    UsageError
        The kind is unknown, or no figures of money were released.
    """
    if kind not in _KINDS or released.kind != "money":
        raise UsageError(
            Problem(what="this cannot be drawn", column="kind", allowed=" | ".join(_KINDS) + ", of figures of money")
        )
    frame = released.frame
    pick, draw, describe = _KINDS[kind]
    rows = pick(frame[frame["shown"].fillna(False).astype(bool)])
    if rows.empty:
        words = wording.text("There is nothing to draw: too few hosts, or nothing that varies.")
        return ReportPart(f'<p class="notice">{escape(words)}</p>')
    with mpl.rc_context(_STYLE):
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


def _money(value: float, rows: pd.DataFrame, wording: Wording) -> str:
    return figure_text(value, str(rows["unit"].iloc[0]), language=wording.language)


def _pick_waterfall(frame: pd.DataFrame) -> pd.DataFrame:
    lines = frame[frame["estimator"].isin(["cost_line", "benefit_line"]) & (frame["estimate"] > 0)]
    net = frame[frame["estimator"] == "net_benefit"]
    # Without a line that may not be shown, the bars would not lead to the net.
    total = lines["estimate"].where(lines["estimator"] == "benefit_line", -lines["estimate"]).sum()
    if lines.empty or net.empty or abs(total - net["estimate"].iloc[0]) > 1e-6 * lines["estimate"].sum():
        return frame.iloc[:0]
    ordered = lines.sort_values(["estimator", "estimate"], ascending=[False, False], kind="stable")
    return pd.concat([ordered, net], ignore_index=True)


def _draw_waterfall(rows: pd.DataFrame, wording: Wording) -> Figure:
    figure = Figure(figsize=(WIDTH_INCHES, 0.6 + 0.3 * len(rows)))
    axis = figure.subplots()
    reached = 0.0
    for place, record in enumerate(rows.to_dict("records")):
        height = len(rows) - 1 - place
        if record["estimator"] == "net_benefit":
            axis.barh(height, record["estimate"], color=INK, height=0.6)
            end = max(0.0, float(record["estimate"]))
        else:
            gain = record["estimator"] == "benefit_line"
            step = record["estimate"] if gain else -record["estimate"]
            axis.barh(height, step, left=reached, color=BLUE if gain else ORANGE, height=0.6,
                      hatch="" if gain else "//", edgecolor="white", lw=0)  # fmt: skip
            end = max(reached, reached + step)
            reached += step
        axis.annotate(_money(record["estimate"], rows, wording), (end, height), xytext=(3, 0),
                      textcoords="offset points", va="center", fontsize=7.5)  # fmt: skip
    labels = [_waterfall_label(record, wording) for record in rows.to_dict("records")]
    axis.set_yticks(range(len(rows) - 1, -1, -1), labels)
    axis.axvline(0, color=GREY, lw=1)
    axis.tick_params(axis="y", length=0)
    axis.margins(x=0.18)
    _thin_ticks(axis)
    return figure


def _waterfall_label(record: dict[object, object], wording: Wording) -> str:
    if record["estimator"] == "net_benefit":
        return wording.text("Net benefit")
    sign = "+ " if record["estimator"] == "benefit_line" else "− "
    return sign + part_label(str(record["component"]), wording)


def _thin_ticks(axis: object) -> None:
    axis.xaxis.set_major_locator(mpl.ticker.MaxNLocator(4))  # type: ignore[attr-defined]
    axis.xaxis.set_major_formatter(mpl.ticker.FuncFormatter(lambda value, _: f"{value:,.0f}".replace("-", "−")))  # type: ignore[attr-defined]


def _describe_waterfall(rows: pd.DataFrame, wording: Wording) -> str:
    parts = [
        f"{_waterfall_label(record, wording)} {_money(record['estimate'], rows, wording)}"
        for record in rows.to_dict("records")
    ]
    return "; ".join(parts) + "."


def _pick_tornado(frame: pd.DataFrame) -> pd.DataFrame:
    rows = frame[frame["estimator"] == "driver"]
    swing = (rows["p90"] - rows["p10"]).abs()
    return rows[swing > 0].assign(swing=swing).sort_values("swing", ascending=False, kind="stable").head(_MOST_BARS)


def _draw_tornado(rows: pd.DataFrame, wording: Wording) -> Figure:
    figure = Figure(figsize=(WIDTH_INCHES, 0.9 + 0.3 * len(rows)))
    axis = figure.subplots()
    base = float(((rows["p10"] + rows["p90"]) / 2).iloc[-1])
    for place, record in enumerate(rows.to_dict("records")):
        height = len(rows) - 1 - place
        for limit, colour, hatch in (("p10", ORANGE, "//"), ("p90", BLUE, "")):
            axis.barh(height, record[limit] - base, left=base, color=colour, hatch=hatch, edgecolor="white", lw=0,
                      height=0.6, label=limit if place == 0 else None)  # fmt: skip
    axis.set_yticks(range(len(rows) - 1, -1, -1), [part_label(str(name), wording) for name in rows["component"]])
    axis.tick_params(axis="y", length=0)
    axis.axvline(base, color=INK, lw=1)
    handles, _ = axis.get_legend_handles_labels()
    names = [wording.text("figure low (p10)"), wording.text("figure high (p90)")]
    axis.legend(handles, names, loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False, fontsize=7.5)
    axis.set_xlabel(wording.text("net benefit"))
    _thin_ticks(axis)
    return figure


def _describe_tornado(rows: pd.DataFrame, wording: Wording) -> str:
    words = wording.text("{part}: net benefit {low} with the figure low, {high} with it high")
    parts = [
        words.format(
            part=part_label(str(record["component"]), wording),
            low=_money(record["p10"], rows, wording),
            high=_money(record["p90"], rows, wording),
        )
        for record in rows.to_dict("records")
    ]
    return "; ".join(parts) + "."


def _pick_density(frame: pd.DataFrame) -> pd.DataFrame:
    return frame[frame["estimator"] == "density"]


def _draw_density(rows: pd.DataFrame, wording: Wording) -> Figure:
    figure = Figure(figsize=(WIDTH_INCHES, 2.2))
    axis = figure.subplots()
    for record in rows.to_dict("records"):
        above = record["p10"] + record["p90"] > 0
        axis.bar(record["p10"], record["estimate"], width=record["p90"] - record["p10"], align="edge",
                 color=BLUE if above else ORANGE, hatch="" if above else "//", edgecolor="white", lw=0.3)  # fmt: skip
    axis.axvline(0, color=INK, lw=1.4)
    low, high = axis.get_xlim()
    axis.set_xlim(min(low, -0.05 * (high - low)), max(high, 0.05 * (high - low)))
    axis.annotate(wording.text("break-even"), (0, 1.02), xycoords=("data", "axes fraction"), ha="center", fontsize=7.5)
    axis.set_yticks([])
    axis.spines["left"].set_visible(False)
    axis.set_xlabel(wording.text("net benefit"))
    _thin_ticks(axis)
    return figure


def _describe_density(rows: pd.DataFrame, wording: Wording) -> str:
    words = wording.text("{share} of draws between {low} and {high}")
    parts = [
        words.format(
            share=figure_text(record["estimate"], "share", language=wording.language),
            low=_money(record["p10"], rows, wording),
            high=_money(record["p90"], rows, wording),
        )
        for record in rows.to_dict("records")
    ]
    return "; ".join(parts) + "."


def _pick_structure(frame: pd.DataFrame) -> pd.DataFrame:
    rows = frame[(frame["estimator"] == "cost_line") & (frame["estimate"] > 0)]
    totals = rows.groupby("population", sort=False)["estimate"].transform("sum")
    return rows.assign(part=rows["estimate"] / totals)


def _large_parts(rows: pd.DataFrame) -> list[str]:
    sizes = rows.groupby("component", sort=False)["part"].max().sort_values(ascending=False, kind="stable")
    return [str(name) for name in sizes.index[: len(SHADES) - 1]]


def _draw_structure(rows: pd.DataFrame, wording: Wording) -> Figure:
    populations = list(dict.fromkeys(rows["population"]))
    named = _large_parts(rows)
    figure = Figure(figsize=(WIDTH_INCHES, 1.9 + 0.35 * len(populations)))
    axis = figure.subplots()
    for place, population in enumerate(populations):
        here = rows[rows["population"] == population].set_index("component")["part"]
        sizes = [float(here.get(name, 0.0)) for name in named] + [float(here[~here.index.isin(named)].sum())]
        left = 0.0
        for size, shade, hatch in zip(sizes, SHADES, HATCHES, strict=False):
            axis.barh(
                len(populations) - 1 - place, size, left=left, color=shade, hatch=hatch, edgecolor="white", lw=0.4
            )
            left += size
    labels = [*(part_label(name, wording) for name in named), wording.text("Everything else")]
    handles = [
        mpl.patches.Patch(facecolor=shade, hatch=hatch, edgecolor="white")
        for shade, hatch, _ in zip(SHADES, HATCHES, labels, strict=False)
    ]
    axis.legend(handles, labels, loc="upper left", bbox_to_anchor=(-0.1, -0.25), ncols=2, frameon=False, fontsize=7)
    axis.set_yticks(range(len(populations) - 1, -1, -1), [wording.hosts(name) for name in populations])
    axis.tick_params(axis="y", length=0)
    axis.xaxis.set_major_formatter(mpl.ticker.PercentFormatter(1.0))
    return figure


def _describe_structure(rows: pd.DataFrame, wording: Wording) -> str:
    parts = []
    for population in dict.fromkeys(rows["population"]):
        here = rows[rows["population"] == population].sort_values("part", ascending=False, kind="stable")
        shares = ", ".join(
            f"{part_label(str(record['component']), wording)} "
            f"{figure_text(record['part'], 'share', language=wording.language)}"
            for record in here.to_dict("records")
        )
        parts.append(f"{wording.hosts(population)}: {shares}")
    return "; ".join(parts) + "."


_Pick = Callable[[pd.DataFrame], pd.DataFrame]
_KINDS: dict[str, tuple[_Pick, Callable[[pd.DataFrame, Wording], Figure], Callable[[pd.DataFrame, Wording], str]]] = {
    "waterfall": (_pick_waterfall, _draw_waterfall, _describe_waterfall),
    "tornado": (_pick_tornado, _draw_tornado, _describe_tornado),
    "density": (_pick_density, _draw_density, _describe_density),
    "cost_structure": (_pick_structure, _draw_structure, _describe_structure),
}
