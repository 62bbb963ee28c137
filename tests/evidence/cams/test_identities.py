"""What must hold of maps whatever the weights."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from auditor.evidence.cams import CAMS


class Pooled(nn.Module):
    """Convolution, pooling, linear: where Grad-CAM, HiResCAM and CAM are one."""

    def __init__(self, *, symmetric: bool = False) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.conv = nn.Conv2d(3, 12, 5, stride=2, padding=2)
        self.last = nn.Tanh()
        self.classify = nn.Linear(12, 6)
        if symmetric:
            with torch.no_grad():
                self.conv.weight.copy_((self.conv.weight + self.conv.weight.flip(3)) / 2)

    def forward(self, images: Tensor) -> Tensor:
        return self.classify(self.last(self.conv(images)).mean(dim=(2, 3)))


IMAGES = torch.randn(3, 3, 18, 23, generator=torch.Generator().manual_seed(4))
TARGETS = torch.tensor([[0, 5], [2, 2], [4, 1]])


def maps(model: nn.Module, *, method: str, images: Tensor = IMAGES, targets: Tensor = TARGETS) -> Tensor:
    with CAMS[method](model, "last") as cam:
        return cam(images, targets).maps


def test_before_pooling_and_a_linear_layer_all_are_cam() -> None:
    model = Pooled()
    features = model.last(model.conv(IMAGES)).detach()
    weights = model.classify.weight.detach()[TARGETS]  # (B, T, C)
    expected = torch.einsum("btc,bchw->bthw", weights, features).relu() / features[0, 0].numel()
    for method in ("gradcam", "hirescam"):
        torch.testing.assert_close(maps(model, method=method), expected, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("method", ["gradcam", "hirescam"])
def test_the_signed_map_sums_to_the_logit_without_its_bias(method: str) -> None:
    model = Pooled()
    logits = model(IMAGES).gather(1, TARGETS).detach()
    bias = model.classify.bias.detach()[TARGETS]
    positive = maps(model, method=method)
    with torch.no_grad():
        model.classify.weight.neg_()
    signed = positive - maps(model, method=method)
    torch.testing.assert_close(signed.sum(dim=(2, 3)), logits - bias, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("method", list(CAMS))
def test_a_target_mixed_from_two_has_the_mixed_map(method: str) -> None:
    model, mixed = Pooled(), Pooled()
    with torch.no_grad():
        mixed.classify.weight[0] = 2 * model.classify.weight[1] - 3 * model.classify.weight[2]
    wanted = torch.tensor([[1, 2]] * 3)

    def signed(net: nn.Module, targets: Tensor) -> Tensor:
        positive = maps(net, method=method, targets=targets)
        with torch.no_grad():
            net.classify.weight.neg_()
        both = positive - maps(net, method=method, targets=targets)
        with torch.no_grad():
            net.classify.weight.neg_()
        return both

    parts = signed(model, wanted)
    whole = signed(mixed, torch.zeros(3, 1, dtype=torch.long))[:, 0]
    torch.testing.assert_close(whole, 2 * parts[:, 0] - 3 * parts[:, 1], rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("method", list(CAMS))
def test_a_mirrored_image_has_the_mirrored_map(method: str) -> None:
    model = Pooled(symmetric=True)
    images = IMAGES[..., :23]  # an odd width, so that stride 2 is symmetric too
    mirrored = maps(model, method=method, images=images.flip(3))
    torch.testing.assert_close(mirrored.flip(3), maps(model, method=method, images=images), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("method", list(CAMS))
def test_the_order_of_channels_does_not_matter(method: str) -> None:
    model, shuffled = Pooled(), Pooled()
    order = torch.randperm(12, generator=torch.Generator().manual_seed(5))
    with torch.no_grad():
        shuffled.conv.weight.copy_(model.conv.weight[order])
        shuffled.conv.bias.copy_(model.conv.bias[order])
        shuffled.classify.weight.copy_(model.classify.weight[:, order])
    torch.testing.assert_close(maps(shuffled, method=method), maps(model, method=method), rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("method", list(CAMS))
def test_double_precision_agrees(method: str) -> None:
    single, double = Pooled(), Pooled().double()
    torch.testing.assert_close(maps(single, method=method), maps(double, method=method), rtol=1e-5, atol=1e-6)
