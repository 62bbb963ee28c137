"""Comparability: in what two audits differ beside the model, which may then not be what changed a finding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from auditor.analysis.wording import listed
from auditor.documents.histories import Difference

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.documents.document import Document, ModelFacts
    from auditor.documents.histories import Topic
    from auditor.documents.ladder import Protocol

SHA: Final = 8
"""Letters of a hash that are told."""
_METHOD: Final = {
    "cam": "the map's method",
    "confidence": "the level of the intervals",
    "seed": "the seed",
    "borrowed": "regions borrowed per image",
    "min_clusters": "the least number of independent images",
    "minimum_opportunity": "the least association that is an opportunity",
}
_PROTOCOL: Final = {
    "fills": "the ways of hiding",
    "agreeing": "the ways of hiding that must agree",
    "controls": "control areas per region",
    "images": "images on which something was hidden",
    "q": "the rate of false findings allowed",
    "family": "tests that are corrected together",
}
_MAPS: Final = frozenset({"cam"})
_HIDING: Final = frozenset({"fills", "agreeing", "controls", "images"})


def list_differences(before: Document, after: Document) -> tuple[Difference, ...]:
    """List in what two audits differ beside the model.

    Parameters
    ----------
    before, after
        Two audits; either may be a version in which parts are left out.

    Returns
    -------
    tuple of Difference
        Those that bear on findings, the gravest first; none where a change of level may be laid at the model's door
        as far as settings go.
    """
    return (
        *_images(before, after),
        *_declared(before, after),
        *_hiding(before.protocol, after.protocol),
        *_method(before, after),
        *_model(before.model, after.model),
        *_made(before, after),
    )


def _images(before: Document, after: Document) -> Iterator[Difference]:
    old, new = before.data, after.data
    counts = f"{old.n_read:,} were read, then {new.n_read:,}"
    if old.manifest_sha256 != new.manifest_sha256:
        hashes = f"manifest {old.manifest_sha256[:SHA]}…, then {new.manifest_sha256[:SHA]}…"
        yield Difference(topic="images", words=f"other images, or other annotations of them ({hashes}; {counts})")
    elif old.n_read != new.n_read:
        yield Difference(topic="images", words=f"of the same list of images {counts}")


def _declared(before: Document, after: Document) -> Iterator[Difference]:
    """Classes, regions with their roles, attributes with their values."""
    yield from _names("classes", (before.model.classes, after.model.classes))
    old = {one.name: one.role for one in before.data.regions}
    new = {one.name: one.role for one in after.data.regions}
    yield from _names("regions", (list(old), list(new)))
    for name, role in old.items():
        if new.get(name, role) != role:
            words = f"region {name} was declared {role}, then {new[name]}"
            yield Difference(topic="regions", words=words)
    groups = [{one.name: set(one.counts) - {""} for one in document.data.attributes} for document in (before, after)]
    yield from _names("attributes", (list(groups[0]), list(groups[1])))
    for name, values in groups[0].items():
        others = groups[1].get(name, values)
        if values != others:
            words = f"values of {name}: {listed(sorted(values))}, then {listed(sorted(others))}"
            yield Difference(topic="groups", words=words)


def _names(topic: Topic, names: tuple[Sequence[str], Sequence[str]]) -> Iterator[Difference]:
    old, new = names
    gone, come = [name for name in old if name not in new], [name for name in new if name not in old]
    parts = [f"without {listed(gone)}"] if gone else []
    parts += [f"with {listed(come)}"] if come else []
    if parts:
        yield Difference(topic=topic, words=f"other {topic}: then {' and '.join(parts)}")


def _hiding(before: Protocol | None, after: Protocol | None) -> Iterator[Difference]:
    if before is None or after is None:
        if before is not after:
            when = "the later" if after is None else "the earlier"
            words = f"nothing was hidden in {when} audit: whether a region is used was not evaluated there"
            yield Difference(topic="hiding", words=words)
        return
    for name, words in _PROTOCOL.items():
        topic: Topic = "hiding" if name in _HIDING else "rules"
        yield from _value(topic, words, (getattr(before, name), getattr(after, name)))
    for name in dict.fromkeys([*before.margins, *after.margins]):
        pair = before.margins.get(name), after.margins.get(name)
        yield from _value("margins", f"the margins of {name}", pair)


def _method(before: Document, after: Document) -> Iterator[Difference]:
    for name, words in _METHOD.items():
        topic: Topic = "maps" if name in _MAPS else "rules"
        yield from _value(topic, words, (getattr(before.method, name), getattr(after.method, name)))


def _model(before: ModelFacts, after: ModelFacts) -> Iterator[Difference]:
    """What a model brings along that sets the size of what is measured."""
    yield from _value("maps", "the layer of the maps", (before.target_layer, after.target_layer))
    yield from _value("maps", "cells of a map", (before.grid, after.grid))
    yield from _value("frame", "pixels that the model sees", (before.frame, after.frame))
    if before.frame == after.frame and before.preprocessing != after.preprocessing:
        yield Difference(topic="frame", words="images are prepared for the model in another way")


def _made(before: Document, after: Document) -> Iterator[Difference]:
    old, new = (f"{document.tool.name} {document.tool.version}" for document in (before, after))
    yield from _value("tool", "the tool", (old, new))
    hidden = [document.redaction is not None for document in (before, after)]
    if hidden[0] != hidden[1]:
        which = "later" if hidden[1] else "earlier"
        yield Difference(topic="version", words=f"of the {which} audit only a version with parts left out is shown")


def _value(topic: Topic, words: str, pair: tuple[Any, Any]) -> Iterator[Difference]:
    if pair[0] != pair[1]:
        yield Difference(topic=topic, words=f"{words}: {_tell(pair[0])}, then {_tell(pair[1])}")


def _tell(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, tuple):
        return " × ".join(_tell(part) for part in value) if isinstance(value[0], int) else _span(value)
    if isinstance(value, list):
        return listed(value) if value else "none"
    return f"{value:,}" if isinstance(value, int) else f"{value:g}" if isinstance(value, float) else str(value)


def _span(value: tuple[float, ...]) -> str:
    return " and ".join(f"{part:g}" for part in value)
