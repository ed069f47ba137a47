"""Floor 5: how the outcomes changed, for whom, and how much the design lets one say."""

from toolkit.evaluate.change import count_changes, estimate_change
from toolkit.evaluate.findings import FINDING_COLUMNS, Findings, grade
from toolkit.evaluate.grading import Comparison, Design, Grade, Measure, grade_design
from toolkit.evaluate.plan import AnalysisPlan
from toolkit.evaluate.pooling import estimate_pooled_change
from toolkit.evaluate.populations import PROGRAMME, count_populations, name_population, split_population
from toolkit.evaluate.quality import estimate_completeness, estimate_reliability

__all__ = [
    "FINDING_COLUMNS",
    "PROGRAMME",
    "AnalysisPlan",
    "Comparison",
    "Design",
    "Findings",
    "Grade",
    "Measure",
    "count_changes",
    "count_populations",
    "estimate_change",
    "estimate_completeness",
    "estimate_pooled_change",
    "estimate_reliability",
    "grade",
    "grade_design",
    "name_population",
    "split_population",
]
