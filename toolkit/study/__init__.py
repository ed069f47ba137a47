"""Floor 8: study.yaml opened and checked, the one object a notebook holds."""

from toolkit.study.freezing import FrozenPlan, freeze_study
from toolkit.study.identifying import review_path, save_review
from toolkit.study.opening import open_study
from toolkit.study.releasing import plan_study_release
from toolkit.study.scaffolding import scaffold_study
from toolkit.study.settings import STUDY_FILE, StudySettings, read_settings
from toolkit.study.study import Study, find_study

__all__ = [
    "STUDY_FILE",
    "FrozenPlan",
    "Study",
    "StudySettings",
    "find_study",
    "freeze_study",
    "open_study",
    "plan_study_release",
    "read_settings",
    "review_path",
    "save_review",
    "scaffold_study",
]
