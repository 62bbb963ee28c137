"""What every method of the registry must keep to: right under all circumstances, and the model left as found."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import pytest
import torch
from torch import Tensor, nn

from auditor.errors import ModelError
from auditor.evidence.cams import CAMS, Layout

if TYPE_CHECKING:
    from collections.abc import Callable

    Build = Callable[..., nn.Module]


@pytest.fixture(params=list(CAMS))
def method(request: pytest.FixtureRequest) -> str:
    return request.param


def full_graph(method: str, model: nn.Module, layer: str, *, images: Tensor, targets: Tensor) -> Tensor:
    """The same maps by the plain way: image by image, the graph of the whole model, no tricks."""
    kept: dict[str, Tensor] = {}
    hook = model.get_submodule(layer).register_forward_hook(lambda _m, _a, out: kept.update(out=out) or out.clone())
    rows = []
    for image, wanted in zip(images, targets, strict=True):
        maps = []
        for target in wanted:
            score = model(image[None])[0, target]
            (gradient,) = torch.autograd.grad(score, kept["out"])
            weights = gradient.mean(dim=(2, 3), keepdim=True) if method == "gradcam" else gradient
            maps.append((weights * kept["out"]).sum(dim=1)[0].relu().detach())
        rows.append(torch.stack(maps))
    hook.remove()
    return torch.stack(rows)


@pytest.mark.parametrize("layer", ["first", "norm", "relu", "second", "last"])
@pytest.mark.parametrize("inplace", [False, True])
def test_equals_the_gradient_of_the_whole_model(
    method: str, small: Build, layer: str, images: Tensor, targets: Tensor, *, inplace: bool
) -> None:
    with CAMS[method](small(inplace=inplace), layer) as cam:
        seen = cam(images, targets)
    expected = full_graph(method, small(inplace=False), layer, images=images, targets=targets)
    torch.testing.assert_close(seen.maps, expected, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(seen.logits, small()(images).detach())
    assert seen.maps.dtype is seen.logits.dtype is torch.float32
    assert seen.maps.max() > 0
    assert not seen.maps.requires_grad
    assert not seen.logits.requires_grad


def test_the_batch_does_not_matter(method: str, small: Build, images: Tensor, targets: Tensor) -> None:
    with CAMS[method](small(), "last") as cam:
        together = cam(images, targets).maps
        alone = torch.cat([cam(images[k, None], targets[k, None]).maps for k in range(4)])
        again = cam(images, targets).maps
    torch.testing.assert_close(together, alone, rtol=1e-5, atol=1e-6)
    assert torch.equal(together, again)


def test_targets_may_follow_from_the_logits(method: str, small: Build, images: Tensor) -> None:
    labels = torch.tensor([0, 1, 2, 3])
    with CAMS[method](small(), "last") as cam:
        seen = cam(images, lambda logits: torch.stack([labels, logits.argmax(dim=1)], dim=1))
        chosen = torch.stack([labels, seen.logits.argmax(dim=1)], dim=1)
        assert torch.equal(seen.maps, cam(images, chosen).maps)


def test_equal_targets_give_equal_maps(method: str, small: Build, images: Tensor) -> None:
    same = torch.tensor([[1, 1, 0], [2, 2, 0], [3, 3, 0], [4, 4, 0]])
    with CAMS[method](small(), "last") as cam:
        maps = cam(images, same).maps
        single = cam(images, same[:, :1]).maps
    assert torch.equal(maps[:, 0], maps[:, 1])
    assert torch.equal(maps[:, :1], single)


def test_the_model_is_left_as_found(method: str, small: Build, images: Tensor, targets: Tensor) -> None:
    model = small().train()
    model.norm.eval()
    model.first.weight.requires_grad_(False)  # noqa: FBT003 -- torch's own signature
    model.second.weight.grad = torch.full_like(model.second.weight, 7.0)
    own = model.last.register_forward_hook(lambda *_: None)
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    modes = {name: module.training for name, module in model.named_modules()}
    with CAMS[method](model, "last") as cam:
        cam(images, targets)
        assert not any(module.training for module in model.modules())
    assert {name: module.training for name, module in model.named_modules()} == modes
    assert all(torch.equal(state[name], tensor) for name, tensor in model.state_dict().items())
    assert list(model.last._forward_hooks) == [own.id]
    assert not model.first.weight.requires_grad
    assert model.second.weight.requires_grad
    assert bool((model.second.weight.grad == 7).all())
    assert all(parameter.grad is None for name, parameter in model.named_parameters() if name != "second.weight")
    assert torch.is_grad_enabled()


def test_an_error_in_the_block_passes_and_the_model_is_restored(method: str, small: Build) -> None:
    model = small().train()
    with pytest.raises(IndexError, match="mine"), CAMS[method](model, "last"):
        raise IndexError("mine")
    assert model.training
    assert not model.last._forward_hooks


def test_an_error_in_the_model_passes_and_the_gradient_mode_is_restored(method: str, small: Build) -> None:
    model = small()
    with torch.no_grad(), CAMS[method](model, "last") as cam:
        with pytest.raises(RuntimeError, match="channels"):
            cam(torch.zeros(1, 2, 16, 16), torch.zeros(1, 1, dtype=torch.long))
        assert not torch.is_grad_enabled()
        assert cam(torch.zeros(1, 3, 16, 16), torch.zeros(1, 1, dtype=torch.long)).maps.shape == (1, 1, 4, 4)


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode, torch.enable_grad])
def test_callers_may_be_in_any_gradient_mode(
    method: str, small: Build, mode: Callable[[], object], images: Tensor, targets: Tensor
) -> None:
    with CAMS[method](small(), "last") as cam:
        expected = cam(images, targets).maps
        with mode():
            enabled, inference = torch.is_grad_enabled(), torch.is_inference_mode_enabled()
            seen = cam(images * 1.0, targets + 0)
            assert (torch.is_grad_enabled(), torch.is_inference_mode_enabled()) == (enabled, inference)
    assert torch.equal(seen.maps, expected)


@dataclass
class Answer:
    loss: None
    logits: Tensor


class Pair(NamedTuple):
    logits: Tensor
    rest: str


class Ordered(OrderedDict[str, Tensor]):
    """As some libraries answer: a mapping with attributes."""


@pytest.mark.parametrize(
    "wrap",
    [
        lambda logits: (logits, None),
        lambda logits: [logits],
        lambda logits: {"features": logits * 0, "logits": logits},
        lambda logits: Answer(None, logits),
        lambda logits: Pair(logits, "rest"),
        lambda logits: Ordered(logits=logits),
    ],
)
def test_models_may_answer_with_more_than_logits(
    method: str, small: Build, wrap: Callable[[Tensor], object], images: Tensor, targets: Tensor
) -> None:
    with CAMS[method](small(), "last") as plain, CAMS[method](small(wrap=wrap), "last") as wrapped:
        assert torch.equal(wrapped(images, targets).maps, plain(images, targets).maps)


class Wrapping(nn.Module):
    """A layer that returns its output inside something."""

    def __init__(self, layer: nn.Module, wrap: Callable[[Tensor], object]) -> None:
        super().__init__()
        self.layer, self.wrap = layer, wrap

    def forward(self, inputs: Tensor) -> object:
        return self.wrap(self.layer(inputs))


class Unwrapping(nn.Module):
    def __init__(self, model: nn.Module, wrap: Callable[[Tensor], object], unwrap: Callable[[object], Tensor]) -> None:
        super().__init__()
        self.model, self.unwrap = model, unwrap
        self.second = Wrapping(model.second, wrap)

    def forward(self, images: Tensor) -> Tensor:
        first = self.model.relu(self.model.norm(self.model.first(images)))
        seen = self.model.last(self.unwrap(self.second(first)))
        return self.model.classify(seen.mean(dim=(2, 3)))


@pytest.mark.parametrize(
    ("wrap", "unwrap"),
    [
        (lambda out: (out, None), lambda out: out[0]),
        (lambda out: [None, out], lambda out: out[1]),
        (lambda out: {"hidden": out}, lambda out: out["hidden"]),
        (lambda out: Answer(None, out), lambda out: out.logits),
        (lambda out: Pair(out, "rest"), lambda out: out.logits),
        (lambda out: Ordered(hidden=out), lambda out: out["hidden"]),
    ],
)
def test_layers_may_put_out_more_than_a_tensor(
    method: str, small: Build, wrap: Callable, unwrap: Callable, images: Tensor, targets: Tensor
) -> None:
    model = Unwrapping(small(inplace=True), wrap, unwrap).eval()
    with CAMS[method](small(), "second") as plain, CAMS[method](model, "second") as wrapped:
        torch.testing.assert_close(wrapped(images, targets).maps, plain(images, targets).maps)


class Rearranged(nn.Module):
    """The small net with its last layer's output channels last, or as a row of tokens behind a prefix."""

    def __init__(self, model: nn.Module, kind: str, prefix: int) -> None:
        super().__init__()
        self.model, self.kind, self.prefix = model, kind, prefix
        self.turn = nn.Identity()

    def forward(self, images: Tensor) -> Tensor:
        front = self.model.relu(self.model.norm(self.model.first(images)))
        seen = self.model.last(self.model.second(front)).permute(0, 2, 3, 1)  # (B, h, w, C)
        if self.kind == "nhwc":
            return self.model.classify(self.turn(seen).mean(dim=(1, 2)))
        tokens = seen.flatten(1, 2)
        padded = torch.cat([tokens.new_ones(len(tokens), self.prefix, tokens.shape[2]), tokens], dim=1)
        return self.model.classify(self.turn(padded)[:, self.prefix :].mean(dim=1))


