"""The survey tools whose exports are read: one file each, collected here."""

from __future__ import annotations

from toolkit.ingest.dialects.castor import CASTOR
from toolkit.ingest.dialects.dialect import Answers, Dialect
from toolkit.ingest.dialects.eusurvey import EUSURVEY
from toolkit.ingest.dialects.google_forms import GOOGLE_FORMS
from toolkit.ingest.dialects.jisc import JISC
from toolkit.ingest.dialects.kobo_odk import KOBO_ODK
from toolkit.ingest.dialects.limesurvey import LIMESURVEY
from toolkit.ingest.dialects.microsoft_forms import MICROSOFT_FORMS
from toolkit.ingest.dialects.plain import PLAIN
from toolkit.ingest.dialects.qualtrics import QUALTRICS
from toolkit.ingest.dialects.redcap import REDCAP
from toolkit.ingest.dialects.spss import SPSS
from toolkit.ingest.dialects.stata import STATA
from toolkit.ingest.dialects.surveymonkey import SURVEYMONKEY

DIALECTS: tuple[Dialect, ...] = (
    QUALTRICS,
    GOOGLE_FORMS,
    MICROSOFT_FORMS,
    LIMESURVEY,
    EUSURVEY,
    SURVEYMONKEY,
    KOBO_ODK,
    REDCAP,
    CASTOR,
    JISC,
    SPSS,
    STATA,
    PLAIN,
)

__all__ = ["DIALECTS", "PLAIN", "Answers", "Dialect"]
