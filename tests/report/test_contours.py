"""Outlines: the drawn path holds what the raster holds, whatever its shape."""

from __future__ import annotations

import base64
import re

import numpy as np
import pytest
from PIL import Image, ImageDraw

from auditor.records import RASTER, pack_raster
from auditor.report.contours import outline, softened, trace

ROWS, COLUMNS = np.mgrid[: RASTER[0], : RASTER[1]] + 0.5
ROUND = np.hypot(ROWS - 30, COLUMNS - 34)
SHAPES = {
    "box": (ROWS > 8) & (ROWS < 40) & (COLUMNS > 16) & (COLUMNS < 48),
    "frame": np.ones(RASTER, dtype=bool),
    "touching two edges": (ROWS < 20) & (COLUMNS > 50),
    "ring": (ROUND < 22) & (ROUND > 12),
    "two discs": (np.hypot(ROWS - 15, COLUMNS - 15) < 9) | (np.hypot(ROWS - 45, COLUMNS - 47) < 12),
    "nothing": np.zeros(RASTER, dtype=bool),
}


def encoded(cells: np.ndarray) -> str:
    return base64.b64encode(pack_raster(cells.astype(float))).decode()


def loops(path: str) -> list[list[tuple[float, float]]]:
    parts = [part for part in path.removeprefix("M").split("M") if part]
    assert all(part.endswith("Z") for part in parts)
    return [[(float(x), float(y)) for x, y in (p.split() for p in part[:-1].split("L"))] for part in parts]


def filled(path: str) -> np.ndarray:
    """The path by the even-odd rule, eight pixels to a cell."""
    made = np.zeros((RASTER[0] * 8, RASTER[1] * 8), dtype=bool)
    for loop in loops(path):
        image = Image.new("1", made.shape[::-1])
        ImageDraw.Draw(image).polygon([(x * 8, y * 8) for x, y in loop], fill=1)
        made ^= np.asarray(image)
    return made


@pytest.mark.parametrize("name", SHAPES)
def test_the_path_holds_what_the_raster_holds(name: str) -> None:
    cells = SHAPES[name]
    inside = filled(outline(encoded(cells))).reshape(RASTER[0], 8, RASTER[1], 8).mean(axis=(1, 3))
    wide = np.pad(cells, 1, mode="edge")
    around = [wide[y : y + RASTER[0], x : x + RASTER[1]] for y in range(3) for x in range(3)]
    assert (inside[np.all(around, axis=0)] > 0.2).all()  # deeper than one cell; the line keeps off the frame's edge
    assert (inside[~np.any(around, axis=0)] == 0).all()


@pytest.mark.parametrize(("name", "count"), [("ring", 2), ("two discs", 2), ("box", 1), ("nothing", 0)])
def test_each_line_is_closed_once(name: str, count: int) -> None:
    assert len(list(trace(softened(SHAPES[name].astype(float))))) == count
    assert len(loops(outline(encoded(SHAPES[name])))) == count


def test_lines_are_short_and_within_the_frame() -> None:
    for cells in SHAPES.values():
        path = outline(encoded(cells))
        numbers = [float(one) for one in re.findall(r"[\d.]+", path)]
        assert len(path) < 900
        assert all(0.5 <= one <= 63.5 for one in numbers)


def test_noise_gives_closed_lines() -> None:
    noise = np.random.default_rng(0).random(RASTER) > 0.5
    assert all(len(loop) >= 3 for loop in trace(noise.astype(float)))
    assert outline(encoded(noise)).count("M") == outline(encoded(noise)).count("Z") > 10
