"""The survey tools whose exports are read: one file each, collected here."""

from __future__ import annotations

from toolkit.ingest.dialects.dialect import Answers, Dialect
from toolkit.ingest.dialects.eusurvey import EUSURVEY
from toolkit.ingest.dialects.google_forms import GOOGLE_FORMS
from toolkit.ingest.dialects.limesurvey import LIMESURVEY
from toolkit.ingest.dialects.microsoft_forms import MICROSOFT_FORMS
from toolkit.ingest.dialects.plain import PLAIN
from toolkit.ingest.dialects.qualtrics import QUALTRICS
from toolkit.ingest.dialects.surveymonkey import SURVEYMONKEY

DIALECTS: tuple[Dialect, ...] = (
    QUALTRICS,
    GOOGLE_FORMS,
    MICROSOFT_FORMS,
    LIMESURVEY,
    EUSURVEY,
    SURVEYMONKEY,
    PLAIN,
)

__all__ = ["DIALECTS", "PLAIN", "Answers", "Dialect"]
