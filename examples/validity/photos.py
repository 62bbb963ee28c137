"""Real photographs: where they are, and how they are read. They stay where they are, and no report on them is kept."""

from __future__ import annotations

import csv
import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Sequence

    from decoys import Bytes, Ints

ROOT: Final = Path(__file__).parents[2]


def find_data() -> Path:
    """Folder of the photographs, there or not: AUDITOR_SHARED_DATA, or shared/data beside the checkout."""
    return Path(os.environ.get("AUDITOR_SHARED_DATA") or ROOT.parent / "shared" / "data")


def list_missing(folders: Sequence[str]) -> list[str]:
    """Those of these folders that are not there.

    Parameters
    ----------
    folders
        Relative to that of the photographs.

    Returns
    -------
    list of str
        Empty if everything is there.
    """
    return [name for name in folders if not (find_data() / name).is_dir()]


def list_rows(name: str) -> list[dict[str, str]]:
    """Rows of a CSV file beside the photographs."""
    with (find_data() / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_pictures(paths: Sequence[Path], pixels: int) -> Bytes:
    """Photographs in colour, brought to a square; (n, pixels, pixels, 3)."""
    return np.stack([_read(path, pixels) for path in paths])


@lru_cache(maxsize=8000)
def _read(path: Path, pixels: int) -> Bytes:
    with Image.open(path) as image:
        colour, size = image.convert("RGB"), (pixels, pixels)
        return np.asarray(colour if colour.size == size else colour.resize(size, Image.Resampling.BILINEAR))


def read_masks(paths: Sequence[Path], pixels: int) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Masks brought to a square, each pixel as its nearest; (n, pixels, pixels)."""
    masks = []
    for path in paths:
        with Image.open(path) as image:
            masks.append(np.asarray(image.convert("L").resize((pixels, pixels), Image.Resampling.NEAREST)) > 0)
    return np.stack(masks)


def split(classes: Sequence[Sequence[Path]], *, training: int, seed: Sequence[int]) -> list[tuple[list[Path], Ints]]:
    """Deal files out to learn from and to look at, classes equally often, no file to both.

    Parameters
    ----------
    classes
        Files of each class.
    training
        How many to learn from, of all classes together.
    seed
        Of the deal.

    Returns
    -------
    list of tuple
        Files in random order and the number of the class of each: to learn from, and to look at.
    """
    random = np.random.default_rng([*seed])
    fewest, each = min(map(len, classes)), training // len(classes)
    dealt = [[files[i] for i in random.permutation(len(files))[:fewest]] for files in classes]
    parts = []
    for cut in (slice(0, each), slice(each, fewest)):
        named = [(file, number) for number, files in enumerate(dealt) for file in files[cut]]
        order = random.permutation(len(named))
        parts.append(([named[i][0] for i in order], np.array([named[i][1] for i in order])))
    return parts
