"""What the gallery can be filtered by: class, answer, subgroup, outcome and finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

OUTCOMES: Final = {
    "wrong": "answered wrong",
    "right": "answered right",
    "changed": "answer changes when a region is hidden",
    "kept": "answer stays when a region is hidden",
}
"""Words in links, and what they mean."""


@dataclass(frozen=True, kw_only=True)
class Tags:
    """What one image can be found by."""

    label: str
    predicted: str
    subgroups: tuple[str, ...]
    outcomes: tuple[str, ...]
    findings: tuple[str, ...]  # codes


@dataclass(frozen=True, kw_only=True)
class Filter:
    """One list to choose from."""

    name: str  # in links
    title: str
    choices: tuple[tuple[str, str], ...]  # what stands in a link, and what is read


def link_code(code: str) -> str:
    """A finding's code as links hold it.

    Parameters
    ----------
    code
        As people read it.

    Returns
    -------
    str
        Letters and digits.

    Examples
    --------
    >>> link_code("F-03")
    'F03'
    """
    return code.replace("-", "")


def filters(cards: Sequence[Tags], titles: Mapping[str, str]) -> tuple[Filter, ...]:
    """List what a gallery can be filtered by.

    Parameters
    ----------
    cards
        Of all images in it.
    titles
        What each finding is about, by its code.

    Returns
    -------
    tuple of Filter
        Those that tell images apart.
    """
    made = (
        _listed("class", "Labelled", (card.label for card in cards)),
        _listed("answer", "Answered", (card.predicted for card in cards)),
        _listed("subgroup", "Subgroup", (one for card in cards for one in card.subgroups)),
        _worded("outcome", "Outcome", _met(OUTCOMES, (card.outcomes for card in cards))),
        _worded("finding", "Finding", _met(dict(_coded(titles)), (card.findings for card in cards))),
    )
    return tuple(one for one in made if len(one.choices) > 1 or (one.name == "finding" and one.choices))


def _coded(titles: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for code, title in titles.items():
        yield link_code(code), f"{code} {title}"


def _listed(name: str, title: str, values: Iterable[str]) -> Filter:
    found = sorted(dict.fromkeys(values))
    return Filter(name=name, title=title, choices=tuple((value, value) for value in found))


def _met(words: Mapping[str, str], met: Iterable[tuple[str, ...]]) -> dict[str, str]:
    """Of some words those that images are found by, in their own order."""
    found = {one for several in met for one in several}
    return {value: meaning for value, meaning in words.items() if value in found}


def _worded(name: str, title: str, words: Mapping[str, str]) -> Filter:
    return Filter(name=name, title=title, choices=tuple(words.items()))
