"""Pictures with their labels, attributes and regions, audited as a user would, and what the audit said of them."""

from __future__ import annotations

import csv
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image
from reading import compare_accuracy, compare_rivals, count_alarms, read_alone, read_findings

import auditor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from decoys import Bytes, Ints
    from jobs import Job
    from numpy.typing import NDArray
    from torch import nn

    from auditor.result import AuditResult

    Row = dict[str, Any]
    Box = Sequence[int]


@dataclass(frozen=True)
class Exhibit:
    """What is handed to an audit.

    Attributes
    ----------
    pictures
        (n, pixels, pixels, 3).
    labels
        Numbers of classes.
    classes
        Their names.
    facts
        By attribute: 0 or 1, or words.
    roles
        By region; one without a role bears an empty text.
    boxes
        By region: one box per picture, or None where it is not there.
    masks
        By region: (n, pixels, pixels); one without a pixel is not there.
    """

    pictures: Bytes
    labels: Ints
    classes: tuple[str, ...]
    facts: Mapping[str, Ints]
    roles: Mapping[str, str]
    boxes: Mapping[str, Sequence[Box | None]] = field(default_factory=dict)
    masks: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write pictures, labels, attributes, boxes and masks."""
        (folder / "photos").mkdir(parents=True)
        facts, places = [], []
        for k, picture in enumerate(self.pictures):
            name = f"{k:05d}.png"
            Image.fromarray(picture).save(folder / "photos" / name, compress_level=1)
            values = ("ab"[values[k]] for values in self.facts.values())
            facts.append([name, self.classes[self.labels[k]], k, *values])
            places += [[name, region, *box[k]] for region, box in self.boxes.items() if box[k] is not None]
            self._write_masks(folder / "masks", k, name=name)
        _write_csv(folder / "people.csv", [["image", "label", "group_id", *self.facts], *facts])
        if places:
            _write_csv(folder / "regions.csv", [["image", "region", "x_min", "y_min", "x_max", "y_max"], *places])

    def _write_masks(self, folder: Path, k: int, *, name: str) -> None:
        for region, masks in self.masks.items():
            if masks[k].any():
                (folder / region).mkdir(parents=True, exist_ok=True)
                Image.fromarray(masks[k]).save(folder / region / name)


def _write_csv(path: Path, rows: list[list[Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def audit(
    network: nn.Module,
    exhibit: Exhibit,
    *,
    sees: auditor.Preprocessing,
    attributes: Sequence[str],
    hiding: Mapping[str, Any],
    seed: int,
) -> AuditResult:
    """Audit as a user would: from pictures and tables on the disk, which are gone afterwards.

    Parameters
    ----------
    network
        The classifier.
    exhibit
        What to audit it on.
    sees
        How it sees pictures.
    attributes
        Those of the exhibit to ask.
    hiding
        The plan's table of interventions; by default regions are hidden on every picture.
    seed
        Of the audit.

    Returns
    -------
    AuditResult
        With its tables; nothing is kept on the disk.
    """
    with tempfile.TemporaryDirectory(prefix="validity-") as name:
        folder = Path(name)
        exhibit.write(folder)
        told: dict[str, Any] = {"roles": {region: role for region, role in exhibit.roles.items() if role}}
        told |= {"regions": folder / "regions.csv"} if exhibit.boxes else {}
        told |= {"masks": folder / "masks"} if exhibit.masks else {}
        dataset = auditor.AnnotatedDataset.from_csv(folder / "people.csv", images=folder / "photos", **told)
        model = auditor.load_model(network, classes=list(exhibit.classes), preprocessing=sees)
        hiding = {"images": len(exhibit.labels), **hiding}
        return auditor.audit(model, dataset, attributes=attributes, seed=seed, interventions=hiding)


def tell(result: AuditResult, *, truth: Mapping[tuple[str, str], float | None]) -> list[Row]:
    """One row per region and attribute that the audit spoke of, with what rivals say.

    Parameters
    ----------
    result
        Of the audit.
    truth
        As for `reading.read_findings`.

    Returns
    -------
    list of dict
        Plain values by column.
    """
    attributes = {finding.attribute for finding in result.document.findings if finding.attribute}
    gaps = {name: compare_accuracy(result.images, name) for name in attributes}
    alarms, estimates = count_alarms(result.document.protocol), result.estimates
    rows = read_findings(result.document.findings, estimates, truth=truth)
    return [
        alarms | row | read_alone(estimates, row["region"]) | compare_rivals(result, row, gaps=gaps) for row in rows
    ]


def describe(job: Job, **facts: object) -> Row:
    """Columns that all rows of a model share."""
    told = {"tier": job.tier, "model": job.name, "kind": job.kind, "level": job.level, "seed": job.seed}
    return told | {"images": job.images} | facts
