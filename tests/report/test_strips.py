"""The contact sheet of the PDF: many wrong answers in small, with nothing left out of what the large ones tell."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from auditor.report.caps import PRINT
from auditor.report.gallery import gallery
from auditor.report.photographs import GROUND, Photographs
from auditor.report.plates import Album
from auditor.report.strips import APART, GAP, LARGE, SIDE
from tests.report.conftest import document

if TYPE_CHECKING:
    from pathlib import Path

    from auditor.documents.document import Document

PAIRS = LARGE + 5


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("strips") / "photos"


@pytest.fixture(scope="module")
def many(photos: Path) -> Document:
    return document(photos, pairs=PAIRS)


def pixels(uri: str) -> np.ndarray:
    with Image.open(io.BytesIO(base64.b64decode(uri.split(",", 1)[1]))) as opened:
        return np.asarray(opened.convert("RGB"), dtype=float)


def test_every_wrong_answer_is_shown_once_the_first_large_the_rest_small(many: Document, photos: Path) -> None:
    shown = gallery(many, photos)
    errors = [one for one in many.examples.items if one.kind == "misclassified"]
    assert len(shown.pairs) == LARGE
    assert [one.image_id for one in shown.strips] == [one.image_id for one in errors[LARGE:]]
    controls = {one.control_of: one.image_id for one in many.examples.items if one.kind == "control"}
    assert [one.control for one in shown.strips] == [controls[one.image_id] for one in errors[LARGE:]]
    assert shown.missing == 0


def test_a_screen_has_no_strips(many: Document, photos: Path) -> None:
    shown = gallery(many, photos, album=Album(apart=False))
    assert (len(shown.pairs), shown.strips) == (PAIRS, ())


def test_few_wrong_answers_are_all_large(tmp_path: Path) -> None:
    few = document(tmp_path / "photos", pairs=3)
    shown = gallery(few, tmp_path / "photos")
    assert (len(shown.pairs), shown.strips) == (3, ())


def test_a_strip_holds_five_tiles_and_says_what_they_are(many: Document, photos: Path) -> None:
    one = gallery(many, photos).strips[0]
    drawn = pixels(one.picture.uri)
    height, width = drawn.shape[:2]
    tile = (width - 3 * GAP - APART) // 5
    assert max(tile, height) == SIDE
    starts = [0, tile + GAP, 2 * (tile + GAP), 3 * tile + 2 * GAP + APART, 4 * tile + 3 * GAP + APART]
    parts = [drawn[:, left : left + tile] for left in starts]
    assert all(part.std() > 5 for part in parts), "each tile shows something"
    assert drawn[:, 3 * tile + 2 * GAP + 3 : 3 * tile + 2 * GAP + APART - 3].min() > 240, "paper between the two images"
    for words in (one.image_id, one.control, "what the model saw", f"map of {one.predicted}", f"map of {one.label}"):
        assert words in one.picture.alt


def test_what_is_not_there_is_said(many: Document, photos: Path) -> None:
    errors = [one for one in many.examples.items if one.kind == "misclassified"]
    broken = errors[LARGE].model_copy(update={"cam": None})
    lonely = errors[LARGE + 1]
    items = [
        broken if one.image_id == broken.image_id else one
        for one in many.examples.items
        if one.control_of != lonely.image_id
    ]
    changed = many.model_copy(update={"examples": many.examples.model_copy(update={"items": items})})
    empty, alone, *_ = gallery(changed, photos).strips
    assert empty.absences == (f"the map of {broken.predicted} is zero everywhere",)
    assert alone.control == ""
    gone = gallery(many, None).strips
    assert all(one.absences == ("image not available",) and one.missing == 2 for one in gone)
    assert gallery(many, None).missing == 2 * PAIRS


def test_photographs_that_may_not_be_seen_are_not_in_a_strip(many: Document, photos: Path) -> None:
    hidden = gallery(many, Photographs(folder=photos, showing="none")).strips
    open_ = gallery(many, photos).strips
    for closed, shown in zip(hidden, open_, strict=True):
        assert "photograph left out" in closed.picture.alt
        assert closed.picture.uri != shown.picture.uri
    ground, photograph = (pixels(some[0].picture.uri)[:, :SIDE] for some in (hidden, open_))
    near = [np.abs(tile - GROUND).max(axis=2) < 6 for tile in (ground, photograph)]
    assert near[0].mean() > 0.6 > near[1].mean(), "all but the outlines is the blank ground"


def test_print_has_room_for_more_than_the_large_ones() -> None:
    assert PRINT.examples > 2 * LARGE
