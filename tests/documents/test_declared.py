"""Declared facts: in the plan or a file of their own, checked, printed as declared, and never a reason to run again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from pydantic import ValidationError

import auditor
from auditor import testing
from auditor.documents.declared import LONGEST, Declared, read_declared
from auditor.documents.document import Document, make_schema, serialise
from auditor.errors import UsageError
from auditor.plans.plan import Audit
from auditor.publishing.filing import declare, sign
from auditor.result import read_document
from tests.plans.test_plan import PLAN
from tests.test_packaging import make_document

if TYPE_CHECKING:
    from pathlib import Path

FACTS = """
[declared]
intended_use = "Sorting"
provider = "  Example Ltd  "
owner = " "
distribution = "public"
[declared.population.gender]
woman = 0.6
man = 0.4
"""


def write(folder: Path, text: str, name: str = "facts.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def audit(tmp_path: Path) -> Path:
    folder = tmp_path / "audit"
    folder.mkdir()
    (folder / "audit.json").write_bytes(serialise(make_document()))
    return folder


def test_facts_are_read_from_a_plan_and_from_a_file_of_their_own(tmp_path: Path) -> None:
    said = read_declared(write(tmp_path, FACTS))
    assert (said.intended_use, said.provider, said.owner) == ("Sorting", "Example Ltd", None)
    assert said.population == {"gender": {"woman": 0.6, "man": 0.4}}
    bare = FACTS.replace("[declared]\n", "").replace("[declared.", "[")
    assert read_declared(write(tmp_path, bare)) == said
    assert Audit.from_toml(write(tmp_path, PLAN + FACTS, "audit.toml")).declared == said


def test_an_empty_distribution_is_one_that_was_not_declared() -> None:
    assert Declared.model_validate({"distribution": " "}).distribution is None


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("intended_use", "intendeduse", "declared.intendeduse: no such key; nearest: 'intended_use'"),
        ('"public"', '"secret"', "declared.distribution: input should be 'internal' or 'public'"),
        ('"Sorting"', "3", "declared.intended_use: input should be a valid string, found"),
        ("woman = 0.6", "woman = 0.7", "shares of population.gender sum to 1.1, and may sum to 1 at most"),
        ("woman = 0.6", "woman = -0.1", "declared.population.gender.woman: input should be greater than or equal to 0"),
        ('"Sorting"', f'"{"x" * (LONGEST + 1)}"', "at most 2000 characters"),
    ],
)
def test_a_fault_is_one_line_in_the_plan_and_in_the_file(tmp_path: Path, old: str, new: str, fault: str) -> None:
    text = FACTS.replace(old, new)
    for read, path in (
        (read_declared, write(tmp_path, text)),
        (Audit.from_toml, write(tmp_path, PLAN + text, "audit.toml")),
    ):
        with pytest.raises(UsageError) as caught:
            read(path)
        assert fault in str(caught.value)
        assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize("text", ["[declared", None])
def test_what_is_no_such_file_is_refused(tmp_path: Path, text: str | None) -> None:
    with pytest.raises(UsageError, match=r"not valid TOML|cannot be read"):
        read_declared(tmp_path / "none.toml" if text is None else write(tmp_path, text))


def test_a_plan_that_declares_nothing_and_letters_that_are_not_utf_8(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no table \[declared\]"):
        read_declared(write(tmp_path, PLAN))
    path = tmp_path / "latin.toml"
    path.write_bytes('[declared]\nintended_use = "Übung"\n'.encode("latin-1"))
    with pytest.raises(UsageError, match="line 2 holds a letter that is not UTF-8"):
        read_declared(path)


def test_what_is_declared_stands_apart_from_the_plan_and_from_what_a_resumed_run_must_match(tmp_path: Path) -> None:
    plan = Audit.from_toml(write(tmp_path, PLAN + FACTS, "audit.toml"))
    assert plan.describe() == Audit.from_toml(write(tmp_path, PLAN, "bare.toml")).describe()


def test_the_report_table_of_the_plan(tmp_path: Path) -> None:
    plan = Audit.from_toml(write(tmp_path, PLAN + '[report]\npreset = "ll144"\npositive = "doctor"\n', "audit.toml"))
    assert plan.report.positive == "doctor"
    with pytest.raises(UsageError, match="name the class that selects"):
        Audit.from_toml(write(tmp_path, PLAN + '[report]\npreset = "ll144"\n', "audit.toml"))


def test_facts_can_be_declared_later(audit: Path, tmp_path: Path) -> None:
    before = read_document(audit)
    declare(audit, write(tmp_path, FACTS))
    after = read_document(audit)
    assert after.declared.intended_use == "Sorting"
    assert after.declared_at is not None
    same = {"declared": before.declared, "declared_at": None}
    assert after.model_copy(update=same) == before
    jsonschema.validate(json.loads((audit / "audit.json").read_bytes()), make_schema())


def test_what_was_signed_is_never_changed(audit: Path, tmp_path: Path) -> None:
    sign(audit, disposition="accept", reason="fine", owner="me")
    before = (audit / "audit.json").read_bytes()
    with pytest.raises(UsageError, match="was signed, and stays as it was signed"):
        declare(audit, write(tmp_path, FACTS))
    assert (audit / "audit.json").read_bytes() == before


def test_an_audit_of_the_first_schema_is_read_and_becomes_of_this_one_when_facts_are_declared(
    audit: Path, tmp_path: Path
) -> None:
    values = json.loads((audit / "audit.json").read_bytes())
    for name in ("declared", "declared_at", "report"):
        del values[name]
    for row in values["estimates"]:
        del row["source"]
    values["schema_version"] = "1.1"
    (audit / "audit.json").write_text(json.dumps(values), encoding="utf-8")
    old = read_document(audit)
    assert (old.schema_version, old.declared) == ("1.1", Declared())
    assert {row.source for row in old.estimates} == {"measured"}
    declare(audit, write(tmp_path, FACTS))
    assert read_document(audit).schema_version == "1.4"


def test_an_audit_files_what_is_declared_and_asked(tmp_path: Path) -> None:
    folder = testing.plant(tmp_path / "planted", count=16)
    dataset = auditor.AnnotatedDataset.from_csv(folder / "annotations.csv", images=folder / "photos")
    preprocessing = auditor.Preprocessing(resize=testing.SIZE, crop=None, mean=(0, 0, 0), std=(1, 1, 1))
    model = auditor.load_model(
        testing.colour_model(), classes=testing.CLASSES, preprocessing=preprocessing, target_layer="see"
    )
    positive = testing.CLASSES[0]
    told: dict[str, Any] = {
        "declared": {"owner": "A"},
        "report": {"preset": "four_fifths", "positive": positive},
        "interventions": {"images": 0},
    }
    document = auditor.audit(model, dataset, attributes=["site"], **told).document
    assert document.declared.owner == "A"
    assert (document.report.positive, document.report.preset) == (positive, "four_fifths")
    rates = [row for row in document.estimates if row.statistic == "selection_rate"]
    assert sum(row.n for row in rates) == document.data.n_read
    assert {row.predicted for row in rates} == {positive}
    with pytest.raises(UsageError, match="is no class of the model"):
        auditor.audit(model, dataset, attributes=["site"], report={"positive": "gren"})


def test_differences_and_ratios_are_derived() -> None:
    number = {"value": 0.5, "ci": None, "n": 5, "clusters": 5, "unit": "share", "method": "test"}
    rows = [{"statistic": name, **number} for name in ("accuracy", "accuracy_gap", "impact_ratio", "flip_excess")]
    document = Document.model_validate({**make_document().model_dump(), "estimates": rows})
    assert [row.source for row in document.estimates] == ["measured", "derived", "derived", "derived"]
    with pytest.raises(ValidationError):
        Document.model_validate({**make_document().model_dump(), "estimates": [{**rows[0], "source": "guessed"}]})
