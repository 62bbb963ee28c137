"""Drawn decoys: a ring or a square ring among coloured tags, of which one may give the class away.

Every picture is drawn from a *scene*, so that the same picture can be drawn again with one thing changed: that is the
exact counterfactual that an audit is held to.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    Box = tuple[int, int, int, int]

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]

PIXELS: Final = 48
CLASSES: Final = ("ring", "square")
TAGS: Final = ("cue", "distractor")
COLOURS: Final = {"cue": ((214, 122, 52), (52, 122, 214)), "distractor": ((92, 186, 84), (178, 92, 186))}
GREY, CONTRAST, GRAIN = 112.0, 70.0, 26.0
RADIUS, WIDTH = (6.5, 8.0), 2.6
PULL, BLUR = 0.25, 0.2
"""A shape lies between ring (0) and square (1), at one half less or more PULL, with this standard deviation."""


@dataclass(frozen=True)
class Scenes:
    """Everything that pictures are drawn from, one entry per picture.

    Attributes
    ----------
    labels
        0 ring, 1 square.
    shows
        By tag: 0 or 1, which of its two colours it has.
    shuffled
        An attribute that nothing depends on, as often 1 as the cue's in each class.
    corners
        (n, 3): where the cue, the distractor and the empty control area lie.
    offsets
        (n, 3, 2): pixels that each is away from its corner.
    sides
        (n,): pixels along the cue's side.
    squareness, radius, centre
        Of the shape.
    grain
        Seed of the noise.
    tagged
        Whether tags are drawn at all.
    strips
        Whether the cue and the control area are strips along a whole edge, as wide as the cue's side.
    twins
        Whether the distractor has the cue's colours.
    bare
        Tags that are not drawn.
    """

    labels: Ints
    shows: dict[str, Ints]
    shuffled: Ints
    corners: Ints
    offsets: Ints
    sides: Ints
    squareness: Floats
    radius: Floats
    centre: Floats
    grain: int
    tagged: bool = True
    strips: bool = False
    twins: bool = False
    bare: tuple[str, ...] = ()

    def swap(self, tag: str) -> Scenes:
        """The same scenes with the other colour of one tag: nothing else changes."""
        return replace(self, shows={**self.shows, tag: 1 - self.shows[tag]})

    def untagged(self) -> Scenes:
        """The same scenes without tags."""
        return replace(self, tagged=False)

    def without(self, tag: str) -> Scenes:
        """The same scenes without one tag."""
        return replace(self, bare=(*self.bare, tag))


@dataclass(frozen=True)
class Layout:
    """How tags lie: the cue's side, or its sides by colour; and what is not as in the plain decoy.

    Attributes
    ----------
    side
        Pixels along the cue's side.
    sizes
        Sides of the cue by its colour, where the colour settles the size as well.
    strips
        Whether cue and control area are strips along an edge.
    fixed
        Whether the cue is always in the same corner.
    twin
        Whether the distractor is a second cue: in the cue's colours, and always in the same one.
    """

    side: int = 9
    sizes: tuple[int, int] | None = None
    strips: bool = False
    fixed: bool = False
    twin: bool = False


def sample_scenes(count: int, *, alignment: float, seed: Sequence[int], layout: Layout | None = None) -> Scenes:
    """Draw scenes.

    Parameters
    ----------
    count
        Number of scenes.
    alignment
        Share of each class whose cue has the class's own colour.
    seed
        Of everything random.
    layout
        How tags lie.

    Returns
    -------
    Scenes
        Half of them rings.
    """
    layout, random = layout or Layout(), np.random.default_rng([*seed])
    labels = random.permutation(np.arange(count) % 2)
    cue = np.where(random.random(count) < alignment, labels, 1 - labels)
    scenes = Scenes(
        labels=labels,
        shows={"cue": cue, "distractor": random.integers(0, 2, count)},
        shuffled=deal_within(cue, labels, random),
        corners=random.permuted(np.tile(np.arange(4), (count, 1)), axis=1)[:, :3],
        offsets=random.integers(0, 3, (count, 3, 2)),
        sides=np.full(count, layout.side) if layout.sizes is None else np.array(layout.sizes)[cue],
        squareness=random.normal(0.5 + PULL * (2 * labels - 1), BLUR).astype(np.float32),
        radius=random.uniform(*RADIUS, count).astype(np.float32),
        centre=(PIXELS / 2 - 0.5 + random.uniform(-1.5, 1.5, (count, 2))).astype(np.float32),
        grain=int(random.integers(2**31)),
        strips=layout.strips,
        twins=layout.twin,
    )
    corners = (scenes.corners - scenes.corners[:, :1]) % 4 if layout.fixed else scenes.corners
    shows = dict.fromkeys(TAGS, cue) if layout.twin else scenes.shows
    return replace(scenes, corners=corners, shows=shows)


def deal_within(values: Ints, labels: Ints, random: np.random.Generator) -> Ints:
    """Deal values out anew within each class: as often there as before, and with nothing that goes with them."""
    dealt = values.copy()
    for label in (0, 1):
        inside = np.flatnonzero(labels == label)
        dealt[inside] = values[random.permutation(inside)]
    return dealt


def find_boxes(scenes: Scenes, k: int) -> dict[str, Box]:
    """Boxes of one picture: cue, distractor, an empty area as large as the cue, and the shape."""
    found = _lay_strips(scenes, k) if scenes.strips else _lay_corners(scenes, k)
    (y, x), reach = scenes.centre[k], float(scenes.radius[k]) + WIDTH / 2
    found["shape"] = (int(x - reach), int(y - reach), int(x + reach) + 2, int(y + reach) + 2)
    return found


def _lay_corners(scenes: Scenes, k: int) -> dict[str, Box]:
    """Three of the four corners."""
    found = {}
    sides = {"cue": int(scenes.sides[k]), "distractor": 9, "control": int(scenes.sides[k])}
    for place, (name, side) in enumerate(sides.items()):
        down, right = divmod(int(scenes.corners[k, place]), 2)
        y, x = (
            PIXELS - side - int(offset) if far else int(offset)
            for far, offset in zip((down, right), scenes.offsets[k, place], strict=True)
        )
        found[name] = (x, y, x + side, y + side)
    return found


def _lay_strips(scenes: Scenes, k: int) -> dict[str, Box]:
    """The cue along one edge, the control area along the edge opposite, the distractor in the middle of a third."""
    edge, wide = int(scenes.corners[k, 0]), int(scenes.sides[k])
    other = (edge + (1 if scenes.corners[k, 1] % 2 else 3)) % 4
    depths = scenes.offsets[k, :, 0]
    along = PIXELS // 2 - 5 + int(scenes.offsets[k, 1, 1])
    return {
        "cue": _lay(edge, depth=int(depths[0]), wide=wide, along=(0, PIXELS)),
        "distractor": _lay(other, depth=int(depths[1]), wide=9, along=(along, along + 9)),
        "control": _lay((edge + 2) % 4, depth=int(depths[2]), wide=wide, along=(0, PIXELS)),
    }


def _lay(edge: int, *, depth: int, wide: int, along: tuple[int, int]) -> Box:
    """A box at the top (0), left (1), bottom (2) or right (3)."""
    low = PIXELS - wide - depth if edge >= 2 else depth
    (first, last), (near, far) = along, (low, low + wide)
    return (near, first, far, last) if edge % 2 else (first, near, last, far)


def draw(scenes: Scenes) -> Bytes:
    """Draw pictures.

    Parameters
    ----------
    scenes
        What to draw.

    Returns
    -------
    ndarray
        (n, 48, 48, 3) bytes; the same for the same scenes.
    """
    count = len(scenes.labels)
    axis = np.arange(PIXELS, dtype=np.float32)
    across = np.abs(axis - scenes.centre[:, 1, None])[:, None, :]
    down = np.abs(axis - scenes.centre[:, 0, None])[:, :, None]
    share = scenes.squareness[:, None, None]
    distance = (1 - share) * np.hypot(across, down) + share * np.maximum(across, down)
    edge = np.abs(distance - scenes.radius[:, None, None])
    light = GREY + CONTRAST * np.clip(WIDTH / 2 + 0.5 - edge, 0, 1)
    pictures = np.repeat(light[..., None], 3, axis=3)
    if scenes.tagged:
        for k in range(count):
            boxes = find_boxes(scenes, k)
            for tag in [tag for tag in TAGS if tag not in scenes.bare]:
                x_min, y_min, x_max, y_max = boxes[tag]
                colours = COLOURS["cue" if scenes.twins else tag]
                pictures[k, y_min:y_max, x_min:x_max] = colours[scenes.shows[tag][k]]
    noise = np.random.default_rng(scenes.grain).standard_normal(pictures.shape, dtype=np.float32)
    return np.clip(np.rint(pictures + GRAIN * noise), 0, 255).astype(np.uint8)
