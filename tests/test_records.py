"""The wall: what goes into a table comes out of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from auditor import records
from auditor.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path


@given(arrays(np.float64, (3, 5), elements=st.floats(0, 1, width=16)))
def test_grids_survive_packing(grid: np.ndarray) -> None:
    packed = records.pack_grid(grid, "float16")
    assert np.array_equal(records.unpack_grids([packed, packed], grid=(3, 5), dtype="float16")[1], grid)


@given(arrays(np.bool_, records.RASTER))
def test_rasters_survive_packing(raster: np.ndarray) -> None:
    packed = records.pack_raster(raster.astype(float))
    assert np.array_equal(records.unpack_rasters([packed])[0], raster)


def test_no_rows_unpack_to_empty_stacks() -> None:
    assert records.unpack_grids([], grid=(7, 7), dtype="float16").shape == (0, 7, 7)
    assert records.unpack_rasters([]).shape == (0, 64, 64)


@pytest.mark.parametrize("name", ["label", "status", "cam", "weights"])
def test_an_attribute_cannot_shadow_a_column(name: str) -> None:
    with pytest.raises(DataError, match=f"cannot be named '{name}'"):
        records.images_schema(["gender", name])


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"image_id": f"{k}.jpg", "label": "NA", "score": k / 7} for k in range(50)]
    for name in ("a", "b"):
        records.write_table(rows, tmp_path / name, schema=records.IMAGES)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_labels_such_as_na_stay_labels(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"image_id": name, "label": name} for name in ("NA", "null", "nan", "")]
    records.write_table(rows, tmp_path / "part", schema=records.IMAGES)
    table = records.read_tables([tmp_path / "part", tmp_path / "part"])
    assert table["label"].tolist() == ["NA", "null", "nan", ""] * 2
    assert table["correct"].isna().all()


def test_a_row_of_the_wrong_type_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="does not fit the table"):
        records.write_table([{"image_id": "a", "width": "wide"}], tmp_path / "part", schema=records.IMAGES)
