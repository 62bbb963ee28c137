"""The checks that every source's regions pass, and the contract of the sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from auditor.errors import DataError
from auditor.evidence.regions import REGION_SOURCES, find_regions
from auditor.evidence.regions.base import COLUMNS, EDGES, check_regions, make_rows

if TYPE_CHECKING:
    from pathlib import Path

FRAMES = pd.DataFrame(
    {"width": [40.0, 40.0, np.nan], "height": [30.0, 30.0, np.nan]}, index=["a.jpg", "b.jpg", "unreadable.jpg"]
)


SWAPPED = "the sides are swapped: say exif = 'apply' if regions are on upright pictures, 'ignore' if not"


def box(*edges: float, image: str = "a.jpg", region: str = "face", **more: Any) -> dict[str, Any]:
    return {"image": image, "region": region, **dict(zip(EDGES, edges, strict=True)), **more}


def check(*rows: dict[str, Any]) -> tuple[pd.DataFrame, list[str]]:
    made = make_rows(
        {
            name: [{"line": 7, "mask": ""}.get(name, np.nan) if name not in row else row[name] for row in rows]
            for name in COLUMNS
            if any(name in row for row in rows)
        }
    )
    good, faults = check_regions(made, FRAMES)
    return good, [str(fault) for fault in faults]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (box(1, 2, 3, 4, region=""), "the region has no name"),
        (box(1, 2, 3, 4, region="left:eye"), "region 'left:eye': a name cannot hold a colon"),
        (box(1, 2, 3, 4, image="c.jpg"), "region 'face' is for 'c.jpg', which the annotations do not list"),
        (box(1, np.nan, 3, 4), "box 'face' (1, nan, 3, 4) of 'a.jpg' is not made of finite numbers"),
        (box(5, 2, 3, 4), "box 'face' (5, 2, 3, 4) of 'a.jpg' is inverted: its maximum is below its minimum"),
        (box(1, 2, 1, 4), "box 'face' (1, 2, 1, 4) of 'a.jpg' is empty"),
        (box(1, 2, 41.5, 4), "box 'face' (1, 2, 41.5, 4) of 'a.jpg' leaves the image of 40 × 30 pixels"),
        (box(-2, 2, 5, 4), "box 'face' (-2, 2, 5, 4) of 'a.jpg' leaves the image of 40 × 30 pixels"),
        (box(40, 2, 40.5, 4), "box 'face' (40, 2, 40.5, 4) of 'a.jpg' covers nothing of its image"),
        (box(1, 2, 3, 4, width=50.0, height=30.0), "its boxes are for 50 × 30 pixels, 'a.jpg' has 40 × 30"),
        (
            box(1, 2, 3, 4, width=30.0, height=40.0),
            f"its boxes are for 30 × 40 pixels, 'a.jpg' has 40 × 30; {SWAPPED}",
        ),
        (box(1, 2, 3, 4, problem="odd"), "odd"),
    ],
)
def test_what_does_not_fit(row: dict[str, Any], fault: str) -> None:
    good, faults = check({**row, "line": 7, "file": "boxes.csv"})
    assert faults == [f"boxes.csv line 7: {fault}"]
    assert good.empty


def test_a_pixel_of_overhang_is_cut() -> None:
    good, faults = check(box(-1, -0.5, 41, 30.2))
    assert faults == []
    assert good[list(EDGES)].to_numpy().tolist() == [[0, 0, 40, 30]]


def test_half_a_union_is_no_region() -> None:
    good, faults = check(
        box(1, 2, 3, 4), box(9, 2, 3, 4), box(1, 2, 3, 4, region="hair"), box(1, 2, 3, 4, image="b.jpg")
    )
    assert len(faults) == 1
    assert list(zip(good["image"], good["region"], strict=True)) == [("a.jpg", "hair"), ("b.jpg", "face")]


def test_regions_of_images_that_cannot_be_read_are_no_faults() -> None:
    assert check(box(1, 2, 300, 400, image="unreadable.jpg"))[1] == []


def test_masks_must_have_the_size_of_the_image_and_be_one() -> None:
    mask = {
        "image": "a.jpg",
        "region": "face",
        "mask": "m.png",
        "width": 40.0,
        "height": 30.0,
        "file": "face/a.png",
        "line": 0,
    }
    assert check(mask)[1] == []
    assert check({**mask, "width": 39.0})[1] == ["face/a.png: the mask has 39 × 30 pixels, 'a.jpg' has 40 × 30"]
    assert check(mask, {**mask, "file": "face/a.jpg.png", "mask": "n.png"})[1] == [
        "face/a.jpg.png: is a second mask of region 'face' of 'a.jpg'"
    ]


numbers = st.one_of(st.sampled_from([0.0, 1.0, -1.0, 40.0, 41.0, 30.0, 31.0, np.nan, np.inf]), st.floats(-5, 45))


@settings(max_examples=60, deadline=None)
@given(edges=st.lists(st.tuples(numbers, numbers, numbers, numbers), min_size=1, max_size=4))
def test_every_box_is_good_or_named_once(edges: list[tuple[float, float, float, float]]) -> None:
    good, faults = check(*(box(*each, region=f"r{k}", line=k + 1) for k, each in enumerate(edges)))
    expected = []
    for k, (x_min, y_min, x_max, y_max) in enumerate(edges):
        finite = all(np.isfinite([x_min, y_min, x_max, y_max]))
        inside = finite and min(x_min, y_min) >= -1 and x_max <= 41 and y_max <= 31 and x_min <= 41 and y_min <= 31
        cut = (max(x_min, 0), max(y_min, 0), min(x_max, 40), min(y_max, 30))
        if inside and x_min < x_max and y_min < y_max and cut[0] < cut[2] and cut[1] < cut[3]:
            expected.append((f"r{k}", *cut))
    assert list(good[["region", *EDGES]].itertuples(index=False, name=None)) == expected
    assert len(faults) == len(edges) - len(expected)


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, Path]:
    """A 1 × 1 region at the top left of a.png, 4 × 4, in every form."""
    (tmp_path / "boxes.csv").write_text(
        "image,region,x_min,y_min,x_max,y_max\na.png,face,0,0,1,1\na.png,hair,2,2,4,4\n"
    )
    (tmp_path / "voc").mkdir()
    (tmp_path / "voc" / "a.xml").write_text(
        "<annotation><object><name>face</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>1</xmax><ymax>1</ymax></bndbox>"
        "</object></annotation>"
    )
    (tmp_path / "masks" / "face").mkdir(parents=True)
    Image.new("L", (4, 4)).save(tmp_path / "masks" / "face" / "a.png")
    return {"boxes": tmp_path / "boxes.csv", "voc": tmp_path / "voc", "masks": tmp_path / "masks"}


@pytest.mark.parametrize("name", REGION_SOURCES)
def test_contract_of_the_sources(sources: dict[str, Path], name: str) -> None:
    assert [key for key, path in sources.items() if REGION_SOURCES[name].recognises(path)] == [name]
    found = find_regions(sources[name], ["a.png"])
    assert list(found.rows.columns) == list(COLUMNS)
    assert found.rows.loc[0, ["image", "region", "problem"]].tolist() == ["a.png", "face", ""]
    assert found.rows.dtypes.equals(make_rows().dtypes)
    if name != "masks":
        assert found.rows.loc[0, list(EDGES)].tolist() == [0, 0, 1, 1]


def test_what_no_source_recognises(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file or folder of regions"):
        find_regions(tmp_path / "x.csv", [])
    with pytest.raises(
        DataError, match="not a source of regions; expected a CSV file of boxes, a folder of Pascal VOC"
    ):
        find_regions(tmp_path, [])
