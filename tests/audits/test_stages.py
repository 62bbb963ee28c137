"""The stages that follow the first look: regions hidden and maps tested, cut off and gone on with like the first."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import auditor
from auditor import testing
from auditor.analysis.compilation import gather
from auditor.analysis.design import plan_trials
from auditor.errors import UnfinishedError, UsageError
from auditor.pipeline import run
from auditor.plans.plan import Audit
from auditor.runs import Shard, load
from auditor.trials import DELETION_KINDS, HEADS, STAGES

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 40
LATER = [name for tables in STAGES.values() for name in tables]
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
[audit]
attributes = ["site"]
[interventions]
controls = 2
"""


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = testing.plant(tmp_path_factory.mktemp("planted"), count=COUNT, seed=3)
    (folder / "audit.toml").write_text(PLAN, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def calm(planted: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[auditor.AuditResult, Path]:
    """A run that nobody disturbed."""
    out = tmp_path_factory.mktemp("calm") / "out"
    return run(planted / "audit.toml", out=out, devices=["cpu"]), out


@pytest.fixture
def copied(calm: tuple[auditor.AuditResult, Path], tmp_path: Path) -> Path:
    """A copy of it that a test may go on with."""
    return shutil.copytree(calm[1], tmp_path / "copied")


def bytes_of(out: Path) -> dict[str, bytes]:
    records = out / "records"
    return {str(path.relative_to(records)): path.read_bytes() for path in sorted(records.rglob("unit-*/*.parquet"))}


def times_of(folder: Path) -> dict[str, int]:
    return {path.parent.name: path.stat().st_mtime_ns for path in sorted(folder.glob("unit-*/*.parquet"))}


def changed(planted: Path, **overrides: Any) -> Audit:
    return Audit.from_toml(planted / "audit.toml", overrides={f"interventions.{k}": v for k, v in overrides.items()})


def test_every_planned_trial_is_done_once(calm: tuple[auditor.AuditResult, Path]) -> None:
    result, out = calm
    evidence = gather(
        load(out / "records").header, {name: getattr(result, name) for name in ("images", "attention", "regions")}
    )
    keys = ["image_id", "region", "fill", "place", "attribute", "donor_group", "donor"]
    planned = pd.DataFrame(plan_trials(evidence, fills=["noise", "mean", "swap"], controls=2))[keys]
    of_regions = result.interventions[result.interventions["region"].isin(["patch", "tag"])][keys]
    done, wanted = (
        table.astype(object).where(table.notna(), None).sort_values(keys[:4] + keys[5:6]).to_numpy().tolist()
        for table in (of_regions, planned)
    )
    assert done == wanted
    assert set(of_regions["fill"]) == {"noise", "mean", "swap"}


def test_hiding_what_decides_takes_its_margin_away(calm: tuple[auditor.AuditResult, Path]) -> None:
    trials = calm[0].interventions
    mean = trials[(trials["fill"] == "mean") & (trials["place"] == 0)].set_index("region")
    assert (mean.loc["patch", "margin"] < 0.3 * mean.loc["patch", "margin_before"]).all()
    assert (mean.loc["tag", "margin"] / mean.loc["tag", "margin_before"] > 0.9).all()


def test_every_check_is_there(calm: tuple[auditor.AuditResult, Path]) -> None:
    result, _ = calm
    assert set(result.deletions["kind"]) == set(DELETION_KINDS)
    assert {f"head-{k}" for k in range(HEADS)} < set(result.randomised["kind"])
    document = result.document
    assert document.protocol is not None
    assert document.protocol.passes == len(result.interventions)
    assert document.protocol.agreeing == ["mean", "noise"]
    assert {(finding.region, finding.attribute) for finding in document.findings} >= {("tag", None), ("patch", "site")}


def test_the_later_tables_load_and_survive_saving(calm: tuple[auditor.AuditResult, Path], tmp_path: Path) -> None:
    result, out = calm
    loaded = auditor.load(out)
    saved = auditor.load(loaded.save(tmp_path / "saved"))
    for name in LATER:
        assert len(getattr(result, name)) > 0
        for other in (loaded, saved):
            pd.testing.assert_frame_equal(getattr(other, name), getattr(result, name))


def test_saving_leaves_nothing_of_an_earlier_save(calm: tuple[auditor.AuditResult, Path], tmp_path: Path) -> None:
    result, _ = calm
    result.save(tmp_path)
    tables = {name: getattr(result, name) for name in ("images", "attention", "regions")}
    auditor.AuditResult(result.document, **tables).save(tmp_path)
    assert all(getattr(auditor.load(tmp_path), name).empty for name in LATER)


@pytest.mark.slow
def test_a_stage_that_was_killed_goes_on_to_the_same_bytes(
    calm: tuple[auditor.AuditResult, Path], planted: Path, tmp_path: Path
) -> None:
    out = tmp_path / "killed"
    shutil.copytree(calm[1], out, ignore=shutil.ignore_patterns("audit.json", *STAGES))
    hiding = out / "records" / "interventions"
    call = f"run({str(planted / 'audit.toml')!r}, out={str(out)!r}, resume=True, devices=['cpu'])"
    process = subprocess.Popen([sys.executable, "-c", f"from auditor.pipeline import run; {call}"])
    while process.poll() is None and not list(hiding.glob("unit-*[0-9]")):
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert process.returncode == -signal.SIGKILL
    assert not (hiding / "_SUCCESS.json").is_file()
    before = times_of(hiding)
    result = run(planted / "audit.toml", out=out, resume=True, devices=["cpu"])
    assert bytes_of(out) == bytes_of(calm[1])
    assert not list(out.rglob("*.tmp"))
    assert before.items() <= times_of(hiding).items()
    assert result.document.findings == calm[0].document.findings


@pytest.mark.parametrize(
    ("key", "value", "then", "now"),
    [("images", 0, "1000", "0"), ("controls", 1, "2", "1"), ("fills", ["mean", "noise"], "", r'\["mean", "noise"\]')],
)
def test_a_run_is_not_resumed_with_other_interventions(
    copied: Path, planted: Path, key: str, value: Any, then: str, now: str
) -> None:
    """It would say one thing of its plan and another of what was done, or lose what was."""
    before = {path: path.read_bytes() for path in sorted(copied.rglob("*")) if path.is_file()}
    told = rf"another plan \(interventions\.{key} .*{then} then, {now} now\); choose another --out, or --force"
    with pytest.raises(UsageError, match=told):
        run(changed(planted, **{key: value}), out=copied, resume=True, devices=["cpu"])
    assert {path: path.read_bytes() for path in before} == before


def test_a_resumed_run_bears_the_title_that_it_is_given(copied: Path, planted: Path) -> None:
    titled = Audit.from_toml(planted / "audit.toml", overrides={"audit.title": "T2"})
    document = run(titled, out=copied, resume=True, devices=["cpu"]).document
    assert (document.title, document.plan["audit"]["title"]) == ("T2", "T2")
    assert load(copied / "records").header["title"] == auditor.load(copied).document.title == "T2"


def test_a_changed_image_is_hidden_and_tested_again(copied: Path, planted: Path, tmp_path: Path) -> None:
    own = shutil.copytree(planted, tmp_path / "own")
    shutil.copy(own / "photos" / "0001.png", own / "photos" / "0000.png")
    resumed = run(own / "audit.toml", out=copied, resume=True, devices=["cpu"])
    afresh = run(own / "audit.toml", out=tmp_path / "afresh", devices=["cpu"], force=True)
    assert bytes_of(copied) == bytes_of(tmp_path / "afresh")
    assert resumed.document.findings == afresh.document.findings


def test_what_resumes_whole_is_not_done_again(copied: Path, planted: Path) -> None:
    records = copied / "records"
    before = [times_of(records / name) for name in STAGES]
    run(planted / "audit.toml", out=copied, resume=True, devices=["cpu"])
    assert [times_of(records / name) for name in STAGES] == before


def test_no_images_hides_nothing_and_says_so(copied: Path, planted: Path) -> None:
    out = copied.parent / "none"
    result = run(changed(planted, images=0), out=out, devices=["cpu"])
    assert result.document.protocol is None
    assert result.document.findings == []
    assert result.interventions.empty
    loaded = auditor.load(out)
    assert all(getattr(loaded, name).empty for name in LATER)
    assert not any((out / "records" / name).exists() for name in STAGES)


def test_an_unknown_fill_is_refused_before_anything_is_loaded(planted: Path, tmp_path: Path) -> None:
    plan = Audit.from_toml(
        planted / "audit.toml",
        overrides={
            "interventions.fills": ["mean", "nois"],
            "data.annotations": str(tmp_path / "missing.csv"),
            "model.source": "no_such_module:model",
        },
    )
    with pytest.raises(UsageError, match=r"'nois'.*nearest: 'noise'"):
        run(plan, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("fills", "fault"),
    [
        (["noise", "noise"], "each way once is expected, found 'noise' 2 times"),
        (["noise"], "at least two ways .* expected two or more of noise, mean, inpaint.*, found noise;"),
        (["noise", "swap", "blur"], "at least two ways .* found noise, swap, blur;"),
        ([], "at least two ways .* found none;"),
    ],
)
def test_fills_that_cannot_agree_are_refused(planted: Path, tmp_path: Path, fills: list[str], fault: str) -> None:
    with pytest.raises(UsageError, match=rf"interventions\.fills: {fault}"):
        run(changed(planted, fills=fills), out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_without_regions_none_is_hidden(planted: Path, tmp_path: Path) -> None:
    text = (planted / "audit.toml").read_text(encoding="utf-8")
    kept = text.replace('regions = "regions.csv"\n', "").replace('[data.roles]\npatch = "core"\n', "")
    shutil.copytree(planted, tmp_path / "own")
    (tmp_path / "own" / "audit.toml").write_text(kept, encoding="utf-8")
    result = run(tmp_path / "own" / "audit.toml", out=tmp_path / "out", devices=["cpu"])
    assert not result.document.findings or all(":" not in finding.region for finding in result.document.findings)
    assert result.interventions.empty or set(result.interventions["fill"]).isdisjoint({"mean", "noise", "swap"})


def test_shards_take_turns_through_the_stages(
    calm: tuple[auditor.AuditResult, Path], planted: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    for turn in (1, 2, 1):
        with pytest.raises(UnfinishedError, match=rf"shard {turn}/2 is done; \d+ of \d+ units remain with others"):
            run(planted / "audit.toml", out=out, shard=Shard(turn, 2), devices=["cpu"])
    result = run(planted / "audit.toml", out=out, shard=Shard(2, 2), devices=["cpu"])
    assert bytes_of(out) == bytes_of(calm[1])
    assert result.document.findings == calm[0].document.findings
