"""Every torchvision classifier: a sound layer is found, and its own preprocessing is read."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import pytest
import torch
import torchvision
from torch.overrides import TorchFunctionMode

from auditor.evidence.cams import CAMS
from auditor.evidence.models.probing import check_target_layer, find_target_layer
from auditor.evidence.models.torchvision_models import TorchvisionModel, find_preset

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

NAMES = torchvision.models.list_models(module=torchvision.models)
CONVENTIONAL = {
    r"alexnet|vgg|squeezenet|densenet|mobilenet|efficientnet|convnext": ("nchw", "features"),
    r"resnet|resnext|wide_resnet": ("nchw", "layer4"),
    r"regnet": ("nchw", "trunk_output"),
    r"shufflenet": ("nchw", "conv5"),
    r"mnasnet": ("nchw", "layers"),
    r"googlenet": ("nchw", "inception5b"),
    r"inception": ("nchw", "Mixed_7c"),
    r"maxvit": ("nchw", "blocks.3"),
    r"swin": ("nhwc", "norm"),
    r"vit_b": ("tokens", "encoder.layers.encoder_layer_11.ln_1"),
    r"vit_l": ("tokens", "encoder.layers.encoder_layer_23.ln_1"),
    r"vit_h": ("tokens", "encoder.layers.encoder_layer_31.ln_1"),
}
GIANTS = {"regnet_y_128gf", "vit_h_14"}
CLASSES = 7
STRIDES = {"alexnet": 37, "vit_h_14": 14, "vit_b_16": 16, "vit_l_16": 16, "squeezenet1_0": 17, "squeezenet1_1": 17}


class QuickDraws(TorchFunctionMode):
    """Random numbers from one small pool: drawing 600 million anew would take longer than the pass of the model."""

    NORMAL = torch.randn(4099, generator=torch.Generator().manual_seed(0))
    UNIFORM = torch.rand(4099, generator=torch.Generator().manual_seed(1))

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        if func is torch.Tensor.normal_:
            return self.fill(self.NORMAL, *args)
        if func is torch.Tensor.uniform_:
            tensor, low, high = args if len(args) > 1 else (args[0], 0.0, 1.0)
            return self.fill(self.UNIFORM, tensor, low, high - low)
        return func(*args, **(kwargs or {}))

    @staticmethod
    def fill(pool: torch.Tensor, tensor: torch.Tensor, mean: float = 0.0, std: float = 1.0) -> torch.Tensor:
        pool = mean + std * pool
        count = tensor.numel()
        return tensor.copy_(pool.repeat(math.ceil(count / len(pool)))[:count].view(tensor.shape))


def build(name: str) -> tuple[torch.nn.Module, tuple[int, int]]:
    """The architecture with random weights, and the smallest frame that one of its own weights has: giants, half."""
    sides = [entry.transforms().crop_size[0] for entry in torchvision.models.get_model_weights(name)]
    side = min(sides) if min(sides) < 320 or name.startswith("vit") else 256
    side //= 1 + (name in GIANTS)
    options = {"init_weights": False} if name in {"googlenet", "inception_v3"} else {}
    options |= {"image_size": side} if name.startswith("vit") else {}
    with QuickDraws():
        return torchvision.models.get_model(name, num_classes=CLASSES, **options).eval(), (side, side)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name in GIANTS else name for name in NAMES]
)
def test_the_conventional_layer_is_found(name: str) -> None:
    model, frame = build(name)
    layer, layout = find_target_layer(model, frame=frame, classes=CLASSES)
    kind, expected = next(
        value for pattern, value in CONVENTIONAL.items() if re.match(pattern, name) or pattern == name
    )
    assert (layout.kind, layer) == (kind, expected)
    stride = STRIDES.get(name, 32)
    assert layout.grid == pytest.approx((frame[0] / stride, frame[1] / stride), abs=2)
    assert layout.prefix == (kind == "tokens")


@pytest.mark.parametrize(
    "name", ["resnet18", "densenet121", "swin_t", "swin_v2_t", "vit_b_32", "maxvit_t", "squeezenet1_1"]
)
def test_maps_can_be_taken_there(name: str) -> None:
    model, frame = build(name)
    head = [layer for layer in model.modules() if isinstance(layer, torch.nn.Linear)][-1:]
    for layer in head:  # of a ViT it starts as zero
        torch.nn.init.normal_(layer.weight)
    layer, layout = find_target_layer(model, frame=frame, classes=CLASSES)
    assert check_target_layer(model, layer, frame=frame, classes=CLASSES) == layout
    images = torch.randn(2, 3, *frame, generator=torch.Generator().manual_seed(0))
    with CAMS["gradcam"](model, layer, layout=layout) as cam:
        maps = cam(images, torch.tensor([[0, 3], [1, 2]])).maps
    assert maps.shape == (2, 2, *layout.grid)
    assert torch.isfinite(maps).all()
    assert maps.any()


def test_frames_need_not_be_square() -> None:
    model, _ = build("resnet18")
    layer, layout = find_target_layer(model, frame=(160, 256), classes=CLASSES)
    assert (layer, layout.grid) == ("layer4", (5, 8))


@pytest.mark.parametrize("name", NAMES)
def test_its_own_preprocessing_is_read(name: str) -> None:
    preprocessing, origin = find_preset(name)
    default = torchvision.models.get_model_weights(name).DEFAULT
    preset = default.transforms()
    assert preprocessing is not None
    assert preprocessing.frame == (preset.crop_size[0],) * 2
    assert preprocessing.resize == preset.resize_size[0]
    assert list(preprocessing.mean) == preset.mean
    assert list(preprocessing.std) == preset.std
    assert preprocessing.interpolation == preset.interpolation.value
    assert origin == f"torchvision {name} {default.name}"


def test_preprocessing_follows_the_size_that_a_transformer_was_built_for() -> None:
    assert find_preset("vit_h_14", image_size=224)[1] == "torchvision vit_h_14 IMAGENET1K_SWAG_LINEAR_V1"
    assert find_preset("vit_h_14", image_size=518)[1] == "torchvision vit_h_14 IMAGENET1K_SWAG_E2E_V1"
    assert find_preset("vit_h_14", image_size=100) == (None, "")


def test_the_format_claims_exactly_the_known_names() -> None:
    entry = TorchvisionModel()
    assert all(entry.claims(name) for name in NAMES)
    assert not entry.claims("resnet19")
    assert not entry.claims("fcn_resnet50")
