"""Pictures in which every pixel differs, and what a fill may draw on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from auditor.evidence.interventions import Context, Donor

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

FRAME = (40, 56)
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def picture(seed: int) -> Tensor:
    """Normalised noise, laid out with the channels last as photographs are."""
    levels = torch.rand(*FRAME, 3, generator=torch.Generator().manual_seed(seed))
    return ((levels - torch.tensor(MEAN)) / torch.tensor(STD)).permute(2, 0, 1)


def box(x_min: int, y_min: int, x_max: int, y_max: int) -> Tensor:
    mask = torch.zeros(FRAME, dtype=torch.bool)
    mask[y_min:y_max, x_min:x_max] = True
    return mask


def disc(x: float, y: float, radius: float) -> Tensor:
    rows, columns = torch.meshgrid(torch.arange(FRAME[0]), torch.arange(FRAME[1]), indexing="ij")
    return (rows - y) ** 2 + (columns - x) ** 2 <= radius**2


@pytest.fixture
def image() -> Tensor:
    return picture(1)


@pytest.fixture
def donor() -> Donor:
    return Donor(image=picture(2), region=disc(20, 18, 7))


@pytest.fixture
def context(donor: Donor) -> Callable[..., Context]:
    def build(*, seed: int = 0, **changes: object) -> Context:
        told = {"mean": MEAN, "std": STD, "donor": donor} | changes
        return Context(random=np.random.default_rng(seed), **told)

    return build


@pytest.fixture
def shapes() -> dict[str, Tensor]:
    random = torch.rand(FRAME, generator=torch.Generator().manual_seed(3))
    return {
        "nothing": box(0, 0, 0, 0),
        "one pixel": box(30, 11, 31, 12),
        "a corner pixel": box(55, 39, 56, 40),
        "a box": box(12, 9, 31, 24),
        "an edge": box(0, 7, 9, 40),
        "a disc": disc(30, 20, 11),
        "scattered": random > 0.7,
        "nearly all": random > 0.001,
        "all": box(0, 0, 56, 40),
    }
