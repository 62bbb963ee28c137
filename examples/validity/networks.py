"""Two small networks, one that sees a part of the picture at each place and one that sees all, and their training."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor, nn
from torch.nn.utils import fuse_conv_bn_eval

if TYPE_CHECKING:
    from decoys import Bytes, Ints

MEAN, STD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
LAYERS: Final = ((16, 3, 2), (32, 3, 1), (32, 3, 2), (64, 3, 1), (64, 2, 2))
"""Channels, kernel and stride: the last map is 6 x 6, each cell of which sees 23 x 23 pixels."""
DILATIONS: Final = (1, 2, 2)
"""Of the layers that widen the view beyond the picture."""


@dataclass(frozen=True)
class Recipe:
    """How long and how fast to train."""

    epochs: int = 10
    batch: int = 50
    rate: float = 4e-3
    decay: float = 0.02


def _block(wide: tuple[int, int], *, kernel: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    padding = dilation * (kernel // 2) if kernel % 2 else 0
    convolution = nn.Conv2d(*wide, kernel, stride=stride, padding=padding, dilation=dilation, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(wide[1]), nn.ReLU())


def make_network(*, wide: bool = False, peak: bool = False) -> nn.Module:
    """Build a network: convolutions with batch normalisation, global pooling, two logits.

    Parameters
    ----------
    wide
        Whether three dilated layers follow, so that each cell of the map sees the whole picture.
    peak
        Whether the largest value of each channel counts in place of the mean: what is seen twice adds nothing then.

    Returns
    -------
    torch.nn.Module
        From (B, 3, 48, 48) to (B, 2); the maps of `features` are 6 x 6.
    """
    blocks, before = [], 3
    for after, kernel, stride in LAYERS:
        blocks.append(_block((before, after), kernel=kernel, stride=stride))
        before = after
    blocks += [_block((before, before), kernel=3, dilation=dilation) for dilation in DILATIONS if wide]
    pool = nn.AdaptiveMaxPool2d(1) if peak else nn.AdaptiveAvgPool2d(1)
    parts = {"features": nn.Sequential(*blocks), "pool": pool, "flatten": nn.Flatten()}
    return nn.Sequential(OrderedDict(**parts, head=nn.Linear(before, 2)))


def normalise(pictures: Bytes) -> Tensor:
    """Turn pictures (n, 48, 48, 3) into the network's numbers, as the audit does."""
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (MEAN, STD))
    return (torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255 - mean) / std


def train(network: nn.Module, pictures: Bytes, labels: Ints, *, seed: int, recipe: Recipe) -> nn.Module:
    """Train in place: AdamW with a rate that rises and falls once.

    Parameters
    ----------
    network
        With its first weights.
    pictures, labels
        To learn from.
    seed
        Of the order.
    recipe
        How.

    Returns
    -------
    torch.nn.Module
        The network, in evaluation mode, folded.
    """
    inputs, targets = normalise(pictures), torch.from_numpy(labels)
    order = torch.Generator().manual_seed(seed)
    steps = recipe.epochs * (len(targets) // recipe.batch)
    optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.rate, weight_decay=recipe.decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.rate, total_steps=steps)
    network.train()
    for _ in range(recipe.epochs):
        shuffled = torch.randperm(len(targets), generator=order)
        for start in range(0, len(shuffled) - recipe.batch + 1, recipe.batch):
            chosen = shuffled[start : start + recipe.batch]
            loss = nn.functional.cross_entropy(network(inputs[chosen]), targets[chosen])
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
            schedule.step()
    return fold(network.eval())


def fold(network: nn.Module) -> nn.Module:
    """Fold each batch normalisation into the convolution before it: the same answers in less time.

    Parameters
    ----------
    network
        As `make_network` gives it, in evaluation mode; changed in place.

    Returns
    -------
    torch.nn.Module
        The network; its weights lie channels last.
    """
    blocks = network.get_submodule("features")
    for number, (convolution, norm, relu) in enumerate(blocks.children()):
        blocks[number] = nn.Sequential(fuse_conv_bn_eval(convolution, norm), relu)
    return network.to(memory_format=torch.channels_last)


@torch.inference_mode()
def answer(network: nn.Module, pictures: Bytes) -> Ints:
    """Number of the class that each picture is given, (n,)."""
    parts = [network(part).argmax(dim=1) for part in torch.split(normalise(pictures), 250)]
    chosen: Ints = torch.cat(parts).numpy()
    return chosen
