"""Copies with random weights: the right layers, in the right order, and the user's model as it was."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

import pytest
import torch
import torchvision
from torch import Tensor, nn

from auditor.errors import ModelError
from auditor.evidence.cams import CAMS
from auditor.evidence.randomisation import Anatomy, dissect, make_copies, reinitialise
from auditor.testing import colour_model
from auditor.trials import HEADS

if TYPE_CHECKING:
    from collections.abc import Callable

IMAGE = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
NETS: dict[str, tuple[Callable[[], nn.Module], str, str]] = {
    "resnet18": (lambda: torchvision.models.resnet18(num_classes=5), "layer4", "fc"),
    "mobilenet_v2": (lambda: torchvision.models.mobilenet_v2(num_classes=5), "features", "classifier.1"),
    "squeezenet1_1": (lambda: torchvision.models.squeezenet1_1(num_classes=5), "features", "classifier.1"),
    "vgg16": (lambda: torchvision.models.vgg16(num_classes=5), "features", "classifier.6"),
    "vit": (
        lambda: torchvision.models.VisionTransformer(64, 16, 2, 2, 32, 64, num_classes=5),
        "encoder.layers.encoder_layer_1.ln_1",
        "heads.head",
    ),
}


def build(name: str) -> tuple[nn.Module, str, str]:
    torch.manual_seed(0)
    make, layer, head = NETS[name]
    return make().eval(), layer, head


def names(anatomy: Anatomy) -> list[str]:
    return [name for unit in anatomy.units for name in unit]


@pytest.mark.parametrize("name", NETS)
def test_the_head_comes_first_and_all_parameters_are_reached(name: str) -> None:
    net, layer, head = build(name)
    anatomy = dissect(net, layer, image=IMAGE)
    assert anatomy.units[0] == (head,)
    holders = [part for part, module in net.named_modules() if list(module.parameters(recurse=False))]
    assert sorted(names(anatomy)) == sorted(holders)
    stages = anatomy.stages()
    assert len(stages) == min(6, len(anatomy.units))
    assert [i for stage in stages for i in stage] == list(range(len(anatomy.units)))


def test_the_order_is_the_reverse_of_the_forward() -> None:
    net, layer, _ = build("resnet18")
    order = names(dissect(net, layer, image=IMAGE))
    wanted = [name for name, part in net.named_modules() if isinstance(part, nn.Conv2d) and "downsample" not in name]
    assert [name for name in order if name in wanted] == wanted[::-1]
    assert order[-2:] == ["bn1", "conv1"]


def test_tokens_of_a_transformer_go_last_and_uncalled_parts_with_their_caller() -> None:
    net, layer, _ = build("vit")
    anatomy = dissect(net, layer, image=IMAGE)
    assert anatomy.units[-1] == ("",)  # the class token is the model's own
    attention = "encoder.layers.encoder_layer_0.self_attention"
    assert (attention, f"{attention}.out_proj") in anatomy.units


@pytest.mark.parametrize("name", ["resnet18", "vit", "squeezenet1_1"])
def test_stages_change_what_they_should_and_the_last_changes_all(name: str) -> None:
    net, layer, head = build(name)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(torch.randn(parameter.shape) * 0.01)
    anatomy = dissect(net, layer, image=IMAGE)
    learnt = dict(net.named_parameters())
    for random in make_copies(net, anatomy, seed=0):
        if random.kinds[0].startswith("head"):
            same = [
                key
                for key, p in random.module.named_parameters()
                if p.shape == learnt[key].shape and torch.equal(p, learnt[key])
            ]
            assert set(learnt) - set(same) == {f"{head}.weight", f"{head}.bias"}
            continue
        stage = int(random.kinds[0].removeprefix("cascade-"))
        touched = {part for positions in anatomy.stages()[:stage] for i in positions for part in anatomy.units[i]}
        for key, parameter in random.module.named_parameters():
            changed = not torch.equal(parameter, learnt[key])
            assert changed == (key.rpartition(".")[0] in touched), (random.kinds, key)


def test_statistics_of_normalisations_are_reset_with_them() -> None:
    layer = nn.BatchNorm2d(4)
    assert layer.running_mean is not None
    layer.running_mean.fill_(3.0)
    with torch.no_grad():
        layer.weight.fill_(2.0)
    reinitialise(layer, seed=0)
    assert torch.equal(layer.running_mean, torch.zeros(4))
    assert torch.equal(layer.weight, torch.ones(4))


def test_a_matrix_has_the_spread_of_he_and_follows_its_seed() -> None:
    first, again, other = nn.Linear(800, 500), nn.Linear(800, 500), nn.Linear(800, 500)
    for layer, seed in ((first, 1), (again, 1), (other, 2)):
        reinitialise(layer, seed=seed)
    assert abs(float(first.weight.detach().std()) - (2 / 800) ** 0.5) < 1e-3
    assert not first.bias.any()
    assert torch.equal(first.weight, again.weight)
    assert not torch.equal(first.weight, other.weight)


def test_parameters_that_no_layer_resets_keep_their_mean_and_spread() -> None:
    class Token(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.token = nn.Parameter(torch.randn(1, 5000) * 3 + 7)

    module = Token()
    before = module.token.detach().clone()
    reinitialise(module, seed=0)
    assert not torch.equal(module.token, before)
    assert abs(float(module.token.detach().mean()) - 7) < 0.2
    assert abs(float(module.token.detach().std()) - 3) < 0.2


def test_a_container_that_resets_its_children_is_not_asked_to() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = nn.Parameter(torch.randn(3))
            self.inner = nn.Linear(2, 2)

        def reset_parameters(self) -> None:
            self.inner.reset_parameters()

    net = Net()
    before = net.inner.weight.detach().clone()
    reinitialise(net, seed=0)
    assert torch.equal(net.inner.weight, before)


@pytest.mark.parametrize("name", ["resnet18", "squeezenet1_1", "vit"])
def test_heads_abreast_give_the_maps_of_single_heads(name: str) -> None:
    net, layer, _ = build(name)
    anatomy = dissect(net, layer, image=IMAGE)
    assert anatomy.wide == HEADS
    images = torch.randn(3, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    plain = Anatomy(units=anatomy.units, wide=1)
    maps: dict[str, Tensor] = {}
    for one in (anatomy, plain):
        for random in make_copies(net, one, seed=4):
            if not random.kinds[0].startswith("head"):
                break
            targets = 2 + 5 * torch.arange(len(random.kinds)).repeat(3, 1)
            with CAMS["gradcam"](random.module, layer) as cam:
                seen = cam(images, targets).maps
            for i, kind in enumerate(random.kinds):
                if kind in maps:
                    torch.testing.assert_close(seen[:, i], maps.pop(kind), rtol=1e-3, atol=1e-5)
                else:
                    maps[kind] = seen[:, i]
    assert not maps


def test_a_head_that_cannot_be_widened_takes_a_pass_each() -> None:
    class Softened(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = colour_model()

        def forward(self, images: Tensor) -> Tensor:
            return torch.log_softmax(self.inner(images), dim=1)  # over all heads: no longer each its own

    anatomy = dissect(Softened(), "inner.see", image=IMAGE)
    assert anatomy.wide == 1
    copies = [random.kinds for random in make_copies(Softened(), anatomy, seed=0)]
    assert copies == [(f"head-{k}",) for k in range(HEADS)] + [("cascade-1",), ("cascade-2",)]


def test_a_normalisation_behind_the_head_is_not_the_head() -> None:
    net = nn.Sequential(
        nn.Conv2d(3, 4, 8, 8), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 5), nn.BatchNorm1d(5)
    )
    anatomy = dissect(net.eval(), "0", image=IMAGE)
    assert anatomy.units == (("3",), ("4",), ("0",))
    assert anatomy.wide == 1


def test_a_model_without_a_head_is_refused_with_the_reason() -> None:
    net = nn.Sequential(nn.Conv2d(3, 5, 8, 8), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    with pytest.raises(ModelError, match="behind layer '0' there is no layer with weights"):
        dissect(net, "0", image=IMAGE)


def test_a_model_that_cannot_be_copied_is_refused_with_the_reason() -> None:
    net = colour_model()
    net.kept = (x for x in ())  # type: ignore[assignment]
    with pytest.raises(ModelError, match=r"cannot be copied: .*generator"):
        dissect(net, "see", image=IMAGE)


def test_the_model_and_the_generators_stay_as_they_are() -> None:
    net, layer, _ = build("resnet18")
    net.train()
    net.layer3.eval()
    net.fc.weight.requires_grad_(requires_grad=False)
    net.conv1.weight.grad = torch.ones_like(net.conv1.weight)
    calls: list[int] = []
    net.fc.register_forward_hook(lambda *_: calls.append(1))
    state, modes = copy.deepcopy(net.state_dict()), [part.training for part in net.modules()]
    random_state = torch.random.get_rng_state()
    for _ in make_copies(net, dissect(net, layer, image=IMAGE), seed=0):
        pass
    assert torch.equal(torch.random.get_rng_state(), random_state)
    assert all(torch.equal(value, net.state_dict()[key]) for key, value in state.items())
    assert [part.training for part in net.modules()] == modes
    assert [name for name, p in net.named_parameters() if not p.requires_grad] == ["fc.weight"]
    assert [name for name, p in net.named_parameters() if p.grad is not None] == ["conv1.weight"]
    assert all(not part._forward_pre_hooks for part in net.modules())
    assert [name for name, part in net.named_modules() if part._forward_hooks] == ["fc"]
