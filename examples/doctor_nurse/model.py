"""A small convolutional network with a moderate field of view, so that its maps can tell a face from a coat."""

from __future__ import annotations

from collections import OrderedDict

from torch import nn

PIXELS = 96
MEAN = (0.55, 0.53, 0.51)
STD = (0.25, 0.25, 0.25)
LAYERS = ((24, 3, 2), (32, 3, 2), (64, 3, 1), (96, 3, 2), (128, 3, 1), (192, 1, 1))


def _block(wide: tuple[int, int], *, stride: int, kernel: int) -> nn.Sequential:
    """Build one convolution with batch normalisation and ReLU."""
    convolution = nn.Conv2d(*wide, kernel, stride=stride, padding=kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(wide[1]), nn.ReLU())


def small_cnn() -> nn.Module:
    """Build the network: six blocks, global average pooling, one linear layer for doctor and nurse.

    Returns
    -------
    torch.nn.Module
        Takes images (B, 3, 96, 96); `features` ends in maps (B, 192, 12, 12), each cell of which sees about
        39 x 39 pixels; the answer is logits (B, 2), doctor first.

    Examples
    --------
    >>> sum(weights.numel() for weights in small_cnn().parameters()) < 1_200_000
    True
    """
    blocks, before = [], 3
    for after, kernel, stride in LAYERS:
        blocks.append(_block((before, after), stride=stride, kernel=kernel))
        before = after
    head = nn.Sequential(OrderedDict(dropout=nn.Dropout(0.1), linear=nn.Linear(before, 2)))
    return nn.Sequential(
        OrderedDict(features=nn.Sequential(*blocks), pool=nn.AdaptiveAvgPool2d(1), flatten=nn.Flatten(), head=head)
    )
