"""Comparisons in the version of an audit that may leave the house.

The rule is one of all or nothing, as it is the simplest that is safe: where any group is small, where a number of the
comparison rests on few, or where not every image of the candidate is compared, all that a comparison says of single
groups goes, and what is said of all images stays. Otherwise totals, other models and images that were left aside
could be taken off each other until few people remain. Where these left aside are themselves few, no number stays: all
images of an audit less all images of the comparison would be theirs.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from auditor.privacy.prose import Scrubber, scrub_words
from auditor.privacy.redaction import WITHHELD
from auditor.privacy.suppression import THRESHOLD, Group, Size, hide_groups, is_small

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from auditor.documents.comparisons import (
        Change,
        Comparison,
        ComparisonVerdict,
        CueChange,
        Matching,
        Pair,
        PairExample,
        Ranked,
    )
    from auditor.documents.document import Document
    from auditor.documents.ladder import Estimate

SINGLE_IMAGES: Final = "Single images are left out of the public version: an image is a group of one."
_GROUPED: Final = re.compile(r"worst|group|spread|gap")
"""In names of statistics that tell of one group though they are split by none."""
_COUNT: Final = re.compile(r"\b\d[\d,]*(?: of (?:the )?\d[\d,]*)?(?= (?:[a-z-]+ ){0,2}?(?:image|cluster|case)s?\b)")
_DIGIT: Final = re.compile(r"\d")


class Hidden(NamedTuple):
    """A comparison that may leave the house, and how much of it was left out."""

    comparison: Comparison
    numbers: int
    maps: int


def hash_comparison(comparison: Comparison, hashed: Callable[[str], str], words: Callable[[str], str]) -> Comparison:
    """Hash the names of images wherever a comparison has them.

    Parameters
    ----------
    comparison
        Of a document.
    hashed
        Hashes a name.
    words
        Hashes the names in a sentence.

    Returns
    -------
    Comparison
        The same, without names of images.
    """

    def example(one: PairExample) -> PairExample:
        return one.model_copy(update={"image_id": hashed(one.image_id), "path": hashed(one.image_id)})

    def named(pair: Pair) -> Pair:
        update: dict[str, Any] = {
            "examples": [example(one) for one in pair.examples],
            "example_rule": words(pair.example_rule),
            "verdict": _told(pair.verdict, words),
            "cues": [cue.model_copy(update={"sentence": words(cue.sentence)}) for cue in pair.cues],
        }
        return pair.model_copy(update=update)

    matching = comparison.matching
    update = {
        "matching": matching.model_copy(
            update={"rule": words(matching.rule), "notes": [words(line) for line in matching.notes]}
        ),
        "pairs": [named(pair) for pair in comparison.pairs],
        "method": [words(line) for line in comparison.method],
    }
    return comparison.model_copy(update=update)


def _told(verdict: ComparisonVerdict, words: Callable[[str], str]) -> ComparisonVerdict:
    """A verdict with every sentence changed."""
    update: dict[str, Any] = {name: words(getattr(verdict, name)) for name in ("headline", "trust", "cost")}
    update |= {name: [words(line) for line in getattr(verdict, name)] for name in ("evidence", "cautions")}
    return verdict.model_copy(update=update)


def hide_comparison(comparison: Comparison, document: Document, groups: Iterable[Group], *, pictured: bool) -> Hidden:
    """Take what tells of small groups out of a comparison.

    Parameters
    ----------
    comparison
        Of the document.
    document
        The audit, before anything was taken out of it.
    groups
        That are hidden in it.
    pictured
        Whether single images were asked for.

    Returns
    -------
    Hidden
        All images, without attributes, and everything on groups where none is small; else what is said of all images.
    """
    apart = bool(tuple(groups)) or _is_cut(comparison, document) or _has_small(comparison)
    few = _leaves_few(comparison, document)
    rule = _Rule(document, apart=apart, few=few, pictured=pictured)
    pairs = [rule.pair(pair) for pair in comparison.pairs]
    update: dict[str, Any] = {
        "matching": rule.matching(comparison.matching),
        "pairs": pairs,
        "ranking": [] if few else [rule.ranked(one) for one in comparison.ranking],
        "method": [rule.line(words) for words in comparison.method],
    }
    gone = sum(map(_count_numbers, comparison.pairs)) - sum(map(_count_numbers, pairs))
    maps = sum(len(pair.maps) for pair in comparison.pairs) - sum(len(pair.maps) for pair in pairs)
    return Hidden(comparison.model_copy(update=update), gone, maps)


def _is_cut(comparison: Comparison, document: Document) -> bool:
    """Whether images were left aside: their groups are what the audit's numbers say less what the comparison says."""
    matching = comparison.matching
    return document.data.n_read != matching.n or any(one.n_read != matching.n for one in comparison.models)


def _leaves_few(comparison: Comparison, document: Document) -> bool:
    """Whether few images were left aside."""
    read = {document.data.n_read, *(one.n_read for one in comparison.models)}
    return any(0 < n - comparison.matching.n < THRESHOLD for n in read)


