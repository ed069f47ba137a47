"""RawExport: an export file as text, before anything is made of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from toolkit.core.ledger import Ledger
from toolkit.core.provenance import Provenance
from toolkit.ingest.declaration import ExportDeclaration
from toolkit.ingest.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class RawExport:
    """One file, every cell as the text that stood there.

    Parameters
    ----------
    table : Table
        The answers that count, with what the platform means by its codes and columns.
    platform : str
        Name of the dialect.
    evidence : str
        Which structure of the file says so.
    declaration : ExportDeclaration
        What the study declared of the file.
    ledger, provenance : Ledger, Provenance
        Rows set aside while reading; hash of the file.
    """

    table: Table
    platform: str
    evidence: str
    declaration: ExportDeclaration
    ledger: Ledger
    provenance: Provenance

    @property
    def frame(self) -> pd.DataFrame:
        """One row per answer row, one text column per header."""
        return self.table.frame

    @property
    def rows(self) -> npt.NDArray[np.int64]:
        """Spreadsheet row number of each frame row."""
        return self.table.rows
