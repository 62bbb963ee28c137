"""Names from the user's data in print: how wide they are set, and how long ones are cut."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.documents.document import Document

NOT_RECORDED: Final = "not recorded"
"""How an empty attribute value reads."""

NAME_WIDTH: Final = 17.0
"""Ems that a name may take: about thirty letters."""
TITLE_WIDTH: Final = 40
"""Ems of a title in the head of a page."""
UNTITLED: Final = "Audit of"
"""What stands before the model's name where nobody gave an audit a title: words of ours, not a name."""
_WIDTHS: Final = (NAME_WIDTH, TITLE_WIDTH, 34.0, 60.0)
"""How long names are cut: everywhere, as titles, below pictures, in the list of classes."""
_CHOSEN: Final = frozenset({"distribution", "relation"})
"""Declared facts that are words of ours to choose from."""


def value_name(value: str) -> str:
    """An attribute value as it reads in print.

    Parameters
    ----------
    value
        As in the annotations; empty where they say nothing.

    Returns
    -------
    str
        The value, or *not recorded*.

    Examples
    --------
    >>> value_name("")
    'not recorded'
    """
    return shown(value) if value else NOT_RECORDED


def shown(name: str) -> str:
    """A name from the user's data as it stands in tables, charts and sentences.

    Parameters
    ----------
    name
        Of a class, an attribute, a region, of any length.

    Returns
    -------
    str
        Cut in its middle where it is too long.

    Examples
    --------
    >>> shown("stethoscope")
    'stethoscope'
    """
    return shorten(name, NAME_WIDTH)


def shorten(text: str, width: float) -> str:
    """Text cut to a width, with an ellipsis where it was cut.

    Parameters
    ----------
    text
        Any text.
    width
        In ems: a Latin letter counts about one half, an East Asian one a whole.

    Returns
    -------
    str
        The text itself where it fits; else its two ends, so that names that begin alike stay apart.

    Examples
    --------
    >>> shorten("stethoscope", 4)
    'st…pe'
    """
    if text_width(text) <= width:
        return text
    head, tail = "", ""
    for first, last in zip(text, reversed(text), strict=True):
        if text_width(head + first + last + tail) > width - 1:
            break
        head, tail = head + first, last + tail
    return f"{head.rstrip()}…{tail.lstrip()}"


def text_width(text: str) -> float:
    """About how wide a text is set.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    float
        In ems of a sans-serif face.

    Examples
    --------
    >>> text_width("face") < text_width("stethoscope")
    True
    """
    return sum(_letter_width(character) for character in text)


def _letter_width(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    if character in "iljtf.,:;|!'()[] ":
        return 0.34
    return 0.72 if character.isupper() or character in "mw%@" else 0.58


def names_in(document: Document) -> set[str]:
    """What the data and their owner call things: no word of a report, whatever it reads like.

    Parameters
    ----------
    document
        What the report speaks of.

    Returns
    -------
    set of str
        Classes, regions, attributes and their values, images, all that was declared, each as it is and as it is cut.
    """
    data, said = document.data, document.declared.model_dump(mode="json")
    population = said.pop("population").items()
    names = {document.model.source, document.model.weights_file, document.model.target_layer, *document.model.classes}
    names |= {*data.labels, data.images_folder, data.annotations}
    names |= {one.name for one in data.attributes} | {one.name for one in data.regions}
    names |= {name for name, _ in population}
    names |= {value for one in data.attributes for value in one.counts}
    names |= {value for _, shares in population for value in shares}
    names |= {one.image_id for one in data.left_out} | {one.image_id for one in document.examples.items}
    names |= {example.image_id for finding in document.findings for example in finding.examples}
    names |= {words for fact, words in said.items() if fact not in _CHOSEN and isinstance(words, str)}
    names |= set(document.declared.not_applicable.values())
    names |= set(_asked(document)) | set(_policed(document)) | set(_compared(document))
    if document.title != f"{UNTITLED} {document.model.weights_file or document.model.source}":
        names.add(document.title)
    return {form for name in names if name for form in (name, *(shorten(name, width) for width in _WIDTHS))}


def _compared(document: Document) -> Iterator[str]:
    """Models, their audits, and the images that are shown with both."""
    if document.comparison is None:
        return
    for model in document.comparison.models:
        yield from (model.name, model.source, model.title, model.target_layer)
    for pair in document.comparison.pairs:
        yield pair.candidate
        for one in pair.examples:
            yield from (one.image_id, one.label, one.baseline.predicted, one.candidate.predicted, *one.regions)
            yield from (name for attribute in one.attributes.items() for name in attribute)


def _policed(document: Document) -> Iterator[str]:
    """The policy and its rules, as its file has them."""
    if document.policy is not None:
        yield from (document.policy.name, *document.policy.rules)


def _asked(document: Document) -> Iterator[str]:
    """Words of the user's own frameworks."""
    for one in document.report.frameworks:
        yield from (one.framework, one.version, one.source_note)
        for requirement in one.requirements:
            yield from (requirement.id, requirement.title, requirement.note)
