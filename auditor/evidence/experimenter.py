"""Images changed on purpose, and what the model then answers."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np
import torch

from auditor.errors import DataError, ModelError
from auditor.evidence.cams.outputs import find_logits
from auditor.evidence.collector import BATCH
from auditor.evidence.frames import FrameLoader, cover_box
from auditor.evidence.interventions import FILLS, Context, Donor
from auditor.evidence.passes import evaluate, measure_margin, work_ahead
from auditor.evidence.perturbations import perturb
from auditor.evidence.reading import AHEAD, READERS
from auditor.properties import PROPERTIES, is_global, read_target
from auditor.records import pack_grid
from auditor.trials import INTERVENTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pyarrow as pa

    from auditor.evidence.collector import Rows
    from auditor.evidence.dataset import AnnotatedDataset, Sample
    from auditor.evidence.frames import Frame
    from auditor.evidence.models import LoadedModel
    from auditor.geometry import FloatArray
    from auditor.trials import Trial

SLACK: Final = 1e-6
"""How far a box may leave the frame by rounding, as a share of it."""


@dataclass(frozen=True)
class _Changed:
    """An image with one place of it changed, or all of it."""

    trial: Trial
    image: torch.Tensor  # (3, H, W)
    area: float  # share of the frame


class Experimenter:
    """Changes images as trials ask, and runs a classifier over them.

    Parameters
    ----------
    model
        The classifier; moved to the device.
    dataset
        Where the images come from.
    trials
        What to do, by ``image_id``.
    before
        What the model answered on the unchanged images, by ``image_id``: the ``logits`` column of the images table.
    device
        Such as ``"cpu"`` or ``"cuda:0"``.
    seed
        Of all chance. Each trial has its own, so that neither order nor batches nor units matter.

    Raises
    ------
    UsageError
        If there is no such fill.
    DataError
        If a trial cannot be done as written: no box for a control, no donor for a fill that needs one, no target for a
        property, an image that is not in the dataset or that the model has not answered on.
    """

    def __init__(
        self,
        model: LoadedModel,
        dataset: AnnotatedDataset,
        *,
        trials: Mapping[str, Sequence[Trial]],
        before: Mapping[str, bytes | FloatArray],
        device: str,
        seed: int,
    ) -> None:
        self.model = model
        self.trials = trials
        self.device = torch.device(device)
        self.batch = BATCH.get(self.device.type, BATCH["cpu"])
        self.module = model.module.to(self.device)
        if model.owned:
            self.module = self.module.to(memory_format=torch.channels_last)
        self.dtype = next((p.dtype for p in self.module.parameters() if p.is_floating_point()), torch.float32)
        self.seed = seed
        self.frames = FrameLoader(dataset, model.preprocessing)
        for image_id, wanted in trials.items():
            for trial in wanted:
                _check_trial(trial, image_id, known=self.frames)
        self.before = {name: _unpack(before, name, classes=len(model.classes)) for name, some in trials.items() if some}

    @property
    def schemas(self) -> dict[str, pa.Schema]:
        """Columns of the tables by name."""
        return {"interventions": INTERVENTIONS}

    def collect(self, samples: Sequence[Sample], *, progress: Callable[[int], None]) -> Rows:
        """Do every trial of some samples.

        Parameters
        ----------
        samples
            A unit of work; those without a trial have no rows.
        progress
            Called with the number of changed images that have passed the model since the last call.

        Returns
        -------
        dict
            Rows of ``interventions``, in the order of the samples and of each one's trials.

        Raises
        ------
        DataError
            If an image or a donor cannot be read any more, or does not show the region.
        ModelError
            If an answer is not finite.
        """
        rows: list[dict[str, object]] = []
        with ThreadPoolExecutor(READERS) as pool, evaluate(self.module), torch.inference_mode():
            changed = self._change_ahead(samples, pool)
            while batch := list(islice(changed, self.batch)):
                rows += self._answer(batch)
                progress(len(batch))
        return {"interventions": rows}

    def _change_ahead(self, samples: Sequence[Sample], pool: ThreadPoolExecutor) -> Iterator[_Changed]:
        """Changed images in order, made ready while the model works on those before."""
        wanted = [trials for sample in samples if (trials := self.trials.get(sample.image_id))]
        frames = work_ahead(pool, self._load, wanted, depth=READERS)
        pairs = ((frame, trial) for trials, frame in zip(wanted, frames, strict=True) for trial in trials)
        return work_ahead(pool, self._change, pairs, depth=AHEAD * self.batch)

    def _load(self, trials: Sequence[Trial]) -> Frame:
        return self._frame(trials[0].image_id, trials[0])

    def _frame(self, image_id: str, trial: Trial) -> Frame:
        try:
            return self.frames.load(image_id)
        except DataError as error:
            raise DataError(f"{error}; it was read before, and is needed for {_describe(trial)}") from error

    def _change(self, pair: tuple[Frame, Trial]) -> _Changed:
        frame, trial = pair
        if is_global(trial):
            steps = self.model.preprocessing
            return _Changed(trial, perturb(trial, frame.image, mean=steps.mean, std=steps.std), area=1.0)
        fill = FILLS[trial.fill]
        place = self._place(frame, trial)
        context = self._context(trial)
        where = fill.shape(place, context=context)
        area = np.count_nonzero(where.numpy()) / where.numel()
        return _Changed(trial, fill(frame.image, place, context=context), area)

    def _place(self, frame: Frame, trial: Trial) -> torch.Tensor:
        """Pixels that the trial is about."""
        if trial.box is None:
            return _find_region(frame, trial.image_id, trial)
        height, width = size = self.model.preprocessing.frame
        return torch.from_numpy(cover_box(np.array(trial.box) * (width, height, width, height), frame=size))

    def _context(self, trial: Trial) -> Context:
        donor = None
        if FILLS[trial.fill].needs_donor and trial.donor is not None:
            frame = self._frame(trial.donor, trial)
            donor = Donor(image=frame.image, region=_find_region(frame, trial.donor, trial))
        mean, std = self.model.preprocessing.mean, self.model.preprocessing.std
        return Context(random=seed_trial(trial, self.seed), mean=mean, std=std, place=trial.place, donor=donor)

    def _answer(self, batch: Sequence[_Changed]) -> Iterator[dict[str, object]]:
        images = torch.stack([item.image for item in batch])
        if len(batch) < self.batch:
            # Of another size, a batch may take another path through the libraries, to other last digits.
            images = torch.cat([images, images.new_zeros(self.batch - len(batch), *images.shape[1:])])
        answers = find_logits(self.module(images.to(self.device, self.dtype)))[: len(batch)].float().cpu().numpy()
        if answers.shape[1] != len(self.model.classes):
            raise ModelError(
                f"expected {len(self.model.classes)} class scores from the model, found {answers.shape[1]}"
            )
        for item, logits in zip(batch, answers.astype(np.float64), strict=True):
            yield self._row(item, logits)

    def _row(self, item: _Changed, logits: FloatArray) -> dict[str, object]:
        trial, before = item.trial, self.before[item.trial.image_id]
        if not np.isfinite(logits).all():
            raise ModelError(f"the model's output is not finite for {_describe(trial)}")
        answer = int(before.argmax())
        return {
            "image_id": trial.image_id,
            "region": trial.region,
            "fill": trial.fill,
            "place": trial.place,
            "attribute": trial.attribute,
            "donor_group": trial.donor_group,
            "donor": trial.donor,
            "area": item.area,
            "predicted_before": self.model.classes[answer],
            "predicted": self.model.classes[int(logits.argmax())],
            "margin_before": measure_margin(before, answer),
            "margin": measure_margin(logits, answer),
            "logits": pack_grid(logits, "float32"),
        }


def seed_trial(trial: Trial, seed: int) -> np.random.Generator:
    """Chance of one trial; the same for every donor, so that donors differ in their content alone.

    Parameters
    ----------
    trial
        Its image, region, fill and place count.
    seed
        Of the audit.

    Returns
    -------
    numpy.random.Generator
        The same on every machine.
    """
    key = json.dumps([trial.image_id, trial.region, trial.fill, trial.place]).encode()
    return np.random.default_rng([seed, int.from_bytes(hashlib.blake2b(key, digest_size=8).digest(), "little")])


def _check_trial(trial: Trial, image_id: str, *, known: FrameLoader) -> None:
    """Refuse what cannot be done, before anything is."""
    what = _describe(trial)
    if trial.image_id != image_id or image_id not in known:
        raise DataError(f"{what} is listed under {image_id!r}, expected its own image, and one of the dataset")
    if is_global(trial):
        _check_target(trial)
        return
    if FILLS.find(trial.fill).needs_donor and (trial.donor is None or trial.donor not in known):
        raise DataError(f"{what}: expected a donor from the dataset, found {trial.donor!r}")
    if trial.box is None and trial.place > 0:
        raise DataError(f"{what}: a control needs a box, found none")
    if trial.box is not None and not _is_box(trial.box):
        raise DataError(f"{what}: expected a box as shares of the frame, min below max, found {trial.box}")


def _check_target(trial: Trial) -> None:
    """A property is brought to a number, or as far the other way where it has one."""
    name, target = trial.region[1:-1], math.nan
    with contextlib.suppress(ValueError):
        target = read_target(trial)[1]
    if not math.isfinite(target):
        raise DataError(f"{_describe(trial)}: expected a number that {name} is brought to, found {trial.donor_group!r}")
    if trial.place not in {0, 1} or (trial.place == 1 and not PROPERTIES[name].both_ways):
        raise DataError(f"{_describe(trial)}: there is no such change of {name}")


def _is_box(box: Sequence[float]) -> bool:
    x_min, y_min, x_max, y_max = box
    return all(-SLACK <= low < high <= 1 + SLACK for low, high in ((x_min, x_max), (y_min, y_max)))


def _find_region(frame: Frame, image_id: str, trial: Trial) -> torch.Tensor:
    if trial.region not in frame.regions:
        raise DataError(f"{image_id!r} shows no region {trial.region!r}, which {_describe(trial)} needs")
    return frame.regions[trial.region]


def _describe(trial: Trial) -> str:
    donor = "" if trial.donor is None else f", donor {trial.donor!r}"
    return f"the trial {trial.fill!r} of {trial.region!r} on {trial.image_id!r}, place {trial.place}{donor}"


def _unpack(before: Mapping[str, bytes | FloatArray], image_id: str, *, classes: int) -> FloatArray:
    """Logits as the images table holds them."""
    raw = before.get(image_id)
    if raw is None:
        raise DataError(f"the model has not answered on {image_id!r}: no trial of it can be compared")
    logits = (np.frombuffer(raw, "<f4") if isinstance(raw, bytes) else np.asarray(raw)).astype(np.float64)
    if logits.shape != (classes,) or not np.isfinite(logits).all():
        raise DataError(f"logits of {image_id!r}: expected {classes} finite numbers, found {logits.tolist()}")
    return logits
