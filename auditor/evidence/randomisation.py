"""Copies of a classifier with random weights: if its maps do not change, they do not come from what it learnt."""

from __future__ import annotations

import copy
import math
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import count, pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from torch import Tensor, nn

from auditor.errors import ModelError
from auditor.evidence.cams.outputs import find_logits
from auditor.trials import HEADS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MOST_STAGES: Final = 6
"""Steps in which the cascade goes from the head to the first layer."""
WIDEST: Final = 2**25
"""Weights that a layer may have that holds several heads at once."""
_MATRIX: Final = 2
_FAILURES: Final = (ModelError, RuntimeError, ValueError, TypeError, AssertionError, LookupError, AttributeError)


@dataclass(frozen=True, kw_only=True)
class Anatomy:
    """Where the weights of a model are.

    Attributes
    ----------
    units
        Names of modules with parameters of their own: the head first, then the others in reverse order of the forward
        pass. Modules that are never called, but whose parameters are used, stand with the one that calls them.
    wide
        How many heads fit in one pass, side by side in one layer.
    """

    units: tuple[tuple[str, ...], ...]
    wide: int

    def stages(self) -> list[range]:
        """Positions in `units` of each stage of the cascade: at most `MOST_STAGES`, of nearly the same length."""
        total = len(self.units)
        cuts = [math.ceil(total * s / MOST_STAGES) for s in range(MOST_STAGES + 1)]
        return [range(low, high) for low, high in pairwise(cuts) if high > low]


@dataclass(frozen=True)
class RandomCopy:
    """A copy of a model, good until the next one is asked for.

    Parameters
    ----------
    kinds
        Names of the models in it. With n of them its logits are n times as wide, model after model.
    module
        In evaluation mode.
    """

    kinds: tuple[str, ...]
    module: nn.Module


@dataclass
class _Events:
    """When each module was last called and when it was done, in the order of a pass."""

    clock: Iterator[int] = field(default_factory=count)
    started: dict[str, int] = field(default_factory=dict)
    ended: dict[str, int] = field(default_factory=dict)

    def start(self, name: str, *_: object) -> None:
        self.started[name] = next(self.clock)

    def end(self, name: str, *_: object) -> None:
        self.ended[name] = next(self.clock)


def dissect(module: nn.Module, target_layer: str, *, image: Tensor) -> Anatomy:
    """Find the head of a model and the order of its layers.

    The head is the last layer behind the target layer that has a matrix of weights on which the scores depend.

    Parameters
    ----------
    module
        The classifier; stays as it is.
    target_layer
        Name of the module whose maps are taken.
    image
        ``(1, 3, H, W)``, any, on the model's device.

    Returns
    -------
    Anatomy
        As found.

    Raises
    ------
    ModelError
        If the model cannot be copied, or there is no such layer.

    Examples
    --------
    >>> from auditor.testing import colour_model
    >>> dissect(colour_model(), "see", image=torch.rand(1, 3, 16, 16)).units
    (('decide',), ('look',))
    """
    net = _copy(module)
    events, logits = _follow(net, image)
    units = _group_by_caller(net, events)
    order = sorted(units, key=events.started.__getitem__, reverse=True)
    done = events.ended.get(target_layer, math.inf)
    for name in (name for name in order if events.started[name] > done):
        if _decides(net, units[name], image=image, logits=logits):
            rest = [units[other] for other in order if other != name]
            wide = _count_abreast(module, units[name], image=image)
            return Anatomy(units=(units[name], *rest), wide=wide)
    raise ModelError(f"behind layer {target_layer!r} there is no layer with weights that the scores depend on")


def make_copies(module: nn.Module, anatomy: Anatomy, *, seed: int) -> Iterator[RandomCopy]:
    """Make copies whose head is random, then copies that are random from the head down to some layer.

    Weights are drawn as for a model that is yet to be trained: matrices and kernels from a normal distribution of
    variance 2 over the number of inputs, their biases 0, normalisations with scale 1, shift 0 and statistics reset.
    Parameters of no layer (tokens, positions) are drawn with the mean and spread that they had. Every number follows
    from the seed, and neither the model nor the state of torch's generators changes.

    Parameters
    ----------
    module
        The classifier.
    anatomy
        Of `dissect`.
    seed
        Not negative.

    Yields
    ------
    RandomCopy
        ``head-0`` to ``head-19``, then ``cascade-1`` (the head and its neighbours) to at most ``cascade-6`` (all).

    References
    ----------
    Adebayo et al. (2018), Sanity checks for saliency maps. NeurIPS 31, section 3.1: cascading randomisation. He et al.
    (2015), Delving deep into rectifiers. ICCV, equation 10.
    """
    net = _copy(module)
    head = [net.get_submodule(name) for name in anatomy.units[0]]
    learnt = copy.deepcopy(head)
    for start in range(0, HEADS, anatomy.wide):
        numbers = range(start, min(start + anatomy.wide, HEADS))
        _put_abreast(head, [_make_head(learnt, seed=_derive_seed(seed, 0, number)) for number in numbers])
        yield RandomCopy(tuple(f"head-{number}" for number in numbers), net)
    _put_abreast(head, [learnt])
    for stage, positions in enumerate(anatomy.stages(), start=1):
        for position in positions:
            for i, name in enumerate(anatomy.units[position]):
                reinitialise(net.get_submodule(name), seed=_derive_seed(seed, 1, position, i))
        yield RandomCopy((f"cascade-{stage}",), net)


