"""The design of the interventions: which changes to which images, decided from the tables before any is made."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from auditor.analysis.grafting import pair_backgrounds, pair_by_attribute, pair_cues
from auditor.analysis.placement import place_controls
from auditor.analysis.sampling import sample_images
from auditor.analysis.statistics.extent import find_backgrounds, find_cues
from auditor.trials import Trial

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.analysis.grafting import Pairing
    from auditor.analysis.placement import Controls
    from auditor.analysis.statistics.base import Evidence
    from auditor.analysis.statistics.intervals import IntArray
    from auditor.geometry import BoolArray

SWAP: Final = "swap"
INSERT: Final = "insert"


class Placement(NamedTuple):
    """How the control boxes of one region came about.

    Attributes
    ----------
    region
        Its name.
    background
        Whether it is background-like: it has no controls, and backgrounds are swapped instead.
    images
        Images in the sample that show it.
    controlled
        Those with at least one control.
    boxes
        Control boxes in all.
    borrowed, random
        Shares of the boxes that lie where the region lies on another image, and anywhere; NaN without boxes.
    overlap
        Mean intersection over union of the region's bounding boxes on two images; above `lending.ALIGNED` nothing
        can be borrowed.
    """

    region: str
    background: bool
    images: int
    controlled: int
    boxes: int
    borrowed: float
    random: float
    overlap: float


def plan_trials(
    evidence: Evidence, *, fills: Sequence[str], controls: int = 3, images: int = 1000, seed: int | None = None
) -> list[Trial]:
    """Decide which trials to do.

    Parameters
    ----------
    evidence
        The tables of the audit's own pass, in any order of rows.
    fills
        Names of the ways to change a region; ``"swap"`` and ``"insert"`` take content from a donor.
    controls
        Control boxes per image and region.
    images
        Images to sample, at most.
    seed
        Every draw follows from it; by default that of the settings.

    Returns
    -------
    list of Trial
        Sorted by image, region, fill, attribute, donor group and place.
    """
    study = _Study(evidence, fills=fills, controls=controls, images=images, seed=seed)
    return sorted((trial for region in study.regions for trial in study.plan(region)), key=_rank)


def summarise_placement(
    evidence: Evidence, *, fills: Sequence[str], controls: int = 3, images: int = 1000, seed: int | None = None
) -> list[Placement]:
    """Tell how many images of the plan have controls, and how these were placed.

    Parameters
    ----------
    evidence, fills, controls, images, seed
        As for `plan_trials`.

    Returns
    -------
    list of Placement
        One per region, in the order of the settings.
    """
    study = _Study(evidence, fills=fills, controls=controls, images=images, seed=seed)
    return [study.summarise(region) for region in study.regions]


def count_passes(trials: Sequence[Trial]) -> int:
    """Images that the model will be shown: one per trial, as its answers before are in the tables.

    Parameters
    ----------
    trials
        As `plan_trials` gives them.

    Returns
    -------
    int
        Forward passes of single images, without gradients.

    Examples
    --------
    >>> count_passes([Trial("a.jpg", "face", "mean", 0)])
    1
    """
    return len(trials)


def _rank(trial: Trial) -> tuple[str, str, str, str, str, int]:
    return (
        trial.image_id,
        trial.region,
        trial.fill,
        trial.attribute or "",
        trial.donor_group or "",
        trial.place,
    )


class _Study:
    """One design: the sample, and the trials of each region."""

    def __init__(
        self, evidence: Evidence, *, fills: Sequence[str], controls: int, images: int, seed: int | None
    ) -> None:
        if seed is not None and seed != evidence.settings.seed:
            settings = dataclasses.replace(evidence.settings, seed=seed)
            evidence = dataclasses.replace(evidence, settings=settings)
        self._evidence = evidence
        self._fills = frozenset(fills)
        self._plain = sorted(self._fills - {SWAP, INSERT})
        self._controls = controls
        self._ids: list[str] = evidence.read["image_id"].tolist()
        self.regions = evidence.settings.regions
        self._backgrounds = find_backgrounds(evidence)
        self._cues = find_cues(evidence) if INSERT in self._fills else ()
        self._seen = {region: evidence.region(region).seen for region in self.regions}
        self._sample = sample_images(evidence, images=images, eligible=self._eligible())

    def plan(self, region: str) -> Iterator[Trial]:
        """Trials of one region, unsorted."""
        shown = self._shown(region)
        if region in self._backgrounds:
            yield from self._swap_backgrounds(region, shown)
            return
        if self._plain:
            yield from self._hide(region, shown)
        if SWAP in self._fills:
            yield from self._swap(region, shown)
        if region in self._cues:
            yield from self._insert(region)

    def summarise(self, region: str) -> Placement:
        shown = self._shown(region)
        background = region in self._backgrounds
        place = self._place(region, shown[:0] if background or not self._plain else shown)
        boxes = int(place.used.sum())
        borrowed = int(place.borrowed.sum()) / boxes if boxes else float("nan")
        controlled = int(place.used.any(axis=1).sum())
        return Placement(
            region, background, len(shown), controlled, boxes, borrowed, random=1 - borrowed, overlap=place.overlap
        )

    def _eligible(self) -> BoolArray:
        """Images on which there is something to try."""
        eligible = np.zeros(len(self._ids), dtype=bool)
        for region, seen in self._seen.items():
            eligible |= True if region in self._cues else seen
        return eligible

    def _shown(self, region: str) -> IntArray:
        """Images of the sample that show the region."""
        return self._sample[self._seen[region][self._sample]]

    def _place(self, region: str, rows: IntArray) -> Controls:
        return place_controls(self._evidence, region, rows=rows, controls=self._controls)

    def _hide(self, region: str, rows: IntArray) -> Iterator[Trial]:
        """The region, and its controls, by every plain fill."""
        place = self._place(region, rows)
        counts, boxes = place.used.sum(axis=1).tolist(), place.boxes.tolist()
        for row, count, own in zip(rows.tolist(), counts, boxes, strict=True):
            for fill in self._plain:
                yield Trial(self._ids[row], region, fill, 0)
                for k in range(count):
                    yield Trial(self._ids[row], region, fill, k + 1, box=tuple(own[k]))

    def _swap(self, region: str, rows: IntArray) -> Iterator[Trial]:
        """The region of a donor of the same, and of another, value of each attribute."""
        for attribute in self._evidence.settings.attributes:
            for pairing in pair_by_attribute(self._evidence, region, rows=rows, attribute=attribute):
                yield from self._paste(region, pairing, attribute=attribute)

    def _swap_backgrounds(self, region: str, rows: IntArray) -> Iterator[Trial]:
        """The region of a donor of the image's own label, and of any label."""
        if SWAP in self._fills:
            for pairing in pair_backgrounds(self._evidence, region, rows=rows):
                yield from self._paste(region, pairing)

    def _paste(self, region: str, pairing: Pairing, *, attribute: str | None = None) -> Iterator[Trial]:
        """One trial per pair."""
        for row, donor in zip(pairing.rows.tolist(), pairing.donors.tolist(), strict=True):
            yield Trial(
                self._ids[row],
                region,
                SWAP,
                place=0,
                attribute=attribute,
                donor_group=pairing.group,
                donor=self._ids[donor],
            )

    def _insert(self, region: str) -> Iterator[Trial]:
        """A donor's cue, and patches of that donor that are not the cue, at the donor's place of it."""
        lacking = self._sample[~self._seen[region][self._sample]]
        pairing = pair_cues(self._evidence, region, rows=lacking)
        boxes = self._evidence.region(region).boxes[pairing.donors].tolist()
        for row, donor, box in zip(pairing.rows.tolist(), pairing.donors.tolist(), boxes, strict=True):
            for k in range(self._controls + 1):
                yield Trial(
                    self._ids[row],
                    region,
                    INSERT,
                    place=k,
                    box=tuple(box),
                    donor_group="sham" if k else "cue",
                    donor=self._ids[donor],
                )
