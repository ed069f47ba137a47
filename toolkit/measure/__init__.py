"""Floor 4: who may be analysed, what they scored, and which answers are of the same person."""

from toolkit.measure.consent import keep_consenting
from toolkit.measure.keys import RepeatedRule, keep_identified
from toolkit.measure.linking import Panel, link
from toolkit.measure.scoring import Scores, ScoringRule, score

__all__ = [
    "Panel",
    "RepeatedRule",
    "Scores",
    "ScoringRule",
    "keep_consenting",
    "keep_identified",
    "link",
    "score",
]
