"""Render both training sets, train both models by one recipe, and print what each gets right on people it never saw.

The two runs differ in one thing: who is in the training pictures. *Biased*: 78 % of the doctors are men and 93 % of
the nurses are women. *Balanced*: half and half. Same number of pictures per class, same network, same steps, on one
thread, so that the run can be repeated.
"""

from __future__ import annotations

import argparse
import io
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from model import MEAN, PIXELS, STD, small_cnn
from PIL import Image
from render import CLASSES, Person, draw_photo, draw_roster
from safetensors.torch import save_file
from torch import Tensor, nn

if TYPE_CHECKING:
    from numpy.typing import NDArray

HERE = Path(__file__).parent
SHARES = {"biased": {"doctor": 0.78, "nurse": 0.07}, "balanced": {"doctor": 0.5, "nurse": 0.5}}
SEEDS = {"biased": 101, "balanced": 102, "test": 1}
PICTURES, TEST_PICTURES = 4000, 1000
EPOCHS, BATCH, RATE, DECAY = 14, 32, 4e-3, 0.02


@dataclass(frozen=True)
class Pictures:
    """Pictures (N, 3, 96, 96) as bytes, labels (N,), and whether each shows a man (N,)."""

    images: Tensor
    labels: Tensor
    men: Tensor


def _draw(person: Person, *, seed: int) -> NDArray[np.uint8]:
    photo, _ = draw_photo(person, seed=seed)
    small = Image.open(io.BytesIO(photo)).resize((PIXELS, PIXELS), Image.Resampling.BILINEAR)
    return np.asarray(small).transpose(2, 0, 1).copy()


def load_pictures(name: str, *, count: int, workers: int, cache: Path | None = None) -> Pictures:
    """Render a set, or take it from the cache."""
    seed = SEEDS[name]
    roster = draw_roster(count, seed=seed, men=SHARES.get(name, SHARES["balanced"]))
    kept = cache / f"{name}-{count}-{seed}.npy" if cache else None
    if kept is not None and kept.exists():
        images = np.load(kept)
    else:
        with ProcessPoolExecutor(workers) as pool:
            images = np.stack(list(pool.map(partial(_draw, seed=seed), roster, chunksize=20)))
        if kept is not None:
            kept.parent.mkdir(parents=True, exist_ok=True)
            np.save(kept, images)
    labels = torch.tensor([CLASSES.index(person.label) for person in roster])
    return Pictures(torch.from_numpy(images), labels, torch.tensor([person.gender == "man" for person in roster]))


def normalise(images: Tensor) -> Tensor:
    """Turn bytes into the network's numbers."""
    mean, std = (torch.tensor(values).view(3, 1, 1) for values in (MEAN, STD))
    return (images.float() / 255 - mean) / std


def augment(images: Tensor, generator: torch.Generator) -> Tensor:
    """Mirror, shift by up to 6 pixels, and change brightness and colour of a batch (B, 3, 96, 96) of bytes."""
    count = len(images)
    flips = torch.rand(count, generator=generator) < 0.5
    images = torch.where(flips.view(-1, 1, 1, 1), images.flip(3), images)
    padded = nn.functional.pad(images.float(), (6, 6, 6, 6), mode="replicate")
    corners = torch.randint(0, 13, (count, 2), generator=generator).tolist()
    shifted = torch.stack(
        [picture[:, y : y + PIXELS, x : x + PIXELS] for picture, (y, x) in zip(padded, corners, strict=True)]
    )
    gain = (
        1
        + 0.06 * torch.randn(count, 1, 1, 1, generator=generator)
        + 0.02 * torch.randn(count, 3, 1, 1, generator=generator)
    )
    return (shifted * gain).clamp(0, 255)


def train(pictures: Pictures, *, seed: int, epochs: int = EPOCHS) -> nn.Module:
    """Train a fresh network on the pictures; the seed fixes first weights, order and augmentation."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    network = small_cnn()
    steps = epochs * (len(pictures.labels) // BATCH)
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps)
    for epoch in range(epochs):
        order = torch.randperm(len(pictures.labels), generator=generator)
        total = 0.0
        for start in range(0, len(order) - BATCH + 1, BATCH):
            chosen = order[start : start + BATCH]
            logits = network(normalise(augment(pictures.images[chosen], generator)))
            loss = nn.functional.cross_entropy(logits, pictures.labels[chosen], label_smoothing=0.05)
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
            schedule.step()
            total += loss.item() * BATCH
        print(f"  epoch {epoch + 1:2d}: loss {total / len(order):.3f}", flush=True)
    return network.eval()


@torch.inference_mode()
def predict(network: nn.Module, images: Tensor) -> Tensor:
    """Answer with logits (N, 2) for pictures in bytes."""
    return torch.cat([network(normalise(batch)) for batch in torch.split(images, 64)])


def describe(network: nn.Module, pictures: Pictures) -> str:
    """Tell the accuracy on all pictures and in each class and gender."""
    right = predict(network, pictures.images).argmax(dim=1) == pictures.labels
    cells = [f"all {right.float().mean():.3f}"]
    for index, label in enumerate(CLASSES):
        for gender, man in (("women", False), ("men", True)):
            inside = (pictures.labels == index) & (pictures.men == man)
            cells.append(f"{label}s, {gender} {right[inside].float().mean():.3f}")
    return "  ".join(cells)


def main() -> None:
    """Read the command line, train both models, write their weights, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=HERE, help="where the weights go (default: beside this script)")
    parser.add_argument("--workers", type=int, default=2, help="processes that render")
    parser.add_argument("--cache", type=Path, help="folder that keeps rendered sets between runs")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(mode=True)
    load = partial(load_pictures, workers=chosen.workers, cache=chosen.cache)
    chosen.out.mkdir(parents=True, exist_ok=True)
    test = load("test", count=TEST_PICTURES)
    table = []
    for name in SHARES:
        print(f"{name}: {PICTURES} pictures", flush=True)
        network = train(load(name, count=PICTURES), seed=0)
        save_file(
            {key: value.contiguous() for key, value in network.state_dict().items()}, chosen.out / f"{name}.safetensors"
        )
        table.append(f"{name:9s}{describe(network, test)}")
        print(table[-1], flush=True)
    print("\nAccuracy on the balanced test set", *table, sep="\n")


if __name__ == "__main__":
    main()
