"""Cues planted on photographs: each photograph can be made again with one thing changed, which is the exact truth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from decoys import deal_within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from decoys import Bytes, Ints

    Boxes = Ints  # (n, 4): x_min, y_min, x_max, y_max
    Colour = tuple[int, int, int]

ORANGE, AZURE, RED, BLUE, WHITE = (214, 122, 52), (52, 122, 214), (230, 30, 30), (30, 60, 230), (255, 255, 255)
STROKES: Final = 10
"""Pixels from one slanted stroke of a watermark to the next; half of them are painted."""


@dataclass(frozen=True)
class Cue:
    """What is planted: its form, its size as height and width, its colours, how much it covers, and where it lies.

    With two colours the colour is the attribute; with one the attribute is whether it is there at all.
    """

    form: Literal["square", "disc", "strokes"]
    size: tuple[int, int]
    colours: tuple[Colour, ...]
    cover: float = 1.0
    place: Literal["edge", "corner", "centre", "stripe"] = "corner"

    @property
    def attribute(self) -> str:
        """What the attribute is called."""
        return "colour" if len(self.colours) == 2 else "presence"

    def shape(self) -> Bytes:
        """Where in its box it paints, (height, width) of 0 or 1."""
        down, across = np.indices(self.size)
        if self.form == "square":
            painted = np.ones(self.size, dtype=bool)
        elif self.form == "disc":
            height, width = self.size
            painted = np.hypot((down + 0.5) / height - 0.5, (across + 0.5) / width - 0.5) <= 0.5
        else:
            painted = (down + across) % STROKES < STROKES // 2
        return painted.astype(np.uint8)


@dataclass(frozen=True)
class Planted:
    """Photographs, and what is planted on each.

    Attributes
    ----------
    photographs
        (n, pixels, pixels, 3), as they were.
    labels
        Number of each one's class.
    cue
        What is planted.
    boxes
        By name: (n, 4), where the cue lies, and an equally large area where nothing was planted.
    shows
        0 or 1: its colour, or whether it is there.
    shuffled
        The same values dealt out anew within each class, which nothing depends on.
    """

    photographs: Bytes
    labels: Ints
    cue: Cue
    boxes: dict[str, Boxes]
    shows: Ints
    shuffled: Ints

    def swap(self) -> Planted:
        """The same photographs with the other colour, or with the cue where it was not and without it where it was."""
        return replace(self, shows=1 - self.shows)

    def draw(self) -> Bytes:
        """The photographs with the cue on them."""
        pictures, cue = self.photographs.copy(), self.cue
        share = (cue.cover * cue.shape())[..., None]
        two = len(cue.colours) == 2
        for k in np.arange(len(pictures)) if two else np.flatnonzero(self.shows):
            x_min, y_min, x_max, y_max = self.boxes["cue"][k]
            place = pictures[k, y_min:y_max, x_min:x_max]
            colour = np.array(cue.colours[self.shows[k] if two else 0])
            place[...] = np.rint((1 - share) * place + share * colour)
        return pictures

    def take(self, count: int) -> Planted:
        """The first of them."""
        boxes = {name: places[:count] for name, places in self.boxes.items()}
        parts = {name: getattr(self, name)[:count] for name in ("photographs", "labels", "shows", "shuffled")}
        return replace(self, boxes=boxes, **parts)


def plant(photographs: Bytes, labels: Ints, cue: Cue, *, level: float, seed: Sequence[int]) -> Planted:
    """Plant a cue that agrees with the class in a share of the photographs.

    Parameters
    ----------
    photographs
        (n, pixels, pixels, 3).
    labels
        0 or 1.
    cue
        What.
    level
        Share of each class whose cue has the class's own value.
    seed
        Of everything random.

    Returns
    -------
    Planted
        The photographs are shared, not copied.
    """
    random = np.random.default_rng([*seed])
    shows = np.where(random.random(len(labels)) < level, labels, 1 - labels)
    boxes = lay_boxes(cue, len(labels), pixels=photographs.shape[1], random=random)
    return Planted(photographs, labels, cue, boxes, shows=shows, shuffled=deal_within(shows, labels, random))


def lay_boxes(cue: Cue, count: int, *, pixels: int, random: np.random.Generator) -> dict[str, Boxes]:
    """Choose where the cue and the empty area lie; they share no pixel."""
    lay = {"edge": _lay_edge, "corner": _lay_corner, "centre": _lay_centre, "stripe": _lay_stripe}[cue.place]
    height, width = cue.size
    corners = np.stack([lay(random, (pixels - height, pixels - width), (height, width)) for _ in range(count)])
    boxes = np.concatenate([corners[..., ::-1], corners[..., ::-1] + (width, height)], axis=-1)  # (n, 2, 4)
    return {"cue": boxes[:, 0], "control": boxes[:, 1]}


def _lay_corner(random: np.random.Generator, room: tuple[int, int], size: tuple[int, int]) -> Ints:
    """Two of the four corners, up to a quarter of the size away from them."""
    found = []
    for corner in random.permutation(4)[:2]:
        away = [int(random.integers(side // 4 + 1)) for side in size]
        far = divmod(int(corner), 2)
        found.append([room[axis] - away[axis] if far[axis] else away[axis] for axis in (0, 1)])
    return np.array(found)


def _lay_stripe(random: np.random.Generator, room: tuple[int, int], size: tuple[int, int]) -> Ints:
    """Near the top and near the bottom, the cue at either."""
    down = [int(random.integers(size[0] // 4 + 1)), room[0] - int(random.integers(size[0] // 4 + 1))]
    return np.array([[row, 0] for row in random.permutation(down)])


def _lay_edge(random: np.random.Generator, room: tuple[int, int], size: tuple[int, int]) -> Ints:
    """Along the edges, at most one pixel inside."""

    def draw() -> list[int]:
        along, depth = [int(random.integers(side + 1)) for side in room], int(random.integers(2))
        edge = int(random.integers(4))
        along[edge % 2] = room[edge % 2] - depth if edge >= 2 else depth
        return along

    return _draw_apart(draw, size)


def _lay_centre(random: np.random.Generator, room: tuple[int, int], size: tuple[int, int]) -> Ints:
    """Anywhere but in the outer fifth."""
    margin = [(side + own) // 5 for side, own in zip(room, size, strict=True)]
    return _draw_apart(
        lambda: [int(random.integers(edge, side - edge + 1)) for edge, side in zip(margin, room, strict=True)], size
    )


def _draw_apart(draw: object, size: tuple[int, int]) -> Ints:
    """Two places that share no pixel."""
    while True:
        both = np.array([draw(), draw()])  # type: ignore[operator]
        if (np.abs(both[0] - both[1]) >= size).any():
            return both


def compare_answers(
    fresh: Planted, before: Ints, *, changed: Ints
) -> tuple[dict[str, float], dict[tuple[str, str], float | None]]:
    """What swapping the cue does, by itself and as the truth by region and attribute.

    Parameters
    ----------
    fresh
        The pictures.
    before, changed
        Answers to them, and to the same with the cue swapped.

    Returns
    -------
    tuple of dict
        Columns: ``pull``, how much more often the answer is the second class with the cue's second value than with its
        first, which is 0 where it only disturbs; and of a cue that may be there, the shares of answers that change
        where it is taken away and where it is added. And the truth.
    """
    flips, there, attribute = changed != before, fresh.shows == 1, fresh.cue.attribute
    told = {"pull": float(np.where(there, before - changed, changed - before).mean())}
    if attribute == "colour":
        share = float(flips.mean())
        return told, {("cue", "colour"): share, ("cue", ""): share}
    told |= {"flips_without": float(flips[there].mean()), "flips_with": float(flips[~there].mean())}
    return told, {("cue", ""): told["flips_without"], ("cue", attribute): None}
