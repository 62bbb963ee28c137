"""Render a labelled picture set of doctors and nurses: drawn people in drawn rooms, with exact boxes.

Every picture depends on the seed, its own number, its label and the person's gender alone, so any one can be drawn
by itself. Gender shows in face and hair only; the profession shows in clothes and stethoscope only.
"""

from __future__ import annotations

import argparse
import csv
import io
import zlib
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from clothes import draw_trunk
from hair import draw_hair_behind, draw_hair_front
from heads import Head, draw_face
from limbs import draw_arm, draw_badge, draw_held, draw_stethoscope
from outfits import Figure, sample_outfit
from paint import REGIONS, Canvas, Place, tile
from people import sample_body, sample_features
from PIL import Image, ImageFilter
from rooms import draw_front, draw_room

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

SIZE = 256
CLASSES = ("doctor", "nurse")
ROSTER = 1 << 20

Box = tuple[int, int, int, int]
Boxes = dict[str, Box]
Scene = tuple[Image.Image, Boxes]


@dataclass(frozen=True)
class Person:
    """One row of people.csv: the number of the picture, what it is labelled, and the gender it shows."""

    number: int
    label: str
    gender: str


def stream(seed: int, number: int, part: str) -> np.random.Generator:
    """Open the random stream of one part of one picture; no part disturbs another."""
    return np.random.default_rng([seed, number, zlib.crc32(part.encode())])


def draw_roster(count: int, *, seed: int, men: dict[str, float]) -> list[Person]:
    """List who is in each picture: half doctors, exact (rounded) shares of men in each class, in shuffled order."""
    sizes = {"doctor": (count + 1) // 2, "nurse": count // 2}
    roles = []
    for label, size in sizes.items():
        male = int(np.floor(men[label] * size + 0.5))
        roles += [(label, "man")] * male + [(label, "woman")] * (size - male)
    order = np.random.default_rng([seed, ROSTER]).permutation(len(roles))
    return [Person(number, *roles[place]) for number, place in enumerate(order.tolist(), start=1)]


def draw_scene(person: Person, *, seed: int) -> Scene:
    """Draw one picture before the camera's noise, and the box of each region that can be seen in it."""
    rng = stream(seed, person.number, "light")
    side = 1.0 if rng.random() < 0.5 else -1.0
    light = (side * float(rng.uniform(0.3, 0.9)), -float(rng.uniform(0.3, 0.8)))
    back = Canvas(SIZE, 1.0, light, stream(seed, person.number, "room"))
    draw_room(back)
    blurred = back.image.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.6, 2.2))))
    canvas = Canvas(SIZE, 1.5, light, stream(seed, person.number, "texture"))
    canvas.image = blurred.resize(canvas.image.size, Image.Resampling.BILINEAR)
    _draw_person(canvas, person, seed=seed)
    canvas.rng = stream(seed, person.number, "front")
    draw_front(canvas)
    image = canvas.image.resize((SIZE, SIZE), Image.Resampling.BOX)
    return image, find_boxes(canvas.regions, scale=canvas.scale)


def _draw_person(canvas: Canvas, person: Person, *, seed: int) -> None:
    """Paint the person from back to front; each part has its own texture stream, so none disturbs another."""
    body = sample_body(stream(seed, person.number, "body"))
    face = sample_features(stream(seed, person.number, "face"), person.gender, body=body)
    wear = sample_outfit(stream(seed, person.number, "wear"), person.label)
    head = Head(body, face, Place(body.x, body.chin - body.head / 2, body.head / 2, body.tilt))
    trunk = Place(body.x - 0.1 * body.yaw * body.head, body.chin + 0.2 * body.head, body.head, body.lean)
    figure = Figure(body, wear, trunk)
    canvas.rng = stream(seed, person.number, "hair behind")
    draw_hair_behind(canvas, head)
    canvas.rng = stream(seed, person.number, "clothes")
    draw_trunk(canvas, figure)
    draw_badge(canvas, figure)
    draw_stethoscope(canvas, figure)
    for side in (-1.0, 1.0):
        draw_arm(canvas, figure, side)
    draw_held(canvas, figure)
    canvas.rng = stream(seed, person.number, "head")
    draw_face(canvas, head)
    draw_hair_front(canvas, head)


