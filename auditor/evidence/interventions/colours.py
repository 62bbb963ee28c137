"""Noise in the colours of given pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from torch import Tensor

    from auditor.evidence.interventions.base import Context
    from auditor.geometry import FloatArray, Size


def draw_noise(pixels: Tensor, size: Size, *, context: Context) -> Tensor:
    """Gaussian noise with the mean and the covariance of some pixels, so that greys stay grey.

    Parameters
    ----------
    pixels
        ``(3, n)``, normalised.
    size
        Height and width of the result.
    context
        Chance, and the range of colours; without pixels the result is mid-grey.

    Returns
    -------
    Tensor
        ``(3, h, w)`` float32, between black and white.
    """
    if pixels.shape[1] == 0:
        return context.scale(0.5).expand(3, *size)
    colours = pixels.numpy().astype(np.float64)
    mean = colours.mean(axis=1, keepdims=True)
    centred = colours - mean
    root = _take_root(centred @ centred.T / centred.shape[1])
    noise = context.random.standard_normal((3, size[0] * size[1]), dtype=np.float32)
    drawn = root.astype(np.float32) @ noise + mean.astype(np.float32)
    return torch.from_numpy(drawn).reshape(3, *size).clamp_(context.scale(0.0), context.scale(1.0))


def _take_root(covariance: FloatArray) -> FloatArray:
    """The symmetric root: the only one that is the same on every machine."""
    values, vectors = np.linalg.eigh(covariance)
    root: FloatArray = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    return root
