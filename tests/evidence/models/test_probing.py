"""The layer that probing finds, and what it says where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch
from torch import Tensor, nn

from auditor.errors import ModelError
from auditor.evidence.cams import Layout
from auditor.evidence.models.probing import check_target_layer, find_target_layer
from auditor.testing import colour_model

if TYPE_CHECKING:
    from collections.abc import Callable

FRAME = (32, 48)


class Sequence(nn.Module):
    """A net from named layers, one after the other."""

    def __init__(self, **layers: nn.Module) -> None:
        super().__init__()
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, images: Tensor) -> Tensor:
        for layer in self.children():
            images = layer(images)
        return images


def pooled_net(**layers: nn.Module) -> nn.Module:
    torch.manual_seed(0)
    return Sequence(**layers, pool=nn.AdaptiveAvgPool2d(1), flat=nn.Flatten(), classify=nn.Linear(8, 3)).eval()


def convolutions() -> dict[str, nn.Module]:
    return {"first": nn.Conv2d(3, 6, 3, 2, 1), "norm": nn.BatchNorm2d(6), "second": nn.Conv2d(6, 8, 3, 2, 1)}


def test_the_last_activation_is_found() -> None:
    model = pooled_net(**convolutions(), last=nn.ReLU(), drop=nn.Dropout2d(), shrink=nn.AvgPool2d(2))
    assert find_target_layer(model, frame=FRAME, classes=3) == ("last", Layout("nchw", (8, 12)))


def test_a_maximum_pooling_decides_where_gradients_go() -> None:
    model = pooled_net(**convolutions(), last=nn.ReLU(), shrink=nn.MaxPool2d(2), drop=nn.Dropout2d())
    assert find_target_layer(model, frame=FRAME, classes=3) == ("shrink", Layout("nchw", (4, 6)))
    few = pooled_net(only=nn.Conv2d(3, 8, 3, 2, 1))
    few.forward = lambda images: few.classify(nn.functional.max_pool2d(few.only(images), 2).mean(dim=(2, 3)))
    assert find_target_layer(few, frame=FRAME, classes=3)[0] == "only"


def test_the_outermost_block_is_found() -> None:
    model = pooled_net(features=nn.Sequential(*convolutions().values(), nn.ReLU(inplace=True)))
    assert find_target_layer(model, frame=FRAME, classes=3)[0] == "features"


def test_class_maps_are_passed_over() -> None:
    torch.manual_seed(0)
    head = {"classify": nn.Conv2d(8, 3, 1), "rise": nn.ReLU(), "pool": nn.AdaptiveAvgPool2d(1), "flat": nn.Flatten()}
    model = Sequence(**convolutions(), last=nn.ReLU(), **head).eval()
    assert find_target_layer(model, frame=FRAME, classes=3)[0] == "last"


def test_class_maps_are_taken_where_there_is_nothing_else() -> None:
    assert find_target_layer(colour_model(), frame=FRAME, classes=2)[0] == "see"


def test_as_many_channels_as_classes_do_not_make_a_class_map() -> None:
    model = pooled_net(**convolutions(), last=nn.ReLU())
    model.classify = nn.Linear(8, 8)
    assert find_target_layer(model, frame=FRAME, classes=8)[0] == "last"


def test_a_layer_reached_twice_is_passed_over() -> None:
    shared = nn.ReLU()
    model = pooled_net(features=nn.Sequential(nn.Conv2d(3, 8, 3), shared, nn.Conv2d(8, 8, 3), shared))
    assert find_target_layer(model, frame=FRAME, classes=3)[0] == "features"
    flat = pooled_net(first=nn.Conv2d(3, 8, 3), act=shared, second=nn.Conv2d(8, 8, 3))
    flat.forward = lambda images: flat.classify(shared(flat.second(shared(flat.first(images)))).mean(dim=(2, 3)))
    assert find_target_layer(flat, frame=FRAME, classes=3)[0] == "second"


def test_a_head_of_zeros_does_not_hide_the_layers() -> None:
    model = pooled_net(**convolutions(), last=nn.ReLU())
    nn.init.zeros_(model.classify.weight)
    assert find_target_layer(model, frame=FRAME, classes=3)[0] == "last"
    assert check_target_layer(model, "second", frame=FRAME, classes=3).grid == (8, 12)


def test_the_model_is_left_as_found() -> None:
    model = pooled_net(**convolutions(), last=nn.ReLU()).train()
    model.norm.eval()
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with torch.inference_mode():
        found, _ = find_target_layer(model, frame=FRAME, classes=3)
    assert found == "last"
    assert model.training
    assert not model.norm.training
    assert all(torch.equal(state[name], tensor) for name, tensor in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not any(layer._forward_hooks for layer in model.modules())


def test_parameters_may_be_frozen_or_in_half_precision() -> None:
    model = pooled_net(**convolutions(), last=nn.ReLU()).requires_grad_(False)  # noqa: FBT003 -- torch's own signature
    assert find_target_layer(model, frame=FRAME, classes=3)[0] == "last"
    assert find_target_layer(model.to(torch.bfloat16), frame=FRAME, classes=3)[0] == "last"


def test_a_model_may_change_its_input_in_place() -> None:
    model = pooled_net(start=nn.ReLU(inplace=True), **convolutions(), last=nn.ReLU())
    assert find_target_layer(model, frame=FRAME, classes=3)[0] == "last"


class Transformer(nn.Module):
    """A vision transformer in little, with the query, key and value of each block as a layer of its own."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.patches = nn.Conv2d(3, 16, 8, 8)
        self.token = nn.Parameter(torch.randn(1, 1, 16))
        self.blocks = nn.Sequential(*(Block() for _ in range(2)))
        self.norm = nn.LayerNorm(16)
        self.head = nn.Linear(16, 3)

    def forward(self, images: Tensor) -> Tensor:
        patches = self.patches(images).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.token.expand(len(patches), -1, -1), patches], dim=1)
        return self.head(self.norm(self.blocks(tokens))[:, 0])


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(16)
        self.attend = nn.Linear(16, 48)
        self.norm2 = nn.LayerNorm(16)
        self.mlp = nn.Sequential(nn.Linear(16, 64), nn.GELU(), nn.Linear(64, 16))

    def forward(self, tokens: Tensor) -> Tensor:
        query, key, value = self.attend(self.norm1(tokens)).chunk(3, dim=-1)
        tokens = tokens + nn.functional.scaled_dot_product_attention(query, key, value)
        return tokens + self.mlp(self.norm2(tokens))


