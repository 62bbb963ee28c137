"""Changes to a whole picture that take one of its properties to a given value, and as far the other way."""

from __future__ import annotations

import io
import math
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from PIL import Image
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional

from auditor.evidence.properties import LUMA, measure_colours, measure_sharpness, shrink
from auditor.properties import LEAST, SCALED, read_target

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from auditor.trials import Trial

PASSES: Final = 4
"""Repeats of a change, because what is cut off at black and white does not count towards the target."""
MOST: Final = 4.0
"""Factor by which contrast and colourfulness are raised or lowered at most: beyond, noise is all there is."""
WIDEST: Final = 16.0
"""Standard deviation in pixels of the widest blur."""
_HALVINGS: Final = 8
_MEGA: Final = 1e6


def perturb(trial: Trial, image: torch.Tensor, *, mean: Sequence[float], std: Sequence[float]) -> torch.Tensor:
    """Do a trial on a property of the whole picture.

    Parameters
    ----------
    trial
        One of `auditor.properties.make_trials`: place 0 takes the property to the target, place 1 as far the other way
        (for contrast and colourfulness by the inverse factor).
    image
        ``(3, H, W)`` as the model sees it, normalised.
    mean, std
        Of the normalisation, per channel.

    Returns
    -------
    torch.Tensor
        ``(3, H, W)``, normalised again; a copy of the image where the change is impossible or there is nothing to
        change: a grey picture has no colours to strengthen, a blurred one cannot be sharpened.

    Raises
    ------
    ValueError
        If the trial carries no target.
    """
    name, target = read_target(trial)
    centre, scale = (image.new_tensor(list(part))[:, None, None] for part in (mean, std))
    frame = (image * scale + centre).clamp(0, 1)
    goal = target if trial.place == 0 else mirror(name, measure_frame(name, frame), target)
    return (PERTURBATIONS[name](frame, goal) - centre) / scale


def mirror(name: str, own: float, target: float) -> float:
    """Target of the change of equal size in the other direction.

    Parameters
    ----------
    name
        One of `PERTURBATIONS`.
    own
        Value of the property before.
    target
        Value that the first change leads to.

    Returns
    -------
    float
        As far from `own` as the target: in steps, or as a factor for contrast and colourfulness.

    Examples
    --------
    >>> round(mirror("brightness", 0.4, 0.5), 3), round(mirror("contrast", 0.2, 0.1), 3)
    (0.3, 0.4)
    """
    if name in SCALED:
        return own**2 / max(target, LEAST)
    return 2 * own - target


def measure_frame(name: str, frame: torch.Tensor) -> float:
    """Value of a property that can be seen in a frame.

    Parameters
    ----------
    name
        brightness, contrast, saturation, warmth, tint or sharpness.
    frame
        ``(3, H, W)`` in [0, 1].

    Returns
    -------
    float
        As `auditor.evidence.properties` measures it on photographs.
    """
    if name == "sharpness":
        return measure_sharpness(shrink(_to_picture(frame)))
    pixels: np.ndarray[tuple[int, ...], np.dtype[np.float32]] = frame.float().permute(1, 2, 0).cpu().numpy()
    return measure_colours(pixels)[name]


def shift_brightness(frame: torch.Tensor, goal: float) -> torch.Tensor:
    """Add the same to every channel until the mean luma is the goal."""
    return _repeat("brightness", frame, goal, change=lambda now, missing: now + missing)


def scale_contrast(frame: torch.Tensor, goal: float) -> torch.Tensor:
    """Spread all colours about the mean luma until the deviation of luma is the goal."""

    def change(now: torch.Tensor, factor: float) -> torch.Tensor:
        middle = _luma(now).mean()
        return middle + factor * (now - middle)

    return _repeat("contrast", frame, goal, change=change)


def scale_saturation(frame: torch.Tensor, goal: float) -> torch.Tensor:
    """Spread the channels about each pixel's luma until the mean spread is the goal."""

    def change(now: torch.Tensor, factor: float) -> torch.Tensor:
        luma = _luma(now)
        return luma + factor * (now - luma)

    return _repeat("saturation", frame, goal, change=change)


