"""The maps put to the test: whether it matters to delete what they name, and whether they follow the weights."""

from __future__ import annotations

import hashlib
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import torch

from auditor.errors import ModelError
from auditor.evidence.cams import CAMS
from auditor.evidence.cams.outputs import find_logits
from auditor.evidence.collector import BATCH
from auditor.evidence.deletion import choose_places
from auditor.evidence.frames import FrameLoader
from auditor.evidence.interventions import FILLS, Context
from auditor.evidence.passes import evaluate, measure_margin, work_ahead
from auditor.evidence.randomisation import MOST_STAGES, dissect, make_copies
from auditor.evidence.reading import AHEAD, READERS
from auditor.records import pack_grid
from auditor.trials import DELETION_KINDS, STAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pyarrow as pa

    from auditor.evidence.cams.base import CAM
    from auditor.evidence.collector import Rows
    from auditor.evidence.dataset import AnnotatedDataset, Sample
    from auditor.evidence.models import LoadedModel
    from auditor.evidence.randomisation import Anatomy
    from auditor.geometry import BoolArray, FloatArray

PASSES: Final = 1 + len(DELETION_KINDS)
"""Forward passes that each image takes."""
RANDOM_PASSES: Final = 1 + MOST_STAGES
"""What each image to be randomised takes besides, where all random heads fit in one pass."""
FILL: Final = "mean"
"""What stands where something was deleted: the mean colour of the rest."""

logger = logging.getLogger("auditor")


@dataclass(frozen=True)
class _Probe:
    """An image, what the model answered on it, and the map of that answer."""

    image_id: str
    image: torch.Tensor  # (3, H, W)
    before: FloatArray  # (K,) logits
    grid: FloatArray  # (h, w)

    @property
    def answer(self) -> int:
        return int(self.before.argmax())


@dataclass(frozen=True)
class _Deleted:
    probe: _Probe
    kind: str
    area: float  # share of the frame
    image: torch.Tensor  # (3, H, W)


