"""The contract of a CAM method, and the one pass of the model that all of them share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import torch
from torch import Tensor, nn

from auditor.errors import ModelError, nearest
from auditor.evidence.cams.layouts import Layout, find_layout
from auditor.evidence.cams.outputs import find_logits, find_tensor, replace_tensor

if TYPE_CHECKING:
    from types import TracebackType

    from torch.utils.hooks import RemovableHandle

Targets = Tensor | Callable[[Tensor], Tensor]
"""Class indices ``(B, T)``, or a function from logits ``(B, K)`` to them."""


@dataclass(frozen=True)
class Seen:
    """What one pass of the model said, and where it saw it.

    Parameters
    ----------
    logits
        ``(B, K)``, float32.
    maps
        ``(B, T, h, w)``, float32: on the layer's own grid, rectified, not normalised. A map that is zero everywhere
        holds no evidence for its target.
    """

    logits: Tensor
    maps: Tensor


class CAM(ABC):
    """Class activation maps of a model at one layer, for several targets per image in one pass.

    The front of the model runs without a graph; the layer's output becomes a fresh leaf; the tail runs with gradients
    on, and each target's score is differentiated with respect to that leaf alone. The leaf is cloned before it goes
    on, so that an in-place operation behind the layer cannot change what the map is made of.

    Within the ``with`` block the model is in evaluation mode and bears one hook; both are undone at its end.
    Parameters, ``.grad`` and the caller's gradient mode stay as they are.

    Parameters
    ----------
    model
        A classifier from images ``(B, C, H, W)`` to logits ``(B, K)``.
    target_layer
        Name of a module of the model, as ``model.named_modules()`` gives it.
    layout
        How the layer lays its grid out; by default read from the shape of its output.

    Raises
    ------
    ModelError
        If there is no such layer, or the model was made under inference mode.
    """

    def __init__(self, model: nn.Module, target_layer: str, *, layout: Layout | None = None) -> None:
        self._model = model
        self._layer = _find_layer(model, target_layer)
        self._name = target_layer
        self._layout = layout
        self._modes: dict[nn.Module, bool] = {}
        self._hook: RemovableHandle | None = None
        self._leaf: Tensor | None = None
        if any(parameter.is_inference() for parameter in model.parameters()):
            raise ModelError("the model was made under torch.inference_mode: make or load it outside of that block")

    @abstractmethod
    def weigh(self, activations: Tensor, gradients: Tensor) -> Tensor:
        """Signed map of one target, from what the layer put out and how the score depends on it.

        Parameters
        ----------
        activations
            ``(B, C, h, w)``, float32.
        gradients
            ``(B, C, h, w)``, float32: the score's derivative with respect to each activation.

        Returns
        -------
        Tensor
            ``(B, h, w)``; its negative part is dropped by the caller.
        """

    def __enter__(self) -> Self:
        if self._hook is not None:
            raise ModelError("this CAM is in use already: open a second one for a nested block")
        self._modes = {module: module.training for module in self._model.modules()}
        if any(self._modes.values()):
            self._model.eval()
        self._hook = self._layer.register_forward_hook(self._cut)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._hook is not None:
            self._hook.remove()
        if any(self._modes.values()):
            for module, training in self._modes.items():
                module.training = training
        self._hook, self._leaf, self._modes = None, None, {}

    def __call__(self, images: Tensor, targets: Targets) -> Seen:
        """Logits of a batch, and one map per image and target.

        Parameters
        ----------
        images
            ``(B, C, H, W)``, on the model's device; cast to the type of the model's parameters.
        targets
            Class indices ``(B, T)``, or a function from the logits ``(B, K)`` to them, so that the predicted class
            can be a target of the same pass.

        Returns
        -------
        Seen
            Logits and maps, without a graph, on the model's device.

        Raises
        ------
        ModelError
            If the layer is reached never or twice, has no spatial grid, or does not feed the scores; if targets have
            another shape than ``(B, T)`` or are out of range; outside of a ``with`` block.
        """
        if self._hook is None:
            raise ModelError("a CAM is used in a with block: with CAMS[name](model, target_layer) as cam: …")
        try:
            with torch.inference_mode(mode=False):
                return self._see(images, targets)
        finally:
            self._leaf = None

    def _see(self, images: Tensor, targets: Targets) -> Seen:
        images = images.clone() if images.is_inference() else images
        with torch.no_grad():
            logits = find_logits(self._model(images.to(_input_type(self._model, images))))
        leaf = self._reached(logits)
        layout = self._layout or find_layout(tuple(leaf.shape), (images.shape[-2], images.shape[-1]))
        if layout is None:
            raise ModelError(
                f"layer {self._name!r} puts out {tuple(leaf.shape)}: no spatial grid of more than one cell; "
                "name a layer before the pooling"
            )
        scores = logits.detach().float()
        chosen = _check_targets(targets(scores) if callable(targets) else targets, scores)
        with torch.no_grad():
            activations = layout.to_images(leaf.detach()).float()
            maps = [
                self.weigh(activations, layout.to_images(gradient).float()).relu()
                for gradient in _differentiate(logits, leaf, chosen)
            ]
        return Seen(scores, torch.stack(maps, dim=1))

    def _cut(self, _module: nn.Module, _args: tuple[object, ...], output: object) -> object:
        """Start the graph here: what comes in front of the layer has none."""
        if self._leaf is not None:
            raise ModelError(
                f"layer {self._name!r} is reached twice in one pass: its two outputs cannot be told apart; "
                "name a layer that is used once"
            )
        if torch.is_inference_mode_enabled():
            raise ModelError("the model's forward turns torch.inference_mode on: maps need gradients behind the layer")
        tensor = find_tensor(output)
        if tensor is None or not tensor.is_floating_point():
            raise ModelError(f"layer {self._name!r} puts out {type(output).__name__} without a tensor of real numbers")
        torch.set_grad_enabled(True)  # until the no_grad block around this pass ends
        self._leaf = tensor.detach().requires_grad_()
        return replace_tensor(output, self._leaf.clone())

    def _reached(self, logits: Tensor) -> Tensor:
        if self._leaf is None:
            raise ModelError(f"layer {self._name!r} is never reached in a pass: name one that forward calls")
        if not logits.requires_grad:
            raise ModelError(
                f"the scores do not depend on layer {self._name!r}, or forward turns gradients off behind it"
            )
        return self._leaf


def _find_layer(model: nn.Module, name: str) -> nn.Module:
    layers: dict[str, nn.Module] = dict(model.named_modules())
    if not name or name not in layers:
        raise ModelError(f"the model has no layer {name!r}{nearest(name, layers)}")
    return layers[name]


def _input_type(model: nn.Module, images: Tensor) -> torch.dtype:
    """The type of the model's parameters; autocast sees to its own casts."""
    if torch.is_autocast_enabled(images.device.type):
        return images.dtype
    kinds = (parameter.dtype for parameter in model.parameters() if parameter.is_floating_point())
    return next(kinds, images.dtype)


