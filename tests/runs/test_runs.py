"""Runs survive: parts are there whole or not at all, and what changed is never mixed in."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from auditor import records, runs
from auditor.errors import DataError, UsageError
from auditor.runs import Shard, Unit
from auditor.runs.files import sha256

if TYPE_CHECKING:
    from pathlib import Path

SCHEMAS = {"images": records.IMAGES, "attention": records.attention_schema([]), "regions": records.REGIONS}
HEADER = {"fingerprints": {"plan": "a", "model": "b", "data": "c", "engine": "d"}}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    (tmp_path / "photos").mkdir()
    paths = {f"{k}.jpg": tmp_path / "photos" / f"{k}.jpg" for k in range(20)}
    for name, path in paths.items():
        path.write_bytes(name.encode())
    return paths


@pytest.fixture
def run(tmp_path: Path, files: dict[str, Path]) -> runs.Run:
    return runs.start(tmp_path / "out" / "records", HEADER, files)


def rows_of(unit: Unit, files: dict[str, Path]) -> dict[str, list[dict[str, Any]]]:
    images = [{"image_id": name, "sha256": sha256(files[name]), "status": "read"} for name in unit.image_ids]
    return {"images": images, "attention": [], "regions": []}


def do(run: runs.Run, files: dict[str, Path], *indexes: int) -> None:
    for index in indexes:
        run.commit(run.units[index], rows_of(run.units[index], files), schemas=SCHEMAS)


def test_units_are_slices_of_the_sorted_manifest(run: runs.Run) -> None:
    assert [len(unit.image_ids) for unit in run.units] == [8, 8, 4]
    assert [name for unit in run.units for name in unit.image_ids] == sorted(f"{k}.jpg" for k in range(20))


def test_a_committed_unit_is_not_pending(run: runs.Run, files: dict[str, Path]) -> None:
    do(run, files, 1)
    assert [unit.index for unit in run.pending()] == [0, 2]


def test_tables_come_in_the_order_of_the_manifest(run: runs.Run, files: dict[str, Path]) -> None:
    do(run, files, 2, 0, 1)
    assert run.tables()["images"]["image_id"].tolist() == sorted(files)


def test_unfinished_tables_are_refused(run: runs.Run, files: dict[str, Path]) -> None:
    do(run, files, 0)
    with pytest.raises(DataError, match="2 of 3 units are not done; run again with --resume"):
        run.tables()


def test_doing_a_unit_twice_is_harmless(run: runs.Run, files: dict[str, Path]) -> None:
    do(run, files, 0)
    before = sha256(run.folder / "unit-00000" / "images.parquet")
    do(run, files, 0)
    assert sha256(run.folder / "unit-00000" / "images.parquet") == before
    assert not list(run.folder.glob("*.tmp"))


@pytest.mark.parametrize("name", ["plan", "model", "data", "engine"])
def test_a_run_is_not_resumed_with_something_else(run: runs.Run, files: dict[str, Path], name: str) -> None:
    changed = {"fingerprints": {**HEADER["fingerprints"], name: "other"}}
    with pytest.raises(UsageError, match=f"was started with another {name}"):
        runs.resume(run.folder, changed, files)


@pytest.mark.parametrize(
    ("table", "then", "now", "told"),
    [
        ("interventions", {"images": 0}, {"images": 4}, r"interventions.images 0 then, 4 now"),
        ("interventions", {"fills": ("noise",)}, {"fills": ["noise"]}, ""),
        ("interventions", {"images": 4}, {"images": 4, "later": 1}, ""),
        ("audit", {"seed": 0, "title": "T"}, {"seed": 0, "title": "T2"}, ""),
    ],
)
def test_another_plan_is_told_in_its_own_words(
    run: runs.Run, files: dict[str, Path], table: str, then: dict[str, Any], now: dict[str, Any], told: str
) -> None:
    begun = runs.start(run.folder.parent / "planned", HEADER | {"plan": {table: then}}, files)
    asked = HEADER | {"plan": {table: now}}
    if not told:
        assert runs.resume(begun.folder, asked, files)[1] == []
        return
    with pytest.raises(UsageError, match=rf"was started with another plan \({told}\); choose another --out"):
        runs.resume(begun.folder, asked, files)


def test_a_folder_that_cannot_be_made_is_the_users_matter(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(UsageError, match=r"records: cannot be made: .*; choose another --out"),
        runs.locked(tmp_path / "file" / "records"),
    ):
        pass


def test_what_a_kill_left_aside_is_removed(run: runs.Run, files: dict[str, Path]) -> None:
    for name in ("unit-00001.host.77.tmp", "interventions.tmp", "checks.old"):
        (run.folder / name).mkdir()
    runs.resume(run.folder, HEADER, files)
    assert not [*run.folder.glob("*.tmp"), *run.folder.glob("*.old")]


def test_another_shards_work_is_left_alone(run: runs.Run, files: dict[str, Path]) -> None:
    (run.folder / "unit-00001.host.77.tmp").mkdir()
    runs.resume(run.folder, HEADER, files, shard=Shard(1, 2))
    assert list(run.folder.glob("*.tmp"))


@pytest.mark.parametrize("damage", ["garbage", "truncated", "missing"])
def test_a_broken_part_is_kept_aside_and_done_again(run: runs.Run, files: dict[str, Path], damage: str) -> None:
    do(run, files, 0, 1, 2)
    part = run.folder / "unit-00001" / "images.parquet"
    content = part.read_bytes()
    if damage == "missing":
        part.unlink()
    else:
        part.write_bytes(b"garbage" if damage == "garbage" else content[: len(content) // 2])
    resumed, notes = runs.resume(run.folder, HEADER, files)
    assert [unit.index for unit in resumed.pending()] == [1]
    assert "unit-00001 could not be read" in notes[0]
    assert (run.folder / "unit-00001.bad").is_dir()


def test_a_changed_image_is_noticed(run: runs.Run, files: dict[str, Path]) -> None:
    do(run, files, 0, 1, 2)
    files["19.jpg"].write_bytes(b"another picture")
    resumed, notes = runs.resume(run.folder, HEADER, files)
    assert [unit.index for unit in resumed.pending()] == [1]
    assert "1 images of unit-00001 changed on disk (19.jpg" in notes[0]
    do(resumed, files, 1)
    again, notes = runs.resume(run.folder, HEADER, files)
    assert (again.pending(), notes) == ([], [])


def test_a_touched_image_is_not_a_changed_one(run: runs.Run, files: dict[str, Path]) -> None:
    do(run, files, 0, 1, 2)
    files["19.jpg"].write_bytes(files["19.jpg"].read_bytes())
    resumed, notes = runs.resume(run.folder, HEADER, files)
    assert (resumed.pending(), notes) == ([], [])


def test_shards_share_out_the_units(run: runs.Run) -> None:
    shares = [{unit.index for unit in run.pending(Shard(k, 2))} for k in (1, 2)]
    assert shares == [{0, 2}, {1}]


@pytest.mark.parametrize("text", ["0/4", "5/4", "1", "a/b", "1/0", "-1/2", ""])
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="a shard is written i/N"):
        Shard.parse(text)


def test_a_run_is_held_against_others_and_let_go(run: runs.Run) -> None:
    refusal = pytest.raises(UsageError, match=r"process \d+ on .* is at work on this run")
    with runs.locked(run.folder), refusal, runs.locked(run.folder):
        pass
    with runs.locked(run.folder):
        pass


def test_the_success_mark_names_every_part(run: runs.Run, files: dict[str, Path]) -> None:
    do(run, files, 0, 1, 2)
    run.finish()
    text = (run.folder / "_SUCCESS.json").read_text(encoding="utf-8")
    assert text.count(".parquet") == 9
    assert '"images": 20' in text


def test_a_folder_without_a_run_is_refused(tmp_path: Path, run: runs.Run) -> None:
    with pytest.raises(DataError, match="holds no run"):
        runs.load(tmp_path)
    (run.folder / "manifest.parquet").write_bytes(b"garbage")
    with pytest.raises(DataError, match="holds no run"):
        runs.load(run.folder)
    shutil.rmtree(run.folder)
