"""Small pictures with a planted answer, and a model that can be worked out by hand: for our tests and for yours."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt
    from torch import nn

    from auditor.geometry import Size

    Box = tuple[int, int, int, int]

CLASSES: Final = ("red", "green")
SIZE: Final[Size] = (48, 64)
"""Height and width in pixels: not square, so that swapped axes show."""
PATCH: Final = 14
TAG: Final = 8


def colour_model() -> nn.Module:
    """Build a classifier whose class activation maps are known: it sees red in one channel and green in the other.

    Returns
    -------
    torch.nn.Module
        Takes ``(B, 3, H, W)`` in [0, 1]; the logits are the mean redness and the mean greenness, ten times over.
        Its layer ``see`` is rectified redness and greenness on a grid 8 times coarser than the input.

    Examples
    --------
    >>> import torch
    >>> red = torch.zeros(1, 3, 16, 16)
    >>> red[:, 0] = 1.0
    >>> colour_model()(red).detach()
    tensor([[10.,  0.]])
    """
    import torch
    from torch import nn

    class ColourModel(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.look = nn.Conv2d(3, 2, kernel_size=8, stride=8, bias=False)
            self.see = nn.ReLU()
            self.decide = nn.Linear(2, 2, bias=False)

        def forward(self, images: torch.Tensor) -> torch.Tensor:
            seen = self.see(self.look(images))  # (B, 2, H/8, W/8)
            logits: torch.Tensor = self.decide(seen.mean(dim=(2, 3)))
            return logits

    model = ColourModel().eval()
    redness, greenness = (1.0, -1.0, 0.0), (-1.0, 1.0, 0.0)
    with torch.no_grad():
        for channel, colour in enumerate((redness, greenness)):
            model.look.weight[channel] = torch.tensor(colour)[:, None, None] / 64
        model.decide.weight.copy_(10 * torch.eye(2))
    return model


def plant(folder: str | Path, *, count: int = 40, seed: int = 0, mistakes: float = 0.15) -> Path:
    """Write pictures of a coloured patch on noise, with their annotations.

    Each picture has a patch in the colour of its class (region ``patch``), in the wrong colour for a share of them,
    and a white tag elsewhere (region ``tag``) on those from the site ``north`` (attribute ``site``).

    Parameters
    ----------
    folder
        Where to write ``photos/``, ``annotations.csv`` and ``regions.csv``.
    count
        Number of pictures.
    seed
        Of the random generator; the same seed writes the same bytes.
    mistakes
        Share of pictures whose patch has the other class's colour, in [0, 1].

    Returns
    -------
    Path
        The folder.
    """
    folder = Path(folder)
    (folder / "photos").mkdir(parents=True, exist_ok=True)
    annotations, regions = [], []
    for k in range(count):
        random = np.random.default_rng([seed, k])
        name, label, site = f"{k:04d}.png", CLASSES[k % 2], ("north", "south")[k // 2 % 2]
        shown = label if random.random() >= mistakes else CLASSES[1 - CLASSES.index(label)]
        pixels, boxes = _picture(random, shown, tagged=site == "north")
        Image.fromarray(pixels).save(folder / "photos" / name)
        annotations.append((name, label, site))
        regions += [(name, region, *box) for region, box in boxes.items()]
    _write_csv(folder / "annotations.csv", ("image", "label", "site"), annotations)
    _write_csv(folder / "regions.csv", ("image", "region", "x_min", "y_min", "x_max", "y_max"), regions)
    return folder


def _picture(random: np.random.Generator, colour: str, *, tagged: bool) -> tuple[npt.NDArray[np.uint8], dict[str, Box]]:
    """One picture and its boxes: the patch in the left part, the tag in the right."""
    height, width = SIZE
    pixels = random.integers(90, 150, (height, width, 1)).repeat(3, axis=2)
    boxes = {"patch": _place(random, PATCH, span=(0, width - TAG - 2 * PATCH))}
    channel = CLASSES.index(colour)
    _fill(pixels, boxes["patch"], tuple(220 if c == channel else 40 for c in range(3)))
    if tagged:
        boxes["tag"] = _place(random, TAG, span=(width - TAG - PATCH, width - TAG))
        _fill(pixels, boxes["tag"], (250, 250, 250))
    return pixels.astype(np.uint8), boxes


def _place(random: np.random.Generator, side: int, *, span: tuple[int, int]) -> Box:
    """A square whose left edge lies in the span."""
    x, y = int(random.integers(*span)), int(random.integers(0, SIZE[0] - side))
    return x, y, x + side, y + side


def _fill(pixels: npt.NDArray[np.int64], box: Box, colour: tuple[int, ...]) -> None:
    x_min, y_min, x_max, y_max = box
    pixels[y_min:y_max, x_min:x_max] = colour


def _write_csv(path: Path, header: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
