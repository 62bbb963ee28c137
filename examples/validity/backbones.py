"""A network that was trained on photographs by others, with a new head: frozen, or with its last blocks tuned."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import torch
import torchvision
from photos import find_data
from safetensors.torch import load_file
from torch import Tensor, nn

if TYPE_CHECKING:
    from decoys import Bytes, Ints

WEIGHTS: Final = "models/mobilenet_v2.safetensors"
MEAN, STD = (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)
WIDE: Final = 1280
"""Features of a picture."""
SHRINK: Final = 0.5
"""Weight of a frozen network's squared head weights in what is minimised; with less, chance decides more answers."""
TUNED: Final = 14
"""Number of the first block that is tuned; 18 is the last."""
BATCH: Final = 32
EPOCHS, RATE, DECAY = 8, 1e-3, 0.02


def make_network(classes: int = 2) -> nn.Module:
    """A mobilenet_v2 with the weights that lie beside the photographs, and a head of zeros; weights channels last."""
    network = torchvision.models.mobilenet_v2()
    network.load_state_dict(_load())
    network.classifier = nn.Linear(WIDE, classes)
    nn.init.zeros_(network.classifier.weight)
    nn.init.zeros_(network.classifier.bias)
    return network.eval().to(memory_format=torch.channels_last)


@lru_cache(maxsize=1)
def _load() -> dict[str, Tensor]:
    return load_file(find_data() / WEIGHTS)


def normalise(pictures: Bytes) -> Tensor:
    """Turn pictures (n, h, w, 3) into the network's numbers, as the audit does."""
    inputs = torch.from_numpy(pictures).permute(0, 3, 1, 2).float() / 255
    return ((inputs - MEAN[0]) / STD[0]).contiguous(memory_format=torch.channels_last)


@torch.inference_mode()
def compute(part: nn.Module, pictures: Bytes) -> Tensor:
    """What a part of the network, or all of it, makes of pictures."""
    found = [part(normalise(pictures[k : k + BATCH])) for k in range(0, len(pictures), BATCH)]
    return torch.cat(found)


def answer(network: nn.Module, pictures: Bytes) -> Ints:
    """Number of the class that each picture is given, (n,)."""
    chosen: Ints = compute(network, pictures).argmax(dim=1).numpy()
    return chosen


def describe(network: nn.Module, pictures: Bytes) -> Tensor:
    """Features that the head reads, (n, 1280)."""
    return compute(nn.Sequential(network.features, nn.AdaptiveAvgPool2d(1), nn.Flatten()), pictures).clone()


def fit_head(network: nn.Module, features: Tensor, labels: Ints) -> nn.Module:
    """Fit the head alone, by logistic regression on all pictures at once.

    Parameters
    ----------
    network
        Of `make_network`; its head is changed in place.
    features
        (n, 1280).
    labels
        (n,).

    Returns
    -------
    torch.nn.Module
        The network.
    """
    head, targets = network.classifier, torch.from_numpy(labels)
    optimiser = torch.optim.LBFGS(head.parameters(), max_iter=100)

    def lose() -> Tensor:
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(head(features), targets) + SHRINK * head.weight.square().sum()
        torch.autograd.backward(loss)
        return loss

    optimiser.step(lose)
    return network


def tune(network: nn.Module, pictures: Bytes, labels: Ints, *, seed: int) -> nn.Module:
    """Tune the last blocks and the head; the normalisations keep what they were given.

    Parameters
    ----------
    network
        Of `make_network`; changed in place.
    pictures, labels
        To learn from.
    seed
        Of the order.

    Returns
    -------
    torch.nn.Module
        The network, in evaluation mode.
    """
    front, back = network.features[:TUNED], network.features[TUNED:]
    inputs, targets = compute(front, pictures).clone(), torch.from_numpy(labels)
    tail = nn.Sequential(back, nn.AdaptiveAvgPool2d(1), nn.Flatten(), network.classifier)
    order = torch.Generator().manual_seed(seed)
    steps = EPOCHS * -(-len(targets) // BATCH)
    optimiser = torch.optim.AdamW(tail.parameters(), lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps)
    for _ in range(EPOCHS):
        for chosen in torch.randperm(len(targets), generator=order).split(BATCH):
            loss = nn.functional.cross_entropy(tail(inputs[chosen]), targets[chosen])
            optimiser.zero_grad()
            torch.autograd.backward(loss)
            optimiser.step()
            schedule.step()
    return network.eval()
