"""Floor 3: export files read as text, then typed from the instrument."""

from toolkit.ingest.declaration import ExportDeclaration, Layout, Platform
from toolkit.ingest.raw import RawExport
from toolkit.ingest.reading import read_export
from toolkit.ingest.responses import Responses, concat_responses
from toolkit.ingest.tidying import tidy

__all__ = [
    "ExportDeclaration",
    "Layout",
    "Platform",
    "RawExport",
    "Responses",
    "concat_responses",
    "read_export",
    "tidy",
]