def shift_warmth(frame: torch.Tensor, goal: float) -> torch.Tensor:
    """Add to red and take from blue, at equal luma and tint, until their difference is the goal."""
    grey = (LUMA[0] - LUMA[2]) / 2
    step = frame.new_tensor([0.5 - grey, -grey, -0.5 - grey])[:, None, None]
    return _repeat("warmth", frame, goal, change=lambda now, missing: now + missing * step)


def shift_tint(frame: torch.Tensor, goal: float) -> torch.Tensor:
    """Add to green and take from red and blue, at equal luma and warmth, until their difference is the goal."""
    step = frame.new_tensor([-LUMA[1], 1 - LUMA[1], -LUMA[1]])[:, None, None]
    return _repeat("tint", frame, goal, change=lambda now, missing: now + missing * step)


def blur_to(frame: torch.Tensor, goal: float) -> torch.Tensor:
    """Blur until the sharpness is no more than the goal, with the smallest Gaussian that does."""
    if measure_frame("sharpness", frame) <= goal:
        return frame.clone()
    low, high = 0.0, WIDEST
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        enough = measure_frame("sharpness", _blur(frame, middle)) <= goal
        low, high = (low, middle) if enough else (middle, high)
    return _blur(frame, high)


def recompress(frame: torch.Tensor, goal: float) -> torch.Tensor:
    """Save as JPEG of this quality, and read again."""
    file = io.BytesIO()
    _to_picture(frame).save(file, "JPEG", quality=int(np.clip(round(goal), 1, 100)))
    pixels = torch.from_numpy(np.array(Image.open(file).convert("RGB"))).permute(2, 0, 1)
    return pixels.to(frame) / 255


def coarsen(frame: torch.Tensor, goal: float) -> torch.Tensor:
    """Shrink to this many megapixels, and enlarge again."""
    height, width = frame.shape[1:]
    factor = math.sqrt(goal * _MEGA / (height * width))
    if factor >= 1:
        return frame.clone()
    small = [max(1, round(side * factor)) for side in (height, width)]
    return _resize(_resize(frame, small), [height, width]).clamp(0, 1)


PERTURBATIONS: Final[dict[str, Callable[[torch.Tensor, float], torch.Tensor]]] = {
    "brightness": shift_brightness,
    "contrast": scale_contrast,
    "saturation": scale_saturation,
    "warmth": shift_warmth,
    "tint": shift_tint,
    "sharpness": blur_to,
    "jpeg_quality": recompress,
    "megapixels": coarsen,
}
"""How each property of a frame ``(3, H, W)`` in [0, 1] is taken to a value; the frame itself stays as it is."""


def _repeat(
    name: str, frame: torch.Tensor, goal: float, *, change: Callable[[torch.Tensor, float], torch.Tensor]
) -> torch.Tensor:
    """Change, cut off at black and white, and make up for what was cut off."""
    own = measure_frame(name, frame)
    if name in SCALED:
        goal = float(np.clip(goal, own / MOST, own * MOST))
    now = frame.clone()
    for _ in range(PASSES):
        value = measure_frame(name, now)
        if name in SCALED and value < LEAST:
            break  # nothing to spread
        now = change(now, goal / value if name in SCALED else goal - value).clamp(0, 1)
    return now


def _luma(frame: torch.Tensor) -> torch.Tensor:
    weights = frame.new_tensor(LUMA)[:, None, None]
    return (weights * frame).sum(dim=0)


def _blur(frame: torch.Tensor, sigma: float) -> torch.Tensor:
    # reflected at the edge: the kernel must not be wider than the picture
    reach = min(math.ceil(3 * sigma), min(frame.shape[1:]) - 1)
    blurred: torch.Tensor = functional.gaussian_blur(frame, [2 * reach + 1, 2 * reach + 1], [sigma, sigma])
    return blurred


def _resize(frame: torch.Tensor, size: list[int]) -> torch.Tensor:
    resized: torch.Tensor = functional.resize(frame, size, interpolation=InterpolationMode.BILINEAR, antialias=True)
    return resized


def _to_picture(frame: torch.Tensor) -> Image.Image:
    """Eight bits."""
    return Image.fromarray((frame.float() * 255).round().to(torch.uint8).permute(1, 2, 0).cpu().contiguous().numpy())
