"""Conditions: what a rule of a policy may ask of an audit, one function each."""

from __future__ import annotations

from typing import Final

from auditor.analysis.conditions.base import Condition
from auditor.analysis.conditions.calibration import judge_miscalibration
from auditor.analysis.conditions.effects import judge_flips, judge_shift, judge_swaps
from auditor.analysis.conditions.instruments import judge_checks, judge_false_alarms, judge_lock
from auditor.analysis.conditions.ladders import judge_level, judge_new_findings
from auditor.analysis.conditions.rates import judge_accuracy, judge_drop, judge_gap, judge_worst
from auditor.analysis.conditions.samples import judge_left_out, judge_n
from auditor.analysis.conditions.selection import judge_ratio

CONDITIONS: Final[dict[str, Condition]] = {
    "max_level": Condition(judge_level),
    "max_shift": Condition(judge_shift),
    "max_swaps": Condition(judge_swaps),
    "max_flips": Condition(judge_flips),
    "no_new_findings": Condition(judge_new_findings),
    "min_accuracy": Condition(judge_accuracy),
    "min_subgroup_accuracy": Condition(judge_worst),
    "max_gap": Condition(judge_gap),
    "max_miscalibration": Condition(judge_miscalibration),
    "min_selection_ratio": Condition(judge_ratio),
    "max_accuracy_drop": Condition(judge_drop),
    "min_n": Condition(judge_n),
    "max_left_out": Condition(judge_left_out),
    "checks": Condition(judge_checks),
    "max_false_alarms": Condition(judge_false_alarms),
    "locked": Condition(judge_lock),
}
"""By the key that sets them in a rule."""
