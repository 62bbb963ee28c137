"""What compared audits do not share, and what follows from that, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from auditor.analysis.wording import ROLES, listed, percent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from auditor.analysis.statistics.base import Evidence
    from auditor.documents.document import Document

_APART: Final = 1.1
"""Times as large as in the other model's frame: from here on a region's size is remarked on."""


def note_settings(evidences: Mapping[str, Evidence], aligned: Mapping[str, Evidence]) -> list[str]:
    """Say in what audits differ.

    Parameters
    ----------
    evidences
        As they were, by name.
    aligned
        Brought to the same images.

    Returns
    -------
    list of str
        One sentence each.
    """
    return [
        *_note_names(evidences, "attributes"),
        *_note_names(evidences, "regions"),
        *_note_roles(evidences, aligned),
        *_note_sizes(aligned),
        *(note for setting in _SETTINGS for note in _note_setting(evidences, setting)),
        *_note_trials(aligned),
    ]


def note_methods(documents: Mapping[str, Document]) -> list[str]:
    """Say in what audits were made differently, as far as audit.json alone tells.

    Parameters
    ----------
    documents
        By the name of the model.

    Returns
    -------
    list of str
        One sentence each.
    """
    cams = {name: f"{document.method.cam} at {document.model.target_layer}" for name, document in documents.items()}
    ways = {name: document.method.cam for name, document in documents.items()}
    if len(set(ways.values())) == 1:
        return []
    return [f"Maps were made in different ways ({_tell(cams)}): where they lie is compared with that in mind."]


def _tell(values: Mapping[str, object]) -> str:
    return "; ".join(f"{name}: {value}" for name, value in values.items())


def _note_names(evidences: Mapping[str, Evidence], kind: str) -> Iterator[str]:
    """Attributes or regions that only some audits have."""
    named: dict[str, tuple[str, ...]] = {name: getattr(one.settings, kind) for name, one in evidences.items()}
    for value in dict.fromkeys(value for values in named.values() for value in values):
        lacking = [repr(name) for name, values in named.items() if value not in values]
        if lacking:
            yield f"{value} is not among the {kind} of {listed(lacking)}: not compared."


def _note_roles(evidences: Mapping[str, Evidence], aligned: Mapping[str, Evidence]) -> Iterator[str]:
    last = list(aligned.values())[-1].settings
    for region in last.regions:
        roles = {name: one.settings.roles.get(region, "undeclared") for name, one in evidences.items()}
        if len(set(roles.values())) > 1:
            counted = last.roles.get(region, "undeclared")
            told = _tell({name: ROLES[role] for name, role in roles.items()})
            yield f"{region} has another role in each audit ({told}): here it is {ROLES[counted]}, as in the last."


def _note_sizes(aligned: Mapping[str, Evidence]) -> Iterator[str]:
    """Regions that cover another share of what each model sees."""
    for region in list(aligned.values())[-1].settings.regions:
        areas = {name: one.region(region).area for name, one in aligned.items()}
        seen = np.all([area > 0 for area in areas.values()], axis=0)
        if not seen.any():
            yield f"{region} is seen by every model on no image: not compared."
            continue
        medians = {name: float(np.median(area[seen])) for name, area in areas.items()}
        if max(medians.values()) > _APART * min(medians.values()):
            shares = _tell({name: percent(median) for name, median in medians.items()})
            yield (
                f"{region} covers different shares of what the models see (medians: {shares}): hiding it takes more "
                "away where it is larger, and controls are larger with it."
            )


class _Setting(NamedTuple):
    """Something that an audit was made with, and what follows where it is another in each."""

    get: Callable[[Evidence], object]
    what: str
    follows: str


def _note_setting(evidences: Mapping[str, Evidence], setting: _Setting) -> Iterator[str]:
    values = {name: setting.get(one) for name, one in evidences.items()}
    if len(set(values.values())) > 1:
        yield f"{setting.what} differ ({_tell(values)}): {setting.follows}."


def _size(size: tuple[int, int]) -> str:
    return f"{size[0]} × {size[1]}"


def _list_fills(evidence: Evidence) -> str:
    tried = evidence.interventions
    if tried.empty:
        return "none"
    hidden = tried[tried["donor_group"].isna()]
    return " and ".join(sorted(hidden["fill"].unique())) or "none"


def _count_controls(evidence: Evidence) -> int:
    tried = evidence.interventions
    places = tried.loc[tried["donor_group"].isna(), "place"] if len(tried) else tried["place"]
    return int(places.max()) if len(places) else 0


_SETTINGS: Final = (
    _Setting(lambda one: _size(one.settings.frame), "Frames", "each model sees the picture in its own size"),
    _Setting(lambda one: _size(one.settings.grid), "Grids of the maps", "the coarser the grid, the more a map spreads"),
    _Setting(_list_fills, "Ways of hiding", "those that all have are compared"),
    _Setting(_count_controls, "Numbers of controls per region", "effects are taken against as many as there are"),
    _Setting(lambda one: one.settings.seed, "Seeds", "controls lie elsewhere, which adds chance and no direction"),
)


def _note_trials(aligned: Mapping[str, Evidence]) -> Iterator[str]:
    """Images on which regions were hidden in one audit and not in another."""
    tried = {name: set(one.interventions["image_id"]) for name, one in aligned.items()}
    nothing = [repr(name) for name, ids in tried.items() if not ids]
    if nothing:
        yield f"Nothing was hidden from {listed(nothing)}: no cue can be told."
        return
    shared, every = set.intersection(*tried.values()), set.union(*tried.values())
    if len(shared) < len(every):
        yield (
            f"Regions were hidden from every model on {len(shared)} of {len(every)} images: effects are compared on "
            "those alone."
        )
