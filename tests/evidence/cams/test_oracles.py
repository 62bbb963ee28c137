"""Maps against values that someone else published, and against the libraries people use, run live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import torch
import torchvision
from captum.attr import LayerGradCam, LayerGradientXActivation
from pytorch_grad_cam import GradCAM as PeerGradCAM
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torchcam.methods import GradCAM as TorchGradCAM

from auditor.evidence.cams import CAMS, GradCAM, HiResCAM

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor, nn

RAMP = torch.arange(16.0).view(1, 1, 4, 4)
LABELS = [[3], [7]]  # labels, not predictions: their maps have both signs before rectification


def cam(method: str, model: nn.Module, layer: str, *, images: Tensor, targets: list[list[int]]) -> Tensor:
    with CAMS[method](model, layer) as maker:
        return maker(images, torch.tensor(targets)).maps


@pytest.mark.parametrize("inplace", [False, True])
@pytest.mark.parametrize(
    ("layer", "images", "expected"),
    [
        ("conv", RAMP, [[11.25, 13.5], [20.25, 22.5]]),
        ("relu", RAMP, [[0.0, 4.0], [28.0, 32.5]]),
        ("conv", RAMP + 1, [[14.5, 19.0], [32.5, 37.0]]),
    ],
)
def test_hand_checked_grad_cam(
    one_convolution: Callable[..., nn.Module],
    layer: str,
    images: Tensor,
    expected: list[list[float]],
    *,
    inplace: bool,
) -> None:
    maps = cam("gradcam", one_convolution(inplace=inplace), layer, images=images, targets=[[0]])
    torch.testing.assert_close(maps[0, 0], torch.tensor(expected))


def test_hand_checked_grad_cam_with_frozen_parameters(one_convolution: Callable[..., nn.Module]) -> None:
    model = one_convolution(inplace=False).requires_grad_(False)  # noqa: FBT003 -- torch's own signature
    maps = cam("gradcam", model, "conv", images=RAMP, targets=[[0]])
    torch.testing.assert_close(maps[0, 0], torch.tensor([[11.25, 13.5], [20.25, 22.5]]))


def test_hand_checked_rectification(one_convolution: Callable[..., nn.Module]) -> None:
    images = RAMP.clone()
    images[0, 0, 1, 1] = -4.0
    maps = cam("gradcam", one_convolution(inplace=False), "given", images=images, targets=[[0]])
    torch.testing.assert_close(maps[0, 0], (0.5625 * images[0, 0]).relu())


def test_hand_checked_hirescam_sums_to_the_score(one_convolution: Callable[..., nn.Module]) -> None:
    maps = cam("hirescam", one_convolution(inplace=False), "relu", images=RAMP, targets=[[0]])
    torch.testing.assert_close(maps[0, 0], torch.tensor([[0.0, 4.0], [25.0, 25.0]]))


@pytest.fixture(scope="module", params=[("resnet18", "layer4"), ("mobilenet_v2", "features"), ("vgg16", "features.29")])
def net(request: pytest.FixtureRequest) -> tuple[nn.Module, str]:
    name, layer = request.param
    torch.manual_seed(0)
    return torchvision.models.get_model(name).eval(), layer


@pytest.fixture(scope="module")
def photographs() -> Tensor:
    return torch.randn(2, 3, 160, 160, generator=torch.Generator().manual_seed(2))


def assert_near(ours: Tensor, theirs: Tensor) -> None:
    assert ours.shape == theirs.shape
    largest = theirs.abs().max()
    assert largest > 0
    assert ((ours - theirs).abs().max() / largest).item() <= 1e-5


def submodule(model: nn.Module, layer: str) -> nn.Module:
    return model.get_submodule(layer)


def test_parity_with_captum(net: tuple[nn.Module, str], photographs: Tensor) -> None:
    model, layer = net
    target = torch.tensor(LABELS)[:, 0]
    peer = LayerGradCam(model, submodule(model, layer))
    theirs = peer.attribute(photographs, target, relu_attributions=True).detach()
    assert_near(cam("gradcam", model, layer, images=photographs, targets=LABELS), theirs)


def test_parity_of_hirescam_with_captum(net: tuple[nn.Module, str], photographs: Tensor) -> None:
    model, layer = net
    target = torch.tensor(LABELS)[:, 0]
    product = LayerGradientXActivation(model, submodule(model, layer)).attribute(photographs, target).detach()
    theirs = product.sum(dim=1, keepdim=True).relu()
    assert_near(cam("hirescam", model, layer, images=photographs, targets=LABELS), theirs)


def test_parity_with_torchcam(net: tuple[nn.Module, str], photographs: Tensor) -> None:
    model, layer = net
    with TorchGradCAM(model, target_layer=layer) as peer:
        scores = model(photographs)
        theirs = peer([label for (label,) in LABELS], scores, normalized=False)[0]
    assert_near(cam("gradcam", model, layer, images=photographs, targets=LABELS), theirs[:, None].detach())


def scale(maps: np.ndarray) -> np.ndarray:
    """Each map from its minimum to its maximum, as pytorch-grad-cam scales."""
    lowered = maps - maps.min(axis=(1, 2), keepdims=True)
    return lowered / (1e-7 + lowered.max(axis=(1, 2), keepdims=True))


def test_parity_with_pytorch_grad_cam_after_its_scaling(net: tuple[nn.Module, str], photographs: Tensor) -> None:
    model, layer = net
    with PeerGradCAM(model=model, target_layers=[submodule(model, layer)]) as peer:
        theirs = peer(photographs, [ClassifierOutputTarget(label) for (label,) in LABELS])
    model.zero_grad(set_to_none=True)
    ours = cam("gradcam", model, layer, images=photographs, targets=LABELS)[:, 0].numpy()
    resized = np.stack([cv2.resize(one, photographs.shape[-2:][::-1]) for one in scale(ours)])
    np.testing.assert_allclose(scale(resized), theirs, atol=1e-5)


def test_in_place_operations_behind_the_layer_do_not_reach_the_map(photographs: Tensor) -> None:
    torch.manual_seed(0)
    model = torchvision.models.densenet121().eval()  # its forward rectifies the features in place
    before = {}
    hook = model.features.register_forward_hook(lambda *seen: before.update(out=seen[2].detach().clone()))
    with torch.no_grad():
        model(photographs)
    hook.remove()
    features = before["out"]  # (B, C, h, w), of both signs
    many = torch.arange(50).expand(2, 50)
    open_share = (features > 0).float().mean(dim=(2, 3)) / features[0, 0].numel()  # what the rectification lets through
    alpha = model.classifier.weight.detach()[many] * open_share[:, None]  # (B, T, C)
    expected = torch.einsum("btc,bchw->bthw", alpha, features).relu()
    assert_near(cam("gradcam", model, "features", images=photographs, targets=many.tolist()), expected)


@pytest.mark.parametrize("method", [GradCAM, HiResCAM])
def test_convolution_followed_by_an_in_place_activation(method: type, photographs: Tensor) -> None:
    torch.manual_seed(0)
    model = torchvision.models.vgg11().eval()
    with method(model, "features.18") as maker:
        inplace = maker(photographs, torch.tensor(LABELS)).maps
    for layer in model.modules():
        if hasattr(layer, "inplace"):
            layer.inplace = False
    with method(model, "features.18") as maker:
        torch.testing.assert_close(inplace, maker(photographs, torch.tensor(LABELS)).maps)
