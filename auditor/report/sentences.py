"""What stands out, in sentences that say what was measured and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from auditor.report.figures import SPACE, count, share
from auditor.report.names import shown, value_name
from auditor.report.tables import listed
from auditor.report.withholding import is_withheld

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.documents.document import Document
    from auditor.documents.ladder import Estimate
    from auditor.report.estimates import Estimates

MOST: Final = 6
NOTICEABLE: Final = 0.05
"""A difference of shares below this is not raised to page 1."""


def standing_out(document: Document, estimates: Estimates) -> tuple[str, ...]:
    """Say what stands out in a document.

    Parameters
    ----------
    document
        What the report speaks of.
    estimates
        Its numbers.

    Returns
    -------
    tuple of str
        At most six sentences, each with its numbers, intervals and n. Where regions were hidden, the findings tell
        what the data allow and where the maps lie; these sentences then leave it out.
    """
    tested = document.protocol is not None
    sentences = [
        *_overall(document, estimates),
        *_subgroups(document, estimates),
        *(() if tested else _looks(document, estimates)),
        *_core(document, estimates),
        *(() if tested else _opportunity(document, estimates)),
        *_empty(estimates),
    ]
    return tuple(sentences[:MOST])


def _overall(document: Document, estimates: Estimates) -> Iterator[str]:
    overall = estimates.number("accuracy")
    if overall.value is None:
        yield "No image could be classified, so nothing is said about right and wrong answers."
        return
    most = max(document.data.labels.values(), default=0)
    guess = ""
    if most and document.data.n_read:
        guess = f" Always giving the most frequent label would be right for {share(most / document.data.n_read)}."
    yield f"The model's answer is right for {overall.full} of {count(overall.n)} images.{guess}"


def _subgroups(document: Document, estimates: Estimates) -> Iterator[str]:
    """The widest difference between two values of an attribute within one class."""
    pairs = [pair for pair in _extremes(document, estimates) if pair is not None]
    if not pairs:
        return
    low, high = max(pairs, key=lambda pair: (pair[1].value or 0) - (pair[0].value or 0))
    widest = f" This is the widest of {len(pairs)} such differences measured." if len(pairs) > 1 else ""
    yield (
        f"Of images labelled {shown(low.label or '')}, the answer is right for {_right_for(low, estimates)} and for "
        f"{_right_for(high, estimates)}.{widest}"
    )


def _right_for(row: Estimate, estimates: Estimates) -> str:
    where = f"where {shown(row.attribute or '')} is {value_name(row.subgroup or '')}"
    return f"{estimates.printed(row).full} {where} ({_size(row.n)})"


def _size(n: int) -> str:
    return f"n{SPACE}={SPACE}{count(n)}"


def _extremes(document: Document, estimates: Estimates) -> Iterator[tuple[Estimate, Estimate] | None]:
    for label in document.model.classes:
        for attribute in document.data.attributes:
            found = (
                estimates.find("accuracy", label=label, attribute=attribute.name, subgroup=value)
                for value in attribute.counts
            )
            cells = [row for row in found if row is not None and _solid(row, estimates)]
            if len(cells) > 1:
                cells.sort(key=lambda row: row.value or 0.0)
                yield cells[0], cells[-1]


def _looks(document: Document, estimates: Estimates) -> Iterator[str]:
    """Where outside of the declared core the map lies more than elsewhere: over all images, and where most."""
    core = {region.name for region in document.data.regions if region.role == "core"}
    rows = [row for row in _enriched(estimates) if row.region not in core and row.ci is not None and row.ci[0] > 1]
    if not rows:
        return
    most = max(rows, key=lambda row: row.value or 0.0)
    region = shown(most.region or "")
    overall = estimates.find("enrichment", target="predicted", region=most.region)
    if overall is None or overall.value is None:
        overall = most
    further = f", and most on {_whose(most)}: {_cited(most, estimates)}" if most is not overall else ""
    yield (
        f"The map of the class answered lies {estimates.printed(overall).full} as much on the {region} as on equally "
        f"large areas at places where the {region} lies in other photographs ({_whose(overall)}, "
        f"{_size(overall.n)}){further}. Looking is not using: whether the {region} changes the answer was not tested."
    )


def _cited(row: Estimate, estimates: Estimates) -> str:
    return f"{estimates.printed(row).full} ({_size(row.n)})"


def _core(document: Document, estimates: Estimates) -> Iterator[str]:
    """How the map lies on what was declared to be the core, where a check withholds no statement on that."""
    regions = (region for region in document.data.regions if not is_withheld(document.protocol, region.name))
    core = {region.name for region in regions if region.role == "core"}
    told = [
        f"{estimates.printed(row).full} as much on the {shown(row.region or '')} ({_size(row.n)})"
        for row in _enriched(estimates)
        if row.region in core and row.label is None and row.attribute is None
    ]
    if told:
        yield (
            f"On what was declared to be the core of the task, the map of the class answered lies {listed(told)} as on "
            "equally large areas at places where these lie in other photographs."
        )


def _enriched(estimates: Estimates) -> list[Estimate]:
    return [
        row
        for row in estimates.of("enrichment")
        if row.target == "predicted" and row.outcome is None and _solid(row, estimates)
    ]


def _whose(row: Estimate) -> str:
    which = [f"labelled {shown(row.label)}"] if row.label is not None else []
    if row.attribute is not None:
        which.append(f"where {shown(row.attribute)} is {value_name(row.subgroup or '')}")
    return f"images {' '.join(which)}" if which else "all images"


def _opportunity(document: Document, estimates: Estimates) -> Iterator[str]:
    """What guessing from an attribute alone would reach."""
    told = []
    for attribute in document.data.attributes:
        guess = estimates.number("attribute_only_accuracy", attribute=attribute.name)
        base = estimates.number("majority_accuracy", attribute=attribute.name)
        if guess.value is not None and base.value is not None and guess.value - base.value >= NOTICEABLE:
            told.append((guess.value - base.value, attribute.name, guess, base))
    if told:
        _, name, guess, base = max(told, key=lambda one: one[0])
        yield (
            f"In these data, guessing the label from {shown(name)} alone would be right for {guess.full} of "
            f"{count(guess.n)} images, and always giving the most frequent label for {base.text}. Whether the model "
            "does so was not tested."
        )


def _empty(estimates: Estimates) -> Iterator[str]:
    found = estimates.find("empty_maps", target="predicted")
    if found is not None and found.value:
        yield (
            f"For {share(found.value, decimals=1)} of {count(found.n)} images the map is zero everywhere; these are "
            "left out of every number on maps."
        )


def _solid(row: Estimate, estimates: Estimates) -> bool:
    return row.value is not None and row.clusters >= estimates.min_clusters
