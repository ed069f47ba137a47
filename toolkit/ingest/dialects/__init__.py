"""The survey tools whose exports are read: one file each, collected here."""

from __future__ import annotations

from toolkit.ingest.dialects.castor import CASTOR
from toolkit.ingest.dialects.dialect import Answers, Dialect
from toolkit.ingest.dialects.jisc import JISC
from toolkit.ingest.dialects.kobo_odk import KOBO_ODK
from toolkit.ingest.dialects.plain import PLAIN
from toolkit.ingest.dialects.qualtrics import QUALTRICS
from toolkit.ingest.dialects.redcap import REDCAP
from toolkit.ingest.dialects.spss import SPSS
from toolkit.ingest.dialects.stata import STATA

DIALECTS: tuple[Dialect, ...] = (
    QUALTRICS,
    KOBO_ODK,
    REDCAP,
    CASTOR,
    JISC,
    SPSS,
    STATA,
    PLAIN,
)

__all__ = ["DIALECTS", "PLAIN", "Answers", "Dialect"]
