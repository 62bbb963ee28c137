"""From pictures to a saved audit: the numbers of a model that can be worked out by hand, and runs that survive."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import torch

import auditor
from auditor import testing
from auditor.audits.planned import load_dataset
from auditor.errors import DataError, UnfinishedError, UsageError
from auditor.pipeline import audit, run
from auditor.plans.plan import Audit
from auditor.records import READ, unpack_grids
from auditor.report.metrics import list_metrics
from auditor.runs import Shard

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 48
PLAN = """
[model]
source = "auditor.testing:colour_model"
classes = ["red", "green"]
target_layer = "see"
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
"""


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = testing.plant(tmp_path_factory.mktemp("planted"), count=COUNT, seed=3)
    (folder / "audit.toml").write_text(PLAN, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def finished(planted: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[auditor.AuditResult, Path]:
    out = tmp_path_factory.mktemp("finished") / "out"
    return run(planted / "audit.toml", out=out), out


@pytest.fixture
def copied(finished: tuple[auditor.AuditResult, Path], tmp_path: Path) -> Path:
    """A copy of the finished run that a test may go on with."""
    return shutil.copytree(finished[1], tmp_path / "copied")


@pytest.fixture
def own(planted: Path, tmp_path: Path) -> Path:
    """A copy of the planted data that a test may spoil."""
    return shutil.copytree(planted, tmp_path / "own")


def bytes_of(out: Path) -> dict[str, bytes]:
    records = out / "records"
    return {str(path.relative_to(records)): path.read_bytes() for path in sorted(records.rglob("unit-*/*.parquet"))}


def look_only(folder: Path) -> Audit:
    """The plan without what follows the first look: for what that look decides."""
    return Audit.from_toml(folder / "audit.toml", overrides={"interventions.images": 0})


def select(result: auditor.AuditResult, **keys: Any) -> pd.DataFrame:
    table = result.estimates
    for key in ("target", "region", "label", "predicted", "attribute", "subgroup", "outcome"):
        wanted = keys.get(key)
        table = table[table[key].isna()] if wanted is None else table[table[key] == wanted]
    return table[table["statistic"] == keys["statistic"]]


def test_every_image_has_one_row(finished: tuple[auditor.AuditResult, Path]) -> None:
    result, _ = finished
    assert len(result.images) == COUNT
    assert (result.images["status"] == READ).all()
    assert len(result.attention) == 2 * COUNT


def test_the_answers_are_the_models(finished: tuple[auditor.AuditResult, Path], planted: Path) -> None:
    from PIL import Image

    result, _ = finished
    model = testing.colour_model()
    for row in result.images.itertuples():
        pixels = np.asarray(Image.open(planted / "photos" / row.path), dtype=np.float32) / 255
        logits = model(torch.from_numpy(pixels).permute(2, 0, 1)[None])[0].detach()
        assert row.predicted == testing.CLASSES[int(logits.argmax())]
        assert row.score == pytest.approx(float(logits.softmax(0).max()), abs=1e-5)
        assert row.margin == pytest.approx(float(logits.max() - logits.min()), abs=1e-4)


def test_the_maps_are_those_worked_out_by_hand(finished: tuple[auditor.AuditResult, Path], planted: Path) -> None:
    from PIL import Image

    result, _ = finished
    rows = result.attention[result.attention["target"] == "predicted"].set_index("image_id")
    for name in rows.index[:10]:
        row = rows.loc[name]
        pixels = np.asarray(Image.open(planted / "photos" / name), dtype=np.float64) / 255
        channel = testing.CLASSES.index(row["target_class"])
        colour = pixels[:, :, channel] - pixels[:, :, 1 - channel]
        seen = np.maximum(colour.reshape(6, 8, 8, 8).mean(axis=(1, 3)), 0)
        grid = unpack_grids([row["cam"]], grid=(6, 8), dtype="float16")[0] * row["cam_max"]
        np.testing.assert_allclose(grid, seen * 10 / 48, atol=2e-3 * seen.max())


def test_the_patch_holds_the_attention(finished: tuple[auditor.AuditResult, Path]) -> None:
    result, _ = finished
    mass = select(result, statistic="mass", target="predicted", region="patch").iloc[0]
    enrichment = select(result, statistic="enrichment", target="predicted", region="patch").iloc[0]
    tag = select(result, statistic="mass", target="predicted", region="tag").iloc[0]
    assert mass["estimate"] > 0.5
    assert tag["estimate"] < 0.02
    assert enrichment["ci_low"] > 2
    assert mass["n"] == COUNT


def test_accuracy_is_the_share_of_right_answers(finished: tuple[auditor.AuditResult, Path]) -> None:
    result, _ = finished
    correct = (result.images["label"] == result.images["predicted"]).mean()
    row = select(result, statistic="accuracy").iloc[0]
    assert row["estimate"] == pytest.approx(correct)
    assert row["ci_low"] < correct < row["ci_high"]


def test_the_result_loads_as_it_was(finished: tuple[auditor.AuditResult, Path], tmp_path: Path) -> None:
    result, out = finished
    loaded = auditor.load(out)
    assert loaded.document == result.document
    pd.testing.assert_frame_equal(loaded.images, result.images)
    pd.testing.assert_frame_equal(loaded.estimates, result.estimates)
    for folder in (tmp_path / "copy", str(tmp_path / "text")):
        saved = auditor.load(result.save(folder))
        pd.testing.assert_frame_equal(saved.attention, result.attention)
        assert saved.images_folder == result.images_folder


def test_audit_json_holds_no_path_of_the_machine(finished: tuple[auditor.AuditResult, Path], planted: Path) -> None:
    _, out = finished
    text = (out / "audit.json").read_text(encoding="utf-8")
    assert str(planted) not in text
    assert str(out) not in text


def test_the_python_face_gives_the_same_numbers(finished: tuple[auditor.AuditResult, Path], planted: Path) -> None:
    result, _ = finished
    dataset = auditor.AnnotatedDataset.from_csv(
        planted / "annotations.csv",
        images=planted / "photos",
        regions=planted / "regions.csv",
        roles={"patch": "core", "tag": "artefact"},
    )
    preprocessing = auditor.Preprocessing(resize=(48, 64), crop=None, mean=(0, 0, 0), std=(1, 1, 1))
    model = auditor.load_model(
        testing.colour_model(), classes=testing.CLASSES, preprocessing=preprocessing, target_layer="see"
    )
    again = audit(model, dataset, attributes=["site"])
    numbers = ["estimate", "ci_low", "ci_high", "n"]
    # Our own copy of a model may be laid out otherwise in memory, to other last digits; what is divided by a margin
    # that hardly varies runs into thousands here and magnifies them.
    sound = ~(result.estimates[numbers].abs() > 1000).any(axis=1)
    assert sound.mean() > 0.9
    one, other = again.estimates.loc[sound, numbers], result.estimates.loc[sound, numbers]
    pd.testing.assert_frame_equal(one, other, atol=1e-6, check_exact=False)


def test_an_output_folder_is_not_touched_unasked(finished: tuple[auditor.AuditResult, Path], planted: Path) -> None:
    _, out = finished
    before = bytes_of(out)
    other = Audit.from_toml(planted / "audit.toml", overrides={"audit.seed": 9})
    with pytest.raises(UsageError, match="exists, and was made with another plan; choose another --out, --resume"):
        run(other, out=out)
    assert bytes_of(out) == before


def test_a_folder_that_holds_something_else_is_not_touched(planted: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="exists, and holds no audit; choose another --out"):
        run(planted / "audit.toml", out=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_force_removes_the_audit_and_nothing_else(copied: Path, planted: Path) -> None:
    (copied / "notes.txt").write_text("mine", encoding="utf-8")
    assert (copied / "records" / "interventions").is_dir()
    run(look_only(planted), out=copied, force=True)
    assert (copied / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert not (copied / "records" / "interventions").exists()


def files_of(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "options",
    [{}, {"force": True}, {"resume": True}, {"shard": Shard(1, 2)}],
    ids=["plain", "force", "resume", "shard"],
)
def test_a_project_that_holds_no_audit_loses_nothing(planted: Path, tmp_path: Path, options: Any) -> None:
    """A person's own folders bear the names of ours."""
    own = shutil.copytree(planted, tmp_path / "own")
    for name in ("csv/people.csv", "records/patients/p1.txt", "records/run.json", "tables/t.txt", "summary.md"):
        (own / name).parent.mkdir(parents=True, exist_ok=True)
        (own / name).write_text("{}", encoding="utf-8")
    before = files_of(own)
    with pytest.raises(UsageError, match=r"own: .*choose another --out$"):
        run(own / "audit.toml", out=own, **options)
    assert files_of(own) == before


