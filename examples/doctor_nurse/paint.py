"""The canvas: soft-edged shapes, shaded as if they were round, with cloth, hair and skin textures."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image, ImageDraw, ImageFilter

Floats = NDArray[np.float32]

SHRINK = 4
MARGIN = 24.0
TILE = 1024

SOLID = [0] + [255] * 255

REGIONS = {"face": 1, "hair": 2, "coat": 3, "stethoscope": 4}


@dataclass(frozen=True)
class Look:
    """How a shape takes light: roundness, width of its rounded edge, texture and edge softness (picture pixels)."""

    relief: float = 0.25
    depth: float = 6.0
    edge: float = 0.1
    tile: str = "grain"
    rough: float = 0.02
    soft: float = 0.0
    opacity: float = 1.0
    shadow: float = 0.0
    ink: tuple[float, float, float] | None = None
    pattern: str = "dots"


FLAT = Look(relief=0.0, edge=0.0, rough=0.0)


@dataclass(frozen=True)
class Place:
    """A local frame: where its origin lies in the picture, how long its unit is, and how it is turned."""

    x: float
    y: float
    unit: float
    angle: float = 0.0

    def at(self, points: ArrayLike) -> Floats:
        """Carry local points (n, 2) or discs (n, 3) into picture pixels."""
        local = np.atleast_2d(np.asarray(points, dtype=np.float32))
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        turned = local[:, :2] @ np.array([[cos, sin], [-sin, cos]], dtype=np.float32)
        moved = turned * self.unit + np.array([self.x, self.y], dtype=np.float32)
        return np.hstack([moved, local[:, 2:] * self.unit]).astype(np.float32)


def smooth(points: ArrayLike, *, closed: bool = True, steps: int = 6) -> Floats:
    """Pass a Catmull-Rom curve through points (n, k) and sample it `steps` times per span."""
    knots = np.asarray(points, dtype=np.float32)
    ends = (knots[-1:], knots[:2]) if closed else (knots[:1], knots[-1:])
    padded = np.vstack([ends[0], knots, ends[1]])
    before, start, end, after = (padded[i : len(padded) - 3 + i, None, :] for i in range(4))
    t = (np.arange(steps, dtype=np.float32) / steps)[None, :, None]
    curve = 0.5 * (
        2 * start
        + (end - before) * t
        + (2 * before - 5 * start + 4 * end - after) * t**2
        + (3 * start - before - 3 * end + after) * t**3
    )
    flat = curve.reshape(-1, knots.shape[1])
    return np.asarray(flat if closed else np.vstack([flat, knots[-1:]]), dtype=np.float32)


def mirror(half: ArrayLike) -> Floats:
    """Close a right-hand outline, listed from top to bottom, with its reflection in x = 0."""
    right = np.asarray(half, dtype=np.float32)
    inner = right[np.abs(right[:, 0]) > 0]
    return np.vstack([right, inner[::-1] * np.array([-1, 1], dtype=np.float32)])


def ellipse(centre: tuple[float, float], radii: tuple[float, float], *, count: int = 20) -> Floats:
    """List points of an ellipse."""
    turn = np.linspace(0, 2 * math.pi, count, endpoint=False)
    return np.stack([centre[0] + radii[0] * np.cos(turn), centre[1] + radii[1] * np.sin(turn)], axis=1).astype(
        np.float32
    )


def limb(path: ArrayLike, radii: ArrayLike, *, steps: int = 10) -> Floats:
    """Lay discs (n, 3) closely along a smooth path with radii that change on the way."""
    joints = np.hstack([np.asarray(path, dtype=np.float32), np.asarray(radii, dtype=np.float32)[:, None]])
    return smooth(joints, closed=False, steps=steps)


def ribbon(path: ArrayLike, width: float, *, steps: int = 5) -> Floats:
    """Outline a band of even width around a smooth path."""
    line = smooth(path, closed=False, steps=steps)
    ahead = np.gradient(line, axis=0)
    length = np.maximum(np.hypot(ahead[:, 0], ahead[:, 1]), 1e-6)[:, None]
    across = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1) / length * (width / 2)
    return np.asarray(np.vstack([line + across, (line - across)[::-1]]), dtype=np.float32)


def _filtered(seed: int, across: float, down: float) -> Floats:
    """Give white noise a Gaussian grain of these widths (pixels), zero mean and unit variance."""
    noise = np.random.default_rng(seed).standard_normal((TILE, TILE), dtype=np.float32)
    fy = np.fft.fftfreq(TILE)[:, None] * down
    fx = np.fft.rfftfreq(TILE)[None, :] * across
    grain = np.fft.irfft2(np.fft.rfft2(noise) * np.exp(-2 * math.pi**2 * (fx**2 + fy**2)), s=(TILE, TILE))
    return np.asarray((grain - grain.mean()) / grain.std(), dtype=np.float32)


@functools.cache
def _faded(share: float) -> list[int]:
    return [round(level * share) for level in range(256)]


@functools.cache
def tile(name: str) -> Floats:
    """Make a texture of 1024 x 1024 pixels once: zero mean for grains, 0..1 for prints."""
    rows, columns = np.mgrid[0:TILE, 0:TILE].astype(np.float32)
    match name:
        case "grain":
            made = 0.6 * _filtered(1, 0.8, 0.8) + 0.8 * _filtered(2, 5, 5)
        case "cloth":
            crease = 1.2 - np.abs(_filtered(3, 16, 42) + 0.6 * _filtered(4, 7, 16)) * 1.5
            made = 0.75 * crease + 0.5 * _filtered(5, 30, 40) + 0.15 * _filtered(6, 0.7, 0.7)
        case "strands":
            made = 0.8 * _filtered(7, 1.0, 26) + 0.6 * _filtered(8, 4, 40)
        case "curls":
            made = np.sin(3.0 * _filtered(9, 7, 7)) + 0.5 * _filtered(10, 1.5, 1.5)
        case "wall":
            made = _filtered(11, 60, 60) + 0.25 * _filtered(12, 1.2, 1.2)
        case "dots":
            made = ((rows % 11 - 5) ** 2 + ((columns + 5 * (rows // 11 % 2)) % 11 - 5) ** 2 < 6).astype(np.float32)
        case "stripes":
            made = (columns % 7 < 2).astype(np.float32)
        case _:
            made = np.maximum((columns % 12 < 2), (rows % 12 < 2)).astype(np.float32)
    return np.asarray(made, dtype=np.float32)


@dataclass
class Canvas:
    """A picture in the making, with a map of which region each pixel shows."""

    size: int
    scale: float
    light: tuple[float, float]
    rng: np.random.Generator
    image: Image.Image = field(init=False)
    regions: Image.Image = field(init=False)

    def __post_init__(self) -> None:
        """Start from a grey picture without regions."""
        side = round(self.size * self.scale)
        self.image = Image.new("RGB", (side, side), (128, 128, 128))
        self.regions = Image.new("L", (side, side), 0)

    def fill(self, shape: Floats | list[Floats], colour: ArrayLike, *, look: Look, region: str = "") -> None:
        """Paint the union of polygons (n, 2) and discs (n, 3), given in pixels of the picture."""
        bare = not (look.relief or look.edge or look.rough or look.ink)
        spread = 1 + math.ceil(2.5 * look.soft * self.scale) if bare else 8
        found = self._mask(
            shape if isinstance(shape, list) else [shape], level=round(255 * look.opacity), spread=spread
        )
        if found is None:
            return
        mask, corner = found
        if look.shadow:
            self._shade(mask, corner, look)
        red, green, blue = (min(255, round(float(level))) for level in np.asarray(colour))
        solid = mask.filter(ImageFilter.GaussianBlur(look.soft * self.scale)) if look.soft else mask
        if bare:
            self.image.paste((red, green, blue), (*corner, corner[0] + mask.width, corner[1] + mask.height), solid)
        else:
            self.image.paste(self._pixels(mask, np.asarray(colour, dtype=np.float32), look), corner, solid)
        if region != "keep":
            self.regions.paste(REGIONS.get(region, 0), corner, mask if look.opacity == 1 else mask.point(SOLID))

    def stroke(self, path: ArrayLike, colour: ArrayLike, *, width: float, look: Look, region: str = "keep") -> None:
        """Draw a smooth line of even width through points in pixels of the picture."""
        self.fill(ribbon(path, width), colour, look=look, region=region)

    def _mask(self, parts: list[Floats], *, level: int, spread: int) -> tuple[Image.Image, tuple[int, int]] | None:
        scaled = [part * self.scale for part in parts]
        low = np.min([(p[:, :2] - (p[:, 2:] if p.shape[1] > 2 else 0)).min(axis=0) for p in scaled], axis=0)
        high = np.max([(p[:, :2] + (p[:, 2:] if p.shape[1] > 2 else 0)).max(axis=0) for p in scaled], axis=0)
        reach = MARGIN * self.scale
        x0, y0 = (int(v) for v in np.floor(np.maximum(low - spread, -reach)))
        x1, y1 = (int(v) for v in np.ceil(np.minimum(high + spread, self.size * self.scale + reach)))
        if x1 - x0 < SHRINK or y1 - y0 < SHRINK:
            return None
        mask = Image.new("L", (x1 - x0, y1 - y0), 0)
        pen = ImageDraw.Draw(mask)
        for part in scaled:
            if part.shape[1] == 2:
                pen.polygon((part - [x0, y0]).ravel().tolist(), fill=level)
                continue
            for x, y, r in part.tolist():
                pen.ellipse((x - r - x0, y - r - y0, x + r - x0, y + r - y0), fill=level)
        return mask, (x0, y0)

    def _pixels(self, mask: Image.Image, colour: Floats, look: Look) -> Image.Image:
        tone = np.clip(self._tone(mask, look) * 128, 0, 255).astype(np.uint8)
        levels = np.arange(256, dtype=np.float32)[:, None] / 128
        pixels = np.take(np.clip(levels * colour, 0, 255).astype(np.uint8), tone, axis=0)
        if look.ink is None:
            return Image.fromarray(pixels)
        inked = np.take(np.clip(levels * np.asarray(look.ink, dtype=np.float32), 0, 255).astype(np.uint8), tone, axis=0)
        return Image.fromarray(np.where(self._crop(look.pattern, mask.size)[..., None] > 0, inked, pixels))

    def _tone(self, mask: Image.Image, look: Look) -> Floats:
        """Light the shape as a cushion: its blurred mask is its height, the slope of which meets the light."""
        tone: Floats = np.ones((mask.height, mask.width), dtype=np.float32)
        if look.relief or look.edge:
            sigma = max(look.depth * self.scale / SHRINK, 0.5)
            small = mask.reduce(SHRINK).filter(ImageFilter.GaussianBlur(sigma))
            height = np.asarray(small, dtype=np.float32) / (255 * look.opacity)
            lit = 1 - look.edge * (1 - height)
            lit[:, 1:-1] -= (height[:, 2:] - height[:, :-2]) * (self.light[0] * 1.25 * sigma * look.relief)
            lit[1:-1] -= (height[2:] - height[:-2]) * (self.light[1] * 1.25 * sigma * look.relief)
            tone = np.asarray(Image.fromarray(lit).resize(mask.size, Image.Resampling.BILINEAR))
        if look.rough:
            tone = tone + look.rough * self._crop(look.tile, mask.size)
        return tone

    def _crop(self, name: str, size: tuple[int, int]) -> Floats:
        whole = tile(name)
        x, y = (int(self.rng.integers(0, TILE - side)) for side in size)
        return whole[y : y + size[1], x : x + size[0]]

    def _shade(self, mask: Image.Image, corner: tuple[int, int], look: Look) -> None:
        """Let the shape darken what lies behind it, away from the light."""
        spread = 3.0 * self.scale
        pad = math.ceil(2 * spread / SHRINK)
        small = mask.reduce(SHRINK)
        wide = Image.new("L", (small.width + 2 * pad, small.height + 2 * pad), 0)
        wide.paste(small, (pad, pad))
        soft = wide.filter(ImageFilter.GaussianBlur(spread / SHRINK)).point(_faded(look.shadow))
        cast = soft.resize((wide.width * SHRINK, wide.height * SHRINK), Image.Resampling.BILINEAR)
        x, y = (round(at - pad * SHRINK - lit * spread) for at, lit in zip(corner, self.light, strict=True))
        self.image.paste((28, 24, 30), (x, y, x + cast.width, y + cast.height), cast)


@dataclass(frozen=True)
class Pen:
    """A canvas seen from a local frame: shapes, widths and softness are in the frame's unit."""

    canvas: Canvas
    place: Place

    def fill(self, shape: ArrayLike, colour: ArrayLike, *, look: Look, region: str = "keep") -> None:
        """Paint a polygon (n, 2) or discs (n, 3)."""
        self.canvas.fill(self.place.at(shape), colour, look=look, region=region)

    def line(
        self, path: ArrayLike, colour: ArrayLike, *, width: float, look: Look = FLAT, region: str = "keep"
    ) -> None:
        """Draw a smooth line."""
        self.canvas.stroke(self.place.at(path), colour, width=width * self.place.unit, look=look, region=region)

    def dab(self, x: float, y: float, *, size: tuple[float, float], colour: ArrayLike, **flat: float) -> None:
        """Touch the picture with a flat ellipse; `soft` (in units) and `opacity` may be given."""
        look = Look(
            0.0, 0.0, 0.0, rough=0.0, soft=flat.get("soft", 0.0) * self.place.unit, opacity=flat.get("opacity", 1.0)
        )
        self.fill(ellipse((x, y), size, count=14), colour, look=look)
