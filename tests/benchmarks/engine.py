"""What maps cost: the engine and the libraries people use, each against the plain forward pass in the same run.

   python tests/benchmarks/engine.py [--rounds 9] [--quick]

Random weights, 16 images of 224 × 224, float32, evaluation mode, one thread. Time is process CPU time; the contenders
take turns in shuffled order, each round's times are divided by that round's forward pass, and the median of the ratios
is given with the smallest and the largest. Memory is the peak of a fresh process above the loaded model and images,
after two calls. Peers make one map per image, for the predicted class, as their documentation shows; the engine makes
as many as its row says.

Writes engine.md beside this file, unless --quick.
"""

from __future__ import annotations

import argparse
import platform
import random
import statistics
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import torch
import torchvision

from auditor.evidence.cams import CAMS

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn

LAYERS = {"resnet50": "layer4", "mobilenet_v2": "features", "vgg16": "features.29"}
PEERS = ("torch", "torchvision", "grad-cam", "captum", "torchcam")


def forward(model: nn.Module, layer: str, images: Tensor) -> None:
    del layer
    with torch.inference_mode():
        model(images)


def engine(model: nn.Module, layer: str, images: Tensor, *, targets: int = 2) -> None:
    labels = torch.arange(len(images))

    def choose(logits: Tensor) -> Tensor:
        return torch.stack([labels, logits.argmax(dim=1)], dim=1)[:, -targets:]

    with CAMS["gradcam"](model, layer) as cam:
        cam(images, choose)


def engine_single(model: nn.Module, layer: str, images: Tensor) -> None:
    engine(model, layer, images, targets=1)


def grad_cam(model: nn.Module, layer: str, images: Tensor) -> None:
    from pytorch_grad_cam import GradCAM

    with GradCAM(model=model, target_layers=[model.get_submodule(layer)]) as cam:
        cam(images, None)


def captum(model: nn.Module, layer: str, images: Tensor) -> None:
    from captum.attr import LayerAttribution, LayerGradCam

    with torch.inference_mode():
        predicted = model(images).argmax(dim=1)
    maps = LayerGradCam(model, model.get_submodule(layer)).attribute(images, predicted.clone(), relu_attributions=True)
    LayerAttribution.interpolate(maps, images.shape[-2:], interpolate_mode="bilinear")


def torchcam(model: nn.Module, layer: str, images: Tensor) -> None:
    from torchcam.methods import GradCAM

    with GradCAM(model, target_layer=layer) as cam:
        scores = model(images)
        maps = cam(scores.argmax(dim=1).tolist(), scores, normalized=False)[0]
    torch.nn.functional.interpolate(maps[:, None], images.shape[-2:], mode="bilinear")


CONTENDERS: dict[str, Callable[[nn.Module, str, Tensor], None]] = {
    "forward, inference_mode": forward,
    "auditor, 2 targets": engine,
    "auditor, 1 target": engine_single,
    "pytorch-grad-cam": grad_cam,
    "captum": captum,
    "torchcam": torchcam,
}
PLAIN = "forward, inference_mode"


def prepare(name: str, *, quick: bool) -> tuple[nn.Module, Tensor]:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    count, side = (2, 64) if quick else (16, 224)
    return torchvision.models.get_model(name).eval(), torch.randn(count, 3, side, side)


def measure_time(name: str, *, rounds: int, quick: bool) -> dict[str, list[float]]:
    """CPU time of each contender divided by that of the forward pass of the same round."""
    model, images = prepare(name, quick=quick)
    order = random.Random(0)  # noqa: S311 -- an order, no secret
    ratios: dict[str, list[float]] = {contender: [] for contender in CONTENDERS}
    for turn in range(rounds + 1):
        spent = {}
        for contender in order.sample(list(CONTENDERS), len(CONTENDERS)):
            start = time.process_time()
            CONTENDERS[contender](model, LAYERS[name], images)
            spent[contender] = time.process_time() - start
            model.zero_grad(set_to_none=True)
        if turn:  # the first round warms up
            for contender, seconds in spent.items():
                ratios[contender].append(seconds / spent[PLAIN])
    return ratios


def read_status(field: str) -> float:
    """A figure of this process in MiB, as Linux keeps it."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{field}:")) / 1024


def measure_memory_here(name: str, contender: str, *, quick: bool) -> tuple[float, float]:
    """Peak of this process in MiB, and how much of it came on top of model and images."""
    model, images = prepare(name, quick=quick)
    warm = torch.randn(1, 3, 64, 64)
    CONTENDERS[contender](model, LAYERS[name], warm)  # so that imports do not count
    model.zero_grad(set_to_none=True)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forget the peak so far
    loaded = read_status("VmRSS")
    for _ in range(2):
        CONTENDERS[contender](model, LAYERS[name], images)
    peak = read_status("VmHWM")
    return peak, peak - loaded


def measure_memory(name: str, *, quick: bool) -> dict[str, tuple[float, float]]:
    """The same for each contender, in fresh processes."""
    found = {}
    for contender in [PLAIN, "auditor, 2 targets"] if quick else CONTENDERS:
        command = [sys.executable, __file__, "--memory-of", name, contender, *(["--quick"] if quick else [])]
        printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        peak, added = printed.split()[-2:]
        found[contender] = float(peak), float(added)
    return found


def write_table(name: str, times: dict[str, list[float]], memory: dict[str, tuple[float, float]]) -> list[str]:
    lines = [
        f"## {name}, layer `{LAYERS[name]}`",
        "",
        "| | CPU time ÷ forward: median (range) | peak memory ÷ forward's | MiB above the loaded model |",
        "|---|---|---|---|",
    ]
    for contender, ratios in times.items():
        peak, added = memory.get(contender, (float("nan"), float("nan")))
        spread = f"{statistics.median(ratios):.3f} ({min(ratios):.3f} to {max(ratios):.3f})"
        lines.append(f"| {contender} | {spread} | {peak / memory[PLAIN][0]:.2f} | {added:.0f} |")
    return [*lines, ""]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--quick", action="store_true", help="one small model and round: does it run at all?")
    parser.add_argument("--memory-of", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.memory_of:
        print(*measure_memory_here(*asked.memory_of, quick=asked.quick))
        return
    names = ["mobilenet_v2"] if asked.quick else list(LAYERS)
    lines = ["# What maps cost", ""]
    lines += [(__doc__ or "").split("\n\n")[2], ""]
    installed = ", ".join(f"{package} {version(package)}" for package in PEERS)
    rounds = 1 if asked.quick else asked.rounds
    lines += [f"{rounds} rounds; {installed}; Python {platform.python_version()}, {platform.machine()}.", ""]
    for name in names:
        times = measure_time(name, rounds=rounds, quick=asked.quick)
        lines += write_table(name, times, measure_memory(name, quick=asked.quick))
    text = "\n".join(lines)
    print(text)
    if not asked.quick:
        Path(__file__).with_suffix(".md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
