"""Images that go with a finding: by a stated rule, never picked by hand, each with what hiding the region did to it."""

from __future__ import annotations

import base64
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from auditor.analysis.examples import scale_map
from auditor.documents.ladder import FindingExample

if TYPE_CHECKING:
    from auditor.analysis.questions import Cell
    from auditor.analysis.statistics.base import Evidence, TargetView

EXAMPLE_RULE: Final = (
    "Of the images on which the region was hidden: the two that this moved most in size of margin, two in the middle, "
    "and the two that it moved least; ties by name."
)
_EACH: Final = 2


class Illustrator:
    """Chooses images by `EXAMPLE_RULE`.

    Parameters
    ----------
    evidence
        The tables.
    """

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence

    def __call__(self, cell: Cell) -> list[FindingExample]:
        """Choose for one cell, from the way of hiding that shows it least.

        Parameters
        ----------
        cell
            That could be tested.

        Returns
        -------
        list of FindingExample
            Six, or fewer where there are fewer images; none twice.
        """
        effect = cell.weakest.effect
        shifts = effect.own / effect.contrast.spread
        rows = np.flatnonzero(np.isfinite(shifts))
        order = rows[np.lexsort((rows, -np.abs(shifts[rows])))]
        middle = max(len(order) // 2 - 1, 0)
        parts = {"largest": order[:_EACH], "median": order[middle : middle + _EACH], "smallest": order[-_EACH:]}
        chosen: dict[int, str] = {}
        for place, part in parts.items():
            for row in part.tolist():
                chosen.setdefault(row, place)
        after = self._answers(cell.region, effect.fill)
        return [self._show(row, place, shift=shifts[row], cell=cell, after=after) for row, place in chosen.items()]

    @cached_property
    def _maps(self) -> TargetView:
        return self._evidence.target("predicted")

    def _answers(self, region: str, fill: str) -> dict[str, str]:
        """What the model answered with the region hidden, by image."""
        hidden = self._evidence.interventions
        same = hidden[(hidden["region"] == region) & (hidden["fill"] == fill) & (hidden["place"] == 0)]
        return dict(zip(same["image_id"], same["predicted"], strict=True))

    def _show(self, row: int, place: str, *, shift: float, cell: Cell, after: dict[str, str]) -> FindingExample:
        image = self._evidence.read.iloc[row]
        raster = self._evidence.region(cell.region).rasters[row]
        return FindingExample.model_validate(
            {
                **{name: str(image[name]) for name in ("image_id", "path", "label", "predicted")},
                "predicted_hidden": after[str(image["image_id"])],
                "shift": float(shift),
                "place": place,
                "raster": base64.b64encode(raster).decode("ascii") if raster else None,
                "cam": scale_map(self._maps, row),
                "protected": self._protected(row),
            }
        )

    def _protected(self, row: int) -> dict[str, str]:
        """Where the regions lie that a report may have to take out of the photograph."""
        settings = self._evidence.settings
        names = [name for name in settings.regions if settings.roles.get(name) == "protected"]
        rasters = {name: self._evidence.region(name).rasters[row] for name in names}
        return {name: base64.b64encode(raster).decode("ascii") for name, raster in rasters.items() if raster}
