"""Classifiers that torchvision knows by name, with the preprocessing of its own weights."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import torchvision

from auditor.errors import ModelError
from auditor.evidence.models.base import Built, ModelFormat
from auditor.evidence.models.presets import adopt_preset

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from auditor.evidence.models.base import Order
    from auditor.evidence.preprocessing import Preprocessing

_AUXILIARY: Final = re.compile(r"(^|\.)(aux[12]|AuxLogits)\.")
_DENSE: Final = re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.(?=[12]\.)")
_RESCALES: Final = "{} rescales its input inside (transform_input), as torchvision does for its own weights"


class TorchvisionModel(ModelFormat):
    """A classifier by its torchvision name, such as ``resnet18``; its weights come from a file."""

    def claims(self, source: str) -> bool:  # noqa: D102 -- said by the contract
        return source in self.suggestions()

    def suggestions(self) -> list[str]:  # noqa: D102 -- said by the contract
        names: list[str] = torchvision.models.list_models(module=torchvision.models)
        return names

    def rename(self, source: str, weights: Mapping[str, Tensor]) -> Mapping[str, Tensor]:  # noqa: D102 -- said by the contract
        if not source.startswith("densenet"):
            return weights
        return {_DENSE.sub(r"\1", key): tensor for key, tensor in weights.items()}

    def build(self, source: str, order: Order) -> Built:  # noqa: D102 -- said by the contract
        if order.weights is None:
            raise ModelError(
                f"no weights for {source!r}: a model with random weights would be audited; "
                "name the trained weights (.safetensors, .pt or .pth)"
            )
        options = _read_options(source, order.weights)
        module = torchvision.models.get_model(source, weights=None, num_classes=len(order.classes), **options)
        preprocessing, origin = find_preset(source, image_size=options.get("image_size"))
        notes = (_RESCALES.format(source),) if options.get("transform_input") else ()
        return Built(module=module, preprocessing=preprocessing, preprocessing_origin=origin, notes=notes)


def find_preset(name: str, *, image_size: int | None = None) -> tuple[Preprocessing | None, str]:
    """Preprocessing of an architecture's own weights, read without a network.

    Parameters
    ----------
    name
        As torchvision knows it.
    image_size
        Side in pixels that the model was built for, where it takes only one; the weights of that size are chosen.

    Returns
    -------
    preprocessing : Preprocessing or None
        None where none of its weights has that size.
    origin : str
        Which weights they are.

    Examples
    --------
    >>> find_preset("resnet50")[1]
    'torchvision resnet50 IMAGENET1K_V2'
    """
    weights = torchvision.models.get_model_weights(name)
    for entry in [weights.DEFAULT, *weights]:
        preset = entry.transforms()
        if image_size in (None, preset.crop_size[0]):
            return adopt_preset(preset), f"torchvision {name} {entry.name}"
    return None, ""


def _read_options(name: str, weights: Mapping[str, Tensor]) -> dict[str, Any]:
    """What the architecture's builder must be told, as far as the weights' names and shapes say."""
    if name in {"googlenet", "inception_v3"}:
        auxiliary = any(_AUXILIARY.search(key) for key in weights)
        return {"aux_logits": auxiliary, "init_weights": False, "transform_input": True}
    position = next((key for key in weights if key.endswith("encoder.pos_embedding")), None)
    patch = next((key for key in weights if key.endswith("conv_proj.weight")), None)
    if name.startswith("vit_") and position and patch:
        cells = round((weights[position].shape[1] - 1) ** 0.5)
        return {"image_size": cells * weights[patch].shape[-1]}
    return {}