@torch.no_grad()
def reinitialise(module: nn.Module, *, seed: int) -> None:
    """Draw a module's own parameters anew, and reset its statistics; those of its children stay.

    Parameters
    ----------
    module
        Is changed.
    seed
        Not negative.
    """
    generator = torch.Generator().manual_seed(seed)
    learnt = {name: p.detach().clone() for name, p in module.named_parameters(recurse=False)}
    _reset(module)
    parameters = dict(module.named_parameters(recurse=False))
    has_matrix = any(p.ndim >= _MATRIX for p in parameters.values())
    for name, parameter in parameters.items():
        before = learnt[name].float()
        known = not torch.equal(parameter, learnt[name])
        if known and not has_matrix:
            continue
        if known and parameter.ndim < _MATRIX:
            parameter.zero_()
            continue
        noise = torch.randn(parameter.shape, generator=generator).to(parameter.device)
        inputs = max(parameter[0].numel(), 1) if known else 1
        spread = math.sqrt(2 / inputs) if known else float(before.std(correction=0))
        parameter.copy_(noise * spread + (0.0 if known else float(before.mean())))


def _reset(module: nn.Module) -> None:
    """Let a layer reset itself; a container might reset its children as well."""
    reset = getattr(module, "reset_parameters", None)
    if reset is None or any(True for child in module.children() for _ in child.parameters()):
        return
    devices = {p.device for p in module.parameters() if p.device.type == "cuda"}
    with torch.random.fork_rng(devices=list(devices)), suppress(TypeError):
        reset()


def _derive_seed(seed: int, *place: int) -> int:
    return int(np.random.default_rng([seed, *place]).integers(2**62))


def _copy(module: nn.Module) -> nn.Module:
    try:
        return copy.deepcopy(module).eval()
    except (RuntimeError, TypeError, NotImplementedError, AttributeError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ModelError(f"the model cannot be copied: {reason}") from error


@torch.no_grad()
def _answer(net: nn.Module, image: Tensor) -> Tensor:
    return find_logits(net(image.clone()))


def _follow(net: nn.Module, image: Tensor) -> tuple[_Events, Tensor]:
    """What is called when, and the logits."""
    events, hooks = _Events(), []
    for name, part in net.named_modules():
        hooks.append(part.register_forward_pre_hook(partial(events.start, name)))
        hooks.append(part.register_forward_hook(partial(events.end, name)))
    logits = _answer(net, image)
    for hook in hooks:
        hook.remove()
    return events, logits


def _group_by_caller(net: nn.Module, events: _Events) -> dict[str, tuple[str, ...]]:
    """Modules with parameters of their own, by the nearest module above that was called."""
    units: dict[str, tuple[str, ...]] = {}
    for name, part in net.named_modules():
        if not any(p.is_floating_point() for p in part.parameters(recurse=False)):
            continue
        caller = name
        while caller and caller not in events.started:
            caller = caller.rpartition(".")[0]
        units[caller] = (*units.get(caller, ()), name)
    return units


def _decides(net: nn.Module, names: Sequence[str], *, image: Tensor, logits: Tensor) -> bool:
    """Whether modules have a matrix of weights, and other weights in them give other scores."""
    parts = [net.get_submodule(name) for name in names]
    if not any(p.ndim >= _MATRIX for part in parts for p in part.parameters(recurse=False)):
        return False
    for part in parts:
        reinitialise(part, seed=0)
    return not torch.equal(_answer(net, image), logits)


def _make_head(learnt: Sequence[nn.Module], *, seed: int) -> list[nn.Module]:
    fresh = [copy.deepcopy(part) for part in learnt]
    for i, part in enumerate(fresh):
        reinitialise(part, seed=_derive_seed(seed, i))
    return fresh


def _put_abreast(head: Sequence[nn.Module], versions: Sequence[Sequence[nn.Module]]) -> None:
    """Give the head the parameters of several versions side by side, or all the state of one."""
    for i, part in enumerate(head):
        for name, parameter in part.named_parameters(recurse=False):
            parameter.data = torch.cat([version[i].get_parameter(name).data for version in versions])
        for name, buffer in part.named_buffers(recurse=False):
            buffer.copy_(versions[0][i].get_buffer(name))


def _count_abreast(module: nn.Module, names: Sequence[str], *, image: Tensor) -> int:
    """How many heads one pass can have; 1 unless that gives the very scores of single heads."""
    net = _copy(module)
    head = [net.get_submodule(name) for name in names]
    wide = min(HEADS, WIDEST // max(sum(p.numel() for p in head[0].parameters(recurse=False)), 1))
    if len(head) > 1 or not isinstance(head[0], nn.Linear | nn.Conv2d) or wide <= 1:
        return 1
    versions = [_make_head(head, seed=k) for k in range(wide)]
    _put_abreast(head, versions[-1:])
    single = _answer(net, image)
    _put_abreast(head, versions)
    try:
        together = _answer(net, image)
    except _FAILURES:
        return 1
    fits = together.shape == (1, wide * single.shape[1])
    same = fits and torch.allclose(together[:, -single.shape[1] :].float(), single.float(), rtol=1e-3, atol=1e-5)
    return wide if same else 1
