"""A second audit of unchanged inputs is answered from the first's records, and of changed ones never."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image
from safetensors.torch import load_file, save_file

import auditor
from auditor import testing
from auditor.analysis import compilation
from auditor.audits import summaries
from auditor.errors import DataError, UnfinishedError, UsageError
from auditor.pipeline import audit, run
from auditor.plans.plan import Audit
from auditor.runs import Shard, reuse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from auditor.documents.document import Document

COUNT = 40
NET = """
import torch
from auditor.testing import colour_model

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = colour_model()

    def forward(self, images):
        return self.inner(images) * 1.0
"""
PLAN = """
[model]
source = "net.py:Net"
weights = "net.safetensors"
classes = ["red", "green"]
target_layer = "inner.see"
[model.preprocessing]
resize = [48, 64]
mean = [0, 0, 0]
std = [1, 1, 1]
[data]
images = "photos"
annotations = "annotations.csv"
regions = "regions.csv"
[data.roles]
patch = "core"
tag = "artefact"
[audit]
attributes = ["site"]
[interventions]
images = 0
"""
ANSWERED = "answer this run: same model, preprocessing, data and settings"


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = testing.plant(tmp_path_factory.mktemp("planted") / "data", count=COUNT, seed=3)
    for path in (folder / "photos").iterdir():
        Image.open(path).save(path, compress_level=0)  # any pixels take as many bytes
    (folder / "net.py").write_text(NET, encoding="utf-8")
    (folder / "audit.toml").write_text(PLAN, encoding="utf-8")
    state = {f"inner.{name}": value for name, value in testing.colour_model().state_dict().items()}
    save_file(state, folder / "net.safetensors")
    run(folder / "audit.toml", out=folder / "reports" / "first")
    return folder


@pytest.fixture
def own(planted: Path, tmp_path: Path) -> Path:
    """A copy with its finished audit, which a test may spoil."""
    return shutil.copytree(planted, tmp_path / "own")


def go(own: Path, out: str = "second", *, overrides: dict[str, object] | None = None, **how: Any) -> tuple[Any, str]:
    """Run the plan; the result and what was said."""
    said: list[str] = []
    plan = Audit.from_toml(own / "audit.toml", overrides=overrides)
    result = run(plan, out=own / "reports" / out, say=said.append, **how)
    return result, "\n".join(said)


def bytes_of(folder: Path) -> dict[str, bytes]:
    records = folder / "records"
    return {path.relative_to(records).as_posix(): path.read_bytes() for path in records.rglob("*.parquet")}


def parts_of(folder: Path) -> dict[str, bytes]:
    return {name: content for name, content in bytes_of(folder).items() if "manifest" not in name}


def document_of(folder: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((folder / "audit.json").read_text(encoding="utf-8"))
    return {key: value for key, value in values.items() if key not in {"created", "remarks"}}


def made_of(folder: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((folder / "records" / "run.json").read_text(encoding="utf-8"))
    return values


def test_an_equal_audit_is_answered_with_the_bytes_of_a_fresh_one(own: Path) -> None:
    result, said = go(own)
    fresh, words = go(own, "fresh", force=True)
    assert said.startswith(f"records of {own / 'reports' / 'first'} {ANSWERED}")
    assert words == ""
    assert parts_of(own / "reports" / "second") == parts_of(own / "reports" / "fresh")
    assert document_of(own / "reports" / "second") == document_of(own / "reports" / "fresh")
    assert fresh.document.remarks == []
    first = made_of(own / "reports" / "first")
    assert made_of(own / "reports" / "second")["made"] == first["created"]
    assert f"records (made at {first['created']})" in result.document.remarks[-1]


def test_what_answers_may_itself_have_been_answered(own: Path) -> None:
    go(own)
    shutil.rmtree(own / "reports" / "first")
    _, said = go(own, "third")
    assert "reports/second" in said
    assert made_of(own / "reports" / "third")["made"] == made_of(own / "reports" / "second")["made"]
    assert auditor.load(own / "reports" / "third").document.estimates


def change_label(own: Path) -> None:
    replace_in(own / "annotations.csv", "0002.png,red", "0002.png,green")


def change_attribute(own: Path) -> None:
    replace_in(own / "annotations.csv", "south", "east")


def change_region(own: Path) -> None:
    lines = (own / "regions.csv").read_text(encoding="utf-8").splitlines()
    cells = lines[1].split(",")
    cells[-1] = str(float(cells[-1]) - 1)
    lines[1] = ",".join(cells)
    (own / "regions.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def change_weight(own: Path) -> None:
    state = load_file(own / "net.safetensors")
    state["inner.decide.weight"][0, 0] += 1e-6
    save_file(state, own / "net.safetensors")


def change_pixel(own: Path) -> None:
    """One pixel, in a file that keeps its size and its time."""
    path = own / "photos" / "0005.png"
    status = path.stat()
    image = Image.open(path)
    red, green, blue = image.getpixel((3, 3))  # type: ignore[misc]
    image.putpixel((3, 3), (red ^ 1, green, blue))
    image.save(path, compress_level=0)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert path.stat().st_size == status.st_size
    assert path.stat().st_mtime_ns == status.st_mtime_ns


def change_code(own: Path) -> None:
    replace_in(own / "net.py", "* 1.0", "* 1.5")


def add_a_group(own: Path) -> None:
    lines = (own / "annotations.csv").read_text(encoding="utf-8").splitlines()
    grouped = [f"{lines[0]},group_id", *(f"{line},p{k // 2}" for k, line in enumerate(lines[1:]))]
    (own / "annotations.csv").write_text("\n".join(grouped) + "\n", encoding="utf-8")


def drop_an_image(own: Path) -> None:
    lines = (own / "annotations.csv").read_text(encoding="utf-8").splitlines()
    (own / "annotations.csv").write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")
    name = lines[-1].split(",")[0]
    regions = (own / "regions.csv").read_text(encoding="utf-8").splitlines()
    kept = [line for line in regions if not line.startswith(f"{name},")]
    (own / "regions.csv").write_text("\n".join(kept) + "\n", encoding="utf-8")


def replace_in(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    "change",
    [
        change_label,
        change_attribute,
        change_region,
        change_weight,
        change_pixel,
        change_code,
        add_a_group,
        drop_an_image,
    ],
)
def test_changed_inputs_are_measured_anew(own: Path, change: Callable[[Path], None]) -> None:
    change(own)
    result, said = go(own)
    assert ANSWERED not in said
    assert result.document.remarks == []
    fresh, _ = go(own, "fresh", force=True)
    assert parts_of(own / "reports" / "second") == parts_of(own / "reports" / "fresh")
    assert result.document.estimates == fresh.document.estimates


@pytest.mark.parametrize(
    "overrides",
    [
        {"audit.seed": 1},
        {"audit.attributes": []},
        {"audit.cam": "layercam"},
        {"model.classes": ["green", "red"]},
        {"model.preprocessing.crop": [40, 40]},
        {"model.preprocessing.mean": [0.1, 0, 0]},
        {"data.roles": {"patch": "core"}},
        {"data.exif": "apply"},
    ],
)
def test_other_settings_are_measured_anew(own: Path, overrides: dict[str, object]) -> None:
    if "audit.cam" in overrides:
        from auditor.evidence.cams import CAMS

        others = [name for name in CAMS if name != "gradcam"]
        if not others:
            pytest.skip("there is one method only")
        overrides = {"audit.cam": others[0]}
    result, said = go(own, overrides=overrides)
    assert ANSWERED not in said
    assert result.document.remarks == []


def test_other_tools_measure_anew(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.audits.provenance.RECORDS", "9.9")
    assert ANSWERED not in go(own)[1]


def test_what_lies_right_of_the_wall_is_answered(own: Path) -> None:
    overrides: dict[str, object] = {"audit.title": "Another", "declared.owner": "A. Example", "policy": "release"}
    result, said = go(own, overrides=overrides)
    assert ANSWERED in said
    assert (result.document.title, result.document.declared.owner) == ("Another", "A. Example")
    assert result.document.remarks[-1] == "The policy was locked after these records had been made."
    again, _ = go(own, "third", overrides=overrides)
    assert again.document.policy == result.document.policy  # locked since then


@pytest.fixture
def summed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Titles of the audits whose tables are summed up while a test runs."""
    done: list[str] = []

    def compile_document(header: Mapping[str, Any], tables: Mapping[str, Any]) -> Document:
        done.append(header["title"])
        return compilation.compile_document(header, tables)

    monkeypatch.setattr(summaries, "compile_document", compile_document)
    return done


