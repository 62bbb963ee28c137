"""What a reader must know before the numbers: what looks wrong, and what was not tested."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from auditor.analysis.duplicates import warn_of_duplicates
from auditor.analysis.statistics.lending import ALIGNED, mean_overlap
from auditor.records import NOT_RECORDED, READ

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from auditor.analysis.statistics.base import Evidence
    from auditor.geometry import FloatArray

MOST_EMPTY: Final = 0.05
"""Share of empty maps above which the page says so."""
MOST_TOO_SMALL: Final = 0.1
"""Share of a region's images, below the resolution of the map, above which the page says so."""
_NAMED: Final = 5
_ROUNDING: Final = 1e-6
_SPLITS: Final = ["label", "predicted", "attribute", "subgroup", "outcome"]


def list_warnings(evidence: Evidence, estimates: pd.DataFrame) -> list[str]:
    """What looks wrong or thin in this audit, gravest first.

    Parameters
    ----------
    evidence
        The tables.
    estimates
        What `auditor.analysis.estimates.estimate` made of them.

    Returns
    -------
    list of str
        Plain sentences with numbers; empty where nothing was found.
    """
    if evidence.read.empty:
        nothing = f"None of the {len(evidence.images)} listed images could be used: there are no results."
        return [nothing, *_unread(evidence)]
    found = (
        _performance(evidence, estimates),
        _unread(evidence),
        _labels(evidence),
        _regions(evidence),
        _maps(estimates),
        _attributes(evidence),
        _groups(evidence, estimates),
        warn_of_duplicates(evidence),
    )
    return [sentence for part in found for sentence in part]


def list_not_tested(evidence: Evidence, estimates: pd.DataFrame) -> list[str]:
    """What this audit leaves open, whatever its numbers say.

    Parameters
    ----------
    evidence
        The tables.
    estimates
        What `auditor.analysis.estimates.estimate` made of them.

    Returns
    -------
    list of str
        Plain sentences.
    """
    sentences = []
    if evidence.interventions["region"].isin(evidence.settings.regions).any():
        sentences.append(
            "Control areas lie beside their region, so those of a region in the middle lie further out: where the "
            "middle matters more to the model, hiding a central region changes somewhat more answers for that alone."
        )
    else:
        sentences.append("Use of a region was not tested: no region was hidden, and attention alone does not show use.")
    if evidence.randomised.empty:
        sentences.append(
            "Whether the maps follow the model was not tested (for example against a model with random weights)."
        )
    if not evidence.settings.regions:
        sentences.append("Attention to parts of the picture was not tested: no regions were given.")
    if not evidence.settings.attributes:
        sentences.append("Differences between groups of people were not tested: no attributes were given.")
    if evidence.settings.group_duplicates:
        sentences.append(
            "No group_id was given: apart from near-duplicates by perceptual hash each image counts as independent; "
            "where persons or sources repeat in different pictures, the intervals are too narrow."
        )
    elif not evidence.repeats:
        sentences.append(
            "No two images share a group_id, so each counts as independent; where persons or sources do repeat, the "
            "intervals are too narrow."
        )
    sentences.append(
        f"Each of the {estimates['ci_low'].notna().sum()} intervals holds for its own number at "
        f"{evidence.settings.confidence:.0%}: some will miss, and no correction for how many there are was made."
    )
    return sentences


