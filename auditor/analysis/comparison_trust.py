"""Which of two models rests more on core regions, among images that both get right, and what verdicts stand on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from auditor.analysis.comparison_answers import find_changes, find_direction, tell_points
from auditor.analysis.matching import FEWEST
from auditor.analysis.wording import listed, percent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.documents.comparisons import Change

AGREEING: Final = 2
"""Ways of hiding that must agree."""
ALPHA: Final = 0.05
"""Chance of one wrong statement about core regions, or about declared cues, among images that both get right."""


@dataclass(frozen=True, kw_only=True)
class Grounds:
    """What a verdict stands on, beside numbers.

    Attributes
    ----------
    names
        Of baseline and candidate.
    n, clusters
        Images that both read, and independent persons or sources among them.
    ways
        Ways of hiding that count towards agreement, which both audits tried.
    core, cues
        Regions that both audits know and that were declared core; protected or an artefact.
    unhidden
        Models from whose images nothing was hidden.
    withheld, blurred
        Models whose audit's checks withhold what hiding does, and where maps lie.
    same_weights
        Whether the two are one model.
    aside
        Images that only one of them read.
    """

    names: tuple[str, str]
    n: int
    clusters: int
    ways: tuple[str, ...] = ()
    core: tuple[str, ...] = ()
    cues: tuple[str, ...] = ()
    unhidden: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    blurred: tuple[str, ...] = ()
    same_weights: bool = False
    aside: int = 0


class Moved(NamedTuple):
    """How hiding one region changes the answers of two models, in the way that shows the difference least.

    Attributes
    ----------
    region
        Its name.
    least
        The change with the smallest difference.
    direction
        1 where the candidate's answers change more, -1 where less, 0 where that cannot be told.
    """

    region: str
    least: Change
    direction: int


def tell_trust(changes: Sequence[Change], grounds: Grounds) -> str:
    """Say which model rests more on core regions, among images that both get right.

    Parameters
    ----------
    changes
        All of a pair.
    grounds
        What the verdict stands on.

    Returns
    -------
    str
        *Rests more on* only where hiding says so, in every way that counts; of maps, where they lie.
    """
    if not grounds.core:
        return "No region was declared core: which model rests more on what it should use cannot be told."
    core, cues = (find_moved(changes, regions, grounds=grounds) for regions in (grounds.core, grounds.cues))
    maps = () if grounds.blurred else _tell_maps(changes, grounds.names)
    return " ".join([_tell_core(core, grounds.names), *maps, *_tell_cues(cues, grounds.names)])


def find_moved(changes: Sequence[Change], regions: Sequence[str], *, grounds: Grounds) -> list[Moved]:
    """How hiding regions changes the answers of two models, among images that both get right.

    Parameters
    ----------
    changes
        All of a pair.
    regions
        Which to look at.
    grounds
        What the verdict stands on.

    Returns
    -------
    list of Moved
        Of regions that were hidden from both in at least two ways that count; none where checks withhold it. A
        direction asks every way for an interval on one side of nothing, and for p-values that hold for all regions.
    """
    if grounds.withheld or grounds.unhidden:
        return []
    found: list[Moved] = []
    for region in regions:
        ways = [
            one
            for one in find_changes(changes, "flip_excess", region=region, outcome="correct")
            if one.change.fill in grounds.ways and one.change.value is not None
        ]
        if len(ways) < AGREEING:
            continue
        level = ALPHA / len(regions)
        directions = {find_direction(one.change) for one in ways}
        sure = len(directions) == 1 and all((one.change.p_value or 0.0) <= level for one in ways)
        enough = all(one.change.clusters >= FEWEST for one in ways)
        least = min(ways, key=lambda one: abs(one.change.value or 0.0))
        found.append(Moved(region, least, directions.pop() if sure and enough else 0))
    return found


def _tell_core(moved: Sequence[Moved], names: tuple[str, str]) -> str:
    both = "Among images that both get right"
    if not moved:
        return f"{both}, which rests more on core regions cannot be told: hiding them says nothing here."
    told = _tell_moved(moved, names)
    more, less = ([one.region for one in moved if one.direction == side] for side in (1, -1))
    if more and less:
        return f"{both}, {names[1]} rests more on {listed(more)}, {names[0]} on {listed(less)}{told}."
    if more or less:
        name, hidden = names[1] if more else names[0], listed(more or less)
        return f"{both}, {name} rests more on core regions: hiding {hidden} changes more of its answers{told}."
    return f"{both}, which rests more on core regions cannot be told{told}."


def _tell_moved(moved: Sequence[Moved], names: tuple[str, str]) -> str:
    """Numbers in brackets: what hiding changes beyond what hiding equally large other areas does."""
    parts = [f"{one.region} {tell_points(one.least.change)}, n = {one.least.change.n:,}" for one in moved]
    return f" (answers changed beyond those of other areas, {names[1]} minus {names[0]}: {'; '.join(parts)})"


def _tell_maps(changes: Sequence[Change], names: tuple[str, str]) -> Iterator[str]:
    for change in find_changes(changes, "core_mass", outcome="correct"):
        if change.change.value is None:
            continue
        old, new = (percent(side.value or 0.0) for side in (change.baseline, change.candidate))
        direction = find_direction(change.change)
        lead = (
            f"The maps of {names[1]} lie {'more' if direction > 0 else 'less'} on core regions than those of {names[0]}"
        )
        if direction == 0:
            lead = f"No difference is shown in how much of the maps lies on core regions, {names[1]} against {names[0]}"
        yield f"{lead}: {new} against {old}, {tell_points(change.change)}, n = {change.change.n:,}."


def _tell_cues(moved: Sequence[Moved], names: tuple[str, str]) -> Iterator[str]:
    """Declared cues whose hiding changes more answers of one model, where that can be told."""
    for side, words in ((-1, "fewer"), (1, "more")):
        sure = [one for one in moved if one.direction == side]
        if sure:
            regions = listed([one.region for one in sure])
            yield f"Hiding {regions} changes {words} of {names[1]}'s answers{_tell_moved(sure, names)}."
