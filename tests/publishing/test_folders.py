"""What in an output folder is an audit's, and what is somebody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from auditor.errors import UsageError
from auditor.publishing.folders import check_inputs, find_foreign, holds_audit, is_begun, list_ours, remove

if TYPE_CHECKING:
    from pathlib import Path

RECORDED = (
    "run.json", "run.json.tmp", "manifest.parquet", "_SUCCESS.json", "summary.json", "unit-00000/images.parquet",
    "unit-00001.bad/images.parquet", "unit-00002.host.7.tmp/x", "interventions/run.json", "checks.old/x",
    "interventions.tmp/run.json",
)  # fmt: skip


def fill(home: Path, *names: str, text: str = "{}") -> None:
    for name in names:
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(text, encoding="utf-8")


def test_records_are_ours_by_their_names(tmp_path: Path) -> None:
    fill(tmp_path, *(f"records/{name}" for name in RECORDED))
    fill(tmp_path, "records/.lock-1-of-1", "records/unit-1.txt", "records/runs.json", "records/patients/p1.txt")
    assert {path.name for path in list_ours(tmp_path)} == {name.split("/")[0] for name in RECORDED}
    remove(list_ours(tmp_path))
    kept = {path.name for path in (tmp_path / "records").iterdir()}
    assert kept == {".lock-1-of-1", "unit-1.txt", "runs.json", "patients"}


def test_a_link_is_removed_and_not_what_it_leads_to(tmp_path: Path) -> None:
    fill(tmp_path / "mine", "x")
    (tmp_path / "out" / "records").mkdir(parents=True)
    (tmp_path / "out" / "records" / "checks").symlink_to(tmp_path / "mine", target_is_directory=True)
    remove(list_ours(tmp_path / "out"))
    assert (tmp_path / "mine" / "x").is_file()
    assert not list((tmp_path / "out" / "records").iterdir())


@pytest.mark.parametrize(
    ("name", "text", "held"),
    [
        ("audit.json", '{"schema_version": "1"}', True),
        ("records/run.json", '{"fingerprints": {}}', True),
        ("audit.json", '{"vulnerabilities": 3}', False),
        ("records/run.json", '{"distance": "10 km"}', False),
        ("audit.json", "no JSON", False),
        ("audit.json", "[]", False),
    ],
)
def test_an_audit_is_told_by_what_it_says(tmp_path: Path, *, name: str, text: str, held: bool) -> None:
    fill(tmp_path, name, text=text)
    assert holds_audit(tmp_path) is held
    assert (find_foreign(tmp_path) is None) is held


def test_what_bears_our_names_without_an_audit_is_somebody_elses(tmp_path: Path) -> None:
    fill(tmp_path, "notes.txt", "csv/people.csv")
    assert find_foreign(tmp_path) is None
    for name in ("csv/findings.csv", "summary.md", "records/patients/p1.txt"):
        home = tmp_path / name.replace("/", "-")
        fill(home, name)
        assert find_foreign(home) is not None
        assert not is_begun(home)


def test_a_run_that_was_cut_off_at_its_start_is_ours(tmp_path: Path) -> None:
    assert not is_begun(tmp_path)
    fill(tmp_path, "records/.lock-1-of-1", "records/.lock-1-of-1.owner", "records/manifest.parquet.tmp")
    assert is_begun(tmp_path)
    assert not holds_audit(tmp_path)


def test_inputs_lie_elsewhere(tmp_path: Path) -> None:
    fill(tmp_path, "csv/images.csv", "records/unit-00000/images.parquet", "photos/a.jpg", "csv/mine.csv")
    check_inputs([tmp_path], [tmp_path / "photos", tmp_path / "csv" / "mine.csv", tmp_path / "nowhere"])
    for name in ("csv/images.csv", "records/unit-00000", "records/unit-00000/images.parquet"):
        with pytest.raises(UsageError, match=r"is read by this audit, and lies where an audit in .* writes; move it"):
            check_inputs([tmp_path], [tmp_path / name])