def test_force_leaves_what_others_keep_beside_an_audits_files(copied: Path, planted: Path) -> None:
    mine = ("csv/people.csv", "records/patients/p1.txt", "records/notes.json", "tables/mine.parquet")
    for name in mine:
        (copied / name).parent.mkdir(parents=True, exist_ok=True)
        (copied / name).write_text("mine", encoding="utf-8")
    (copied / "csv" / "images.csv").write_text("old", encoding="utf-8")
    run(look_only(planted), out=copied, force=True)
    assert all((copied / name).read_text(encoding="utf-8") == "mine" for name in mine)
    assert not (copied / "csv" / "images.csv").exists()


@pytest.mark.parametrize("force", [True, False])
def test_an_audit_is_not_made_from_what_it_replaces(copied: Path, planted: Path, *, force: bool) -> None:
    listed = copied / "csv" / "images.csv"
    listed.parent.mkdir()
    shutil.copy(planted / "annotations.csv", listed)
    plan = Audit.from_toml(planted / "audit.toml", overrides={"data.annotations": str(listed)})
    with pytest.raises(UsageError, match=r"images\.csv: is read by this audit, and lies where an audit in .* writes"):
        run(plan, out=copied, force=force)
    assert listed.is_file()


def test_resuming_a_finished_run_looks_at_nothing_again(copied: Path, planted: Path) -> None:
    seen: list[tuple[int, int, str]] = []
    run(planted / "audit.toml", out=copied, resume=True, progress=lambda *told: seen.append(told))
    assert seen[0] == (0, 0, "images")


