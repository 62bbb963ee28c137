"""The plan: read from TOML, overridden by flags, refused with the nearest name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from auditor.errors import UsageError
from auditor.plans.plan import Audit, write_plan

if TYPE_CHECKING:
    from pathlib import Path

PLAN = """
[model]
source = "resnet18"
weights = "model.safetensors"
classes = ["doctor", "nurse"]
[model.preprocessing]
resize = 256
crop = [224, 192]
mean = [0.5, 0.5, 0.5]
std = [0.5, 0.5, 0.5]
[data]
images = "photos"
annotations = "people.csv"
[data.roles]
face = "protected"
[audit]
attributes = ["gender"]
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "audit.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_paths_are_relative_to_the_plan(tmp_path: Path) -> None:
    plan = Audit.from_toml(write(tmp_path, PLAN))
    assert plan.data.images == tmp_path.resolve() / "photos"
    assert plan.model.weights == tmp_path.resolve() / "model.safetensors"
    assert plan.root == tmp_path.resolve()


@pytest.mark.parametrize(
    ("classes", "fault"),
    [
        ("[0, 1]", r'names in quotes are expected, as in ["0", "1"], found [0, 1]'),
        ("5", "a list of names, or the path of a file with one name per line, is expected, found 5"),
    ],
)
def test_names_without_quotes_are_one_fault(tmp_path: Path, classes: str, fault: str) -> None:
    path = write(tmp_path, PLAN.replace('["doctor", "nurse"]', classes))
    with pytest.raises(UsageError) as caught:
        Audit.from_toml(path)
    assert str(caught.value) == f"{path}: 1 fault\n  model.classes: {fault}"


def test_other_letters_than_utf_8_are_told_by_their_line(tmp_path: Path) -> None:
    (tmp_path / "audit.toml").write_bytes("[model]\nsource = 'café'\n".encode("latin-1"))
    with pytest.raises(UsageError, match=r"audit\.toml: not valid TOML: line 2 holds a letter that is not UTF-8"):
        Audit.from_toml(tmp_path / "audit.toml")


def test_a_plan_goes_where_files_can_be_made(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot be written: .*; name a file elsewhere"):
        write_plan(write(tmp_path, PLAN) / "new.toml")


def test_geometry_is_read_as_written(tmp_path: Path) -> None:
    preprocessing = Audit.from_toml(write(tmp_path, PLAN)).model.preprocessing
    assert preprocessing is not None
    assert preprocessing.resize == 256
    assert preprocessing.crop == (224, 192)


def test_classes_may_be_a_file(tmp_path: Path) -> None:
    text = PLAN.replace('["doctor", "nurse"]', '"classes.txt"')
    assert Audit.from_toml(write(tmp_path, text)).model.classes == tmp_path.resolve() / "classes.txt"


def test_flags_override_the_file(tmp_path: Path) -> None:
    overrides = {"audit.seed": 7, "data.images": "/elsewhere", "audit.attributes": ["age"]}
    plan = Audit.from_toml(write(tmp_path, PLAN), overrides=overrides)
    assert plan.audit.seed == 7
    assert str(plan.data.images) == "/elsewhere"
    assert plan.audit.attributes == ["age"]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("attributes =", "atributes =", "audit.atributes: no such key; nearest: 'attributes'"),
        ("[data.roles]", "[data.rolles]", "data.rolles: no such key; nearest: 'roles'"),
        ('"protected"', '"protect"', "data.roles.face: input should be 'core', 'context', 'protected' or 'artefact'"),
        ("resize = 256", 'resize = "big"', "model.preprocessing.resize: "),
        ('source = "resnet18"', "", "model.source: is missing"),
        ("[audit]", "[audit]\nseed = -1", "audit.seed: input should be greater than or equal to 0"),
        ("[audit]", "[audit]\nseed = 1.5", "audit.seed: "),
    ],
)
def test_a_fault_names_its_key(tmp_path: Path, old: str, new: str, fault: str) -> None:
    with pytest.raises(UsageError) as caught:
        Audit.from_toml(write(tmp_path, PLAN.replace(old, new)))
    text = str(caught.value)
    assert fault in text
    assert text.startswith(f"{tmp_path / 'audit.toml'}: 1 fault\n")


def test_all_faults_come_at_once(tmp_path: Path) -> None:
    text = PLAN.replace("attributes =", "atributes =").replace('"protected"', '"x"').replace("crop", "corp")
    with pytest.raises(UsageError, match="3 faults"):
        Audit.from_toml(write(tmp_path, text))


@pytest.mark.parametrize(("text", "fault"), [("[model", "not valid TOML"), ("", "model: is missing")])
def test_what_is_no_plan_is_refused(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(UsageError, match=fault):
        Audit.from_toml(write(tmp_path, text))


def test_a_missing_plan_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file; `auditor init` writes"):
        Audit.from_toml(tmp_path / "none.toml")
    with pytest.raises(UsageError, match="cannot be read as a plan"):
        Audit.from_toml(tmp_path)


def test_the_described_plan_holds_no_path_of_the_machine(tmp_path: Path) -> None:
    plan = Audit.from_toml(write(tmp_path, PLAN), overrides={"data.regions": "/somewhere/else/boxes.csv"})
    described = plan.describe()
    assert described["data"]["images"] == "photos"
    assert described["data"]["regions"] == "boxes.csv"
    assert str(tmp_path) not in str(described)


def test_the_plan_that_init_writes_is_a_plan(tmp_path: Path) -> None:
    path = write_plan(tmp_path / "audit.toml")
    assert Audit.from_toml(path).audit.attributes == ["gender"]
    uncommented = "\n".join(
        line[2:] if line.startswith("# ") and ("=" in line or line.startswith("# [")) else line
        for line in path.read_text(encoding="utf-8").splitlines()
    )
    full = Audit.from_toml(write(tmp_path, uncommented))
    assert full.model.preprocessing is not None
    assert full.model.target_layer == "layer4"
    assert full.data.exif == "ignore"


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    path = write(tmp_path, "mine")
    with pytest.raises(UsageError, match="exists"):
        write_plan(path)
    assert path.read_text(encoding="utf-8") == "mine"
    with pytest.raises(UsageError, match="folder does not exist"):
        write_plan(tmp_path / "none" / "audit.toml")
