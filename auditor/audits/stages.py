"""The stages of an audit: each a run folder of units that any engine fills, so that each survives being cut off."""

from __future__ import annotations

import logging
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

from auditor import runs
from auditor.audits.outputs import refuse_taken
from auditor.errors import UnfinishedError
from auditor.evidence.engines import ENGINES
from auditor.evidence.engines.base import Job, find_device
from auditor.runs import WHOLE, Run, Shard, Unit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from auditor.audits.reusing import Recall
    from auditor.evidence.dataset import AnnotatedDataset
    from auditor.evidence.engines.base import Worker
    from auditor.evidence.models import LoadedModel

logger = logging.getLogger("auditor")


class Options(TypedDict, total=False):
    """How an audit is run; none of it changes a number of the result."""

    resume: bool  # go on with the run in the folder
    force: bool  # start again, removing the run in the folder
    skip_bad: bool  # leave out images that cannot be used instead of refusing
    devices: Sequence[str]  # one process each; default: the GPU if there is one, else the CPU
    shard: Shard  # do only every N-th unit
    progress: Callable[[int, int, str], None]  # called with what is done, what is to do, and what that counts
    say: Callable[[str], object]  # called with a line on what is going on


@dataclass(frozen=True, kw_only=True)
class Stage:
    """Work on some images.

    Attributes
    ----------
    header
        What ``run.json`` holds; ``fingerprints`` is what a resumed run must match.
    images
        Ids of the images.
    make
        Makes a worker from the model, the dataset and a device.
    counts
        What the worker's progress counts.
    cost
        How much of it each image takes; 1 where it is not named.
    """

    header: Mapping[str, Any]
    images: Sequence[str]
    make: Callable[..., Worker]
    counts: str = "images"
    cost: Mapping[str, int]

    def total(self, units: Sequence[Unit]) -> int:
        """How much work some units are."""
        return sum(self.cost.get(name, 1) for unit in units for name in unit.image_ids)


@dataclass(frozen=True, kw_only=True)
class Site:
    """Where and on what stages work.

    Attributes
    ----------
    folder
        Of the records.
    dataset
        The images.
    load
        Loads the model; called in each process.
    options
        How.
    model
        Its name, where there are several.
    recall
        Where earlier records may answer; None where all is measured.
    """

    folder: Path
    dataset: AnnotatedDataset
    load: Callable[[], LoadedModel]
    options: Options
    model: str | None = None
    recall: Recall | None = None

    @property
    def devices(self) -> list[str]:
        """Where work is done, one process each."""
        return list(self.options.get("devices", ())) or [find_device()]

    @property
    def shard(self) -> Shard:
        """The units of this process."""
        return self.options.get("shard", WHOLE)

    def resumes(self, folder: Path) -> bool:
        """Whether there is a run to go on with, and that was asked for."""
        asked = self.options.get("resume", False) or self.shard != WHOLE
        return asked and (folder / runs.RUN).is_file()

    def open(self, stage: Stage, folder: Path) -> Run:
        """Open the run to fill: a new one, or the one that was cut off."""
        files = self._files(stage)
        if not self.resumes(folder):
            return runs.start(folder, stage.header, files)
        opened, notes = runs.resume(folder, stage.header, files, shard=self.shard)
        for note in notes:
            logger.warning(note)
        return opened

    def _files(self, stage: Stage) -> dict[str, Path]:
        wanted = set(stage.images)
        return {sample.image_id: sample.path for sample in self.dataset.samples if sample.image_id in wanted}

    def answer(self, stage: Stage, name: str) -> Run | None:
        """A stage as an earlier run left it, if there is one that answers."""
        folder = self.folder / name
        if self.recall is None or (self.resumes(folder) and not self.recall.own):
            return None
        return self.recall.find_stage(folder, stage.header, files=self._files(stage))

    def fill(self, stage: Stage, opened: Run) -> Run:
        """Do every unit that is not in place.

        Raises
        ------
        UnfinishedError
            If units of other shards remain.
        """
        todo = opened.pending(self.shard)
        job = Job(opened, self.dataset, self.load, stage.make)
        self.work([(job, todo)], self.count(stage.total(todo), stage.counts))
        return self.finish(opened)

    def count(self, total: int, counts: str) -> Counter:
        """A counter of work to do, which the caller of the audit hears of."""
        of = "" if self.model is None else f" of {self.model}"
        return Counter(total, f"{counts}{of}", self.options.get("progress"))

    def work(self, jobs: Sequence[tuple[Job, Sequence[Unit]]], progress: Counter) -> None:
        """Do units of some jobs on the devices that were asked for."""
        devices = self.devices
        engine = ENGINES["serial" if len(devices) == 1 else "processes"]
        for job, units in jobs:
            if units:
                engine(job, units, devices=devices, progress=progress)

    def finish(self, opened: Run) -> Run:
        """Put the success mark on a run that is done.

        Raises
        ------
        UnfinishedError
            If units of other shards remain.
        """
        left = opened.pending()
        if left:
            remain = f"{len(left)} of {len(opened.units)} units remain with others"
            done = f"shard {self.shard.index}/{self.shard.count} is done; {remain}"
            msg = f"{done}; once they are done, run the shards again for what follows"
            raise UnfinishedError(msg)
        opened.finish()
        return opened

    def follow(self, stage: Stage, name: str) -> Run:
        """Do a stage that follows from the tables of an earlier one; what was made from other tables is made again."""
        folder = self.folder / name
        if self.resumes(folder) and runs.load(folder).header["fingerprints"] != stage.header["fingerprints"]:
            logger.warning("the %s were made from other images, or by another version: they are done again", name)
            self.forget(name)
        return self.fill(stage, self.open(stage, folder))

    def forget(self, name: str) -> None:
        """Remove what an earlier run left of a stage, if it left anything."""
        folder, aside = self.folder / name, self.folder / f"{name}.old"
        if self.recall is not None and self.recall.own and folder.is_dir():
            refuse_taken(self.folder.parent, f"its {name} are of another plan")
        shutil.rmtree(aside, ignore_errors=True)
        if folder.is_dir():
            folder.rename(aside)  # at once: half of a run is never taken for a run
            shutil.rmtree(aside)


class Counter:
    """What is done, as the caller of an audit wants to hear of it."""

    def __init__(self, total: int, counts: str, tell: Callable[[int, int, str], None] | None) -> None:
        self.done, self.total, self.counts, self.tell = 0, total, counts, tell
        self(0)

    def __call__(self, more: int) -> None:
        """Take note of what was done since the last call."""
        self.done += more
        if self.tell is not None:
            self.tell(self.done, self.total, self.counts)
