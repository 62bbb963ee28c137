"""What is asked of the evidence: a question is one file, the tables in, estimates out, no state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from auditor.analysis.statistics.association import measure_association
from auditor.analysis.statistics.attention import measure_attention
from auditor.analysis.statistics.borrowing import measure_enrichment
from auditor.analysis.statistics.performance import measure_performance

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.cells import Row

STATISTICS: Final[dict[str, Callable[[Evidence], list[Row]]]] = {
    "performance": measure_performance,
    "attention": measure_attention,
    "borrowing": measure_enrichment,
    "association": measure_association,
}
"""In the order in which the questions are answered."""

__all__ = ["STATISTICS"]
