"""What an engine is: it does units of a job on devices, and commits each to the run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import torch

from auditor.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from auditor.evidence.dataset import AnnotatedDataset, Sample
    from auditor.runs import Unit

    Progress = Callable[[int], None]
    """Called with how much was done since the last call: images, or forward passes."""


class Worker(Protocol):
    """Does one unit of work at a time: samples in, rows out."""

    @property
    def schemas(self) -> Mapping[str, Any]:
        """Columns of the tables by name."""

    def collect(self, samples: Sequence[Sample], *, progress: Progress) -> Mapping[str, Any]:
        """Rows of a unit's samples by table name."""


class Ledger(Protocol):
    """Where a unit's rows are put: a run, or the runs of several models."""

    def commit(self, unit: Unit, tables: Mapping[str, Any], *, schemas: Mapping[str, Any]) -> None:
        """Put them in place."""


@dataclass(frozen=True)
class Job:
    """What is done to each unit; it travels to other processes, so the model comes as a call that loads it."""

    ledger: Ledger
    dataset: AnnotatedDataset
    load: Callable[[], Any]
    make: Callable[..., Worker]  # from what is loaded, the dataset and a device


class Engine(Protocol):
    """A way to do units of work."""

    def __call__(self, job: Job, units: Sequence[Unit], *, devices: Sequence[str], progress: Progress) -> None:
        """Do the units and commit each.

        Parameters
        ----------
        job
            What is done to each.
        units
            Which.
        devices
            Where, such as ``["cuda:0", "cuda:1"]``.
        progress
            Called as images are done.
        """


def find_device() -> str:
    """Where work is done unless a device is named.

    Returns
    -------
    str
        The GPU if there is one.
    """
    return "cuda" if torch.cuda.is_available() else "cpu"


def list_devices() -> list[str]:
    """List where work can be done on this machine.

    Returns
    -------
    list of str
        The CPU first; an accelerator without a number is its first.
    """
    there = torch.accelerator.current_accelerator(check_available=True)
    if there is None:
        return ["cpu"]
    return ["cpu", there.type, *(f"{there.type}:{k}" for k in range(torch.accelerator.device_count()))]


def check_devices(names: Sequence[str]) -> None:
    """Refuse devices that are not there, before anything takes long.

    Parameters
    ----------
    names
        As the user gave them.

    Raises
    ------
    UsageError
        With those that are.
    """
    there = list_devices() if names else []
    for name in names:
        if name not in there:
            raise UsageError(f"devices: {name!r} is not there; expected of this machine's {', '.join(there)}")


def work(job: Job, units: Iterable[Unit], *, device: str, progress: Progress) -> None:
    """Do units one after the other on one device.

    Parameters
    ----------
    job
        What is done to each.
    units
        Which; may be drawn from a queue as others draw from it too.
    device
        Where.
    progress
        Called as images are done.
    """
    worker = job.make(job.load(), job.dataset, device=device)
    samples = {sample.image_id: sample for sample in job.dataset.samples}
    for unit in units:
        rows = worker.collect([samples[name] for name in unit.image_ids], progress=progress)
        job.ledger.commit(unit, rows, schemas=worker.schemas)
