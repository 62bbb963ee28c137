"""What an audit costs: `auditor run` against a DataLoader and a forward pass, on the same photographs.

   python tests/benchmarks/run.py PHOTOS WEIGHTS [--count 1200] [--rounds 3]

PHOTOS is a folder of photographs (sub-folders are searched), WEIGHTS a state dict of torchvision's mobilenet_v2. Each
round times both in fresh processes, one after the other, from the first image to the last number (imports are left
out on both sides; the audit's time includes checking the data, two maps per image, four regions, the Parquet parts,
all statistics and audit.json; rendering the reports is given apart, as it does not grow with the images; no region is
hidden, which is a matter of how many images the plan asks for). The ratio of each round is taken within the round.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CLASSES = [f"class {k}" for k in range(1000)]
LABELS = 10
SIDES = {"face": 0.2, "hair": 0.3, "coat": 0.5, "background": 0.9}


def prepare(folder: Path, photos: Path, count: int) -> list[str]:
    """Write annotations and regions for the first photographs that can be read."""
    from PIL import Image

    names = []
    rows, boxes = [], []
    for path in sorted(photos.rglob("*")):
        if path.suffix.lower() not in {".jpg", ".jpeg", ".png"} or len(names) == count:
            continue
        try:
            with Image.open(path) as image:
                image.load()
                width, height = image.size
        except OSError:
            continue
        name = path.relative_to(photos).as_posix()
        k = len(names)
        names.append(name)
        rows.append((name, CLASSES[k % LABELS], ("a", "b")[k % 2]))
        for region, side in SIDES.items():
            left, top = (1 - side) / 2 * width, (1 - side) / 2 * height
            boxes.append((name, region, left, top, width - left, height - top))
    with (folder / "annotations.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("image", "label", "attribute"), *rows])
    with (folder / "regions.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("image", "region", "x_min", "y_min", "x_max", "y_max"), *boxes])
    return names


def run_plain(photos: Path, weights: Path, folder: Path) -> dict[str, float]:
    """The loop that anyone would write: decode, resize, crop, normalise, forward."""
    import torch
    import torchvision
    from PIL import Image
    from safetensors.torch import load_file
    from torchvision.transforms import v2

    with (folder / "annotations.csv").open(encoding="utf-8") as file:
        names = [row["image"] for row in csv.DictReader(file)]
    change = v2.Compose(
        [
            v2.PILToTensor(),
            v2.Resize(256, antialias=True),
            v2.CenterCrop(224),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize([0.5] * 3, [0.5] * 3),
        ]
    )

    class Photos(torch.utils.data.Dataset):
        def __len__(self) -> int:
            return len(names)

        def __getitem__(self, index: int) -> torch.Tensor:
            return change(Image.open(photos / names[index]).convert("RGB"))

    wall, cpu = time.perf_counter(), time.process_time()
    model = torchvision.models.mobilenet_v2()
    model.load_state_dict(load_file(weights))
    model.eval()
    answers = []
    with torch.inference_mode():
        for images in torch.utils.data.DataLoader(Photos(), batch_size=8):
            answers += model(images).argmax(1).tolist()
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


def run_audit(photos: Path, weights: Path, folder: Path) -> dict[str, float]:
    """The same photographs through `auditor.run`."""
    from auditor.pipeline import run
    from auditor.plans.plan import Audit
    from auditor.publishing.rendering import write_report

    plan = {
        "model": {
            "source": "mobilenet_v2",
            "weights": str(weights),
            "classes": CLASSES,
            "target_layer": "features",
            "preprocessing": {"resize": 256, "crop": 224, "mean": [0.5] * 3, "std": [0.5] * 3},
        },
        "data": {
            "images": str(photos),
            "annotations": str(folder / "annotations.csv"),
            "regions": str(folder / "regions.csv"),
        },
        "audit": {"attributes": ["attribute"]},
        "interventions": {"images": 0},  # hiding regions has a cost of its own, told before it starts
    }
    with tempfile.TemporaryDirectory() as out:
        wall, cpu = time.perf_counter(), time.process_time()
        result = run(Audit.model_validate(plan, context={"root": str(folder)}), out=out)
        figures = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
        wall = time.perf_counter()
        write_report(result, out)
        return {**figures, "reports": time.perf_counter() - wall}


def measure(kind: str, arguments: argparse.Namespace, folder: Path) -> dict[str, float]:
    """One side in a process of its own."""
    places = [str(arguments.photos), str(arguments.weights), "--folder", str(folder)]
    command = [sys.executable, __file__, *places, "--one", kind]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--count", type=int, default=1200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", choices=["plain", "audit"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        side = run_plain if arguments.one == "plain" else run_audit
        print(json.dumps(side(arguments.photos.resolve(), arguments.weights.resolve(), arguments.folder)))
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        count = len(prepare(folder, arguments.photos, arguments.count))
        rounds = []
        for k in range(arguments.rounds):
            order = ("plain", "audit") if k % 2 == 0 else ("audit", "plain")
            rounds.append({kind: measure(kind, arguments, folder) for kind in order})
    report(rounds, count)


def report(rounds: list[dict[str, dict[str, float]]], count: int) -> None:
    """Print the rounds as a Markdown table."""
    print(f"mobilenet_v2, {count} photographs, 4 regions each, {os.cpu_count()} cores, {len(rounds)} rounds\n")
    print("| | plain loop, s | audit, s | audit ÷ plain, each round | median |\n|---|---|---|---|---|")
    for clock in ("wall", "cpu"):
        ratios = [figures["audit"][clock] / figures["plain"][clock] for figures in rounds]
        sides = [statistics.median(figures[kind][clock] for figures in rounds) for kind in ("plain", "audit")]
        shown = ", ".join(f"{ratio:.2f}" for ratio in ratios)
        print(f"| {clock} | {sides[0]:.1f} | {sides[1]:.1f} | {shown} | {statistics.median(ratios):.2f} |")
    reports = statistics.median(itertools.chain(figures["audit"]["reports"] for figures in rounds))
    print(f"\nHTML and PDF afterwards: {reports:.1f} s")


if __name__ == "__main__":
    main()
