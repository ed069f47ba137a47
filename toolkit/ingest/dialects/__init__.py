"""The survey tools whose exports are read: one file each, collected here."""

from __future__ import annotations

from toolkit.ingest.dialects.dialect import Answers, Dialect
from toolkit.ingest.dialects.plain import PLAIN
from toolkit.ingest.dialects.qualtrics import QUALTRICS

DIALECTS: tuple[Dialect, ...] = (
    QUALTRICS,
    PLAIN,
)

__all__ = ["DIALECTS", "PLAIN", "Answers", "Dialect"]