@pytest.mark.parametrize(("kind", "prefix"), [("nhwc", 0), ("tokens", 0), ("tokens", 1), ("tokens", 5)])
@pytest.mark.parametrize("declared", [True, False])
def test_other_layouts_give_the_same_maps(
    method: str, small: Build, kind: str, prefix: int, *, declared: bool, images: Tensor, targets: Tensor
) -> None:
    layout = Layout(kind, (4, 5), prefix) if declared else None
    with CAMS[method](small(), "last") as plain:
        expected = plain(images, targets).maps
    with CAMS[method](Rearranged(small(), kind, prefix), "turn", layout=layout) as cam:
        torch.testing.assert_close(cam(images, targets).maps, expected)


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16])
def test_half_precision_under_autocast(
    method: str, small: Build, kind: torch.dtype, images: Tensor, targets: Tensor
) -> None:
    with CAMS[method](small(), "last") as cam:
        expected = cam(images, targets)
        with torch.autocast("cpu", dtype=kind):
            seen = cam(images, targets)
    assert seen.maps.dtype is seen.logits.dtype is torch.float32
    torch.testing.assert_close(seen.maps, expected.maps, rtol=0.05, atol=0.05 * expected.maps.max().item())


def test_weights_in_half_precision(method: str, small: Build, images: Tensor, targets: Tensor) -> None:
    with CAMS[method](small(), "last") as cam:
        expected = cam(images, targets).maps
    with CAMS[method](small().to(torch.bfloat16), "last") as cam:
        seen = cam(images, targets)
    assert seen.maps.dtype is seen.logits.dtype is torch.float32
    torch.testing.assert_close(seen.maps, expected, rtol=0.05, atol=0.05 * expected.max().item())