def _listed(names: Sequence[str]) -> str:
    """The first few names, and how many more."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _rows(estimates: pd.DataFrame, statistic: str, *, split_by: Sequence[str]) -> list[dict[Any, Any]]:
    """Rows of a statistic that are split by just these."""
    rows = estimates[estimates["statistic"] == statistic]
    wanted = rows[_SPLITS].notna() == [name in split_by for name in _SPLITS]
    return rows[wanted.all(axis=1)].to_dict("records")


def _performance(evidence: Evidence, estimates: pd.DataFrame) -> Iterator[str]:
    accuracy = _rows(estimates, "accuracy", split_by=())[0]
    classes = len(evidence.settings.classes)
    shares = np.unique(evidence.texts("label"), return_counts=True)[1] / len(evidence.read)
    found = f"Accuracy is {accuracy['estimate']:.1%}"
    if np.isfinite(accuracy["ci_low"]):
        found += f" (interval {accuracy['ci_low']:.1%} to {accuracy['ci_high']:.1%})"
    advice = "the weights, the order of the classes or the preprocessing may be wrong. Check them before reading on."
    if accuracy["ci_low"] <= 1 / classes:
        yield f"{found}, not clearly above chance ({1 / classes:.1%} with {classes} classes): {advice}"
    elif len(shares) > 1 and accuracy["estimate"] < shares.max():
        yield f"{found}, less than always naming the most frequent label ({shares.max():.1%}): {advice}"


def _unread(evidence: Evidence) -> Iterator[str]:
    reasons = evidence.images["status"][evidence.images["status"] != READ].value_counts()
    if len(reasons):
        named = _listed([f"{reason} ({count})" for reason, count in reasons.items()])
        yield f"{reasons.sum()} of {len(evidence.images)} listed images are in no number: {named}."


def _labels(evidence: Evidence) -> Iterator[str]:
    classes = evidence.settings.classes
    missing = [name for name in classes if name not in evidence.labels]
    if len(evidence.labels) == 1:
        yield f"All images have the label {evidence.labels[0]}: nothing can be said about telling classes apart."
    elif missing:
        yield f"{len(missing)} of the model's {len(classes)} classes have no images: {_listed(missing)}."


def _regions(evidence: Evidence) -> Iterator[str]:
    for region in evidence.settings.regions:
        view = evidence.region(region)
        if not view.seen.any():
            yield f"Region {region} is seen in none of the {len(evidence.read)} images: nothing can be said about it."
            continue
        height, width = evidence.settings.grid
        small = _too_small(view.boxes[view.seen], view.area[view.seen], height=height, width=width)
        if small > MOST_TOO_SMALL:
            yield (
                f"Region {region} is below map resolution, smaller than one of the {height} × {width} cells, in "
                f"{small:.0%} of its images: its attention figures say little."
            )
        overlap = mean_overlap(evidence, region)
        if overlap > ALIGNED:
            stand_in = "" if evidence.randomised.empty else "; maps under random heads stand in, which say less"
            yield (
                f"Region {region} lies at nearly one place on all images (mean overlap of two boxes {overlap:.2f}): "
                f"attention to it could not be set against borrowed regions{stand_in}."
            )


def _too_small(boxes: FloatArray, area: FloatArray, *, height: int, width: int) -> float:
    """Share of boxes with a side or an area below that of a cell."""
    sides = (boxes[:, 2:] - boxes[:, :2]) * (width, height)
    # a box of exactly one cell, after rounding, is not smaller than a cell
    below = (sides < 1 - _ROUNDING).any(axis=1) | (area * width * height < 1 - _ROUNDING)
    return float(below.mean())


def _maps(estimates: pd.DataFrame) -> Iterator[str]:
    whose = {"label": "label", "predicted": "predicted class"}
    for row in _rows(estimates, "empty_maps", split_by=()):
        if row["estimate"] > MOST_EMPTY:
            yield (
                f"{row['estimate']:.0%} of the maps of the {whose[row['target']]} are empty, and left out of the "
                "attention figures."
            )
    rows = _rows(estimates, "empty_maps", split_by=("label", "attribute", "subgroup"))
    rows.sort(key=lambda row: -row["estimate"])
    cells = [
        f"{_cell(row)} ({whose[row['target']]}: {row['estimate']:.0%})" for row in rows if row["estimate"] > MOST_EMPTY
    ]
    if cells:
        yield f"More than {MOST_EMPTY:.0%} of the maps are empty in: {_listed(cells)}."


def _cell(row: dict[Any, Any]) -> str:
    return f"{row['label']} with {row['attribute']} {row['subgroup'] or 'not recorded'}"


def _attributes(evidence: Evidence) -> Iterator[str]:
    for attribute in evidence.settings.attributes:
        unknown = int((evidence.texts(attribute) == NOT_RECORDED).sum())
        if unknown:
            yield (
                f"{attribute} is not recorded for {unknown} of {len(evidence.read)} images: they are shown as a "
                "subgroup of their own and are in no comparison."
            )
        values = set(evidence.texts(attribute)) - {NOT_RECORDED}
        if len(values) <= 1:
            found = "one value alone" if values else "no value"
            yield f"{attribute} has {found} on these images: no groups can be compared by it."


def _groups(evidence: Evidence, estimates: pd.DataFrame) -> Iterator[str]:
    least = evidence.settings.min_clusters
    rows = _rows(estimates, "accuracy", split_by=("label", "attribute", "subgroup"))
    known = [row for row in rows if row["subgroup"] != NOT_RECORDED]
    empty = [_cell(row) for row in known if row["n"] == 0]
    thin = [f"{_cell(row)} ({row['clusters']})" for row in known if row["n"] > 0 and row["clusters"] < least]
    if empty:
        yield f"There are no images of: {_listed(empty)}. Nothing can be said about them."
    if thin:
        yield (
            f"Fewer than {least} independent images or persons stand behind: {_listed(thin)}. Their numbers are shown, "
            "marked, and not to be relied on."
        )
