"""Who is in the picture: a body and pose that know no gender or class, a face and hair that know gender only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Colour = tuple[float, float, float]

SKINS: tuple[Colour, ...] = (
    (246, 217, 200), (240, 204, 182), (232, 190, 163), (222, 176, 146), (206, 157, 124),
    (186, 134, 100), (160, 110, 80), (132, 88, 62), (104, 68, 48), (82, 54, 40),
)  # fmt: skip
HAIRS: tuple[Colour, ...] = (
    (28, 23, 22), (40, 30, 26), (62, 42, 30), (88, 58, 38),
    (116, 78, 48), (150, 108, 66), (186, 148, 96), (122, 62, 38),
)  # fmt: skip
GREY: Colour = (176, 174, 172)
IRISES: tuple[Colour, ...] = ((60, 40, 28), (84, 58, 36), (70, 96, 120), (84, 104, 78))

STYLES = {
    "woman": {"long": 0.62, "wavy": 0.28, "bob": 0.05, "bun": 0.01, "tail": 0.02, "crop": 0.02},
    "man": {"crop": 0.50, "parted": 0.26, "curly": 0.08, "receding": 0.09, "bald": 0.05, "bob": 0.01, "long": 0.01},
}
POSES = {"hanging": 0.26, "crossed": 0.14, "clasped": 0.16, "pocket": 0.14, "holding": 0.2, "raised": 0.04, "hip": 0.06}


@dataclass(frozen=True)
class Body:
    """Build, pose and place of the person, in head heights and picture pixels."""

    skin: Colour
    age: float
    head: float
    x: float
    chin: float
    shoulder: float
    turn: float
    yaw: float
    tilt: float
    lean: float
    poses: tuple[str, str]


@dataclass(frozen=True)
class Features:
    """Face and hair: the only things in a picture that depend on gender."""

    jaw: float
    chin: float
    brow: float
    arch: float
    lips: float
    red: float
    lash: float
    smile: float
    beard: str
    style: str
    length: float
    fullness: float
    part: float
    hair: Colour
    iris: Colour
    glasses: bool


def pick(rng: np.random.Generator, shares: dict[str, float]) -> str:
    """Draw one key with probability in proportion to its share."""
    names = list(shares)
    weights = np.array([shares[name] for name in names])
    return names[int(rng.choice(len(names), p=weights / weights.sum()))]


def blend(one: Colour, other: Colour, share: float) -> Colour:
    """Mix two colours; `share` is that of the second."""
    r, g, b = ((1 - share) * a + share * c for a, c in zip(one, other, strict=True))
    return (r, g, b)


def tint(colour: Colour, factor: float) -> Colour:
    """Make a colour lighter (above 1) or darker (below 1)."""
    r, g, b = (min(255.0, level * factor) for level in colour)
    return (r, g, b)


def between(rng: np.random.Generator, low: float, high: float) -> float:
    """Draw a number from the interval."""
    return float(rng.uniform(low, high))


def sample_body(rng: np.random.Generator) -> Body:
    """Draw a person's build, skin, age, pose and place in a frame of 256 pixels."""
    place = int(rng.integers(0, len(SKINS)))
    skin = blend(SKINS[place], SKINS[min(place + 1, len(SKINS) - 1)], between(rng, 0, 1))
    head = float(np.exp(between(rng, np.log(56), np.log(100))))
    pose = pick(rng, POSES)
    other = "crossed" if pose == "crossed" else pick(rng, {"hanging": 0.6, "clasped": 0.2, "pocket": 0.2})
    poses = (pose, other) if rng.random() < 0.5 or pose == "crossed" else (other, pose)
    turn = between(rng, -1, 1)
    return Body(
        skin=skin,
        age=between(rng, 0, 1),
        head=head,
        x=128 + between(rng, -1, 1) * max(26, 108 - 0.82 * head),
        chin=head * between(rng, 1.2, 1.42) + between(rng, 0, 1) * max(14.0, 96 - 0.8 * head),
        shoulder=between(rng, 0.78, 0.95),
        turn=turn,
        yaw=float(np.clip(0.5 * turn + between(rng, -0.6, 0.6), -1, 1)),
        tilt=float(rng.normal(0, 0.06)),
        lean=float(rng.normal(0, 0.035)),
        poses=poses,
    )


def sample_features(rng: np.random.Generator, gender: str, *, body: Body) -> Features:
    """Draw face and hair for a gender ("woman" or "man"); the two overlap, as in life."""
    man = gender == "man"
    style = pick(rng, STYLES[gender])
    lengths = {"long": (1.35, 2.3), "wavy": (1.2, 2.1), "bob": (0.75, 1.15)}
    greying = max(0.0, body.age - 0.55) * 2.0 * between(rng, 0.3, 1)
    beard = pick(rng, {"none": 0.26, "stubble": 0.16, "full": 0.46, "moustache": 0.12}) if man else "none"
    return Features(
        jaw=float(rng.normal(0.655 if man else 0.595, 0.03)),
        chin=float(rng.normal(0.36 if man else 0.29, 0.03)),
        brow=float(np.clip(rng.normal(0.085 if man else 0.05, 0.014), 0.03, 0.12)),
        arch=float(rng.normal(0.02 if man else 0.05, 0.015)),
        lips=float(np.clip(rng.normal(0.075 if man else 0.1, 0.015), 0.05, 0.14)),
        red=float(np.clip(rng.normal(0.14 if man else 0.52, 0.14), 0.05, 0.9)),
        lash=float(np.clip(rng.normal(0.3 if man else 0.75, 0.2), 0.1, 1)),
        smile=between(rng, -0.2, 1),
        beard=beard,
        style=style,
        length=between(rng, *lengths.get(style, (1.0, 1.0))),
        fullness=between(rng, 0, 1),
        part=between(rng, -0.4, 0.4),
        hair=blend(HAIRS[int(rng.integers(0, 4 if sum(body.skin) < 330 else len(HAIRS)))], GREY, min(greying, 0.95)),
        iris=IRISES[int(rng.integers(0, len(IRISES)))],
        glasses=bool(rng.random() < 0.2),
    )
