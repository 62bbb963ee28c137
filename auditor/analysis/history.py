"""History: audits in the order in which they were made, each finding followed from one to the next."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Final

from auditor.analysis.comparability import list_differences
from auditor.documents.histories import Cell, Difference, History, Row, Step
from auditor.properties import is_property

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from auditor.documents.comparisons import CueChange, Pair
    from auditor.documents.histories import Turn, Version
    from auditor.documents.ladder import Finding, Level

    Key = tuple[str, str | None, str]
    Differ = Callable[[int, int], tuple[Difference, ...]]

USED: Final = frozenset({"E3", "E3'", "E4"})
ORDER: Final[tuple[Level, ...]] = ("E4", "E3", "E3'", "E2", "E1", "I", "R", "E0")
"""Gravest first."""
UNDATED: Final = "holds no date that can be read: it stands behind those that do"


def trace(versions: Sequence[Version], *, skipped: Sequence[str] = ()) -> History:
    """Follow findings over audits.

    Parameters
    ----------
    versions
        At least one audit, in any order.
    skipped
        What was named and is no audit, for the reader.

    Returns
    -------
    History
        Oldest audit first; of the same date, as given.
    """
    ordered = sorted(versions, key=lambda version: _date(version) or datetime.max.replace(tzinfo=UTC))

    @cache
    def differ(before: int, after: int) -> tuple[Difference, ...]:
        return list_differences(ordered[before].document, ordered[after].document)

    return History(
        versions=tuple(ordered),
        steps=tuple(_step(ordered, place, differ(place, place + 1)) for place in range(len(ordered) - 1)),
        rows=tuple(sorted(_rows(ordered, differ), key=_weight)),
        skipped=tuple(skipped),
        remarks=tuple(f"{one.name}: {UNDATED}" for one in ordered if _date(one) is None),
    )


def _date(version: Version) -> datetime | None:
    """When the audit was made; what names no zone is in UTC."""
    try:
        made = datetime.fromisoformat(version.document.created)
    except ValueError:
        return None
    return made if made.tzinfo is not None else made.replace(tzinfo=UTC)


def _step(versions: Sequence[Version], place: int, differences: tuple[Difference, ...]) -> Step:
    before, after = versions[place], versions[place + 1]
    pair = _find_pair(before, after)
    return Step(
        differences=differences,
        same_model=before.document.model.weights_sha256 == after.document.model.weights_sha256,
        same_audit=before.sha256 == after.sha256,
        verdict=pair.verdict if pair is not None else None,
    )


def _find_pair(before: Version, after: Version) -> Pair | None:
    """What a comparison of the later audit with the earlier says."""
    for comparison in (*after.comparisons, *before.comparisons):
        hashes = {model.name: model.audit_sha256 for model in comparison.models}
        if hashes.get(comparison.baseline) in before.hashes:
            return next((pair for pair in comparison.pairs if hashes.get(pair.candidate) in after.hashes), None)
    return None


def _rows(versions: Sequence[Version], differ: Differ) -> Iterator[Row]:
    split = _find_split(versions)
    named = [{_key(finding, split): finding for finding in one.document.findings} for one in versions]
    for key in dict.fromkeys(key for found in named for key in found):
        findings = [found.get(key) for found in named]
        cells = tuple(_follow(versions, findings, key=key, differ=differ))
        yield Row(region=key[0], attribute=key[1], cells=cells)


def _find_split(versions: Sequence[Version]) -> set[tuple[str, str | None]]:
    """Pairs of which some audit has more than one finding: these are followed by their fingerprints.

    All others are followed by region and attribute alone, as the group that shows most may be another one each time.
    """
    split = set()
    for version in versions:
        seen: set[tuple[str, str | None]] = set()
        for finding in version.document.findings:
            pair = finding.region, finding.attribute
            split |= {pair} & seen
            seen.add(pair)
    return split


def _key(finding: Finding, split: set[tuple[str, str | None]]) -> Key:
    pair = finding.region, finding.attribute
    return (*pair, finding.fingerprint if pair in split else "")


def _follow(
    versions: Sequence[Version], findings: Sequence[Finding | None], *, key: Key, differ: Differ
) -> Iterator[Cell]:
    since: int | None = None
    for place, finding in enumerate(findings):
        if finding is None or finding.level == "E0":
            yield Cell(finding=finding, turn="not evaluated", why=_tell_why(versions[place], finding, key), since=since)
            continue
        earlier = findings[since] if since is not None else None
        turn = _turn(earlier, finding) if place else "first"
        besides: tuple[Difference, ...] = ()
        cue = None
        if since is not None:
            cue = _find_cue(versions[since], versions[place], finding)
            besides = (*_groups(earlier, finding), *differ(since, place)) if turn != "same" else ()
        yield Cell(finding=finding, turn=turn, since=since, besides=besides, cue=cue)
        since = place


def _turn(earlier: Finding | None, finding: Finding) -> Turn:
    if earlier is None:
        return "new"
    before, now = earlier.level in USED, finding.level in USED
    if now and not before:
        return "appeared"
    if before and not now:
        answers = {rung.name: rung.answer for rung in finding.rungs}
        return "gone" if finding.level == "R" or answers.get("uses") == "ruled out" else "no longer shown"
    return "same" if earlier.level == finding.level else "changed"


def _groups(earlier: Finding | None, finding: Finding) -> Iterator[Difference]:
    """That a finding speaks of another group or answer: of several, an audit names the one that shows most."""
    if earlier is not None and (earlier.subgroup, earlier.contrast) != (finding.subgroup, finding.contrast):
        pairs = [(one.subgroup or "all", one.contrast or "any answer") for one in (earlier, finding)]
        told = ", then ".join(f"{group} and {answer}" for group, answer in pairs)
        yield Difference(topic="groups", words=f"another group or answer shows most: {told}")


def _find_cue(before: Version, after: Version, finding: Finding) -> CueChange | None:
    pair = _find_pair(before, after)
    about = finding.region, finding.attribute
    cues = [cue for cue in (pair.cues if pair is not None else ()) if (cue.region, cue.attribute) == about]
    named = (cue for cue in cues if cue.fingerprint == finding.fingerprint)
    return next(named, cues[0] if len(cues) == 1 else None)


def _tell_why(version: Version, finding: Finding | None, key: Key) -> str:
    """Why a finding is not evaluated: never that there is nothing to be found."""
    region, attribute, _ = key
    if finding is not None:
        return "the audit could not check it"
    document = version.document
    if document.protocol is None and not document.findings:
        return "nothing was hidden in this audit"
    if not is_property(region) and region not in {one.name for one in document.data.regions}:
        return "this audit has no such region"
    if attribute is not None and attribute not in {one.name for one in document.data.attributes}:
        return "this audit has no such attribute"
    return "this audit did not ask it"


def _weight(row: Row) -> tuple[int, int]:
    """Gravest in the last audit first, then gravest ever; what the last audit did not evaluate stands behind."""
    levels = [cell.finding.level if cell.finding is not None else "E0" for cell in row.cells]
    return ORDER.index(levels[-1]), min(ORDER.index(level) for level in levels)