def test_not_a_number_stays_in_its_own_image(method: str, small: Build, images: Tensor, targets: Tensor) -> None:
    with CAMS[method](small(), "last") as cam:
        expected = cam(images, targets)
        broken = images.clone()
        broken[1] = torch.nan
        seen = cam(broken, targets)
    assert seen.logits[1].isnan().all()
    assert seen.maps[1].isnan().any()
    others = torch.tensor([0, 2, 3])
    torch.testing.assert_close(seen.maps[others], expected.maps[others])


def test_a_zero_gradient_is_an_empty_map(method: str, small: Build, images: Tensor, targets: Tensor) -> None:
    model = small()
    nn.init.zeros_(model.classify.weight)
    with CAMS[method](model, "last") as cam:
        assert not cam(images, targets).maps.any()


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("secnod", "has no layer 'secnod'; nearest: 'second'"),
        ("", "has no layer ''"),
    ],
)
def test_unknown_layers_are_refused(method: str, small: Build, layer: str, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        CAMS[method](small(), layer)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("unused", "'unused' is never reached"),
        ("classify", r"'classify' puts out \(4, 5\): no spatial grid"),
    ],
)
def test_layers_without_maps_are_refused(
    method: str, small: Build, layer: str, message: str, images: Tensor, targets: Tensor
) -> None:
    with CAMS[method](small(), layer) as cam, pytest.raises(ModelError, match=message):
        cam(images, targets)


def test_a_layer_reached_twice_is_refused(method: str, small: Build, images: Tensor, targets: Tensor) -> None:
    model = small()
    model.last = model.relu
    with CAMS[method](model, "relu") as cam, pytest.raises(ModelError, match="'relu' is reached twice"):
        cam(images, targets)
    with CAMS[method](model, "second") as cam:
        assert cam(images, targets).maps.shape == (4, 2, 4, 5)


