"""Folders that cannot be written to are refused before anything takes long."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from auditor.errors import UsageError
from auditor.publishing.destinations import check_writable, make_folder

if TYPE_CHECKING:
    from pathlib import Path


def test_a_folder_that_can_be_made_is_not_made_yet(tmp_path: Path) -> None:
    check_writable(tmp_path / "new" / "er")
    assert list(tmp_path.iterdir()) == []
    make_folder(tmp_path / "new" / "er")
    make_folder(tmp_path / "new" / "er")
    assert (tmp_path / "new" / "er").is_dir()


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"file: is a file; --out names a folder"):
        check_writable(tmp_path / "file")
    with pytest.raises(UsageError, match=r"deep: .*file is a file; --out names a folder"):
        check_writable(tmp_path / "file" / "deep")


def test_a_folder_that_may_not_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, _: path != tmp_path)
    with pytest.raises(UsageError, match=r"^\S+: cannot be written; choose another --out"):
        check_writable(tmp_path)
    with pytest.raises(UsageError, match=rf"new/er: {tmp_path} cannot be written; choose another --out"):
        check_writable(tmp_path / "new" / "er")


def test_what_the_system_refuses_is_a_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot be made: .*; choose another --out"):
        make_folder(tmp_path / ("long" * 100))
