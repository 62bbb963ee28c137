"""Mean maps: where the model looks on average, by label and by subgroup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from auditor.documents.document import MeanMap
from auditor.records import TARGETS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Literal

    from auditor.analysis.statistics.base import Evidence, TargetView
    from auditor.analysis.statistics.cells import Cells

_DECIMALS: Final = 6


def mean_maps(evidence: Evidence) -> list[MeanMap]:
    """Mean of the maps per target and label, and per target, label and subgroup.

    Each map is divided by the sum over its own cells first, so that every image counts the same and the mean sums to 1.
    Empty maps are left out.

    Parameters
    ----------
    evidence
        The tables.

    Returns
    -------
    list of MeanMap
        In the order of targets, attributes (none first), labels and subgroups; cells without a map are left out.
    """
    return [
        mean
        for target in TARGETS
        for view in [evidence.target(target)]
        for attribute in (None, *evidence.settings.attributes)
        for mean in _per_cell(view, evidence.cells(by_label=True, attribute=attribute), target=target)
    ]


def _per_cell(view: TargetView, cells: Cells, *, target: Literal["label", "predicted"]) -> Iterator[MeanMap]:
    total = view.maps.sum(axis=(1, 2), keepdims=True, dtype=np.float64)
    maps = np.divide(view.maps, total, out=np.zeros(view.maps.shape), where=total > 0)
    for number, key in enumerate(cells.keys):
        members = (cells.codes == number) & view.has_map
        if members.any():
            yield MeanMap(
                target=target,
                label=str(key.label),
                attribute=key.attribute,
                subgroup=key.subgroup,
                n=int(members.sum()),
                grid=maps[members].mean(axis=0).round(_DECIMALS).tolist(),
            )
