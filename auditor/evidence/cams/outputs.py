"""What a module may return around its tensor: a tuple, a list, a mapping or a dataclass."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

from torch import Tensor

from auditor.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterable


def _entries(output: object) -> Iterable[tuple[Any, object]]:
    """Parts of a container with the key or position of each; none where it is no container."""
    if isinstance(output, Mapping):
        return output.items()
    if isinstance(output, tuple | list):
        return enumerate(output)
    if dataclasses.is_dataclass(output) and not isinstance(output, type):
        return ((field.name, getattr(output, field.name)) for field in dataclasses.fields(output))
    return ()


def find_tensor(output: object) -> Tensor | None:
    """First tensor of what a module returned.

    Parameters
    ----------
    output
        A tensor, or a tuple, list, mapping or dataclass with tensors among its parts.

    Returns
    -------
    Tensor or None
        None where there is no tensor at the first level.

    Examples
    --------
    >>> import torch
    >>> find_tensor((torch.zeros(2), None))
    tensor([0., 0.])
    """
    if isinstance(output, Tensor):
        return output
    return next((part for _, part in _entries(output) if isinstance(part, Tensor)), None)


def replace_tensor(output: object, tensor: Tensor) -> object:
    """What a module returned, with its first tensor exchanged; the original is left alone.

    Parameters
    ----------
    output
        As for `find_tensor`.
    tensor
        Takes the place of the first tensor.

    Returns
    -------
    object
        Of the same type as the output.

    Examples
    --------
    >>> import torch
    >>> replace_tensor((torch.zeros(2), "rest"), torch.ones(2))
    (tensor([1., 1.]), 'rest')
    """
    if isinstance(output, Tensor):
        return tensor
    key = next(key for key, part in _entries(output) if isinstance(part, Tensor))
    if isinstance(output, MutableMapping):  # before dataclasses: some outputs are both, and keep the two in step
        changed = copy.copy(output)
        changed[key] = tensor
        return changed
    if isinstance(output, tuple | list):
        parts = [tensor if position == key else part for position, part in enumerate(output)]
        return output._make(parts) if hasattr(output, "_make") else type(output)(parts)
    return dataclasses.replace(output, **{key: tensor})  # type: ignore[type-var]


def find_logits(output: object) -> Tensor:
    """Class scores in what a model returned: the tensor itself, its ``logits``, or its first tensor.

    Parameters
    ----------
    output
        What the model returned.

    Returns
    -------
    Tensor
        ``(B, K)``.

    Raises
    ------
    ModelError
        If there is no such tensor.

    Examples
    --------
    >>> import torch
    >>> find_logits({"loss": None, "logits": torch.zeros(1, 2)})
    tensor([[0., 0.]])
    """
    named = output.get("logits") if isinstance(output, Mapping) else getattr(output, "logits", None)
    logits = named if isinstance(named, Tensor) else find_tensor(output)
    if logits is None:
        raise ModelError(f"expected class scores (B, K) from the model, found {type(output).__name__} without a tensor")
    if logits.ndim != 2:  # noqa: PLR2004 -- images and classes
        raise ModelError(f"expected class scores (B, K) from the model, found shape {tuple(logits.shape)}")
    return logits
