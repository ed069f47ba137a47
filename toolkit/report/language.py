"""The fixed words of a page in the language of its reader."""

from __future__ import annotations

import gettext
import re
from pathlib import Path

from toolkit.core.errors import Problem, UsageError

DOMAIN = "sivsen"
CATALOGUES = Path(__file__).parent / "catalogues"
LANGUAGE_FORM = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")


def translator(language: str) -> gettext.NullTranslations:
    """Return the message catalogue of a language; English words where there is none.

    Parameters
    ----------
    language : str
        Language tag as HTML writes it: two or three letters, with a country where it matters (`sv`, `en-GB`).

    Returns
    -------
    gettext.NullTranslations
        Its `gettext` and `ngettext` turn English message ids into words of that language.

    Raises
    ------
    UsageError
        If the tag has another form.

    Notes
    -----
    A language is added by putting `<language>/LC_MESSAGES/sivsen.mo` into the folder `catalogues`.

    Examples
    --------
    >>> translator("en").gettext("Contents")
    'Contents'
    """
    if not LANGUAGE_FORM.fullmatch(language):
        raise UsageError(
            Problem(
                what="the language tag has an unknown form",
                column="language",
                allowed="two or three small letters, with a country if need be: en, it, sv, ro, en-GB",
                mend="write the tag of the report's language",
            )
        )
    return gettext.translation(DOMAIN, localedir=CATALOGUES, languages=[language.replace("-", "_")], fallback=True)
