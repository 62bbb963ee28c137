"""Photographs as the model sees them, with the pixels of their regions, kept while memory allows."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Final

import numpy as np
import torch

from auditor.errors import DataError
from auditor.evidence.photographs import read_photograph
from auditor.geometry import coverage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from auditor.evidence.dataset import AnnotatedDataset, Sample
    from auditor.evidence.preprocessing import PreparedRegion, Preprocessing
    from auditor.geometry import BoolArray, FloatArray, Size

KEPT: Final = 256 * 2**20
"""Bytes of frames that are kept: about 400 of 224 × 224 pixels."""
INSIDE: Final = 0.5
"""Share of a pixel from which on it counts as inside."""
ROUNDING: Final = 1e-6
"""In pixels: a box of one pixel is not smaller than one."""


@dataclass(frozen=True)
class Frame:
    """A photograph as the model sees it.

    Parameters
    ----------
    image
        ``(3, H, W)`` float32, normalised; not to be changed: others hold it.
    regions
        ``(H, W)`` bool by name, for each region that the crop left something of.
    """

    image: torch.Tensor
    regions: Mapping[str, torch.Tensor]

    @property
    def size(self) -> int:
        """Bytes in memory."""
        return sum(tensor.nbytes for tensor in (self.image, *self.regions.values()))


class FrameLoader:
    """Reads frames by ``image_id``; those used last stay in memory. May be asked from several threads.

    Parameters
    ----------
    dataset
        Where the photographs are.
    preprocessing
        What the model was trained to see.
    kept
        Bytes to keep at most.
    """

    def __init__(self, dataset: AnnotatedDataset, preprocessing: Preprocessing, *, kept: int = KEPT) -> None:
        self._samples = {sample.image_id: sample for sample in dataset.samples}
        self._upright = dataset.exif == "apply"
        self._preprocessing = preprocessing
        self._kept = kept
        self._held = 0
        self._frames: OrderedDict[str, Frame] = OrderedDict()
        self._lock = Lock()

    def __contains__(self, image_id: str) -> bool:
        return image_id in self._samples

    def load(self, image_id: str) -> Frame:
        """One frame, from memory or from its file.

        Parameters
        ----------
        image_id
            Of the dataset.

        Returns
        -------
        Frame
            Image and regions.

        Raises
        ------
        DataError
            If there is no such image, or it or a mask of it cannot be read, with the name of the file.
        """
        with self._lock:
            if image_id in self._frames:
                self._frames.move_to_end(image_id)
                return self._frames[image_id]
        if image_id not in self._samples:
            raise DataError(f"the dataset has no image {image_id!r}")
        frame = self._read(self._samples[image_id])
        self._keep(image_id, frame)
        return frame

    def _read(self, sample: Sample) -> Frame:
        try:
            photograph = read_photograph(sample.path, apply_exif=self._upright)
            prepared = self._preprocessing(photograph, sample.regions)
        except DataError as error:
            raise DataError(f"{sample.path}: {error}") from error
        masks = {region.name: cover_region(region, frame=self._preprocessing.frame) for region in prepared.regions}
        return Frame(prepared.image, {name: torch.from_numpy(mask) for name, mask in masks.items() if mask.any()})

    def _keep(self, image_id: str, frame: Frame) -> None:
        with self._lock:
            if image_id not in self._frames:  # two threads may have read it
                self._frames[image_id] = frame
                self._held += frame.size
            while self._held > self._kept:
                self._held -= self._frames.popitem(last=False)[1].size


def cover_region(region: PreparedRegion, *, frame: Size) -> BoolArray:
    """Pixels of a region: the union of its mask and its boxes.

    Parameters
    ----------
    region
        In pixels of the frame.
    frame
        Height and width in pixels.

    Returns
    -------
    ndarray
        ``(H, W)``, True inside; nowhere where the crop left nothing.
    """
    inside = np.zeros(frame, dtype=bool) if region.mask is None else region.mask.copy()
    for box in region.boxes:
        inside |= cover_box(box, frame=frame)
    return inside


def cover_box(box: FloatArray, *, frame: Size) -> BoolArray:
    """Pixels of a box: those that it covers by one half or more, the nearest where it is smaller than a pixel.

    Parameters
    ----------
    box
        ``(4,)``: x_min, y_min, x_max, y_max in pixels of the frame.
    frame
        Height and width in pixels.

    Returns
    -------
    ndarray
        ``(H, W)``, True inside; at least one pixel.

    Examples
    --------
    >>> cover_box(np.array([0.4, 0.0, 2.0, 1.0]), frame=(1, 3))
    array([[ True,  True, False]])
    >>> cover_box(np.array([1.9, 0.0, 2.1, 1.0]), frame=(1, 3))
    array([[False, False,  True]])
    """
    limits = np.array([frame[1], frame[0]])
    low, high = box[:2], box[2:]
    middle = np.clip(np.floor((low + high) / 2), 0, limits - 1)
    thin = high - low < 1 - ROUNDING
    low, high = np.where(thin, middle, low), np.where(thin, middle + 1, high)
    inside: BoolArray = coverage([[*low, *high]], frame=frame) >= INSIDE
    if not inside.any():  # a box of little more than a pixel between four
        inside[int(middle[1]), int(middle[0])] = True
    return inside
