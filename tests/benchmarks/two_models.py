"""What two models in one run cost: against the sum of their forward passes and one decoding of the photographs.

   python tests/benchmarks/two_models.py [--rounds 5] [--count 400] [--quick]

Photographs are JPEG files of 640 × 480 pixels, drawn with the grain and the edges of real ones, with two boxes each;
resnet18 and mobilenet_v2 have random weights and 1000 classes; float32, one thread, everything in one process. The
plain side is what anyone's loop does: open, decode, resize to 256, crop 224 and normalise once, then the forward pass
of each model over batches of 8 under inference_mode. The audit's side is its whole pass over the photographs: reading,
hashing and measuring them, both models, two maps per image and model, shares of regions, and every Parquet part
synced. Loading the models is left out on both sides; statistics, interventions and reports follow from the records
and are no part of the pass. Time is process CPU time; the contenders take turns in shuffled order, each round's times
are divided by that round's plain sum, and the median of the ratios is given with the smallest and the largest.

Writes two_models.md beside this file, unless --quick.
"""

from __future__ import annotations

import argparse
import csv
import functools
import platform
import random
import statistics
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
import torchvision
from PIL import Image
from safetensors.torch import save_file
from torchvision.transforms import v2

from auditor.audits.planned import PlannedModel, load_dataset
from auditor.audits.several import look_together
from auditor.audits.tasks import Order, prepare
from auditor.plans.plan import Audit
from auditor.publishing.filing import Told, ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from auditor.audits.tasks import Task

