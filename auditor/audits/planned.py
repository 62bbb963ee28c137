"""What a plan names, made ready: a model and a dataset."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditor.evidence.dataset import AnnotatedDataset
from auditor.evidence.models import LoadedModel, load_model
from auditor.evidence.models.classes import read_classes
from auditor.evidence.preprocessing import Preprocessing

if TYPE_CHECKING:
    from auditor.evidence.options import Options as Description
    from auditor.plans.models import ModelPlan
    from auditor.plans.plan import Audit

logger = logging.getLogger(__name__)


class PlannedModel:
    """Loads a model of a plan, once in each process: a copy that travels to another one loads its own.

    Parameters
    ----------
    table
        What the plan says of it.
    root
        Folder of the plan.
    """

    def __init__(self, table: ModelPlan, root: Path) -> None:
        self.table, self.root = table, root
        self._loaded: LoadedModel | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_loaded": None}

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes, without loading anything else."""
        return read_classes(self.table.classes, root=self.root)

    def __call__(self) -> LoadedModel:
        """The classifier."""
        if self._loaded is None:
            self._loaded = self._load()
        return self._loaded

    def _load(self) -> LoadedModel:
        chosen = self.table.preprocessing
        return load_model(
            self.table.source,
            classes=self.table.classes,
            weights=self.table.weights,
            preprocessing=None if chosen is None else Preprocessing(**chosen.model_dump()),
            target_layer=self.table.target_layer,
            root=self.root,
        )


def list_inputs(plan: Audit) -> list[Path]:
    """List what a plan names that is read from the disk.

    Parameters
    ----------
    plan
        The plan.

    Returns
    -------
    list of Path
        Files and folders, whether or not they are there.
    """
    data = [plan.data.images, plan.data.annotations, plan.data.regions, plan.data.masks]
    models = [path for table in plan.models for path in (table.weights, table.classes)]
    code = [table.source.rpartition(":")[0] for table in plan.models]
    named = [*(name for name in code if name.endswith(".py")), *([plan.policy] if plan.policy else [])]
    return [path for path in (*data, *models) if isinstance(path, Path)] + [plan.root / name for name in named]


def load_dataset(plan: Audit, *, skip_bad: bool) -> AnnotatedDataset:
    """Load the dataset that a plan names, and say aloud what was passed over.

    Parameters
    ----------
    plan
        The plan; models of several name the same classes.
    skip_bad
        Leave bad rows out instead of refusing the dataset.

    Returns
    -------
    AnnotatedDataset
        Split by the attributes of the plan.

    Raises
    ------
    DataError
        With all faults at once.
    """
    table = plan.data
    known: Description = {
        "regions": table.regions,
        "masks": table.masks,
        "roles": table.roles,
        "exif": table.exif,
        "attributes": plan.audit.attributes,
        "classes": read_classes(plan.models[0].classes, root=plan.root),
        "skip_bad": skip_bad,
    }
    if table.annotations is None:
        dataset = AnnotatedDataset.from_folders(table.images, **known)
    else:
        dataset = AnnotatedDataset.from_csv(table.annotations, images=table.images, **known)
    for note in dataset.notes:
        logger.warning("%s: %s", dataset.source, note)
    return dataset