def test_equal_tables_are_summed_up_once(own: Path, summed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    overrides: dict[str, object] = {"audit.title": "Another", "policy": "release", "declared.owner": "A. Example"}
    go(own, overrides=overrides)
    go(own, "first")
    assert summed == []
    go(own, "fresh", overrides=overrides, force=True)
    assert summed == ["Another"]
    locked, fresh = (document_of(own / "reports" / name) for name in ("second", "fresh"))
    locked["policy"]["locked_at"] = fresh["policy"]["locked_at"]
    assert locked == fresh
    monkeypatch.setattr(summaries, "_hash_code", lambda: "other code")
    go(own, "third")
    assert len(summed) == 2


def test_a_summary_that_is_no_summary_is_made_again(own: Path, summed: list[str]) -> None:
    path = own / "reports" / "first" / "records" / summaries.SUMMARY
    before = (own / "reports" / "first" / "audit.json").read_bytes()
    path.write_bytes(path.read_bytes()[:-400])
    go(own, "first")
    assert len(summed) == 1
    assert (own / "reports" / "first" / "audit.json").read_bytes() == before


def test_other_interventions_reuse_the_look_alone(own: Path, summed: list[str]) -> None:
    overrides: dict[str, object] = {"interventions.images": 12, "interventions.controls": 1}
    result, said = go(own, "hidden", overrides=overrides)
    assert len(summed) == 1
    assert ANSWERED in said
    assert "hiding regions on 12 images" in said
    assert "records (made at" in result.document.remarks[-1]
    assert "interventions (made" not in result.document.remarks[-1]
    again, said = go(own, "again", overrides=overrides)
    assert "interventions of" in said
    assert "hiding" not in said
    assert "checks (made at" in again.document.remarks[-1]
    assert len(summed) == 1
    _, said = go(own, "other", overrides={**overrides, "interventions.fills": ["mean", "noise"]})
    assert "checks of" in said
    assert "hiding regions on" in said
    go(own, "fresh", overrides=overrides, force=True)
    assert parts_of(own / "reports" / "again") == parts_of(own / "reports" / "fresh")
    assert document_of(own / "reports" / "again") == document_of(own / "reports" / "fresh")


def test_the_same_audit_again_is_left_as_it_is(own: Path) -> None:
    first = own / "reports" / "first"
    before, parts = (first / "audit.json").read_bytes(), bytes_of(first)
    result, said = go(own, "first")
    assert "is finished, and nothing that it was made from has changed" in said
    assert (first / "audit.json").read_bytes() == before
    assert bytes_of(first) == parts
    assert result.document.remarks == []
    retitled, _ = go(own, "first", overrides={"audit.title": "Another"})
    assert retitled.document.title == made_of(first)["title"] == "Another"
    assert retitled.document.created == result.document.created


@pytest.mark.parametrize(
    ("overrides", "reason"),
    [
        ({"audit.seed": 1}, "was made with another plan"),
        ({"model.classes": ["green", "red"]}, "was made with another model"),
        ({"policy": "release"}, "was made with another policy"),
    ],
)
def test_another_audit_is_not_replaced_unasked(own: Path, overrides: dict[str, object], reason: str) -> None:
    before = bytes_of(own / "reports" / "first")
    with pytest.raises(UsageError, match=f"first: exists, and {reason}; choose another --out, --resume"):
        go(own, "first", overrides=overrides)
    assert bytes_of(own / "reports" / "first") == before


def test_a_changed_photograph_is_named_where_nothing_may_be_replaced(own: Path) -> None:
    change_pixel(own)
    with pytest.raises(UsageError, match=r"exists, and photographs changed since: 0005\.png"):
        go(own, "first")


def test_other_interventions_are_not_replaced_unasked(own: Path) -> None:
    overrides: dict[str, object] = {"interventions.images": 12}
    go(own, "hidden", overrides=overrides)
    before = bytes_of(own / "reports" / "hidden")
    for images, fault in ((0, "are of another plan"), (10, "were made otherwise")):
        with pytest.raises(UsageError, match=f"exists, and its interventions {fault}"):
            go(own, "hidden", overrides={"interventions.images": images})
    assert bytes_of(own / "reports" / "hidden") == before


@pytest.mark.parametrize("damage", ["garbage", "truncated", "missing", "swapped", "unmarked"])
def test_a_damaged_source_is_not_believed(
    own: Path, damage: str, caplog: pytest.LogCaptureFixture, planted: Path
) -> None:
    records = own / "reports" / "first" / "records"
    part = records / "unit-00001" / "images.parquet"
    content = part.read_bytes()
    if damage == "missing":
        part.unlink()
    elif damage == "swapped":
        part.write_bytes((records / "unit-00002" / "images.parquet").read_bytes())
    elif damage == "unmarked":
        (records / "_SUCCESS.json").write_text("{}", encoding="utf-8")
    else:
        part.write_bytes(b"garbage" if damage == "garbage" else content[: len(content) // 2])
    result, said = go(own)
    assert ANSWERED not in said
    assert "not reused" in caplog.text
    assert result.document.remarks == []
    assert parts_of(own / "reports" / "second") == parts_of(planted / "reports" / "first")
    with pytest.raises(UsageError, match="exists, and "):
        go(own, "first")


def test_a_source_without_its_mark_is_being_written(own: Path) -> None:
    (own / "reports" / "first" / "records" / "_SUCCESS.json").unlink()
    assert ANSWERED not in go(own)[1]


def test_a_source_that_changes_under_the_copy_is_not_believed(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process starts the source again just as its third part is copied."""
    copied: list[Path] = []
    copy = shutil.copyfile

    def disturb(source: Path, target: Path) -> Path:
        copied.append(source)
        if len(copied) == 3:
            source.write_bytes(b"being written")
        return copy(source, target)

    monkeypatch.setattr("auditor.runs.reuse.shutil.copyfile", disturb)
    result, said = go(own)
    assert len(copied) == 3
    assert ANSWERED not in said
    assert result.document.remarks == []


def test_a_copy_that_was_cut_off_is_no_run(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("auditor.runs.reuse.write_manifest", cut)
        with pytest.raises(KeyboardInterrupt):
            go(own)
    assert list((own / "reports" / "second" / "records").glob("unit-*"))
    with pytest.raises(UsageError, match="exists; choose another --out"):
        go(own)
    result, said = go(own, resume=True)
    assert ANSWERED in said
    assert "records (made at" in result.document.remarks[-1]


def test_symbolic_links_are_followed_to_what_they_hold(own: Path) -> None:
    (own / "reports" / "first").rename(own / "kept")
    (own / "reports" / "latest").symlink_to(own / "kept", target_is_directory=True)
    (own / "reports" / "loop").symlink_to(own / "reports", target_is_directory=True)
    assert f"records of {own / 'reports' / 'latest'} {ANSWERED}" in go(own)[1]
    photo = own / "photos" / "0005.png"
    photo.rename(own / "photos" / "0005.bak")
    photo.symlink_to(own / "photos" / "0005.bak")
    assert ANSWERED in go(own, "third")[1]
    photo.unlink()
    photo.symlink_to(own / "photos" / "0006.png")
    assert ANSWERED not in go(own, "fourth")[1]


def test_photographs_that_could_not_be_read_are_tried_again(own: Path) -> None:
    shutil.rmtree(own / "reports")
    broken = own / "photos" / "0007.png"
    whole = broken.read_bytes()
    broken.write_bytes(whole[:1500])
    with pytest.raises(DataError, match="1 of 40 images could not be used"):
        go(own, "first")
    result, said = go(own, skip_bad=True)
    assert ANSWERED in said
    assert [item.image_id for item in result.document.data.left_out] == ["0007.png"]
    with pytest.raises(DataError, match="1 of 40 images could not be used"):
        go(own, "third")
    broken.write_bytes(whole)
    result, said = go(own, "fourth", skip_bad=True)
    assert ANSWERED not in said
    assert result.document.data.n_read == COUNT


def test_shards_measure(own: Path) -> None:
    with pytest.raises(UnfinishedError):
        go(own, shard=Shard(1, 2))
    assert go(own, shard=Shard(2, 2))[1] == ""


def test_an_audit_without_a_folder_looks_for_nothing(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(reuse, "list_finished", refuse)
    dataset = auditor.AnnotatedDataset.from_csv(own / "annotations.csv", images=own / "photos")
    preprocessing = auditor.Preprocessing(resize=(48, 64), crop=None, mean=(0, 0, 0), std=(1, 1, 1))
    model = auditor.load_model(
        testing.colour_model(), classes=testing.CLASSES, preprocessing=preprocessing, target_layer="see"
    )
    audit(model, dataset, interventions={"images": 0})


def test_neighbours_are_listed_latest_first(tmp_path: Path) -> None:
    for k, name in enumerate(("old", "new", "deep/er", "much/too/deep")):
        mark = tmp_path / name / "records" / "_SUCCESS.json"
        mark.parent.mkdir(parents=True)
        mark.touch()
        os.utime(mark, (1000 + k, 1000 + k))
    (tmp_path / "open" / "records").mkdir(parents=True)
    listed = reuse.list_finished(tmp_path / "out")
    assert [folder.parent.relative_to(tmp_path).as_posix() for folder in listed] == ["deep/er", "new", "old"]
