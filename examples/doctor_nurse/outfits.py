"""Outfits: what tells a doctor from a nurse, with the overlap of real hospitals; gender has no part in it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from paint import Floats, Place, smooth
from people import Body, Colour, between, blend, pick, tint

WHITES: tuple[Colour, ...] = ((238, 240, 243), (232, 234, 236), (240, 236, 228), (222, 230, 240), (226, 228, 228))
SCRUBS: tuple[Colour, ...] = (
    (64, 136, 140), (44, 66, 112), (122, 166, 206), (128, 46, 66), (72, 126, 92), (112, 84, 138), (112, 118, 128),
    (196, 132, 150), (150, 190, 186), (190, 200, 214), (206, 208, 210),
)  # fmt: skip
SHIRTS: tuple[Colour, ...] = (
    (236, 238, 242), (176, 200, 228), (210, 196, 214), (120, 150, 190),
    (60, 70, 92), (196, 206, 196), (150, 60, 70), (90, 120, 110),
)  # fmt: skip
TIES: tuple[Colour, ...] = ((120, 34, 44), (38, 52, 96), (44, 84, 74), (60, 60, 66), (140, 96, 40))
TROUSERS: tuple[Colour, ...] = ((52, 54, 62), (84, 78, 72), (44, 52, 74), (120, 110, 98))
TUBES: tuple[Colour, ...] = ((34, 34, 38), (30, 40, 76), (92, 28, 44), (36, 78, 66), (96, 100, 106))

OUTFITS = {
    "doctor": {"coat": 0.66, "scrubs": 0.20, "tunic": 0.07, "cardigan": 0.07},
    "nurse": {"coat": 0.34, "scrubs": 0.41, "tunic": 0.14, "cardigan": 0.11},
}
SHIRT = {"doctor": 0.72, "nurse": 0.32}
STETHOSCOPE = {"doctor": 0.88, "nurse": 0.11}
PRINTS = {"none": 0.8, "dots": 0.1, "stripes": 0.05, "checks": 0.05}


@dataclass(frozen=True)
class Outfit:
    """What the person wears on the torso."""

    kind: str
    main: Colour
    under: Colour
    pattern: str
    ink: Colour
    tie: Colour | None
    trousers: Colour
    gap: float
    length: float
    sleeve: float
    vee: float
    piping: bool
    badge: bool
    pen: bool
    stethoscope: str
    tube: Colour

    @property
    def layered(self) -> bool:
        """Whether something is worn open or buttoned over a shirt or top."""
        return self.kind in {"coat", "cardigan"}


@dataclass(frozen=True)
class Figure:
    """A dressed body: its shoulders on either side and the line down its middle, in head heights."""

    body: Body
    wear: Outfit
    place: Place

    @cached_property
    def middle(self) -> float:
        """How far the middle line has moved across by turning."""
        return 0.16 * self.body.turn

    def shoulder(self, sign: float) -> float:
        """Return the signed distance of a shoulder from the neck; the far one is nearer."""
        return sign * self.body.shoulder * (1 - 0.12 * sign * self.body.turn)

    def outline(self, length: float) -> Floats:
        """Outline the trunk from neck to `length`."""
        right = [(0.8, 0.12), (0.98, 0.3), (0.86, 0.95), (0.74, 1.7), (0.86, 2.5), (0.9, length)]
        sides = [np.array(right) * [self.shoulder(sign), 1] for sign in (1.0, -1.0)]
        return smooth(
            np.vstack([[(0.25, -0.1), (0.4, 0)], sides[0], sides[1][::-1], [(-0.4, 0), (-0.25, -0.1)]]), steps=4
        )


def _any(rng: np.random.Generator, colours: tuple[Colour, ...]) -> Colour:
    """Draw a colour and vary it a little, white less than others."""
    spread = 2.5 if colours is WHITES else 7.0
    base = np.array(colours[int(rng.integers(0, len(colours)))])
    r, g, b = np.clip(base + rng.normal(0, spread, 3), 15, 250).tolist()
    return (r, g, b)


def sample_outfit(rng: np.random.Generator, label: str) -> Outfit:
    """Draw the clothes of a doctor or a nurse."""
    kind = pick(rng, OUTFITS[label])
    scrub = kind == "scrubs"
    shirt = kind == "coat" and rng.random() < SHIRT[label]
    white = kind in {"coat", "tunic"} or (kind == "cardigan" and rng.random() < 0.4)
    main = _any(rng, WHITES if white else SCRUBS)
    return Outfit(
        kind=kind,
        main=main,
        under=_any(rng, SHIRTS if shirt else SCRUBS),
        pattern=pick(rng, PRINTS) if scrub or shirt else "none",
        ink=_any(rng, WHITES if scrub else TIES),
        tie=_any(rng, TIES) if shirt and rng.random() < 0.5 else None,
        trousers=tint(main, 0.95) if scrub else blend(_any(rng, TROUSERS), main, 0.05),
        gap=between(rng, 0.22, 0.5) if rng.random() < 0.6 else between(rng, 0.0, 0.05),
        length=between(rng, 2.7, 4.2) if kind == "coat" else between(rng, 2.3, 2.7),
        sleeve=1.0 if kind in {"coat", "cardigan"} else between(rng, 0.3, 0.5),
        vee=between(rng, 0.38, 0.62),
        piping=bool(rng.random() < 0.5),
        badge=bool(rng.random() < 0.45),
        pen=bool(rng.random() < 0.4),
        stethoscope=pick(rng, {"neck": 0.75, "front": 0.25}) if rng.random() < STETHOSCOPE[label] else "none",
        tube=_any(rng, TUBES),
    )
