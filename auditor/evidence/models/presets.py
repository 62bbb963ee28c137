"""Preprocessing as torchvision's presets describe it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auditor.evidence.preprocessing import Preprocessing

if TYPE_CHECKING:
    from collections.abc import Sequence


def adopt_preset(preset: Any) -> Preprocessing:
    """Preprocessing with the sizes and values of a torchvision preset for classification.

    Parameters
    ----------
    preset
        What ``weights.transforms()`` returns: ``resize_size``, ``crop_size``, ``mean``, ``std``, ``interpolation``.

    Returns
    -------
    Preprocessing
        Of the same geometry and normalisation.

    Examples
    --------
    >>> from torchvision.models import ResNet50_Weights
    >>> adopt_preset(ResNet50_Weights.IMAGENET1K_V2.transforms()).resize
    232
    """
    red, green, blue = preset.mean
    red_std, green_std, blue_std = preset.std
    return Preprocessing(
        resize=_read_size(preset.resize_size),
        crop=_read_size(preset.crop_size),
        mean=(red, green, blue),
        std=(red_std, green_std, blue_std),
        interpolation=preset.interpolation.value,
    )


def _read_size(size: Sequence[int]) -> int | tuple[int, int]:
    return size[0] if len(size) == 1 else (size[0], size[1])