def find_boxes(regions: Image.Image, *, scale: float) -> Boxes:
    """Box the visible pixels of each region, in whole pixels of the final picture; a region out of sight has no box."""
    seen = np.asarray(regions)
    boxes: Boxes = {}
    for name, value in REGIONS.items():
        inside = seen == value
        if inside.sum() < 12 * scale * scale:
            continue
        rows, columns = np.flatnonzero(inside.sum(axis=1) > 1), np.flatnonzero(inside.sum(axis=0) > 1)
        if not rows.size or not columns.size:
            continue
        low = [int(edge[0] / scale) for edge in (columns, rows)]
        high = [min(SIZE, int(np.ceil((edge[-1] + 1) / scale))) for edge in (columns, rows)]
        boxes[name] = (low[0], low[1], high[0], high[1])
    return boxes


def photograph(scene: Image.Image, rng: np.random.Generator) -> bytes:
    """Take the picture: light colour, exposure, vignette, focus, sensor noise and JPEG of varied quality."""
    if rng.random() < 0.5:
        scene = scene.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.2, 0.9))))
    pixels: NDArray[np.float32] = np.asarray(scene, dtype=np.float32)
    warm = float(rng.normal(0, 0.045))
    colour = np.array([1 + warm, 1 + float(rng.normal(0, 0.012)), 1 - warm], dtype=np.float32) * float(
        rng.uniform(0.8, 1.12)
    )
    across = np.linspace(-1, 1, SIZE, dtype=np.float32)
    slope = float(rng.uniform(-0.12, 0.12)) * across[None, :] - float(rng.uniform(0.0, 0.14)) * across[:, None]
    fall = 1 + slope - float(rng.uniform(0.0, 0.14)) * (across[None, :] ** 2 + across[:, None] ** 2)
    contrast = float(rng.uniform(0.82, 1.15))
    pixels = ((pixels - 120) * contrast + 120) * (fall[..., None] * colour)
    noise = rng.standard_normal((SIZE, SIZE, 1), dtype=np.float32)
    pixels += float(rng.uniform(1.0, 5.0)) * (noise + 0.5 * (tile("grain")[:SIZE, :SIZE, None]))
    stored = io.BytesIO()
    shot = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    shot.save(stored, "JPEG", quality=int(rng.integers(55, 93)))
    return stored.getvalue()


def draw_photo(person: Person, *, seed: int) -> tuple[bytes, Boxes]:
    """Draw one picture alone: its JPEG bytes and its boxes (x_min, y_min, x_max, y_max) in pixels."""
    scene, boxes = draw_scene(person, seed=seed)
    return photograph(scene, stream(seed, person.number, "camera")), boxes


def render(folder: str | Path, *, count: int, seed: int, men: dict[str, float] | None = None) -> None:
    """Write photos/, people.csv and regions.csv for `count` people; `men` gives the share of men in each class."""
    target = Path(folder)
    (target / "photos").mkdir(parents=True, exist_ok=True)
    roster = draw_roster(count, seed=seed, men={"doctor": 0.5, "nurse": 0.5} | (men or {}))
    people, regions = [], []
    with ProcessPoolExecutor() as pool:
        drawn = list(pool.map(partial(draw_photo, seed=seed), roster, chunksize=20))
    for person, (photo, boxes) in zip(roster, drawn, strict=True):
        name = f"{person.number:04d}.jpg"
        (target / "photos" / name).write_bytes(photo)
        people.append((name, person.label, person.gender, f"person-{seed}-{person.number:04d}"))
        regions += [(name, region, *box) for region, box in boxes.items()]
    _write_table(target / "people.csv", ("image", "label", "gender", "group_id"), people)
    _write_table(target / "regions.csv", ("image", "region", "x_min", "y_min", "x_max", "y_max"), regions)


def _write_table(path: Path, header: tuple[str, ...], rows: Sequence[tuple[str | int, ...]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main() -> None:
    """Read the command line and render."""
    parser = argparse.ArgumentParser(description="Render pictures of doctors and nurses with exact boxes.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--men", nargs=2, type=float, default=(0.5, 0.5), metavar=("DOCTORS", "NURSES"), help="share of men"
    )
    chosen = parser.parse_args()
    render(chosen.folder, count=chosen.count, seed=chosen.seed, men=dict(zip(CLASSES, chosen.men, strict=True)))


if __name__ == "__main__":
    main()
