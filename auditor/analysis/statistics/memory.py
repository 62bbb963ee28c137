"""What is asked of the evidence again and again, worked out once and kept with it."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    Kept = dict[tuple[Hashable, ...], Any]


class Keeper(Protocol):
    """Anything frozen that holds what `once` keeps."""

    @property
    def kept(self) -> Kept:
        """Answers by the name of the question and by what it was asked with."""


K = TypeVar("K", bound=Keeper)
P = ParamSpec("P")
T = TypeVar("T")


def once(question: Callable[Concatenate[K, P], T]) -> Callable[Concatenate[K, P], T]:
    """Answer a question the first time, and give the same answer from then on.

    Parameters
    ----------
    question
        Of the evidence alone, and of names in it, so that there are few answers; one that depends on the values of an
        attribute is asked with its name (see `forget`). Nobody may change the answer.

    Returns
    -------
    callable
        The same question.

    Examples
    --------
    >>> class Tables:
    ...     kept = {}
    >>> @once
    ... def count(tables: Tables, name: str) -> int:
    ...     print("counting", name)
    ...     return len(name)
    >>> tables = Tables()
    >>> count(tables, "face"), count(tables, "face")
    counting face
    (4, 4)
    """

    @wraps(question)
    def answer(keeper: K, /, *args: P.args, **options: P.kwargs) -> T:
        key = (question.__qualname__, *args, *(part for item in sorted(options.items()) for part in item))
        if key not in keeper.kept:
            keeper.kept[key] = question(keeper, *args, **options)
        answered: T = keeper.kept[key]
        return answered

    return answer


def forget(kept: Kept, name: str) -> Kept:
    """What still holds where the values of one attribute are others.

    Parameters
    ----------
    kept
        What `once` kept.
    name
        Of the attribute.

    Returns
    -------
    dict
        The answers to questions that were not asked with this name.

    Examples
    --------
    >>> forget({("texts", "label"): 1, ("texts", "gender"): 2}, "gender")
    {('texts', 'label'): 1}
    """
    return {key: answer for key, answer in kept.items() if name not in key}