LAYERS = {"resnet18": "layer4", "mobilenet_v2": "features"}
CLASSES = [f"class {k}" for k in range(1000)]
STEPS = {"resize": 256, "crop": 224, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
BATCH = 8
PLAIN = ("decode once", *(f"forward, {name}" for name in LAYERS))
BOTH = "auditor, both models in one run"
ALONE = tuple(f"auditor, {name} alone" for name in LAYERS)


def draw(folder: Path, *, count: int, size: tuple[int, int]) -> None:
    """Photographs with their annotations and regions."""
    chance = np.random.default_rng(0)
    (folder / "photos").mkdir()
    rows, boxes = [], []
    for k in range(count):
        coarse = chance.integers(0, 256, (size[1] // 40, size[0] // 40, 3), dtype=np.uint8)
        smooth = np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC), dtype=np.float32)
        grain = chance.normal(0, 8, smooth.shape).astype(np.float32)
        name = f"{k:04d}.jpg"
        Image.fromarray(np.clip(smooth + grain, 0, 255).astype(np.uint8)).save(folder / "photos" / name, quality=90)
        rows.append((name, CLASSES[k % 2], "ab"[k // 2 % 2]))
        boxes += [
            (name, region, *box) for region, box in (("face", (200, 80, 360, 240)), ("coat", (160, 240, 420, 470)))
        ]
    write(folder / "annotations.csv", ("image", "label", "site"), rows)
    write(folder / "regions.csv", ("image", "region", "x_min", "y_min", "x_max", "y_max"), boxes)


def write(path: Path, header: tuple[str, ...], rows: list[tuple[object, ...]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])


def make_plan(folder: Path) -> Audit:
    torch.manual_seed(0)
    tables = []
    for name, layer in LAYERS.items():
        weights = folder / f"{name}.safetensors"
        save_file(torchvision.models.get_model(name).state_dict(), weights)
        table = {"name": name, "source": name, "weights": str(weights), "classes": CLASSES, "target_layer": layer}
        tables.append({**table, "preprocessing": STEPS})
    places = {"images": "photos", "annotations": "annotations.csv", "regions": "regions.csv"}
    values = {
        "model": tables,
        "data": {name: str(folder / place) for name, place in places.items()},
        "audit": {"attributes": ["site"]},
    }
    return Audit.model_validate(values)


def make_tasks(plan: Audit, loads: dict[str, PlannedModel], out: Path) -> dict[str, Task]:
    """The audits, checked and ready; what follows the pass is never asked for."""
    dataset = load_dataset(plan, skip_bad=False)
    tasks = {}
    for name, one in plan.each().items():
        told = Told(one.declared, ask(one.report, CLASSES))
        order = Order(looking=one.audit, hiding=one.interventions, plan={}, told=told, out=out / name)
        tasks[name] = prepare(loads[name], dataset, order, options={"devices": ["cpu"], "force": True}, name=name)
    return tasks


def decode(paths: list[Path]) -> list[torch.Tensor]:
    """The photographs as anyone's loop prepares them, in batches."""
    steps = v2.Compose(
        [
            v2.PILToTensor(),
            v2.Resize(256, antialias=True),
            v2.CenterCrop(224),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(STEPS["mean"], STEPS["std"]),
        ]
    )
    images = [steps(Image.open(path).convert("RGB")) for path in paths]
    return [torch.stack(images[k : k + BATCH]) for k in range(0, len(images), BATCH)]


@torch.inference_mode()
def forward(model: torch.nn.Module, batches: list[torch.Tensor]) -> None:
    for batch in batches:
        model(batch.contiguous(memory_format=torch.channels_last)).argmax(1).tolist()


def list_contenders(plan: Audit, folder: Path) -> dict[str, Callable[[], Callable[[], object]]]:
    """What makes each contender ready: the audits into an empty folder, as clearing one is no part of the pass."""
    paths = sorted((folder / "photos").iterdir())
    batches = decode(paths)
    loads = {table.name or "": PlannedModel(table, Path()) for table in plan.models}
    modules = {name: load().module.to(memory_format=torch.channels_last) for name, load in loads.items()}

    def ready() -> dict[str, Task]:
        return make_tasks(plan, loads, Path(tempfile.mkdtemp(dir=folder)))

    found: dict[str, Callable[[], Callable[[], object]]] = {PLAIN[0]: lambda: functools.partial(decode, paths)}
    for name, plain, alone in zip(LAYERS, PLAIN[1:], ALONE, strict=True):
        found[plain] = functools.partial(functools.partial, forward, modules[name], batches)
        found[alone] = lambda name=name: ready()[name].look  # type: ignore[misc]
    found[BOTH] = lambda: functools.partial(look_together, ready())
    return found


def measure(contenders: dict[str, Callable[[], Callable[[], object]]], *, rounds: int) -> list[dict[str, float]]:
    """CPU seconds of each contender, round by round; the first round warms up."""
    order = random.Random(0)  # noqa: S311 -- an order, no secret
    found = []
    for _ in range(rounds + 1):
        spent = {}
        for title in order.sample(list(contenders), len(contenders)):
            work = contenders[title]()
            start = time.process_time()
            work()
            spent[title] = time.process_time() - start
        found.append(spent)
    return found[1:]


def write_report(found: list[dict[str, float]], *, count: int) -> list[str]:
    sums = [sum(spent[title] for title in PLAIN) for spent in found]
    rows = {title: [spent[title] for spent in found] for title in (*PLAIN, *ALONE, BOTH)}
    rows["auditor, one run after the other"] = [sum(spent[title] for title in ALONE) for spent in found]
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "torchvision", "pillow"))
    lines = [
        f"{count} photographs, {len(found)} rounds; {packages}; Python {platform.python_version()}.",
        "",
        "| | CPU ms per photograph | CPU time ÷ (both forward passes + one decode): median (range) |",
        "|---|---|---|",
    ]
    for title, seconds in rows.items():
        ratios = [spent / whole for spent, whole in zip(seconds, sums, strict=True)]
        spread = f"{statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})"
        lines.append(f"| {title} | {1000 * statistics.median(seconds) / count:.1f} | {spread} |")
    return [*lines, ""]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--quick", action="store_true", help="few photographs and one round: does it run at all?")
    asked = parser.parse_args()
    count, rounds = (8, 1) if asked.quick else (asked.count, asked.rounds)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        draw(folder, count=count, size=(640, 480))
        found = measure(list_contenders(make_plan(folder), folder), rounds=rounds)
    head = ["# What two models in one run cost", "", (__doc__ or "").split("\n\n")[2], ""]
    text = "\n".join([*head, *write_report(found, count=count)])
    print(text)
    if not asked.quick:
        Path(__file__).with_suffix(".md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
