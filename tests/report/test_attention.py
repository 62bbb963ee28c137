"""The section on maps: each number with its own n, and nothing drawn side by side that speaks of other images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from auditor.report.attention import attention
from auditor.report.estimates import Estimates
from auditor.report.figures import SPACE

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.documents.document import Document
    from auditor.report.charts import Mark

    Make = Callable[..., Document]


@pytest.fixture
def usual(make_document: Make) -> Document:
    return make_document(pairs=0)


def with_fewer(document: Document, *, n: int) -> Document:
    """The same, with borrowed boxes for some of the images only."""
    rows = [
        row.model_copy(update={"n": n, "clusters": n}) if row.statistic in {"borrowed_mass", "enrichment"} else row
        for row in document.estimates
    ]
    return document.model_copy(update={"estimates": rows})


def marks(document: Document, **wanted: Any) -> list[Mark]:
    made = attention(document, Estimates(document)).by_target[wanted.get("target", 0)]
    return [mark for group in made.forests[wanted.get("forest", 0)].groups for mark in group.marks]


def test_the_class_answered_comes_first(usual: Document) -> None:
    names = [target.name for target in attention(usual, Estimates(usual)).by_target]
    assert names == ["map of the class answered", "map of the class labelled"]


def test_rows_go_by_region_class_and_subgroup(usual: Document) -> None:
    forest = attention(usual, Estimates(usual)).by_target[0].forests[0]
    assert [group.heading for group in forest.groups] == [
        "coat (core)", "face (protected)", "hair (protected)", "stethoscope (core)",
    ]  # fmt: skip
    assert [mark.label for mark in forest.groups[0].marks] == [
        "all images", "doctor, man", "doctor, woman", "doctor, not recorded", "nurse, man", "nurse, woman",
        "nurse, not recorded",
    ]  # fmt: skip


def test_many_classes_are_pooled(make_document: Make) -> None:
    made = make_document(pairs=0, classes=tuple(f"class {k}" for k in range(9)))
    labels = [mark.label for mark in marks(made)]
    assert labels[:4] == ["all images", "man", "woman", "not recorded"]


def test_share_elsewhere_is_drawn_where_it_speaks_of_the_same_images(usual: Document) -> None:
    assert all(mark.borrowed is not None for mark in marks(usual))
    assert marks(usual)[0].extra == "0.76×"


def test_share_elsewhere_of_other_images_is_left_out_and_its_n_is_told(usual: Document) -> None:
    fewer = with_fewer(usual, n=60)
    assert all(mark.borrowed is None for mark in marks(fewer))
    assert marks(fewer)[0].extra == "0.76× of 60"
    table = attention(fewer, Estimates(fewer)).by_target[0].regions
    assert table is not None
    assert table.note.startswith("Where an n is given")
    assert table.rows[0][4].note == f"[0.65–0.88] n{SPACE}={SPACE}60"


def test_enrichment_of_few_cases_is_in_brackets(usual: Document) -> None:
    assert marks(with_fewer(usual, n=12))[0].extra == "(0.76× of 12)"


def test_no_region_measured_means_no_table(make_document: Make) -> None:
    made = make_document(pairs=0, regions=False)
    targets = attention(made, Estimates(made)).by_target
    assert all(target.regions is None and target.forests == () for target in targets)


def test_empty_maps_are_told_only_where_there_are_some(usual: Document) -> None:
    assert attention(usual, Estimates(usual)).empty is not None
    none = [row.model_copy(update={"value": 0.0}) if row.statistic == "empty_maps" else row for row in usual.estimates]
    full = usual.model_copy(update={"estimates": none})
    assert attention(full, Estimates(full)).empty is None
