"""Impact evaluation of work placements in social enterprises.

The names below are handed on lazily, so that ``import toolkit`` loads no heavy library.
"""

from __future__ import annotations

import importlib
from typing import Any

_HOME = {
    "Estimates": "toolkit.core.estimates",
    "Ledger": "toolkit.core.ledger",
    "ToolkitError": "toolkit.core.errors",
    "Instrument": "toolkit.instruments",
    "load_instrument": "toolkit.instruments",
    "read_export": "toolkit.ingest",
    "tidy": "toolkit.ingest",
    "score": "toolkit.measure",
    "link": "toolkit.measure",
    "estimate_change": "toolkit.evaluate",
    "estimate_completeness": "toolkit.evaluate",
    "estimate_pooled_change": "toolkit.evaluate",
    "estimate_reliability": "toolkit.evaluate",
    "grade": "toolkit.evaluate",
    "estimate_returns": "toolkit.roi",
    "release": "toolkit.disclosure",
    "record": "toolkit.report.sentences",
    "show_account": "toolkit.report.cover",
    "show_cover": "toolkit.report.cover",
    "show_figure": "toolkit.report.figures",
    "show_money_figure": "toolkit.report.money_figures",
    "show_money_table": "toolkit.report.money_tables",
    "show_provenance": "toolkit.report.cover",
    "show_table": "toolkit.report.tables",
    "show_what_if": "toolkit.report.what_if",
    "Study": "toolkit.study",
    "open_study": "toolkit.study",
    "open_notebook": "toolkit.run.notebook",
    "run_study": "toolkit.run.batch",
    "simulate_cohort": "toolkit.simulate",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(_HOME[name]), name)
    raise AttributeError(f"module 'toolkit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
