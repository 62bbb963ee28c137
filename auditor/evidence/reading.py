"""Photographs made ready for models: each is read, decoded and measured once, however many models will look at it."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from auditor import records
from auditor.errors import DataError
from auditor.evidence.locating import Located, locate
from auditor.evidence.photographs import read_photograph
from auditor.evidence.properties import measure_photograph

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import torch

    from auditor.evidence.dataset import AnnotatedDataset, Sample
    from auditor.evidence.photographs import Photograph
    from auditor.evidence.preprocessing import Prepared, Preprocessing
    from auditor.geometry import Size

READERS: Final = 2
"""Threads that decode ahead of the model: decoding takes a tenth of a forward pass and lets go of the interpreter."""
AHEAD: Final = 2
"""Batches kept ready."""


@dataclass(frozen=True)
class View:
    """How a model sees photographs; models of one view share what is made ready."""

    preprocessing: Preprocessing
    grid: Size


@dataclass(frozen=True)
class Ready:
    """An image made ready for one model, or the reason why it was not."""

    sample: Sample
    row: dict[str, object]  # of the images table, to be completed
    image: torch.Tensor | None = None  # (3, H, W)
    regions: tuple[Located, ...] = ()


class Reader:
    """Reads photographs for models that look at them in turn.

    A decoded photograph is let go as soon as it is prepared for every view; what is kept is what the models take in,
    three batches at most, so that memory does not grow with the number of images.

    Parameters
    ----------
    dataset
        Where the photographs are.
    views
        How each model sees them.
    """

    def __init__(self, dataset: AnnotatedDataset, views: Sequence[View]) -> None:
        self._dataset = dataset
        self._views = tuple(views)
        self._steps = tuple(dict.fromkeys(view.preprocessing for view in views))

    def read(self, samples: Sequence[Sample], *, batch: int) -> Iterator[list[tuple[Ready, ...]]]:
        """Batches in order, read ahead of the models.

        Parameters
        ----------
        samples
            What to read.
        batch
            Images in each; the last may hold fewer.

        Yields
        ------
        list of tuple
            For each image what each model gets, in the order of the views.
        """
        with ThreadPoolExecutor(READERS) as pool:
            queue = deque(pool.submit(self._read, sample) for sample in samples[: AHEAD * batch])
            waiting = iter(samples[AHEAD * batch :])
            while queue:
                done = [queue.popleft().result() for _ in range(min(batch, len(queue)))]
                queue.extend(pool.submit(self._read, sample) for sample in islice(waiting, len(done)))
                yield done

    def _read(self, sample: Sample) -> tuple[Ready, ...]:
        row = self._describe(sample)
        try:
            photograph = read_photograph(sample.path, apply_exif=self._dataset.exif == "apply")
            row |= {
                "sha256": photograph.sha256,
                "width": photograph.width,
                "height": photograph.height,
                "notes": ", ".join(photograph.notes),
                **measure_photograph(photograph),
            }
        except DataError as error:
            return tuple(Ready(sample, {**row, "status": str(error)}) for _ in self._views)
        prepared = {steps: _prepare(steps, photograph, sample) for steps in self._steps}
        located = {view: _locate(view, prepared[view.preprocessing]) for view in dict.fromkeys(self._views)}
        return tuple(
            _combine(sample, row, prepared=prepared[view.preprocessing], located=located[view]) for view in self._views
        )

    def _describe(self, sample: Sample) -> dict[str, object]:
        return {
            "image_id": sample.image_id,
            "path": sample.path.relative_to(self._dataset.images).as_posix(),
            "label": sample.label,
            "group_id": sample.group_id,
            "status": records.READ,
            **{name: sample.attributes.get(name, records.NOT_RECORDED) for name in self._dataset.attributes},
        }


def _prepare(steps: Preprocessing, photograph: Photograph, sample: Sample) -> Prepared | DataError:
    """What the model takes in, or why there is nothing."""
    try:
        return steps(photograph, sample.regions)
    except DataError as error:
        return error


def _locate(view: View, prepared: Prepared | DataError) -> tuple[Located, ...]:
    if isinstance(prepared, DataError):
        return ()
    return tuple(locate(region, frame=view.preprocessing.frame, grid=view.grid) for region in prepared.regions)


def _combine(
    sample: Sample, row: dict[str, object], *, prepared: Prepared | DataError, located: tuple[Located, ...]
) -> Ready:
    if isinstance(prepared, DataError):
        return Ready(sample, {**row, "status": str(prepared)})
    return Ready(sample, dict(row), prepared.image, located)