@pytest.mark.parametrize(
    ("key", "value", "what"),
    [
        ("data.roles.tag", "core", "plan"),
        ("model.classes", ["green", "red"], "model"),
        ("data.annotations", "other", "data"),
    ],
)
def test_a_changed_plan_is_noticed(
    copied: Path, planted: Path, tmp_path: Path, key: str, value: Any, what: str
) -> None:
    if what == "data":
        text = (planted / "annotations.csv").read_text(encoding="utf-8")
        (tmp_path / "other.csv").write_text(text.replace("south", "east", 1), encoding="utf-8")
        value = str(tmp_path / "other.csv")
    changed = Audit.from_toml(planted / "audit.toml", overrides={key: value})
    with pytest.raises(UsageError, match=rf"was started with another .*{what}"):
        run(changed, out=copied, resume=True)


def test_shards_add_up_to_the_whole(finished: tuple[auditor.AuditResult, Path], planted: Path, tmp_path: Path) -> None:
    _, whole = finished
    out = tmp_path / "out"
    plan = look_only(planted)
    with pytest.raises(UnfinishedError, match="shard 1/2 is done; 3 of 6 units remain"):
        run(plan, out=out, shard=Shard(1, 2))
    run(plan, out=out, shard=Shard(2, 2))
    looked = {name: part for name, part in bytes_of(whole).items() if name.startswith("unit-")}
    assert bytes_of(out) == looked