def _has_small(comparison: Comparison) -> bool:
    """Whether a number rests on few, or would give away one that does."""
    families: dict[tuple[object, ...], dict[Group, Size]] = defaultdict(dict)
    for place, pair in enumerate(comparison.pairs):
        for row in _rows(pair):
            key = (place, row.statistic, row.target, row.region, row.fill, row.outcome)
            group = Group(row.predicted if row.label is None else row.label, row.attribute, row.subgroup)
            families[key].setdefault(group, Size(row.n, row.clusters))
            if is_small(Size(row.n, row.clusters)):
                return True
        for one in pair.maps:
            families[place, "map"].setdefault(Group(one.label, one.attribute, one.subgroup), Size(one.n, one.n))
    return any(hide_groups(sizes) for sizes in families.values())


def _rows(pair: Pair) -> Iterator[Estimate]:
    """Every number of a pair."""
    for change in (*pair.changes, *(one for cue in pair.cues for one in cue.changes)):
        yield from (change.baseline, change.candidate, change.change)
    yield from (cue.size for cue in pair.cues if cue.size is not None)


def _count_numbers(pair: Pair) -> int:
    return sum(1 for _ in _rows(pair))


class _Rule:
    """What may be said: all of it, nothing on single groups, or nothing in numbers."""

    def __init__(self, document: Document, *, apart: bool, few: bool, pictured: bool) -> None:
        self._apart, self._few, self._pictured = apart, few, pictured
        gone = [one.name for one in document.data.regions if 0 < one.images < THRESHOLD]
        self._gone = frozenset(gone)
        self._named = [re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE) for name in gone]
        self._scrubber = Scrubber(_all_groups(document) if apart else ())

    def line(self, words: str) -> str:
        """A sentence, left out where it puts a number to what may not be told of."""
        told = self._few or any(name.search(words) for name in self._named)
        return WITHHELD if told and _DIGIT.search(words) else self._scrubber.line(words)

    def pair(self, pair: Pair) -> Pair:
        """One candidate."""
        update: dict[str, Any] = {
            "verdict": self._verdict(pair.verdict),
            "changes": [self._change(one) for one in pair.changes if self._may_stay(one)],
            "cues": [self._cue(cue) for cue in pair.cues],
            "examples": [one.model_copy(update={"attributes": {}}) for one in pair.examples] if self._pictured else [],
            "example_rule": self.line(pair.example_rule) if self._pictured else SINGLE_IMAGES,
            "n_disagree": {kind: n for kind, n in pair.n_disagree.items() if not 0 < n < THRESHOLD},
            "maps": [] if self._apart else pair.maps,
        }
        return pair.model_copy(update=update)

    def _verdict(self, verdict: ComparisonVerdict) -> ComparisonVerdict:
        made = _told(verdict, self.line)
        if not self._apart:
            return made
        cost = WITHHELD if _GROUPED.search(made.cost) else made.cost
        lists = {name: list(dict.fromkeys(getattr(made, name))) for name in ("evidence", "cautions")}
        return made.model_copy(update={"cost": cost, **lists})

    def _may_stay(self, change: Change) -> bool:
        row = change.baseline
        if self._few or row.region in self._gone:
            return False
        split = (row.label, row.predicted, row.attribute, row.subgroup)
        return not self._apart or (all(part is None for part in split) and not _GROUPED.search(row.statistic))

    def _change(self, change: Change) -> Change:
        sides = ("baseline", "candidate", "change")
        return change.model_copy(update={side: self._estimate(getattr(change, side)) for side in sides})

    def _estimate(self, row: Estimate) -> Estimate:
        """A number; how it was made counts nobody."""
        method = _COUNT.sub("some", row.method) if self._apart else scrub_words(row.method)
        return row.model_copy(update={"method": method})

    def _cue(self, cue: CueChange) -> CueChange:
        """A cue: what was concluded stays; what sets groups against each other goes where one may not be told of."""
        split = any(part is not None for one in cue.changes for part in (one.baseline.predicted, one.baseline.subgroup))
        if self._few or cue.region in self._gone or (self._apart and (split or cue.attribute is not None)):
            return cue.model_copy(update={"changes": [], "size": None, "p_adjusted": None, "sentence": WITHHELD})
        size = None if cue.size is None else self._estimate(cue.size)
        changes = [self._change(one) for one in cue.changes]
        return cue.model_copy(update={"changes": changes, "size": size, "sentence": self.line(cue.sentence)})

    def matching(self, matching: Matching) -> Matching:
        """Which images are compared; few that were left aside are not counted."""
        only = {name: n for name, n in matching.only.items() if not 0 < n < THRESHOLD}
        notes = list(dict.fromkeys(self.line(words) for words in matching.notes))
        return matching.model_copy(update={"only": only, "notes": notes, "rule": self.line(matching.rule)})

    def ranked(self, one: Ranked) -> Ranked:
        """A place; the effects that enter go where they set groups against each other."""
        cues = [] if self._apart else [self._estimate(row) for row in one.cues]
        update = {"cues": cues, "reliance": self._estimate(one.reliance), "accuracy": self._estimate(one.accuracy)}
        return one.model_copy(update=update)


def _all_groups(document: Document) -> Iterator[Group]:
    """Every group that a sentence may name."""
    yield from (Group(name) for name in (*document.data.labels, *document.model.classes))
    for one in document.data.attributes:
        yield from (Group(None, one.name, value) for value in one.counts)
