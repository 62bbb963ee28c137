"""Several models in one plan: an audit of each as if it had been alone, every photograph read once, a comparison."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

import auditor
from auditor import testing
from auditor.audits.several import share_out
from auditor.cli import main
from auditor.errors import DataError, UnfinishedError, UsageError
from auditor.evidence import reading
from auditor.evidence.engines import run_serially
from auditor.evidence.joint import JointRun
from auditor.pipeline import run
from auditor.plans.plan import Audit
from auditor.runs import Shard

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.evidence.engines.base import Job

COUNT = 48
NAMES = ("sound", "blurred")
SWAPPED = """
import torch
from auditor.testing import colour_model

class Swapped(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = colour_model()

    def forward(self, images):
        return self.inner(images).flip(1) * 0.5

def make():
    return Swapped()
"""
MODELS = """
[[model]]
name = "sound"
source = "auditor.testing:colour_model"
classes = ["red", "green"]
target_layer = "see"
[model.preprocessing]
resize = [48, 64]
mean = [0, 0, 0]
std = [1, 1, 1]

[[model]]
name = "blurred"
source = "swapped.py:make"
classes = ["green", "red"]
target_layer = "inner.see"
[model.preprocessing]
resize = [24, 32]
mean = [0.1, 0.1, 0.1]
std = [1, 1, 1]
"""
REST = """
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
fills = ["mean", "noise"]
controls = 1
"""


def write_plan(folder: Path, models: str = MODELS) -> Path:
    (folder / "swapped.py").write_text(SWAPPED, encoding="utf-8")
    path = folder / "audit.toml"
    path.write_text(models + REST, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = testing.plant(tmp_path_factory.mktemp("planted"), count=COUNT, seed=3)
    write_plan(folder)
    return folder


@pytest.fixture(scope="module")
def together(planted: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[auditor.AuditResult, Path]:
    out = tmp_path_factory.mktemp("together") / "out"
    return run(planted / "audit.toml", out=out), out


@pytest.fixture(scope="module")
def alone(planted: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The audit of each model by itself, in a folder beside nothing else."""
    folders = {}
    for name, plan in Audit.from_toml(planted / "audit.toml").each().items():
        folders[name] = tmp_path_factory.mktemp(name) / "out"
        run(plan, out=folders[name])
    return folders


def bytes_of(out: Path) -> dict[str, bytes]:
    records = out / "records"
    return {path.relative_to(records).as_posix(): path.read_bytes() for path in records.rglob("unit-*/*.parquet")}


def document_of(out: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((out / "audit.json").read_text(encoding="utf-8"))
    values["data"].pop("images_folder")  # as seen from the folder
    return {key: value for key, value in values.items() if key != "created"}


@pytest.mark.parametrize("name", NAMES)
def test_each_model_is_audited_as_if_it_were_alone(
    name: str, together: tuple[auditor.AuditResult, Path], alone: dict[str, Path]
) -> None:
    _, out = together
    assert bytes_of(out / name) == bytes_of(alone[name])
    assert document_of(out / name) == document_of(alone[name])


def test_the_models_are_not_alike(together: tuple[auditor.AuditResult, Path]) -> None:
    _, out = together
    first, second = (auditor.load(out / name) for name in NAMES)
    assert first.document.model.frame != second.document.model.frame
    assert not first.images["score"].equals(second.images["score"])
    assert first.document.title == "Audit of sound"


def test_the_comparison_is_the_result(together: tuple[auditor.AuditResult, Path]) -> None:
    result, out = together
    comparison = result.document.comparison
    assert comparison is not None
    assert comparison.baseline == "sound"
    assert [model.name for model in comparison.models] == list(NAMES)
    assert result.folder == out
    assert auditor.load(out).document == result.document


def test_every_photograph_is_read_once(planted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: Counter[str] = Counter()
    lock, inner = threading.Lock(), reading.read_photograph

    def count(path: Path, *, apply_exif: bool) -> Any:
        with lock:
            read[path.name] += 1
        return inner(path, apply_exif=apply_exif)

    monkeypatch.setattr(reading, "read_photograph", count)
    run(Audit.from_toml(planted / "audit.toml", overrides={"interventions.images": 0}), out=tmp_path / "out")
    assert len(read) == COUNT
    assert set(read.values()) == {1}


def test_models_of_one_view_share_what_is_made_ready(planted: Path) -> None:
    dataset = auditor.AnnotatedDataset.from_csv(
        planted / "annotations.csv", images=planted / "photos", regions=planted / "regions.csv"
    )
    steps = [auditor.Preprocessing(resize=(48, 64), crop=None, mean=(0, 0, 0), std=(1, 1, 1)) for _ in range(2)]
    other = auditor.Preprocessing(resize=(24, 32), crop=None, mean=(0, 0, 0), std=(1, 1, 1))
    views = [reading.View(steps[0], (6, 8)), reading.View(steps[1], (6, 8)), reading.View(other, (3, 4))]
    (batch, *_) = reading.Reader(dataset, views).read(dataset.samples[:5], batch=5)
    for first, same, third in batch:
        assert first.image is same.image
        assert first.regions is same.regions
        assert first.row == same.row
        assert first.row is not same.row
        assert third.image is not None
        assert third.image.shape[1:] == (24, 32)


def test_progress_tells_which_model(planted: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int, str]] = []
    said: list[str] = []
    few = Audit.from_toml(planted / "audit.toml", overrides={"interventions.images": 4})
    run(few, out=tmp_path / "out", progress=lambda *words: told.append(words), say=said.append)
    looked = [words for words in told if words[2] == "images by sound and blurred"]
    assert looked[0][:2] == (0, COUNT)
    assert looked[-1][:2] == (COUNT, COUNT)
    assert {"forward passes of sound", "forward passes of blurred"} <= {words[2] for words in told}
    assert [line.split(":")[0] for line in said if "hiding" in line] == list(NAMES)


def test_processes_give_the_same_bytes(
    planted: Path, together: tuple[auditor.AuditResult, Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    plan = Audit.from_toml(planted / "audit.toml", overrides={"interventions.images": 0})
    run(plan, out=out, devices=["cpu", "cpu"])
    for name in NAMES:
        mine, theirs = auditor.load(out / name), auditor.load(together[1] / name)
        assert mine.images["image_id"].equals(theirs.images["image_id"])
        assert mine.images["predicted"].equals(theirs.images["predicted"])
        assert (mine.images["margin"] - theirs.images["margin"]).abs().max() < 1e-4  # threads: other last digits


def test_shards_take_turns_for_all_models(
    planted: Path, together: tuple[auditor.AuditResult, Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with pytest.raises(UnfinishedError, match="shard 1/2 is done; 3 of 6 units remain"):
        run(planted / "audit.toml", out=out, shard=Shard(1, 2))
    for turn in (2, 1):
        with pytest.raises(UnfinishedError) as caught:
            run(planted / "audit.toml", out=out, shard=Shard(turn, 2))
        assert [line.split(":")[0] for line in str(caught.value).splitlines()] == list(NAMES)
    result = run(planted / "audit.toml", out=out, shard=Shard(2, 2))
    assert result.document.comparison is not None
    assert [bytes_of(out / name) for name in NAMES] == [bytes_of(together[1] / name) for name in NAMES]


def test_only_the_model_that_missed_a_unit_does_it_again(
    planted: Path, together: tuple[auditor.AuditResult, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a kill between the parts of two models."""
    out = shutil.copytree(together[1], tmp_path / "out")
    shutil.rmtree(out / "blurred" / "records" / "unit-00001")
    for name in NAMES:
        shutil.rmtree(out / name / "records" / "unit-00004")
    done: list[tuple[tuple[str, ...], list[int]]] = []
    monkeypatch.setattr("auditor.audits.stages.ENGINES", {"serial": _noting(done)})
    result = run(planted / "audit.toml", out=out, resume=True)
    assert done == [(("blurred",), [1]), (NAMES, [4])]
    assert [bytes_of(out / name) for name in NAMES] == [bytes_of(together[1] / name) for name in NAMES]
    assert result.document.estimates == together[0].document.estimates


def _noting(done: list[tuple[tuple[str, ...], list[int]]]) -> Callable[..., None]:
    def note(job: Job, units: Any, **how: Any) -> None:
        assert isinstance(job.ledger, JointRun)
        done.append((tuple(job.ledger.runs), [unit.index for unit in units]))
        run_serially(job, units, **how)

    return note


def test_units_are_shared_out_by_who_has_not_seen_them(together: tuple[auditor.AuditResult, Path]) -> None:
    opened = {name: auditor.runs.load(together[1] / name / "records") for name in NAMES}
    assert share_out(opened, Shard(1, 1)) == {}


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_bytes(
    planted: Path, together: tuple[auditor.AuditResult, Path], tmp_path: Path
) -> None:
    out = tmp_path / "killed"
    call = f"run({str(planted / 'audit.toml')!r}, out={str(out)!r}, resume=True)"
    command = [sys.executable, "-c", f"from auditor.pipeline import run; {call}"]
    for pattern in (
        "sound/records/unit-*[0-9]",
        "blurred/records/unit-*[0-9]",
        "sound/records/interventions/unit-*[0-9]",
    ):
        before = len(list(out.glob(pattern)))
        process = subprocess.Popen(command)
        while process.poll() is None and len(list(out.glob(pattern))) <= before:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert process.returncode == -signal.SIGKILL
    result = run(planted / "audit.toml", out=out, resume=True)
    assert [bytes_of(out / name) for name in NAMES] == [bytes_of(together[1] / name) for name in NAMES]
    assert not list(out.rglob("*.tmp"))
    assert result.document.estimates == together[0].document.estimates


def test_a_model_that_was_audited_before_is_not_looked_at_again(
    planted: Path, alone: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(alone["sound"], tmp_path / "earlier")
    said: list[str] = []
    done: list[tuple[tuple[str, ...], list[int]]] = []
    monkeypatch.setattr("auditor.audits.several.share_out", _noting_shares(done))
    run(planted / "audit.toml", out=tmp_path / "out", say=said.append)
    assert f"records of {tmp_path / 'earlier'} answer this run" in said[0]
    assert {names for names, _ in done} == {("blurred",)}
    assert bytes_of(tmp_path / "out" / "sound") == bytes_of(alone["sound"])
    again: list[str] = []
    run(planted / "audit.toml", out=tmp_path / "out", say=again.append)
    assert [line.split(" is finished")[0] for line in again] == [f"the audit in {tmp_path / 'out' / n}" for n in NAMES]


def _noting_shares(done: list[tuple[tuple[str, ...], list[int]]]) -> Callable[..., Any]:
    def note(opened: Any, shard: Shard) -> Any:
        shared = share_out(opened, shard)
        done.extend((names, [unit.index for unit in units]) for names, units in shared.items())
        return shared

    return note


def test_other_classes_are_refused_before_anything_runs(planted: Path, tmp_path: Path) -> None:
    own = shutil.copytree(planted, tmp_path / "own")
    write_plan(own, MODELS.replace('["green", "red"]', '["gren", "red", "blue"]'))
    fault = r"against sound, blurred has 'gren'; nearest: 'green', 'blue' and lacks 'green'$"
    with pytest.raises(UsageError, match=fault):
        run(own / "audit.toml", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_label_that_is_no_class_is_refused_for_all_models(planted: Path, tmp_path: Path) -> None:
    own = shutil.copytree(planted, tmp_path / "own")
    text = (own / "annotations.csv").read_text(encoding="utf-8")
    (own / "annotations.csv").write_text(text.replace("0002.png,red", "0002.png,rde"), encoding="utf-8")
    with pytest.raises(DataError, match=r"line 4: label 'rde' is not a class; nearest: 'red'"):
        run(own / "audit.toml", out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_model_that_cannot_be_loaded_stops_all_before_anything_runs(planted: Path, tmp_path: Path) -> None:
    own = shutil.copytree(planted, tmp_path / "own")
    write_plan(own, MODELS.replace("inner.see", "inner.sea"))
    with pytest.raises(auditor.AuditorError, match=r"inner\.sea.*nearest"):
        run(own / "audit.toml", out=tmp_path / "out")
    assert not list((tmp_path).glob("out/*/records/unit-*"))


def test_images_that_cannot_be_read_are_told_once_and_kept(planted: Path, tmp_path: Path) -> None:
    own = shutil.copytree(planted, tmp_path / "own")
    broken = own / "photos" / "0007.png"
    broken.write_bytes(broken.read_bytes()[:1500])
    plan = Audit.from_toml(own / "audit.toml", overrides={"interventions.images": 0})
    with pytest.raises(DataError, match=r"1 of 48 images could not be used"):
        run(plan, out=tmp_path / "out")
    result = run(plan, out=tmp_path / "out", resume=True, skip_bad=True)
    assert result.document.data.n_read == COUNT - 1
    assert all(auditor.load(tmp_path / "out" / name).document.data.n_read == COUNT - 1 for name in NAMES)


def test_the_folder_of_a_single_audit_is_left_alone(planted: Path, tmp_path: Path) -> None:
    (tmp_path / "out" / "records").mkdir(parents=True)
    with pytest.raises(UsageError, match="holds the audit of a single model"):
        run(planted / "audit.toml", out=tmp_path / "out", force=True)


def test_what_others_keep_beside_several_audits_stays(planted: Path, tmp_path: Path) -> None:
    out, plan = tmp_path / "out", Audit.from_toml(planted / "audit.toml", overrides={"interventions.images": 0})
    (out / "sound" / "csv").mkdir(parents=True)
    (out / "sound" / "csv" / "mine.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="holds no audit; --force replaces an audit and nothing else"):
        run(plan, out=out, force=True)
    run(plan, out=out, resume=True)
    (out / "csv").mkdir()
    (out / "csv" / "mine.csv").write_text("mine", encoding="utf-8")
    run(plan, out=out, force=True)
    assert [path.read_text(encoding="utf-8") for path in sorted(out.rglob("mine.csv"))] == ["mine", "mine"]


def test_the_command_writes_reports_of_each_and_of_the_comparison(planted: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ["run", str(planted / "audit.toml"), "--out", str(out), "--interventions", "4"]
    done = CliRunner().invoke(main, [*words, "--format", "markdown"])
    assert done.exit_code == 0, done.output
    assert all((folder / "summary.md").is_file() for folder in (out, out / "sound", out / "blurred"))
    again = CliRunner().invoke(main, [*words, "--force", "--no-pdf"])
    assert again.exit_code == 0, again.output


def test_flags_for_one_model_are_refused_by_their_keys(planted: Path, tmp_path: Path) -> None:
    flags = ["--model", "resnet18", "--weights", "x.pt", "--target-layer", "see"]
    done = CliRunner().invoke(main, ["run", str(planted / "audit.toml"), "--out", str(tmp_path / "out"), *flags])
    assert done.exit_code == 2
    assert "model.source, model.weights, model.target_layer: which of its 2 models is meant" in done.output
    assert len(done.output.strip().splitlines()) == 1


@pytest.mark.slow
def test_the_benchmark_runs() -> None:
    script = Path(__file__).parents[1] / "benchmarks" / "two_models.py"
    done = subprocess.run([sys.executable, script, "--quick"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "| auditor, both models in one run |" in done.stdout
