"""Whether this audit can say anything: its maps, its edits and its groups put to the test before its findings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from auditor.analysis.overlap import check_groups, pick_rows
from auditor.analysis.statistics.faithfulness import CONTROLS, FAITHFULNESS, WORDS
from auditor.analysis.statistics.heads import OVER_HEADS
from auditor.analysis.statistics.randomisation import CORRELATION, PROBED, RANDOM_HEADS, SIMILARITY
from auditor.documents.ladder import Check
from auditor.records import NOT_RECORDED, TARGETS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from auditor.analysis.statistics.base import Evidence
    from auditor.geometry import BoolArray, FloatArray

SPECIFIC: Final = "model-specific maps"
FAITHFUL: Final = "faithful maps"
RESOLUTION: Final = "resolution"
EMPTY: Final = "empty maps"
POSITIVE: Final = "positive control"

MOST_ALIKE: Final = 0.8
"""Median rank correlation with maps of random weights above which maps are not taken for the model's own. Maps that
ignore the weights reach 1; trained networks stayed at 0.2 or below where we measured (mobilenet_v2 and squeezenet1_0
on photographs of animals, the demo's two models)."""
CLAIM: Final = 1.25
"""Enrichment from which a region is set against what random heads do."""
LEVEL: Final = 0.05
MOST_TOO_SMALL: Final = 0.1
"""Share of a region's images that may be below the resolution of the map."""
MOST_EMPTY: Final = 0.05
_ROUNDING: Final = 1e-6
_NAMED: Final = 5
_WITHHELD: Final = "what the maps show is withheld; hiding regions is reported all the same"


def run_checks(evidence: Evidence, estimates: pd.DataFrame) -> list[Check]:
    """Check the audit's own instruments.

    Parameters
    ----------
    evidence
        The tables.
    estimates
        What `auditor.analysis.estimates.estimate` made of them: ``map_correlation_…``, ``enrichment_probed``,
        ``enrichment_random_heads``, ``faithfulness_…``, ``occlusion_excess``, ``flip_excess``, ``area_balance`` and
        ``eccentricity_balance`` are read. What is missing cannot be checked.

    Returns
    -------
    list of Check
        Maps first, then edits, then groups; ``region`` is None where the check is about all of them. Only a check that
        failed withholds anything.
    """
    return [
        _check_specific(evidence, estimates),
        *(check for region in evidence.settings.regions for check in _check_heads(evidence, estimates, region=region)),
        _check_faithful(estimates),
        *(check for region in evidence.settings.regions for check in _check_resolution(evidence, region)),
        _check_empty(evidence),
        *_check_positive(evidence, estimates),
        *check_groups(evidence, estimates),
    ]


def _check_specific(evidence: Evidence, estimates: pd.DataFrame) -> Check:
    """Two ways not to be the model's own: like the maps of a random model, or like those of random heads throughout."""
    heads = [row for row in pick_rows(estimates, f"{CORRELATION}heads") if np.isfinite(row["estimate"])]
    last = [row for row in _last_stage(estimates) if np.isfinite(row["estimate"])]
    if not heads and not last:
        left = "whether the maps follow the model's weights is not known"
        return _open(SPECIFIC, None, statistic="no maps of copies with random weights", left=left)
    told_apart = any(
        own["estimate"] > random["ci_high"]
        for region in evidence.settings.regions
        for own in pick_rows(estimates, PROBED, region=region)
        for random in pick_rows(estimates, RANDOM_HEADS, region=region)
    )
    alike = [row for row in (*last, *(() if told_apart else heads)) if row["estimate"] > MOST_ALIKE]
    numbers = "; ".join(_describe_likeness(row, estimates) for row in (*heads, *last))
    return Check(
        name=SPECIFIC,
        region=None,
        passed=not alike,
        statistic=f"{numbers}; limit {MOST_ALIKE}",
        consequence=f"maps are not model-specific: {_WITHHELD}" if alike else "maps change with the model's weights",
        withholds="attention" if alike else None,
    )


def _last_stage(estimates: pd.DataFrame) -> list[dict[str, Any]]:
    """The row of the copy that is random in all layers."""
    prefix = f"{CORRELATION}cascade_"
    stages = [int(str(name).removeprefix(prefix)) for name in estimates["statistic"] if str(name).startswith(prefix)]
    return pick_rows(estimates, f"{prefix}{max(stages)}") if stages else []


def _describe_likeness(row: dict[str, Any], estimates: pd.DataFrame) -> str:
    what = str(row["statistic"]).removeprefix(CORRELATION)
    against = "copies with a random head" if what == "heads" else "a copy with random weights in all layers"
    limits = f" ({row['ci_low']:.2f} to {row['ci_high']:.2f})" if np.isfinite(row["ci_low"]) else ""
    similar = "".join(
        f", structural similarity {other['estimate']:.2f}" for other in pick_rows(estimates, f"{SIMILARITY}{what}")
    )
    return (
        f"median rank correlation with the maps of {against} {row['estimate']:.2f}{limits}{similar}, {row['n']} images"
    )


def _check_heads(evidence: Evidence, estimates: pd.DataFrame, *, region: str) -> Iterator[Check]:
    """Whether random heads look at a region as well: then the features are about it, whatever the head makes of them.

    It withholds nothing: a model whose features are about a cue that it uses fails as well, as the demo's biased one.
    """
    own = pick_rows(estimates, PROBED, region=region)
    heads = pick_rows(estimates, RANDOM_HEADS, region=region)
    if not own or not heads:
        return
    ratio, limit, clusters = own[0]["estimate"], heads[0]["ci_high"], own[0]["clusters"]
    beside = "its share of the frame would be" if pick_rows(estimates, OVER_HEADS, region=region) else "beside it"
    statistic = (
        f"{ratio:.2f} times as much in the region as {beside}; with random heads up to {limit:.2f} (97.5 % of them), "
        f"{own[0]['n']} images"
    )
    if clusters < evidence.settings.min_clusters:
        left = f"too few images ({clusters}) to set against random heads"
        yield _open(SPECIFIC, region, statistic=statistic, left=left)
        return
    failed = bool(ratio >= CLAIM and ratio <= limit)
    shared = f"random heads look at {region} as much: the features are about it, whatever the answer rests on"
    says = f"{region} is looked at more than by random heads" if ratio > limit else "the maps do not favour this region"
    yield Check(
        name=SPECIFIC,
        region=region,
        passed=not failed,
        statistic=statistic,
        consequence=shared if failed else says,
        withholds=None,
    )


def _check_faithful(estimates: pd.DataFrame) -> Check:
    """Deleting by the map must cost more than deleting by each of the controls."""
    rows = {kind: pick_rows(estimates, f"{FAITHFULNESS}{kind}") for kind in CONTROLS}
    if not all(rows.values()):
        left = "whether the maps name what matters is not known"
        return _open(FAITHFUL, None, statistic="nothing was deleted", left=left)
    beaten = {kind: found[0]["ci_low"] > 0 and found[0]["p_value"] < LEVEL for kind, found in rows.items()}
    numbers = "; ".join(
        f"against {WORDS[kind]} {row['estimate']:+.2f} SD ({row['ci_low']:+.2f} to {row['ci_high']:+.2f}), "
        f"p = {row['p_value']:.2g}"
        for kind, (row, *_) in rows.items()
    )
    passed = all(beaten.values())
    lost = ", ".join(WORDS[kind] for kind, won in beaten.items() if not won)
    return Check(
        name=FAITHFUL,
        region=None,
        passed=passed,
        statistic=f"margin lost by deleting the map's top tenth, more than by as much elsewhere: {numbers}; "
        f"{next(iter(rows.values()))[0]['n']} images",
        consequence="what the maps name matters to the answer"
        if passed
        else f"maps are not faithful here (no better than {lost}): {_WITHHELD}",
        withholds=None if passed else "attention",
    )


def share_too_small(boxes: FloatArray, area: FloatArray, *, grid: tuple[int, int]) -> float:
    """Share of boxes with a side or an area below that of a cell of the map.

    Parameters
    ----------
    boxes
        ``(n, 4)``: x_min, y_min, x_max, y_max as shares of the frame.
    area
        ``(n,)`` of the regions, as shares of the frame.
    grid
        Height and width of the map in cells.

    Returns
    -------
    float
        In [0, 1]. A box of exactly one cell, after rounding, is not smaller than a cell.

    Examples
    --------
    >>> share_too_small(np.array([[0.0, 0.0, 0.2, 0.2], [0, 0, 0.1, 0.9]]), np.array([0.04, 0.09]), grid=(7, 7))
    0.5
    """
    sides = (boxes[:, 2:] - boxes[:, :2]) * (grid[1], grid[0])
    below = (sides < 1 - _ROUNDING).any(axis=1) | (area * grid[0] * grid[1] < 1 - _ROUNDING)
    return float(below.mean())


def _check_resolution(evidence: Evidence, region: str) -> Iterator[Check]:
    view = evidence.region(region)
    if not view.seen.any():
        return
    grid = evidence.settings.grid
    small = share_too_small(view.boxes[view.seen], view.area[view.seen], grid=grid)
    failed = small > MOST_TOO_SMALL
    yield Check(
        name=RESOLUTION,
        region=region,
        passed=not failed,
        statistic=f"smaller than one of {grid[0]} × {grid[1]} cells on {small:.0%} of {view.seen.sum()} images",
        consequence=f"{region} is below map resolution: what the maps show of it is withheld, hiding it is not"
        if failed
        else "the map can resolve this region",
        withholds="attention" if failed else None,
    )


def _check_empty(evidence: Evidence) -> Check:
    """No cell with enough images may have too many empty maps."""
    views = {target: ~evidence.target(target).has_map for target in TARGETS}
    totals = [
        f"{empty.mean():.1%} of the maps of the {_whose(target)}" if len(empty) else "no maps"
        for target, empty in views.items()
    ]
    listed = [
        cell
        for target, empty in views.items()
        for attribute in evidence.settings.attributes or (None,)
        for cell in _list_empty(evidence, empty, attribute=attribute, whose=_whose(target))
    ]
    named = [text for _, text in sorted(listed, key=lambda item: -item[0])]
    more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    where = f"; more than {MOST_EMPTY:.0%} in {'; '.join(named[:_NAMED])}{more}" if named else ""
    return Check(
        name=EMPTY,
        region=None,
        passed=not named,
        statistic=f"empty: {' and '.join(totals)}{where}",
        consequence="attention figures of these groups leave out images that may differ from the rest"
        if named
        else "too few maps are empty to matter",
        withholds=None,
    )


def _list_empty(
    evidence: Evidence, empty: BoolArray, *, attribute: str | None, whose: str
) -> Iterator[tuple[float, str]]:
    """Cells of label, subgroup and outcome with too many empty maps: the share, and the cell in words."""
    cells = evidence.cells(by_label=True, attribute=attribute).by_outcome(evidence.correct)
    counts = cells.counts()
    shares = np.bincount(cells.codes, weights=empty, minlength=len(counts)) / np.maximum(counts, 1)
    for key, n, share in zip(cells.keys, counts, shares, strict=True):
        if share > MOST_EMPTY and n >= evidence.settings.min_clusters:
            names = [key.label, key.subgroup if key.subgroup != NOT_RECORDED else "not recorded", key.outcome]
            yield float(share), f"{', '.join(name for name in names if name)} ({whose}: {share:.0%} of {n})"


def _whose(target: str) -> str:
    return "label" if target == "label" else "predicted class"


def _check_positive(evidence: Evidence, estimates: pd.DataFrame) -> Iterator[Check]:
    """Hiding what should decide must do more than hiding as much elsewhere."""
    core = [name for name in evidence.settings.regions if evidence.settings.roles.get(name) == "core"]
    rows = [
        row
        for region in core
        for name in ("occlusion_excess", "flip_excess")
        for row in pick_rows(estimates, name, region=region)
        if np.isfinite(row["ci_low"]) and row["clusters"] >= evidence.settings.min_clusters
    ]
    if not rows:
        missing = "no region has the role core" if not core else "hiding a core region gave no interval"
        yield _open(POSITIVE, None, statistic=missing, left="whether edits reach the model is not known")
        return
    best = max(rows, key=lambda row: (row["ci_low"] > 0, row["ci_low"]))
    passed = bool(best["ci_low"] > 0)
    yield Check(
        name=POSITIVE,
        region=None,
        passed=passed,
        statistic=f"{best['statistic'].replace('_', ' ')} of {best['region']} ({best['fill']}): {best['estimate']:.3f} "
        f"({best['ci_low']:.3f} to {best['ci_high']:.3f}), the best of {len(rows)} figures of {', '.join(core)}",
        consequence="hiding what should decide does change the answer more than hiding as much elsewhere"
        if passed
        else "edits do not reach the model: check the preprocessing and the core regions; that hiding a region does "
        "nothing is withheld, that it does something is not",
        withholds=None if passed else "interventions",
    )


def _open(name: str, region: str | None, *, statistic: str, left: str) -> Check:
    return Check(name=name, region=region, passed=None, statistic=statistic, consequence=left, withholds=None)
