"""Crossed attributes are printed whole or not at all: no cell of few is told, and none can be computed back."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from auditor.documents.document import AttributeFacts, Document
from auditor.documents.ladder import Estimate
from auditor.privacy.crossings import SELECTION, find_small_crossings
from auditor.privacy.publication import Wish, redact
from tests.test_packaging import make_document

if TYPE_CHECKING:
    from collections.abc import Iterator

Cells = dict[tuple[str, str], int]

LARGE: Cells = {("f", "old"): 12, ("f", "young"): 9, ("m", "old"): 11, ("m", "young"): 8}
LONE: Cells = {**LARGE, ("m", "young"): 1}
SEVERAL: Cells = {**LARGE, ("f", "old"): 20}


def rows_of(name: str, counts: dict[str, int]) -> Iterator[Estimate]:
    """What an audit says of selection by one attribute, or by two crossed."""
    known = sum(n for value, n in counts.items() if value)
    facts: dict[str, Any] = {"predicted": "dots", "attribute": name, "ci": None, "unit": "share", "method": "m"}
    for value, n in counts.items():
        yield Estimate(statistic="selection_rate", subgroup=value, value=0.5, n=n, clusters=n, **facts)
        if value:
            share = {"value": n / known, "n": known, "clusters": known}
            yield Estimate(statistic="group_share", subgroup=value, **share, **facts)
            yield Estimate(statistic="impact_ratio", subgroup=value, value=0.9, n=known, clusters=known, **facts)


def audited(cells: Cells, names: tuple[str, str] = ("sex", "age")) -> Document:
    """An audit of people with a sex and an age, either of which may not be recorded."""
    marginal: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
    crossed: Counter[str] = Counter()
    for pair, n in cells.items():
        for counts, value in zip(marginal, pair, strict=True):
            counts[value] += n
        crossed[" × ".join(pair) if all(pair) else ""] += n
    rows = [one for name, counts in zip(names, marginal, strict=True) for one in rows_of(name, counts)]
    rows += rows_of(" × ".join(names), crossed)
    total = sum(cells.values())
    document = make_document()
    attributes = [AttributeFacts(name=name, counts=counts) for name, counts in zip(names, marginal, strict=True)]
    update = {"n_listed": total, "n_read": total, "n_clusters": total, "attributes": attributes, "labels": {}}
    return document.model_copy(
        update={"data": document.data.model_copy(update=update), "estimates": rows, "mean_maps": []}
    )


def told(document: Document, name: str = "sex × age") -> set[str]:
    """Statistics that the public version has of a crossing."""
    public = redact(document, Wish(public=True), salt=b"s", source_sha256="0" * 64).document
    return {row.statistic for row in public.estimates if row.attribute == name}


def test_large_cells_stay() -> None:
    assert told(audited(LARGE)) == {"selection_rate", "group_share", "impact_ratio"}


def test_a_share_of_all_does_not_tell_of_one_person() -> None:
    document = audited(LONE)
    shares = [row for row in document.estimates if row.attribute == "sex × age" and row.statistic == "group_share"]
    assert {round((row.value or 0) * row.n) for row in shares} == {1, 9, 11, 12}  # what the audit itself says
    assert told(document) == set()
    assert told(document, "sex") == told(document, "age") == {"selection_rate", "group_share", "impact_ratio"}


@pytest.mark.parametrize(
    ("more", "kept"),
    [
        ({("f", ""): 2}, False),  # women less those with an age
        ({("", "old"): 3, ("", "young"): 9}, False),
        ({("f", ""): 8, ("", "old"): 8, ("", ""): 4}, False),  # all without a record of one, less those of the other
        ({("f", ""): 8, ("", "old"): 8, ("", ""): 5}, True),
        ({("f", ""): 8}, True),
    ],
)
def test_those_with_a_record_of_one_are_a_cell(more: Cells, *, kept: bool) -> None:
    assert bool(told(audited({**SEVERAL, **more}))) is kept


def test_a_crossing_goes_with_a_value_that_is_hidden() -> None:
    """Of 45 people 42 have an age: that tells of three, whom the table of ages leaves out."""
    cells = {**LARGE, ("f", ""): 3}
    assert told(audited(cells)) == set()
    document = audited(LARGE)
    assert find_small_crossings(document, hidden={"age"}) == {"sex × age"}
    assert find_small_crossings(document, hidden=()) == frozenset()


def test_names_that_can_be_read_two_ways_are_not_told_of() -> None:
    cells = {("a", "b × c"): 10, ("a × b", "c"): 12, ("a", "c"): 9}
    assert told(audited(cells)) == set()


def test_a_crossing_of_unknown_attributes_is_not_told_of() -> None:
    document = audited(LARGE)
    less = document.data.model_copy(update={"attributes": document.data.attributes[:1]})
    assert find_small_crossings(document.model_copy(update={"data": less}), hidden=()) >= {"sex × age"}


def test_only_selection_tells_of_crossed_attributes() -> None:
    """A statistic that is new here needs its rule."""
    assert {row.statistic for row in audited(LARGE).estimates} <= SELECTION