class Prober:
    """Deletes what maps name, and draws the maps of copies of the model with random weights.

    Parameters
    ----------
    model
        The classifier; moved to the device.
    dataset
        Where the images come from.
    cam
        A method of the registry `auditor.evidence.cams.CAMS`.
    randomise
        Images whose maps are set against those of random copies as well.
    before
        What the model answered, by ``image_id``: the ``logits`` column of the images table. The map is that of the
        class answered; images that are not in it have no rows.
    device
        Such as ``"cpu"`` or ``"cuda:0"``.
    seed
        Of all chance, not negative. Each image and each copy has its own, so that the order does not matter.
    """

    def __init__(
        self,
        model: LoadedModel,
        dataset: AnnotatedDataset,
        *,
        cam: str,
        randomise: frozenset[str],
        before: Mapping[str, bytes],
        device: str,
        seed: int,
    ) -> None:
        self.model = model
        self.device = torch.device(device)
        self.batch = BATCH.get(self.device.type, BATCH["cpu"])
        self.module = model.module.to(self.device)
        if model.owned:
            self.module = self.module.to(memory_format=torch.channels_last)
        self.dtype = next((p.dtype for p in self.module.parameters() if p.is_floating_point()), torch.float32)
        self.method = CAMS.find(cam)
        self.randomise = randomise
        self.before = before
        self.seed = seed
        self.frames = FrameLoader(dataset, model.preprocessing, kept=0)

    @property
    def schemas(self) -> Mapping[str, pa.Schema]:
        """Columns of the tables by name."""
        return STAGES["checks"]

    def collect(self, samples: Sequence[Sample], *, progress: Callable[[int], None]) -> Rows:
        """Put the maps of some samples to the test.

        Parameters
        ----------
        samples
            A unit of work.
        progress
            Called with the number of forward passes since the last call: `PASSES` for each sample in all, and
            `RANDOM_PASSES` more for each to be randomised, whether or not the model has so many stages.

        Returns
        -------
        dict
            Rows of ``deletions``, one per image and kind, none of an image with an empty map; and of ``randomised``,
            none where the model cannot be copied or has no head.

        Raises
        ------
        DataError
            If an image cannot be read any more.
        """
        rows: Rows = {"deletions": [], "randomised": []}
        chosen: list[_Probe] = []
        names = [sample.image_id for sample in samples if sample.image_id in self.before]
        with ThreadPoolExecutor(READERS) as pool:
            images = work_ahead(pool, self._load, names, depth=AHEAD * self.batch)
            for start in range(0, len(names), self.batch):
                part = names[start : start + self.batch]
                probes = self._look(part, [next(images) for _ in part])
                rows["deletions"] += [row for probe in probes for row in self._delete(probe)]
                chosen += [probe for probe in probes if probe.image_id in self.randomise]
                progress(PASSES * len(part))
        progress(PASSES * (len(samples) - len(names)))
        rows["randomised"] += self._randomise(chosen, progress)
        left = sum(sample.image_id in self.randomise for sample in samples) - len(chosen)
        progress(RANDOM_PASSES * left)
        return rows

    def _load(self, image_id: str) -> torch.Tensor:
        return self.frames.load(image_id).image

    def _look(self, names: Sequence[str], images: Sequence[torch.Tensor]) -> list[_Probe]:
        """The map of the class that was answered, for each image."""
        before = [np.frombuffer(self.before[name], dtype="<f4").astype(np.float64) for name in names]
        answers = torch.tensor([[int(logits.argmax())] for logits in before])
        with self._open(self.module) as cam:
            maps = self._maps(cam, images, answers)[:, 0]
        return [_Probe(*parts) for parts in zip(names, images, before, maps, strict=True)]

    def _open(self, module: torch.nn.Module) -> CAM:
        return self.method(module, self.model.target_layer, layout=self.model.layout)

    def _maps(self, cam: CAM, images: Sequence[torch.Tensor], targets: torch.Tensor) -> FloatArray:
        """``(B, T, h, w)``."""
        batch = torch.stack(list(images)).to(self.device, self.dtype)
        maps: FloatArray = cam(batch, targets).maps.double().cpu().numpy()
        return maps

    def _delete(self, probe: _Probe) -> Iterator[dict[str, object]]:
        """A row for each way of choosing a tenth of the image."""
        if not _is_map(probe.grid):
            return
        changed = list(self._change(probe))
        batch = torch.stack([item.image for item in changed]).to(self.device, self.dtype)
        with evaluate(self.module), torch.inference_mode():
            logits = find_logits(self.module(batch)).double().cpu().numpy()
        margins = [measure_margin(after, probe.answer) for after in logits]
        if np.isfinite(margins).all():
            for item, margin in zip(changed, margins, strict=True):
                yield {
                    "image_id": probe.image_id,
                    "kind": item.kind,
                    "area": item.area,
                    "margin_before": measure_margin(probe.before, probe.answer),
                    "margin": margin,
                }

    def _change(self, probe: _Probe) -> Iterator[_Deleted]:
        random = self._generator(probe.image_id)
        mean, std = self.model.preprocessing.mean, self.model.preprocessing.std
        context = Context(random=random, mean=mean, std=std)
        for kind, place in self._choose(probe, random).items():
            image = FILLS[FILL](probe.image, torch.from_numpy(place), context=context)
            yield _Deleted(probe, kind, float(place.mean()), image)

    def _choose(self, probe: _Probe, random: np.random.Generator) -> dict[str, BoolArray]:
        std = torch.tensor(self.model.preprocessing.std)[:, None, None]
        grey = (probe.image * std).mean(dim=0).double().numpy()
        return choose_places(probe.grid, grey, random=random)

    def _generator(self, image_id: str) -> np.random.Generator:
        digest = hashlib.blake2b(image_id.encode(), digest_size=8).digest()
        return np.random.default_rng([self.seed, int.from_bytes(digest, "little")])

    @cached_property
    def _anatomy(self) -> Anatomy | None:
        """None, with a word to the user, where the model has no head to be randomised."""
        noise = torch.randn(1, 3, *self.model.preprocessing.frame, generator=torch.Generator().manual_seed(0))
        try:
            return dissect(self.module, self.model.target_layer, image=noise.to(self.device, self.dtype))
        except ModelError as error:
            logger.warning("whether the maps follow the model's weights cannot be checked: %s", error)
            return None

    def _randomise(self, probes: Sequence[_Probe], progress: Callable[[int], None]) -> Iterator[dict[str, object]]:
        """The maps of the model itself and of its random copies."""
        if not probes:
            return
        told = 0
        if self._anatomy is not None:
            yield from (_row(probe.image_id, "model", probe.grid) for probe in probes)
            for random in make_copies(self.module, self._anatomy, seed=self.seed):
                for part, maps in self._look_again(probes, random.module, models=len(random.kinds)):
                    yield from (_row(part.image_id, kind, grid) for kind, grid in zip(random.kinds, maps, strict=True))
                passed = int(told < RANDOM_PASSES)
                told += passed
                progress(passed * len(probes))
        progress((RANDOM_PASSES - told) * len(probes))

    def _look_again(
        self, probes: Sequence[_Probe], module: torch.nn.Module, *, models: int
    ) -> Iterator[tuple[_Probe, FloatArray]]:
        """Maps ``(models, h, w)`` of the same answers."""
        beside = torch.arange(models) * len(self.model.classes)
        with self._open(module) as cam:
            for start in range(0, len(probes), self.batch):
                part = probes[start : start + self.batch]
                answers = torch.tensor([probe.answer for probe in part])
                maps = self._maps(cam, [probe.image for probe in part], answers[:, None] + beside)
                yield from zip(part, maps, strict=True)


def _is_map(grid: FloatArray) -> bool:
    return bool(np.isfinite(grid).all() and grid.max() > 0)


def _row(image_id: str, kind: str, grid: FloatArray) -> dict[str, object]:
    """The map as the attention table holds it: divided by its maximum."""
    peak = float(grid.max()) if np.isfinite(grid).all() else float("nan")
    scaled = grid / peak if peak > 0 else np.zeros_like(grid)
    return {
        "image_id": image_id,
        "kind": kind,
        "cam": pack_grid(scaled, "float16"),
        "grid_height": grid.shape[0],
        "grid_width": grid.shape[1],
        "cam_max": peak,
        "cam_sum": float(grid.sum()),
    }
