"""Flat numbers: what audits are compared by, under names that a tracker takes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from auditor.report import metrics
from auditor.report.metrics import list_metrics, list_tags
from tests.report.hostile import EDGES, hostile
from tests.report.laddered import ALL_LEVELS, laddered

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.documents.document import Document

    Make = Callable[..., Document]

TAKEN = re.compile(r"^[/\w.\- :]{1,250}$")
"""Names of metrics that MLflow takes, as its documentation has them."""


def test_numbers_have_readable_names(make_document: Make) -> None:
    found = list_metrics(laddered(make_document(pairs=0), ALL_LEVELS))
    assert found["accuracy"] == 0.82
    assert found["accuracy.doctor.gender.man"] == 0.64
    assert found["accuracy.gender.not recorded"] == 0.8
    assert found["accuracy_gap.gender.woman"] == 0.02
    assert found["finding.face.gender.effect"] == 0.28
    assert found["finding.face.gender.q"] == 0.004
    assert (found["findings.found"], found["findings.E4"], found["findings.E3prime"]) == (3, 1, 1)
    assert found["images.left_out"] == 2
    assert "enrichment.face" in found
    assert not [name for name in found if name.startswith(("confusion", "mass", "pointing"))]


def test_nothing_is_counted_where_nothing_was_asked(make_document: Make) -> None:
    assert not [name for name in list_metrics(make_document(pairs=0)) if name.startswith("finding")]


@pytest.mark.parametrize("edge", EDGES)
def test_names_are_taken_at_the_edges(make_document: Make, edge: str) -> None:
    found = list_metrics(make_document(**EDGES[edge]))
    assert len(found) <= metrics.MOST
    assert all(TAKEN.match(name) for name in found)


def test_hostile_names_are_told_apart(make_document: Make) -> None:
    audit = hostile(make_document)
    found = list_metrics(audit)
    assert all(TAKEN.match(name) and ".." not in name for name in found)
    assert sum(name.startswith("finding.") for name in found) >= len(audit.findings)
    assert all(len(value) <= metrics.TAG and "\n" not in value for value in list_tags(audit, "0" * 64).values())


def test_tags_identify_the_audit(make_document: Make) -> None:
    audit = laddered(make_document(pairs=0), ALL_LEVELS)
    tags = list_tags(audit, "ab" * 32)
    assert tags["auditor.audit_sha256"] == "ab" * 32
    assert tags["auditor.weights_sha256"] == audit.model.weights_sha256
    assert tags["auditor.use_found"] == "yes"
    assert list_tags(make_document(pairs=0), "")["auditor.use_found"] == "no"