def test_a_transformer_is_probed_before_its_last_attention() -> None:
    found, layout = find_target_layer(Transformer().eval(), frame=(32, 48), classes=3)
    assert found == "blocks.1.norm1"
    assert layout == Layout("tokens", (4, 6), prefix=1)


def test_a_named_layer_without_reach_is_refused_and_a_better_one_offered() -> None:
    with pytest.raises(ModelError, match=r"no cell of layer 'norm' reaches .* 'blocks\.1\.norm1' does reach"):
        check_target_layer(Transformer().eval(), "norm", frame=(32, 48), classes=3)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("lsat", "has no layer 'lsat'; nearest: 'last'"),
        ("", "has no layer ''"),
        ("pool", "'pool' has no spatial grid"),
        ("classify", "'classify' has no spatial grid"),
    ],
)
def test_named_layers_are_checked(name: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        check_target_layer(pooled_net(**convolutions(), last=nn.ReLU()), name, frame=FRAME, classes=3)


def test_a_named_layer_must_be_reached_once() -> None:
    shared = nn.ReLU()
    model = pooled_net(
        first=nn.Conv2d(3, 8, 3), act=shared, again=nn.Sequential(shared), unused=nn.ModuleList([nn.ReLU()])
    )
    model.forward = lambda images: model.classify(model.again(model.act(model.first(images))).mean(dim=(2, 3)))
    with pytest.raises(ModelError, match="'act' is reached 2 times"):
        check_target_layer(model, "act", frame=FRAME, classes=3)
    with pytest.raises(ModelError, match=r"'unused\.0' is reached 0 times"):
        check_target_layer(model, "unused.0", frame=FRAME, classes=3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda model: setattr(model, "classify", nn.Linear(8, 4)), "tells 4 classes apart, the list of classes has 3"),
        (
            lambda model: setattr(model, "first", nn.Conv2d(1, 6, 3)),
            "cannot take an image of 3 × 32 × 48 pixels: .*channels",
        ),
        (lambda model: nn.init.constant_(model.second.weight, torch.inf), "not finite"),
        (lambda model: setattr(model, "flat", nn.Identity()), "expected class scores|cannot take an image"),
    ],
)
def test_models_that_cannot_be_probed(change: Callable[[nn.Module], object], message: str) -> None:
    model = pooled_net(**convolutions(), last=nn.ReLU())
    change(model)
    with pytest.raises(ModelError, match=message):
        find_target_layer(model, frame=FRAME, classes=3)


def test_no_layer_with_a_grid_is_an_error() -> None:
    torch.manual_seed(0)
    model = Sequence(flat=nn.Flatten(), one=nn.Linear(3 * 32 * 48, 8), two=nn.Linear(8, 3))
    with pytest.raises(ModelError, match=r"no layer found .* name one as target_layer"):
        find_target_layer(model, frame=FRAME, classes=3)


def test_gradients_turned_off_inside_the_model_are_an_error() -> None:
    model = pooled_net(**convolutions(), last=nn.ReLU())
    run = model.forward
    model.forward = torch.no_grad()(run)
    with pytest.raises(ModelError, match="does not turn gradients off"):
        find_target_layer(model, frame=FRAME, classes=3)
