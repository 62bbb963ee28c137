"""Weights put into a module: every tensor of both must find its partner."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

import torch

from auditor.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from torch import Tensor, nn

    State = Mapping[str, Tensor]

PREFIXES: Final = ("module.", "_orig_mod.", "model.", "net.", "backbone.")
"""What wrappers put before every name; taken off only where that makes the names fit."""
SHOWN: Final = 3
_COUNTER: Final = "num_batches_tracked"


def fit_weights(module: nn.Module, weights: State, *, name: str, classes: Collection[str]) -> None:
    """Load weights into a module, strictly.

    Parameters
    ----------
    module
        Changed in place.
    weights
        Tensors by name; a prefix that all names carry is taken off where that makes them fit.
    name
        Of the weights' file.
    classes
        Of the classifier, for the error's hint.

    Raises
    ------
    ModelError
        If a tensor is missing, left over or of another shape: it names the first of each.
    """
    expected = module.state_dict()
    chosen = OrderedDict(max(_readings(weights), key=lambda reading: len(expected.keys() & reading.keys())))
    for key in expected:
        if key.endswith(_COUNTER):  # of training steps: of no use here, and old files lack it
            chosen.setdefault(key, expected[key])
    _compare(chosen, expected, name=name, classes=classes)
    chosen._metadata = getattr(expected, "_metadata", {})  # type: ignore[attr-defined]  # noqa: SLF001 -- versions of layers
    try:
        module.load_state_dict(chosen, strict=True)
    except (RuntimeError, ValueError) as error:
        raise ModelError(f"{name} does not fit the model: {str(error).splitlines()[0]}") from error


def check_values(module: nn.Module, *, name: str) -> None:
    """Refuse a module with a weight that is not a finite number.

    Parameters
    ----------
    module
        After loading.
    name
        Of the weights' file or of the model.

    Raises
    ------
    ModelError
        If a tensor holds NaN or an infinity.
    """
    for key, tensor in module.state_dict().items():
        if isinstance(tensor, torch.Tensor) and tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise ModelError(
                f"{name}: {key} holds NaN or infinite values; the training has diverged or the file is damaged"
            )


def _readings(weights: State) -> Iterator[State]:
    """The weights as named, and without each prefix that all names carry."""
    yield weights
    for prefix in PREFIXES:
        if weights and all(key.startswith(prefix) for key in weights):
            yield from _readings({key.removeprefix(prefix): tensor for key, tensor in weights.items()})


def _compare(weights: State, expected: State, *, name: str, classes: Collection[str]) -> None:
    missing = [key for key in expected if key not in weights]
    extra = [key for key in weights if key not in expected]
    reshaped = [key for key in expected if key in weights and weights[key].shape != expected[key].shape]
    if not (missing or extra or reshaped):
        return
    parts = [
        _list("missing", missing),
        _list("left over", extra),
        _list("of another shape", [_shapes(key, weights, expected) for key in reshaped]),
    ]
    faults = "; ".join(part for part in parts if part)
    raise ModelError(
        f"{name} does not fit the model: {faults}{_hint(missing, extra, reshaped, weights=weights, classes=classes)}"
    )


def _list(what: str, keys: list[str]) -> str:
    more = f" and {len(keys) - SHOWN} more" if len(keys) > SHOWN else ""
    return f"{what}: {', '.join(keys[:SHOWN])}{more}" if keys else ""


def _shapes(key: str, weights: State, expected: State) -> str:
    return f"{key} {tuple(weights[key].shape)} instead of {tuple(expected[key].shape)}"


def _hint(
    missing: list[str], extra: list[str], reshaped: list[str], *, weights: State, classes: Collection[str]
) -> str:
    """What to do where the classifying layer alone differs."""
    if reshaped and not (missing or extra) and len({key.rpartition(".")[0] for key in reshaped}) == 1:
        return (
            f". The weights tell {weights[reshaped[0]].shape[0]} classes apart, the list of classes has {len(classes)}"
        )
    heads = {key.split(".")[0] for key in missing + extra + reshaped}
    if len(heads) == 1 and len(missing + extra + reshaped) < len(weights):
        return f". Only {heads.pop()!r} differs: have a factory build it as it was trained, and name that as source"
    return ""
