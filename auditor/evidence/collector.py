"""Images in, rows out: the only room where model, maps and regions meet."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

import numpy as np
import torch

from auditor import records
from auditor.evidence.cams import CAMS
from auditor.evidence.measures import measure_maps
from auditor.evidence.reading import Reader, View

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pyarrow as pa

    from auditor.evidence.cams.base import CAM
    from auditor.evidence.dataset import AnnotatedDataset, Sample
    from auditor.evidence.models import LoadedModel
    from auditor.evidence.reading import Ready
    from auditor.geometry import FloatArray

    Rows = dict[str, list[dict[str, object]]]

BATCH: Final = {"cpu": 8, "cuda": 64}
"""On a CPU larger batches are slower: their activations no longer fit the allocator's cache."""


class Collector:
    """Runs a classifier over samples and says what it did on each.

    Parameters
    ----------
    model
        The classifier; moved to the device.
    dataset
        Where the samples come from.
    cam
        A method of the registry `auditor.evidence.cams.CAMS`.
    device
        Such as ``"cpu"`` or ``"cuda:0"``.
    """

    def __init__(self, model: LoadedModel, dataset: AnnotatedDataset, *, cam: str, device: str) -> None:
        self.model = model
        self.dataset = dataset
        self.device = torch.device(device)
        self.batch = BATCH.get(self.device.type, BATCH["cpu"])
        self.module = model.module.to(self.device)
        if model.owned:
            self.module = self.module.to(memory_format=torch.channels_last)
        self.dtype = next((p.dtype for p in self.module.parameters() if p.is_floating_point()), torch.float32)
        self.cam = CAMS.find(cam)(self.module, model.target_layer, layout=model.layout)

    @property
    def schemas(self) -> dict[str, pa.Schema]:
        """Columns of the tables by name."""
        return {
            "images": records.images_schema(self.dataset.attributes),
            "attention": records.attention_schema(self.dataset.regions),
            "regions": records.REGIONS,
        }

    def collect(self, samples: Sequence[Sample], *, progress: Callable[[int], None]) -> Rows:
        """Look at every sample once.

        Parameters
        ----------
        samples
            A unit of work.
        progress
            Called with the number of images done since the last call.

        Returns
        -------
        dict
            Rows by table name; every sample has exactly one row in ``images``.
        """
        return look([self], samples, progress=progress)[0]

    @property
    def view(self) -> View:
        """How the classifier sees photographs."""
        return View(self.model.preprocessing, self.model.grid)

    def look(self, batch: Sequence[Ready], cam: CAM, rows: Rows) -> None:
        """One pass of the model over what could be read of a batch; its rows are added to those there are."""
        ready = [item for item in batch if item.image is not None]
        if ready:
            self._classify(ready, cam, rows)
        rows["images"] += [item.row for item in batch]

    def _classify(self, ready: Sequence[Ready], cam: CAM, rows: Rows) -> None:
        images = torch.stack([item.image for item in ready if item.image is not None])
        labels = torch.tensor([self.model.classes.index(item.sample.label) for item in ready])
        seen = cam(images.to(self.device, self.dtype), lambda logits: _targets(labels.to(logits.device), logits))
        logits = seen.logits.double().cpu().numpy()
        maps = seen.maps.double().cpu().numpy()
        for item, scores, pair in zip(ready, logits, maps, strict=True):
            if not np.isfinite(scores).all():
                item.row["status"] = "the model's output is not finite"
                continue
            item.row.update(_answer(scores, self.model.classes, item.sample.label))
            rows["attention"] += self._attention(item, pair)
            rows["regions"] += [region.row(item.sample.image_id) for region in item.regions]

    def _attention(self, item: Ready, maps: FloatArray) -> list[dict[str, object]]:
        """Two rows: the map of the label and that of the predicted class."""
        seen = [region for region in item.regions if region.area > 0]  # of what the crop removed, no map says anything
        weights = {region.name: region.weights for region in seen}
        centres = {region.name: region.centres for region in seen}
        measured = measure_maps(maps, weights, centres=centres, frame=self.model.preprocessing.frame)
        answers = (item.sample.label, item.row["predicted"])
        rows = []
        for k, (target, answer) in enumerate(zip(records.TARGETS, answers, strict=True)):
            values = {column: float(value[k]) for column, value in measured.items()}
            rows.append(
                {"image_id": item.sample.image_id, "target": target, "target_class": answer, **_cam(maps[k]), **values}
            )
        return rows


def look(collectors: Sequence[Collector], samples: Sequence[Sample], *, progress: Callable[[int], None]) -> list[Rows]:
    """Have every model look at every sample once; the photographs are read once for all of them.

    Parameters
    ----------
    collectors
        One per model, on one device and one dataset.
    samples
        A unit of work.
    progress
        Called with the number of images that all models have seen since the last call.

    Returns
    -------
    list of dict
        Rows by table name for each model, as if it had been alone.
    """
    reader = Reader(collectors[0].dataset, [collector.view for collector in collectors])
    found: list[Rows] = [{"images": [], "attention": [], "regions": []} for _ in collectors]
    with ExitStack() as stack:
        cams = [stack.enter_context(collector.cam) for collector in collectors]
        for batch in reader.read(samples, batch=collectors[0].batch):
            for k, collector in enumerate(collectors):
                collector.look([item[k] for item in batch], cams[k], found[k])
            progress(len(batch))
    return found


def _targets(labels: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
    return torch.stack([labels, logits.argmax(dim=1)], dim=1)


def _answer(logits: FloatArray, classes: Sequence[str], label: str) -> dict[str, object]:
    """What the model answered, how sure it was, and by how much."""
    order = np.argsort(-logits, kind="stable")
    shifted = np.exp(logits - logits.max())
    best = int(order[0])
    return {
        "predicted": classes[best],
        "score": float(shifted[best] / shifted.sum()),
        "margin": float(logits[best] - logits[order[1]]) if len(order) > 1 else 0.0,
        "correct": classes[best] == label,
        "logits": records.pack_grid(logits, "float32"),
    }


def _cam(grid: FloatArray) -> dict[str, object]:
    """The map as stored: divided by its maximum, so that half precision loses no small map."""
    peak = float(grid.max())
    scaled = grid / peak if peak > 0 and np.isfinite(peak) else np.zeros_like(grid)
    return {
        "cam": records.pack_grid(scaled, "float16"),
        "grid_height": grid.shape[0],
        "grid_width": grid.shape[1],
        "cam_max": peak,
        "cam_sum": float(grid.sum()),
    }
