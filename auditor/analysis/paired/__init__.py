"""What is asked of two models on the same images: a question is one file, the pair in, changes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from auditor.analysis.paired.attention import compare_attention
from auditor.analysis.paired.base import PairedEvidence
from auditor.analysis.paired.calibration import compare_calibration
from auditor.analysis.paired.effects import compare_effects
from auditor.analysis.paired.performance import compare_performance
from auditor.analysis.paired.worst_groups import compare_worst_groups

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.documents.comparisons import Change

PAIRED: Final[dict[str, Callable[[PairedEvidence], list[Change]]]] = {
    "performance": compare_performance,
    "worst_groups": compare_worst_groups,
    "calibration": compare_calibration,
    "attention": compare_attention,
    "effects": compare_effects,
}
"""In the order in which the questions are answered."""

__all__ = ["PAIRED", "PairedEvidence", "list_changes"]


def list_changes(pair: PairedEvidence) -> list[Change]:
    """Answer every question of `PAIRED`.

    Parameters
    ----------
    pair
        Two models on the same images.

    Returns
    -------
    list of Change
        Question by question.
    """
    return [change for ask in PAIRED.values() for change in ask(pair)]
