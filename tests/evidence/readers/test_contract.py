"""Every reader keeps the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PIL import Image

from auditor.errors import DataError
from auditor.evidence.readers import READERS
from auditor.evidence.readers.base import LINE

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, Path]:
    """A dataset of one image in every format."""
    (tmp_path / "photos" / "cat").mkdir(parents=True)
    Image.new("RGB", (4, 4)).save(tmp_path / "photos" / "cat" / "a.png")
    (tmp_path / "people.csv").write_text("image,label\ncat/a.png,cat\n")
    return {"csv": tmp_path / "people.csv", "class_folders": tmp_path / "photos"}


@pytest.mark.parametrize("name", READERS)
def test_text_columns_and_lines(sources: dict[str, Path], name: str) -> None:
    found = READERS[name](sources[name], attributes=None)
    assert found.rows[["image", "label"]].to_numpy().tolist() == [["cat/a.png", "cat"]]
    assert found.rows[LINE].dtype == "int64"
    assert set(found.attributes) <= set(found.rows.columns)
    assert (READERS[name].__doc__ or "").strip()


@pytest.mark.parametrize("name", READERS)
def test_nothing_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match="no such"):
        READERS[name](tmp_path / "nothing", attributes=None)
