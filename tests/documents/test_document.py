"""audit.json: the shipped schema is that of the types, and what a run writes fits it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

import auditor
from auditor import testing
from auditor.documents import document as types
from auditor.documents.document import Document, make_schema
from auditor.documents.ladder import Estimate
from auditor.errors import DataError
from auditor.result import read_document, write_document

SHIPPED = Path(types.__file__).with_name("audit.schema.json")
NUMBER: dict[str, Any] = {
    "statistic": "accuracy",
    "value": 0.5,
    "ci": (0.4, 0.6),
    "n": 10,
    "clusters": 10,
    "unit": "share",
    "method": "Wilson",
}


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Document:
    folder = testing.plant(tmp_path_factory.mktemp("planted"), count=16)
    dataset = auditor.AnnotatedDataset.from_csv(
        folder / "annotations.csv", images=folder / "photos", regions=folder / "regions.csv"
    )
    preprocessing = auditor.Preprocessing(resize=testing.SIZE, crop=None, mean=(0, 0, 0), std=(1, 1, 1))
    model = auditor.load_model(
        testing.colour_model(), classes=testing.CLASSES, preprocessing=preprocessing, target_layer="see"
    )
    return auditor.audit(model, dataset, attributes=["site"]).document


def test_the_shipped_schema_is_that_of_the_types() -> None:
    """To write it again: json.dumps(make_schema(), indent=1) and a newline."""
    assert SHIPPED.read_text(encoding="utf-8") == json.dumps(make_schema(), indent=1) + "\n"
    jsonschema.Draft202012Validator.check_schema(make_schema())


def test_a_document_survives_writing_and_fits_the_schema(document: Document, tmp_path: Path) -> None:
    path = write_document(document, tmp_path)
    jsonschema.validate(json.loads(path.read_text(encoding="utf-8")), json.loads(SHIPPED.read_text(encoding="utf-8")))
    assert read_document(tmp_path) == document
    assert read_document(path) == document
    before = path.read_bytes()
    assert write_document(read_document(path), tmp_path).read_bytes() == before


@pytest.mark.parametrize("missing", ["n", "clusters", "unit", "method", "value", "ci"])
def test_a_number_without_its_circumstances_is_refused(missing: str) -> None:
    Estimate(**NUMBER)
    with pytest.raises(ValidationError):
        Estimate(**{name: value for name, value in NUMBER.items() if name != missing})


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_not_finite_is_no_number(value: float) -> None:
    with pytest.raises(ValidationError):
        Estimate(**{**NUMBER, "value": value})


@pytest.mark.parametrize(
    ("text", "fault"),
    [("{", "is not an audit of this version"), ('{"schema_version": "9.0"}', "schema_version"), (None, "No such file")],
)
def test_what_is_no_audit_is_refused(tmp_path: Path, text: str | None, fault: str) -> None:
    if text is not None:
        (tmp_path / "audit.json").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=fault):
        read_document(tmp_path)
