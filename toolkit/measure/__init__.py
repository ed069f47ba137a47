"""Floor 4: who may be analysed, what they scored, and which answers are of the same person."""

from toolkit.measure.consent import keep_consenting
from toolkit.measure.digests import KEY_BYTES, LinkKey, element_text
from toolkit.measure.false_links import FalseLinks, expect_false_links
from toolkit.measure.folding import (
    CODE_ALPHABET,
    ELEMENT_KINDS,
    ElementKind,
    check_sign,
    fold_element,
    is_whole_code,
)
from toolkit.measure.keys import RepeatedRule, keep_identified
from toolkit.measure.linking import Panel, link
from toolkit.measure.matching import Matching, MatchRule, match_people
from toolkit.measure.response_quality import note_response_quality
from toolkit.measure.review import ReviewRow, read_review, write_review
from toolkit.measure.scoring import Scores, ScoringRule, score

__all__ = [
    "CODE_ALPHABET",
    "ELEMENT_KINDS",
    "KEY_BYTES",
    "ElementKind",
    "FalseLinks",
    "LinkKey",
    "MatchRule",
    "Matching",
    "Panel",
    "RepeatedRule",
    "ReviewRow",
    "Scores",
    "ScoringRule",
    "check_sign",
    "element_text",
    "expect_false_links",
    "fold_element",
    "is_whole_code",
    "keep_consenting",
    "keep_identified",
    "link",
    "match_people",
    "note_response_quality",
    "read_review",
    "score",
    "write_review",
]
