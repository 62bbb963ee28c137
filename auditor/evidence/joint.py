"""Several models at work together: they look at each photograph in turn, and each leaves the rows of its own run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditor.evidence.collector import Collector, look

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pyarrow as pa

    from auditor.evidence.collector import Rows
    from auditor.evidence.dataset import AnnotatedDataset, Sample
    from auditor.evidence.models import LoadedModel
    from auditor.runs import Run, Unit


class JointCollector:
    """Runs several classifiers over samples that are read once.

    Parameters
    ----------
    models
        The classifiers by name.
    dataset
        Where the samples come from.
    cam
        A method of the registry `auditor.evidence.cams.CAMS`.
    device
        Such as ``"cpu"`` or ``"cuda:0"``; it holds all of them.
    """

    def __init__(self, models: Mapping[str, LoadedModel], dataset: AnnotatedDataset, *, cam: str, device: str) -> None:
        self.collectors = {name: Collector(model, dataset, cam=cam, device=device) for name, model in models.items()}

    @property
    def schemas(self) -> dict[str, dict[str, pa.Schema]]:
        """Columns by model and table."""
        return {name: collector.schemas for name, collector in self.collectors.items()}

    def collect(self, samples: Sequence[Sample], *, progress: Callable[[int], None]) -> dict[str, Rows]:
        """Have every model look at every sample once.

        Parameters
        ----------
        samples
            A unit of work.
        progress
            Called with the number of images done since the last call.

        Returns
        -------
        dict
            Rows by model and table.
        """
        found = look(list(self.collectors.values()), samples, progress=progress)
        return dict(zip(self.collectors, found, strict=True))


@dataclass(frozen=True)
class JointRun:
    """The runs of several models, filled together."""

    runs: Mapping[str, Run]

    def commit(
        self,
        unit: Unit,
        tables: Mapping[str, Rows],
        *,
        schemas: Mapping[str, Mapping[str, pa.Schema]],
    ) -> None:
        """Put each model's rows of a unit in place.

        Parameters
        ----------
        unit
            The unit, the same in every run.
        tables
            Rows by model and table.
        schemas
            Columns by model and table.
        """
        for name, run in self.runs.items():
            run.commit(unit, tables[name], schemas=schemas[name])


@dataclass(frozen=True)
class JointLoader:
    """Loads several models."""

    loads: Mapping[str, Callable[[], LoadedModel]]

    def __call__(self) -> dict[str, LoadedModel]:
        """Every model by name."""
        return {name: load() for name, load in self.loads.items()}
