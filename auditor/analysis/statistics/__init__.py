"""What is asked of the evidence: a question is one file, the tables in, estimates out, no state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from auditor.analysis.statistics.adjustment import measure_adjustment
from auditor.analysis.statistics.alignment import measure_alignment
from auditor.analysis.statistics.association import measure_association
from auditor.analysis.statistics.attention import measure_attention
from auditor.analysis.statistics.attention_contrasts import measure_contrasts
from auditor.analysis.statistics.attention_errors import measure_attention_errors
from auditor.analysis.statistics.background import measure_background
from auditor.analysis.statistics.borrowing import measure_enrichment
from auditor.analysis.statistics.calibration import measure_calibration
from auditor.analysis.statistics.conflict import measure_conflict
from auditor.analysis.statistics.equality import measure_equality
from auditor.analysis.statistics.exchange import measure_exchange
from auditor.analysis.statistics.faithfulness import measure_faithfulness
from auditor.analysis.statistics.harm import measure_harm
from auditor.analysis.statistics.heads import measure_heads
from auditor.analysis.statistics.insertion import measure_insertion
from auditor.analysis.statistics.neutralising import measure_neutralising
from auditor.analysis.statistics.occlusion import measure_occlusion
from auditor.analysis.statistics.opportunity import measure_opportunity
from auditor.analysis.statistics.performance import measure_performance
from auditor.analysis.statistics.properties import measure_properties
from auditor.analysis.statistics.property_errors import measure_property_errors
from auditor.analysis.statistics.randomisation import measure_randomisation
from auditor.analysis.statistics.reliability import measure_reliability
from auditor.analysis.statistics.repair import measure_repair

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.cells import Row

STATISTICS: Final[dict[str, Callable[[Evidence], list[Row]]]] = {
    "performance": measure_performance,
    "attention": measure_attention,
    "borrowing": measure_enrichment,
    "heads": measure_heads,
    "attention_contrasts": measure_contrasts,
    "adjustment": measure_adjustment,
    "association": measure_association,
    "opportunity": measure_opportunity,
    "properties": measure_properties,
    "property_errors": measure_property_errors,
    "neutralising": measure_neutralising,
    "occlusion": measure_occlusion,
    "alignment": measure_alignment,
    "exchange": measure_exchange,
    "insertion": measure_insertion,
    "background": measure_background,
    "harm": measure_harm,
    "equality": measure_equality,
    "calibration": measure_calibration,
    "reliability": measure_reliability,
    "conflict": measure_conflict,
    "attention_errors": measure_attention_errors,
    "repair": measure_repair,
    "randomisation": measure_randomisation,
    "faithfulness": measure_faithfulness,
}
"""In the order in which the questions are answered."""

__all__ = ["STATISTICS"]
