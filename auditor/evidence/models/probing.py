"""Which layer to take maps from: the last one whose whole grid can still reach the class scores."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor, nn

from auditor.errors import ModelError, nearest
from auditor.evidence.cams.layouts import Layout, find_layout, has_proportions
from auditor.evidence.cams.outputs import find_logits, find_tensor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.geometry import Size

REACH: Final = 0.9
"""Share of the grid's cells that must have a gradient."""
BLOCKED: Final = 0.5
"""The share that will do where no layer has more: a maximum pooling behind few channels blocks many cells."""
PROPORTIONS: Final = (0.75, 1.33)
"""How far a grid may be from the frame's proportions: convolutions without padding take more of the shorter side."""
_FAILURES: Final = (RuntimeError, ValueError, TypeError, AssertionError, LookupError, AttributeError)
_EXTENDED: Final = (3, 4)


@dataclass
class _Pass:
    """What a pass of one image left behind."""

    frame: Size
    counts: Counter[str] = field(default_factory=Counter)
    outputs: dict[str, Tensor] = field(default_factory=dict)  # in the order of completion
    layouts: dict[str, Layout] = field(default_factory=dict)
    head: Tensor | None = None  # what the last linear layer was given
    scores: Tensor = field(default_factory=lambda: torch.empty(0))  # (1, K)


@torch.inference_mode(mode=False)
def find_target_layer(model: nn.Module, *, frame: Size, classes: int) -> tuple[str, Layout]:
    """Last layer with a grid of which nine cells in ten can reach the class scores.

    One image of noise is passed; the gradient of the scores with respect to a layer's output says which of its cells
    can reach them. Average poolings and other layers that learn and decide nothing are passed over; so are class
    maps (one channel per class) where there is anything else; of token layers only normalisations and blocks count.

    Parameters
    ----------
    model
        A classifier from images ``(B, 3, H, W)``.
    frame
        Height and width of its input in pixels.
    classes
        How many it should tell apart.

    Returns
    -------
    name : str
        Of the layer.
    layout : Layout
        Of its output.

    Raises
    ------
    ModelError
        If the model cannot run, has another number of classes, or no layer qualifies.

    Examples
    --------
    >>> from auditor.testing import colour_model
    >>> find_target_layer(colour_model(), frame=(16, 16), classes=2)[0]
    'see'
    """
    seen = _pass_noise(model, frame=frame, classes=classes)
    shares: dict[str, float] = {}
    for name, share in _measure_layers(seen, dict(model.named_modules())):
        if share > REACH and not _maps_classes(seen, name):
            return name, seen.layouts[name]
        shares[name] = share
    for floor in (REACH, BLOCKED):
        for name in (name for name, share in shares.items() if share > floor):
            return name, seen.layouts[name]
    raise ModelError(
        "no layer found whose grid reaches the class scores: name one as target_layer; maps need a layer with rows and "
        "columns before the pooling, and a forward that does not turn gradients off"
    )


@torch.inference_mode(mode=False)
def check_target_layer(model: nn.Module, name: str, *, frame: Size, classes: int) -> Layout:
    """Layout of a named layer, once it is sure that maps can be taken there.

    Parameters
    ----------
    model
        A classifier from images ``(B, 3, H, W)``.
    name
        Of the layer, as ``model.named_modules()`` gives it.
    frame
        Height and width of its input in pixels.
    classes
        How many it should tell apart.

    Returns
    -------
    Layout
        Of the layer's output.

    Raises
    ------
    ModelError
        If there is no such layer, it is reached never or twice, has no grid, or no cell of it reaches the scores.
    """
    layers = dict(model.named_modules())
    if not name or name not in layers:
        raise ModelError(f"the model has no layer {name!r}{nearest(name, layers)}")
    seen = _pass_noise(model, frame=frame, classes=classes)
    if seen.counts[name] != 1:
        raise ModelError(
            f"layer {name!r} is reached {seen.counts[name]} times in a pass: name one that is reached once"
        )
    if name not in seen.outputs:
        raise ModelError(f"layer {name!r} has no spatial grid of more than one cell: name one before the pooling")
    if _measure_reach(_pick_score(seen), seen, name) == 0:
        found, _ = find_target_layer(model, frame=frame, classes=classes)
        raise ModelError(
            f"no cell of layer {name!r} reaches the class scores: its maps would be empty; {found!r} does reach"
        )
    return seen.layouts[name]


def _pass_noise(model: nn.Module, *, frame: Size, classes: int) -> _Pass:
    seen = _Pass(frame)
    with torch.enable_grad(), _listening(model, seen):
        try:
            seen.scores = find_logits(model(_make_noise(model, frame)))
        except _FAILURES as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise ModelError(
                f"the model cannot take an image of 3 × {frame[0]} × {frame[1]} pixels: {reason}"
            ) from error
    if seen.scores.shape[1] != classes:
        raise ModelError(f"the model tells {seen.scores.shape[1]} classes apart, the list of classes has {classes}")
    if not torch.isfinite(seen.scores).all():
        raise ModelError("the model's scores for an image of noise are not finite: its weights do not work")
    return seen


