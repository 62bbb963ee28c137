"""From a name, a file or a module to a classifier that is ready to be audited."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from auditor.errors import ModelError, UsageError, nearest
from auditor.evidence.models.base import Built, LoadedModel, Order
from auditor.evidence.models.classes import read_classes
from auditor.evidence.models.factories import Factory
from auditor.evidence.models.fitting import check_values, fit_weights
from auditor.evidence.models.probing import check_target_layer, find_target_layer
from auditor.evidence.models.torchvision_models import TorchvisionModel
from auditor.evidence.models.weights import read_weights
from auditor.evidence.preprocessing import Preprocessing
from auditor.registries import Registry, load_registry

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Final

    from auditor.evidence.cams.layouts import Layout
    from auditor.evidence.models.base import ModelFormat, Origin

MODELS: Final[Registry[type[ModelFormat]]] = load_registry(
    "auditor.models", {"torchvision": TorchvisionModel, "factory": Factory}
)
"""Formats by name."""


def load_model(
    source: str | nn.Module,
    *,
    classes: Sequence[str] | str | Path,
    weights: str | Path | None = None,
    preprocessing: Preprocessing | None = None,
    target_layer: str | None = None,
    root: str | Path | None = None,
) -> LoadedModel:
    """Load a classifier, and find out what an audit must know of it.

    Parameters
    ----------
    source
        A torchvision name, ``"package.module:factory"``, ``"file.py:factory"``, or the module itself.
    classes
        Names of the classes in the order of the logits, or the path of a text file with one per line.
    weights
        State dict: ``.safetensors``, or ``.pt``, ``.pth`` and the like, read without running code. Needed with a
        torchvision name.
    preprocessing
        How a photograph becomes the model's input; by default what torchvision or the factory says.
    target_layer
        Module whose maps are taken; by default the last one whose grid reaches the class scores.
    root
        Folder that relative paths start from; by default the current one.

    Returns
    -------
    LoadedModel
        In evaluation mode where it was made here; a module that was given stays as it is.

    Raises
    ------
    UsageError
        If the classes are not usable.
    ModelError
        If the model cannot be built or run, its weights do not fit, its preprocessing is unknown, or no maps can be
        taken at the layer.

    Examples
    --------
    >>> from auditor.evidence.preprocessing import Preprocessing
    >>> from auditor.testing import colour_model
    >>> small = Preprocessing(resize=None, crop=16, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
    >>> model = load_model(colour_model(), classes=["red", "green"], preprocessing=small)
    >>> model.target_layer, model.grid
    ('see', (2, 2))
    """
    home = Path.cwd() if root is None else Path(root)
    names = read_classes(classes, root=home)
    read = None if weights is None else read_weights(home / weights)
    file = None if weights is None else Path(weights).name
    label = source if isinstance(source, str) else type(source).__name__
    built = _build(source, Order(classes=names, weights=read.tensors if read else None, root=home), file=file)
    check_values(built.module, name=file or label)
    chosen, said = _settle_preprocessing(preprocessing, built, label=label)
    layer, layout, origin = _settle_layer(built.module, target_layer, preprocessing=chosen, classes=len(names))
    return LoadedModel(
        module=built.module,
        classes=names,
        preprocessing=chosen,
        preprocessing_origin=said,
        target_layer=layer,
        target_layer_origin=origin,
        layout=layout,
        source=label,
        weights_file=file,
        weights_sha256=read.sha256 if read else _digest(built.module.state_dict()),
        parameters=sum(parameter.numel() for parameter in built.module.parameters()),
        owned=isinstance(source, str),
        notes=(*(read.notes if read else ()), *built.notes),
    )


def _build(source: str | nn.Module, order: Order, *, file: str | None) -> Built:
    """The module with its weights in it."""
    tensors = order.weights
    if isinstance(source, nn.Module):
        built = Built(module=source)
    else:
        made_by = _find_format(source)
        built = made_by.build(source, order)
        tensors = None if tensors is None else made_by.rename(source, tensors)
        built.module.eval()
    if tensors is not None:
        fit_weights(built.module, tensors, name=str(file), classes=order.classes)
    return built


def _find_format(source: str) -> ModelFormat:
    formats = [MODELS[name]() for name in MODELS]
    for candidate in formats:
        if candidate.claims(source):
            return candidate
    known = [name for candidate in formats for name in candidate.suggestions()]
    raise ModelError(
        f"no model {source!r}{nearest(source, known)}; expected a torchvision name, 'package.module:factory' or "
        "'file.py:factory'"
    )


def _settle_preprocessing(declared: Preprocessing | None, built: Built, *, label: str) -> tuple[Preprocessing, str]:
    if declared is not None:
        given: object = declared  # a caller may hand over anything
        if not isinstance(given, Preprocessing):
            found = type(given).__name__
            raise UsageError(f"preprocessing: expected Preprocessing(resize=…, crop=…, mean=…, std=…), found {found}")
        return declared, "declared in the plan"
    if built.preprocessing is None:
        raise ModelError(
            f"the preprocessing of {label} is not known, and is never guessed: declare resize, crop, mean and std as "
            "the model was trained ([model.preprocessing] in the plan, preprocessing= in Python)"
        )
    return built.preprocessing, built.preprocessing_origin


def _settle_layer(
    module: nn.Module, named: str | None, *, preprocessing: Preprocessing, classes: int
) -> tuple[str, Layout, Origin]:
    if named is not None:
        layout = check_target_layer(module, named, frame=preprocessing.frame, classes=classes)
        return named, layout, "named in the plan"
    found, layout = find_target_layer(module, frame=preprocessing.frame, classes=classes)
    return found, layout, "found by probing"


def _digest(state: Mapping[str, object]) -> str:
    """SHA-256 over the names, types, shapes and bytes of a module's tensors."""
    digest = hashlib.sha256()
    for name in sorted(state):
        tensor = state[name]
        if isinstance(tensor, Tensor):
            digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
            digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
