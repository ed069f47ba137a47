"""Floor 3: export files read as text, then typed from the instrument."""

from toolkit.ingest.agreement import check_agreement
from toolkit.ingest.declaration import (
    DateOrder,
    DecimalMark,
    DeclaredNumbers,
    ExportDeclaration,
    Layout,
    PartialRule,
    Platform,
)
from toolkit.ingest.raw import RawExport
from toolkit.ingest.reading import read_export
from toolkit.ingest.responses import Responses, concat_responses
from toolkit.ingest.streaming import stream_responses
from toolkit.ingest.tidying import tidy

__all__ = [
    "DateOrder",
    "DecimalMark",
    "DeclaredNumbers",
    "ExportDeclaration",
    "Layout",
    "PartialRule",
    "Platform",
    "RawExport",
    "Responses",
    "check_agreement",
    "concat_responses",
    "read_export",
    "stream_responses",
    "tidy",
]
