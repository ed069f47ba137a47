"""Consent to take part: without it a row is read and counted, and goes no further."""

from __future__ import annotations

from collections.abc import Collection

from toolkit.core.ledger import LedgerLine
from toolkit.ingest import Responses


def keep_consenting(responses: Responses, *, item: str, keep: Collection[str]) -> Responses:
    """Return the answers whose consent item says one of `keep`, with a ledger line per wave.

    Parameters
    ----------
    responses : Responses
        One row per person and wave.
    item : str
        Name of the consent question.
    keep : collection of str
        Choice names that mean consent. A blank answer is no consent.

    Returns
    -------
    Responses
        The rows with consent.
    """
    agreed = responses.frame[item].isin(list(keep))
    ledger = responses.ledger
    for wave in responses.frame["wave"].unique():
        here = responses.frame["wave"] == wave
        out = here & ~agreed
        ledger = ledger.add(
            LedgerLine(
                step="consented",
                instrument=responses.instrument.name,
                wave=wave,
                reason="no consent to take part",
                count=int(out.sum()),
                n_in=int(here.sum()),
                n_out=int((here & agreed).sum()),
                source_rows=responses.source_rows(out),
            )
        )
    return responses.keep(agreed, ledger)