def _check_targets(targets: Tensor, logits: Tensor) -> Tensor:
    images, classes = logits.shape
    if targets.ndim != 2 or targets.shape[0] != images or targets.shape[1] == 0:  # noqa: PLR2004 -- (B, T)
        raise ModelError(f"expected targets of shape ({images}, T), found {tuple(targets.shape)}")
    if targets.is_floating_point() or targets.is_complex() or targets.dtype is torch.bool:
        raise ModelError(f"expected targets as class indices, found {targets.dtype}")
    lowest, highest = int(targets.min()), int(targets.max())
    if lowest < 0 or highest >= classes:
        wrong = lowest if lowest < 0 else highest
        raise ModelError(f"expected targets from 0 to {classes - 1}, found {wrong}: the model has {classes} classes")
    return targets.to(logits.device, torch.int64)


@torch.enable_grad()
def _differentiate(logits: Tensor, leaf: Tensor, targets: Tensor) -> list[Tensor]:
    """Gradient of each target's score with respect to the leaf; equal columns of targets share one."""
    columns, slots = torch.unique(targets, dim=1, return_inverse=True)
    gradients = []
    for k in range(columns.shape[1]):
        # Images do not meet in evaluation mode: the gradient of the sum holds each image's own.
        score = logits.gather(1, columns[:, k, None]).float().sum()
        (gradient,) = torch.autograd.grad(score, leaf, retain_graph=k + 1 < columns.shape[1], allow_unused=True)
        if gradient is None:
            raise ModelError("the scores do not depend on the layer: name one between the images and the classes")
        gradients.append(gradient)
    return [gradients[slot] for slot in slots.tolist()]
