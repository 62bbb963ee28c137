"""Tiny classifiers whose maps can be worked out by hand or by a slow way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor


class OneConvolution(nn.Module):
    """The net of captum's hand-checked Grad-CAM values: one convolution, two channels, four classes."""

    def __init__(self, *, inplace: bool) -> None:
        super().__init__()
        self.given = nn.Identity()
        self.conv = nn.Conv2d(1, 2, 3)
        self.relu = nn.ReLU(inplace=inplace)
        self.classify = nn.Linear(8, 4)
        self.rectify = nn.ReLU(inplace=inplace)
        with torch.no_grad():
            self.conv.weight.fill_(1.0)
            self.conv.bias.copy_(torch.tensor([-50.0, -75.0]))
            self.classify.weight.copy_(torch.tensor([1.0] * 5 + [-1.0] * 3).expand(4, 8))
            self.classify.bias.zero_()

    def forward(self, images: Tensor) -> Tensor:
        return self.rectify(self.classify(self.relu(self.conv(self.given(images))).flatten(1)))


class Small(nn.Module):
    """Two convolutions, pooling and a linear layer, with training-mode behaviour, so that the mode shows."""

    def __init__(self, *, inplace: bool = False, wrap: Callable[[Tensor], object] | None = None) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 6, 3, stride=2, padding=1)
        self.norm = nn.BatchNorm2d(6)
        self.relu = nn.ReLU(inplace=inplace)
        self.second = nn.Conv2d(6, 8, 3, stride=2, padding=1)
        self.last = nn.ReLU(inplace=inplace)
        self.drop = nn.Dropout(0.5)
        self.classify = nn.Linear(8, 5)
        self.unused = nn.Conv2d(3, 3, 1)
        self.wrap = wrap or (lambda logits: logits)

    def forward(self, images: Tensor) -> object:
        seen = self.last(self.second(self.relu(self.norm(self.first(images)))))
        return self.wrap(self.classify(self.drop(seen.mean(dim=(2, 3)))))


@pytest.fixture
def one_convolution() -> Callable[..., nn.Module]:
    return OneConvolution


@pytest.fixture
def small() -> Callable[..., nn.Module]:
    def build(**options: object) -> nn.Module:
        torch.manual_seed(0)
        model = Small(**options)
        with torch.no_grad():
            model.norm.running_mean.uniform_(-0.2, 0.2)
            model.norm.running_var.uniform_(0.5, 2.0)
        return model.eval()

    return build


@pytest.fixture
def images() -> Tensor:
    return torch.randn(4, 3, 16, 20, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def targets() -> Tensor:
    return torch.tensor([[0, 3], [1, 1], [4, 2], [2, 0]])
