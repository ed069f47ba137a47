"""An instrument in the form that a survey tool takes: one file per target."""

from __future__ import annotations

from toolkit.instruments.exports.back_translation import back_translation_sheet
from toolkit.instruments.exports.build_sheet import BuildSection, BuildSheet, BuildStep
from toolkit.instruments.exports.eusurvey import to_eusurvey
from toolkit.instruments.exports.form import choose_items, is_multiple
from toolkit.instruments.exports.frictionless import to_table_schema
from toolkit.instruments.exports.google import to_google_forms
from toolkit.instruments.exports.limesurvey import to_limesurvey
from toolkit.instruments.exports.xlsform import to_xlsform

__all__ = [
    "BuildSection",
    "BuildSheet",
    "BuildStep",
    "back_translation_sheet",
    "choose_items",
    "is_multiple",
    "to_eusurvey",
    "to_google_forms",
    "to_limesurvey",
    "to_table_schema",
    "to_xlsform",
]