class Detached(nn.Module):
    """A net whose scores do not follow from a layer that it calls."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how = how
        self.conv = nn.Conv2d(3, 5, 3)
        self.other = nn.Conv2d(3, 5, 3)

    def forward(self, images: Tensor) -> Tensor:
        side, seen = self.other(images), self.conv(images)
        if self.how == "detached":
            return seen.detach().mean(dim=(2, 3))
        if self.how == "aside":
            return side.mean(dim=(2, 3)) + self.conv(images).mean(dim=(2, 3)) * 0 if self.training else self._last(seen)
        with torch.inference_mode():
            return self.conv(images).mean(dim=(2, 3))

    def _last(self, seen: Tensor) -> Tensor:
        del seen
        return self.conv.weight.mean() * torch.ones(4, 5)


def test_scores_that_do_not_depend_on_the_layer(method: str, images: Tensor, targets: Tensor) -> None:
    with (
        CAMS[method](Detached("detached"), "conv") as cam,
        pytest.raises(ModelError, match="do not depend on layer 'conv'"),
    ):
        cam(images, targets)
    with CAMS[method](Detached("aside"), "conv") as cam, pytest.raises(ModelError, match="do not depend on the layer"):
        cam(images, targets)


class Inferring(nn.Module):
    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    @torch.inference_mode()
    def forward(self, images: Tensor) -> Tensor:
        return self.model(images)


def test_inference_mode_inside_the_model_is_refused(method: str, small: Build, images: Tensor, targets: Tensor) -> None:
    with CAMS[method](Inferring(small()), "model.last") as cam, pytest.raises(ModelError, match="inference_mode"):
        cam(images, targets)
    with torch.inference_mode():
        model = small()
    with pytest.raises(ModelError, match=r"made under torch\.inference_mode"):
        CAMS[method](model, "last")


def test_no_grad_inside_the_model_is_fine(method: str, small: Build, images: Tensor, targets: Tensor) -> None:
    class Quiet(Inferring):
        @torch.no_grad()
        def forward(self, images: Tensor) -> Tensor:
            return self.model(images)

    with CAMS[method](small(), "last") as plain, CAMS[method](Quiet(small()), "model.last") as quiet:
        assert torch.equal(quiet(images, targets).maps, plain(images, targets).maps)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        (torch.tensor([0, 1, 2, 3]), r"shape \(4, T\), found \(4,\)"),
        (torch.tensor([[0], [1]]), r"shape \(4, T\), found \(2, 1\)"),
        (torch.zeros(4, 0, dtype=torch.long), r"shape \(4, T\), found \(4, 0\)"),
        (torch.full((4, 1), 5), "from 0 to 4, found 5: the model has 5 classes"),
        (torch.full((4, 1), -1), "from 0 to 4, found -1"),
        (torch.zeros(4, 1), "class indices, found torch.float32"),
        (torch.zeros(4, 1, dtype=torch.bool), "class indices, found torch.bool"),
    ],
)
def test_targets_are_checked(method: str, small: Build, images: Tensor, targets: Tensor, message: str) -> None:
    with CAMS[method](small(), "last") as cam, pytest.raises(ModelError, match=message):
        cam(images, targets)


@pytest.mark.parametrize("wrap", [lambda _: "text", lambda logits: logits[0], lambda _: None, lambda _: [1, 2]])
def test_a_model_without_class_scores_is_refused(
    method: str, small: Build, wrap: Callable[[Tensor], object], images: Tensor, targets: Tensor
) -> None:
    with CAMS[method](small(wrap=wrap), "last") as cam, pytest.raises(ModelError, match="expected class scores"):
        cam(images, targets)


def test_a_layer_without_a_tensor_of_real_numbers_is_refused(
    method: str, small: Build, images: Tensor, targets: Tensor
) -> None:
    model = Unwrapping(small(), lambda _: "text", lambda _: torch.zeros(4, 8, 4, 5)).eval()
    with CAMS[method](model, "second") as cam, pytest.raises(ModelError, match="puts out str without a tensor"):
        cam(images, targets)


def test_a_layout_that_does_not_fit_is_refused(method: str, small: Build, images: Tensor, targets: Tensor) -> None:
    with (
        CAMS[method](small(), "last", layout=Layout("nchw", (7, 7))) as cam,
        pytest.raises(ModelError, match=r"found shape \(4, 8, 4, 5\)"),
    ):
        cam(images, targets)


def test_a_block_is_needed_and_one_at_a_time(method: str, small: Build, images: Tensor, targets: Tensor) -> None:
    cam = CAMS[method](small(), "last")
    with pytest.raises(ModelError, match="in a with block"):
        cam(images, targets)
    with cam, pytest.raises(ModelError, match="in use already"), cam:
        pass
    with cam:
        assert cam(images, targets).maps.shape == (4, 2, 4, 5)