def _make_noise(model: nn.Module, frame: Size) -> Tensor:
    like = next((p for p in model.parameters() if p.is_floating_point()), torch.empty(0))
    noise = torch.randn(1, 3, *frame, generator=torch.Generator().manual_seed(0))
    return noise.to(like.device, like.dtype).requires_grad_().clone()  # cloned: the model may change its input in place


@contextmanager
def _listening(model: nn.Module, seen: _Pass) -> Iterator[None]:
    """Hooks on all modules, in evaluation mode; both undone at the end."""
    modes = {module: module.training for module in model.modules()}
    hooks = [layer.register_forward_hook(_Listener(name, seen)) for name, layer in model.named_modules() if name]
    model.eval()
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
        for module, training in modes.items():
            module.training = training


@dataclass(frozen=True)
class _Listener:
    """Notes what a module was given and put out."""

    name: str
    seen: _Pass

    def __call__(self, module: nn.Module, args: tuple[object, ...], output: object) -> None:
        self.seen.counts[self.name] += 1
        if isinstance(module, nn.Linear) and args and isinstance(args[0], Tensor):
            self.seen.head = args[0]
        tensor = find_tensor(output)
        if tensor is None or not tensor.requires_grad or tensor.shape[0] != 1:
            return
        layout = find_layout(tuple(tensor.shape), self.seen.frame)
        if layout is not None:
            self.seen.outputs[self.name] = tensor
            self.seen.layouts[self.name] = layout


def _pick_score(seen: _Pass) -> Tensor:
    """A random mixture of the class scores; of the last linear layer's input where its weights are all zero."""
    score = _mix(seen.scores)
    if seen.head is None or not seen.head.requires_grad or not score.requires_grad:
        return score
    (gradient,) = torch.autograd.grad(score, seen.head, retain_graph=True, allow_unused=True)
    return _mix(seen.head) if gradient is not None and not gradient.any() else score


def _mix(tensor: Tensor) -> Tensor:
    weights = torch.randn(tensor.shape, generator=torch.Generator().manual_seed(0))
    return (tensor * weights.to(tensor.device, tensor.dtype)).sum()


def _measure_layers(seen: _Pass, layers: dict[str, nn.Module]) -> Iterator[tuple[str, float]]:
    """Layers that may be taken, the last first, and the share of each one's cells that reaches the scores."""
    score, widths = _pick_score(seen), _count_token_widths(seen, layers)
    for name in reversed(seen.outputs):
        if _qualifies(name, layers[name], seen, widths=widths):
            yield name, _measure_reach(score, seen, name)


def _count_token_widths(seen: _Pass, layers: dict[str, nn.Module]) -> Counter[int]:
    """How often each width occurs among the token normalisations."""
    names = [name for name, layout in seen.layouts.items() if layout.kind == "tokens" and _normalises(layers[name])]
    return Counter(seen.outputs[name].shape[2] for name in names)


def _normalises(layer: nn.Module) -> bool:
    return "norm" in type(layer).__name__.lower()


def _qualifies(name: str, layer: nn.Module, seen: _Pass, *, widths: Counter[int]) -> bool:
    if seen.counts[name] != 1 or not _counts(layer) or not _resembles(seen.layouts[name].grid, seen.frame):
        return False
    if seen.layouts[name].kind != "tokens":
        return True
    block = _normalises(layer) or any(True for _ in layer.children())
    return block and (not widths or seen.outputs[name].shape[2] == widths.most_common(1)[0][0])


def _counts(layer: nn.Module) -> bool:
    """Whether a layer learns or decides something; an average pooling or a dropout only passes on."""
    decides = isinstance(layer, nn.MaxPool2d) or type(layer).__module__ == nn.ReLU.__module__
    return decides or any(True for _ in layer.parameters())


def _resembles(grid: Size, frame: Size) -> bool:
    low, high = PROPORTIONS
    return has_proportions(grid, frame) or low < grid[0] * frame[1] / (grid[1] * frame[0]) < high


def _maps_classes(seen: _Pass, name: str) -> bool:
    """Whether each class has a channel of its own that alone feeds its score: then the layer is the head."""
    channels = seen.layouts[name].to_images(seen.outputs[name]).shape[1]
    if channels != seen.scores.shape[1]:
        return False
    gradient = _differentiate(seen.scores[0, 0], seen, name)
    return not bool(gradient[:, 1:].any())


def _measure_reach(score: Tensor, seen: _Pass, name: str) -> float:
    """Share of the cells that have a gradient."""
    gradient = _differentiate(score, seen, name)
    return float((torch.isfinite(gradient) & (gradient != 0)).any(dim=1).double().mean())


def _differentiate(score: Tensor, seen: _Pass, name: str) -> Tensor:
    output = seen.outputs[name]
    if not score.requires_grad:
        return torch.zeros_like(seen.layouts[name].to_images(output))
    (gradient,) = torch.autograd.grad(score, output, retain_graph=True, allow_unused=True)
    return seen.layouts[name].to_images(torch.zeros_like(output) if gradient is None else gradient)