def test_processes_give_the_same_tables(planted: Path, tmp_path: Path) -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(max(1, (os.cpu_count() or 1) // 2))
    try:
        run(planted / "audit.toml", out=tmp_path / "one", devices=["cpu"])
        run(planted / "audit.toml", out=tmp_path / "two", devices=["cpu", "cpu"], force=True)
    finally:
        torch.set_num_threads(threads)
    assert bytes_of(tmp_path / "one") == bytes_of(tmp_path / "two")


def test_a_truncated_image_is_refused_at_the_end_and_nothing_is_lost(own: Path, tmp_path: Path) -> None:
    broken = own / "photos" / "0007.png"
    broken.write_bytes(broken.read_bytes()[:1500])
    out = tmp_path / "out"
    fault = r"1 of 48 images could not be used: 1 fault\n  0007\.png: .*\n.*--resume --skip-bad"
    with pytest.raises(DataError, match=fault):
        run(look_only(own), out=out)
    result = run(look_only(own), out=out, resume=True, skip_bad=True)
    assert result.document.data.n_read == COUNT - 1
    assert [item.image_id for item in result.document.data.left_out] == ["0007.png"]
    assert any("1 of 48" in warning or "1 image" in warning for warning in result.document.warnings)


def test_rows_left_out_are_counted_on_page_one(own: Path, tmp_path: Path) -> None:
    text = (own / "annotations.csv").read_text(encoding="utf-8")
    (own / "annotations.csv").write_text(text.replace("0002.png,red", "0002.png,rde"), encoding="utf-8")
    with pytest.raises(DataError, match=r"line 4: label 'rde' is not a class; nearest: 'red'"):
        run(look_only(own), out=tmp_path / "out")
    facts = run(look_only(own), out=tmp_path / "out", skip_bad=True).document
    assert facts.warnings[0].startswith(
        f"{facts.data.n_faults} faulty rows were left out, as asked for; the first: line 4"
    )
    assert (facts.data.n_listed, facts.data.n_skipped, facts.data.n_read) == (COUNT, 1, COUNT - 1)
    assert list_metrics(facts)["images.left_out"] == 1


def test_what_is_passed_over_is_said_on_the_terminal(own: Path, caplog: pytest.LogCaptureFixture) -> None:
    lines = (own / "annotations.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (own / "annotations.csv").write_text("".join(lines[:-4]), encoding="utf-8")
    assert len(load_dataset(look_only(own), skip_bad=False)) == COUNT - 4
    (told,) = caplog.messages
    assert told.startswith("annotations.csv: ")
    assert told.endswith(" rows of regions.csv for images that are not listed passed over")


def test_outputs_that_are_not_finite_are_a_reason_not_an_answer(planted: Path) -> None:
    model = testing.colour_model()
    with torch.no_grad():
        model.decide.weight.fill_(torch.nan)
    dataset = auditor.AnnotatedDataset.from_csv(planted / "annotations.csv", images=planted / "photos")
    preprocessing = auditor.Preprocessing(resize=(48, 64), crop=None, mean=(0, 0, 0), std=(1, 1, 1))
    with pytest.raises(auditor.AuditorError, match=r"not finite|NaN"):
        audit(
            auditor.load_model(model, classes=testing.CLASSES, preprocessing=preprocessing, target_layer="see"), dataset
        )


def test_the_users_model_is_left_as_it_came(planted: Path) -> None:
    model = testing.colour_model().train()
    dataset = auditor.AnnotatedDataset.from_csv(planted / "annotations.csv", images=planted / "photos")
    preprocessing = auditor.Preprocessing(resize=(48, 64), crop=None, mean=(0, 0, 0), std=(1, 1, 1))
    before = {name: value.clone() for name, value in model.state_dict().items()}
    loaded = auditor.load_model(model, classes=testing.CLASSES, preprocessing=preprocessing, target_layer="see")
    audit(loaded, dataset, interventions={"images": 8})
    assert model.training
    assert all(not module._forward_hooks for module in model.modules())
    assert all(parameter.grad is None and parameter.requires_grad for parameter in model.parameters())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_bytes(
    finished: tuple[auditor.AuditResult, Path], planted: Path, tmp_path: Path
) -> None:
    """Kill -9 at two moments, resume to the end: the tables are those of a run that nobody disturbed."""
    out = tmp_path / "killed"
    call = f"run({str(planted / 'audit.toml')!r}, out={str(out)!r}, resume=True)"
    command = [sys.executable, "-c", f"from auditor.pipeline import run; {call}"]
    for wait in (0.0, 0.05):
        done = len(list(out.glob("records/unit-*")))
        process = subprocess.Popen(command)
        while process.poll() is None and len(list(out.glob("records/unit-*"))) <= done:
            time.sleep(0.002)
        time.sleep(wait)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert process.returncode == -signal.SIGKILL
    run(planted / "audit.toml", out=out, resume=True)
    assert bytes_of(out) == bytes_of(finished[1])
    assert not list(out.rglob("*.tmp"))
    assert (out / "records" / "_SUCCESS.json").is_file()
