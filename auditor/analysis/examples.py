"""Which images are shown: misclassified ones by a stated rule, each beside a matched correct control."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Final

import numpy as np

from auditor.documents.document import Example, ExampleRegion, Examples

if TYPE_CHECKING:
    from auditor.analysis.statistics.base import Evidence, RegionView, TargetView
    from auditor.analysis.statistics.intervals import IntArray
    from auditor.documents.document import Grid
    from auditor.geometry import FloatArray

_DECIMALS: Final = 4


def choose_examples(evidence: Evidence, *, limit: int = 24) -> Examples:
    """Choose misclassified images and their controls.

    Parameters
    ----------
    evidence
        The tables.
    limit
        Misclassified images to show, at most.

    Returns
    -------
    auditor.documents.document.Examples
        The rule in words, and the images: each misclassified one is followed by its control, where there is one.
    """
    shown = _misclassified(evidence, limit=limit)
    controls = _controls(evidence, shown)
    drawer = _Drawer(evidence)
    items: list[Example] = []
    for row, (control, _) in zip(shown, controls, strict=True):
        items.append(drawer.draw(row, control_of=None))
        if control >= 0:
            items.append(drawer.draw(control, control_of=row))
    wrong = int((~evidence.correct).sum())
    return Examples(rule=_rule(evidence, wrong=wrong, controls=controls), n_misclassified=wrong, items=items)


def _misclassified(evidence: Evidence, *, limit: int) -> list[int]:
    """The most confident errors of each kind in turn, kinds with more errors first."""
    wrong = np.flatnonzero(~evidence.correct)
    columns = [evidence.texts(name) for name in ("label", "predicted", *evidence.settings.attributes)]
    kinds: dict[tuple[str, ...], list[int]] = {}
    for row in wrong[np.lexsort((wrong, -_scores(evidence)[wrong]))]:
        kinds.setdefault(tuple(str(column[row]) for column in columns), []).append(int(row))
    queues = [kinds[kind] for kind in sorted(kinds, key=lambda kind: (-len(kinds[kind]), kind))]
    turns = max((len(queue) for queue in queues), default=0)
    in_turn = [queue[turn] for turn in range(min(turns, limit)) for queue in queues if turn < len(queue)]
    return in_turn[:limit]


def _scores(evidence: Evidence) -> FloatArray:
    scores = evidence.read["score"].to_numpy(dtype=np.float64, na_value=np.nan)
    finite: FloatArray = np.nan_to_num(scores)
    return finite


def _controls(evidence: Evidence, shown: list[int]) -> list[tuple[int, int]]:
    """For each image the row of its control, -1 for none, and how many attributes differ."""
    labels, scores = evidence.texts("label"), _scores(evidence)
    attributes = [evidence.texts(name) for name in evidence.settings.attributes]
    free = evidence.correct.copy()
    chosen: list[tuple[int, int]] = []
    for row in shown:
        candidates = np.flatnonzero(free & (labels == labels[row]))
        if len(candidates) == 0:
            chosen.append((-1, 0))
            continue
        differ: IntArray = np.zeros(len(candidates), dtype=np.int64)
        for values in attributes:
            differ += values[candidates] != values[row]
        best = np.lexsort((candidates, np.abs(scores[candidates] - scores[row]), differ))[0]
        chosen.append((int(candidates[best]), int(differ[best])))
        free[candidates[best]] = False
    return chosen


def _rule(evidence: Evidence, *, wrong: int, controls: list[tuple[int, int]]) -> str:
    if not controls:
        return "No image is misclassified, so none is shown."
    kinds = " × ".join(("label", "predicted class", *evidence.settings.attributes))
    rule = (
        f"{len(controls)} of {wrong} misclassified images: from each combination of {kinds} in turn, combinations with "
        "more errors first, the one that the model was most confident about (then by name). Beside each, a correctly "
        "classified image of the same label"
    )
    if evidence.settings.attributes:
        rule += " and the same " + ", ".join(evidence.settings.attributes)
    rule += " with the nearest confidence; no image serves twice."
    loose = sum(differ > 0 for _, differ in controls)
    without = sum(control < 0 for control, _ in controls)
    if loose:
        rule += f" For {loose} no such image was left: the one beside has the same label, but differs in an attribute."
    if without:
        rule += f" For {without} no correctly classified image of the label was left."
    return rule


class _Drawer:
    """Fills examples from the tables."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._targets = {target: evidence.target(target) for target in ("predicted", "label")}
        self._regions = {region: evidence.region(region) for region in evidence.settings.regions}

    def draw(self, row: int, *, control_of: int | None) -> Example:
        """One image; `control_of` is the row of the misclassified image that it stands beside."""
        facts = self._evidence.read.iloc[row]
        return Example(
            image_id=str(facts["image_id"]),
            path=str(facts["path"]),
            kind="misclassified" if control_of is None else "control",
            control_of=None if control_of is None else str(self._evidence.read["image_id"].iloc[control_of]),
            label=str(facts["label"]),
            predicted=str(facts["predicted"]),
            score=float(_scores(self._evidence)[row]),
            attributes={name: str(facts[name]) for name in self._evidence.settings.attributes},
            regions=[_outline(name, view, row) for name, view in self._regions.items() if view.rasters[row]],
            cam=scale_map(self._targets["predicted"], row),
            cam_label=scale_map(self._targets["label"], row),
        )


def _outline(region: str, view: RegionView, row: int) -> ExampleRegion:
    return ExampleRegion(region=region, raster=base64.b64encode(view.rasters[row]).decode("ascii"))


def scale_map(view: TargetView, row: int) -> Grid | None:
    """A map as it is shown.

    Parameters
    ----------
    view
        The maps of one target.
    row
        Of the images read.

    Returns
    -------
    list of list of float or None
        Divided by its maximum; None where it is empty.
    """
    if not view.has_map[row]:
        return None
    cam = view.maps[row].astype(np.float64)
    grid: Grid = (cam / cam.max()).round(_DECIMALS).tolist()
    return grid
