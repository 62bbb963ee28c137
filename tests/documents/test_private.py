"""What stays with an audit: the salt, and ways that would name a person."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from auditor.documents.private import PRIVATE, find_location, find_way, keep_location, keep_salt, name_source
from auditor.errors import DataError
from auditor.result import AuditResult, load, read_document
from tests.test_packaging import make_document


@pytest.fixture
def people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of persons' folders."""
    home = tmp_path / "people" / "anna"
    (home / "photos").mkdir(parents=True)
    monkeypatch.setattr(Path, "home", lambda: home)
    return tmp_path / "people"


def test_an_audit_has_one_salt_that_only_its_owner_reads(tmp_path: Path) -> None:
    salt = keep_salt(tmp_path / "a")
    assert len(salt) == 32
    assert keep_salt(tmp_path / "a") == salt != keep_salt(tmp_path / "b")
    assert (tmp_path / "a" / PRIVATE).stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("content", ['{"salt": "no hex"}', '{"salt": 3}', "{", b"\xff"])
def test_a_salt_that_cannot_be_read_is_an_error_and_never_another_salt(tmp_path: Path, content: str | bytes) -> None:
    (tmp_path / PRIVATE).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=PRIVATE):
        keep_salt(tmp_path)


def test_a_way_through_the_folder_of_all_persons_is_kept_apart(people: Path) -> None:
    audit = people / "bob" / "out"
    audit.mkdir(parents=True)
    assert find_way(audit, people / "anna" / "photos") is None
    assert keep_location(audit, people / "anna" / "photos") == "photos"
    assert find_location(audit) == str((people / "anna" / "photos").resolve())
    salt = keep_salt(audit)  # beside it, in the same file
    assert find_location(audit) is not None
    assert keep_salt(audit) == salt


def test_a_way_inside_of_ones_own_folder_is_told(people: Path) -> None:
    (people / "anna" / "project" / "out").mkdir(parents=True)
    assert keep_location(people / "anna" / "project" / "out", people / "anna" / "photos") == "../../photos"
    assert not (people / "anna" / "project" / "out" / PRIVATE).exists()


def test_a_way_through_the_root_is_an_absolute_path_in_disguise(tmp_path: Path) -> None:
    assert find_way(tmp_path, Path(tmp_path.anchor) / "srv" / "photos") is None


def test_photographs_are_found_by_the_way_that_was_kept(people: Path) -> None:
    empty = pd.DataFrame({"image_id": ["a"]})
    result = AuditResult(
        make_document(), images=empty, attention=empty, regions=empty, images_folder=people / "anna" / "photos"
    )
    audit = result.save(people / "bob" / "out")
    assert "anna" not in (audit / "audit.json").read_text(encoding="utf-8")
    assert read_document(audit).data.images_folder == "photos"
    assert load(audit).images_folder == (people / "anna" / "photos").resolve()


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("resnet18", "resnet18"),
        ("net.py:make", "net.py:make"),
        ("nets/net.py:make", "nets/net.py:make"),
        ("/home/anna/net.py:make", "net.py:make"),
        ("~/net.py:make", "net.py:make"),
        (r"C:\Users\anna\net.py:make", "net.py:make"),
        (r"\\server\anna\net.pt", "net.pt"),
        ("torchscript:/home/anna/net.pt", "torchscript:net.pt"),
        ("package.module:make", "package.module:make"),
        ("org/model", "org/model"),
    ],
)
def test_a_source_is_named_without_folders(source: str, named: str) -> None:
    assert name_source(source) == named
