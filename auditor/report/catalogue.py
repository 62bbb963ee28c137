"""Catalogues: what the sentences of a report are in another language, as data files of sentences with gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import yaml

from auditor.errors import UsageError, nearest
from auditor.report.cutting import Cutter
from auditor.report.phrases import CLOSE, OPEN, fill_gaps, fold, is_closed, is_figures, is_neutral, read_phrase, squeeze
from auditor.resources import templates

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

__all__ = ["CLOSE", "OPEN", "SOURCE", "Catalogue", "check_language", "list_languages", "read_catalogue"]

SOURCE: Final = "en"
"""The language that reports are written in."""
_SENTENCE: Final = r"(?<=[.!?])\s+(?=\S)"
_ITEM: Final = r", and |, | and "
_READER: Final = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # ten times as fast where it was built
_DEEPEST: Final = 30
"""How deep a phrase within a phrase is looked up."""
_TOGETHER: Final = 9
"""Sentences or items, and what parts them, that may be one phrase of a catalogue."""
_PATIENCE: Final = 2000
"""Phrases that are looked up for one text, at most: none, whatever it reads like, may hold up a report."""


class Catalogue:
    """Sentences with gaps by language; whoever translates needs to know no Python.

    A gap is ``{name}`` for a phrase that is translated in turn, ``{name:name}`` for what stays as it is,
    ``{name:given}`` for a name that the data give, ``{name:list}`` for items with commas and *and* between them,
    ``{name:number}`` for figures and their units.

    Parameters
    ----------
    phrases
        Sentence with gaps in the source language, and the same in the other.
    names
        What the data call things: never translated.

    Examples
    --------
    >>> said = Catalogue({"{n:number} images of {what}": "{what}の画像{n}枚", "faces": "顔"}, names={"Rex"})
    >>> said.translate("12 images of faces"), said.translate("3 images of Rex"), said.translate("unheard of")
    ('顔の画像12枚', 'Rexの画像3枚', 'unheard of')
    >>> sorted(said.missing)
    ['unheard of']
    """

    def __init__(self, phrases: Mapping[str, str], *, names: Iterable[str] = ()) -> None:
        self.names = frozenset(fold(squeeze(name)) for name in names)
        self.missing: set[str] = set()
        read = [read_phrase(key, value) for key, value in phrases.items()]
        self._exact = {one.probe: one.target[0].words for one in read if len(one.pieces) == 1}
        self._gapped = sorted((one for one in read if len(one.pieces) > 1), key=lambda one: -one.size)
        self._known: dict[str, str | None] = {}
        self._patience = _PATIENCE
        self._sentences, self._items = (Cutter(pattern, self.names) for pattern in (_SENTENCE, _ITEM))

    def translate(self, text: str) -> str:
        """Put a text into the other language; what is not known stays, and is kept in `missing`.

        Parameters
        ----------
        text
            A phrase, a sentence or several.

        Returns
        -------
        str
            In the other language as far as it is known.
        """
        text = squeeze(text)
        if fold(text) in self.names:
            return text
        if fold(text) in self._exact:
            return self._exact[fold(text)]
        parts, said = self._sentences.cut(text), list[str]()
        while parts:
            end, found = self._begin(parts)
            if found is None:
                self.missing.add(parts[0])
            said.append(found or parts[0])
            parts = parts[end + 1 :]
        return _join(said)

    def _begin(self, parts: Sequence[str]) -> tuple[int, str | None]:
        """The first sentence that is known, and where it ends: a name may hold what ends a sentence."""
        for end in range(1, min(len(parts), _TOGETHER) + 1, 2):
            found = self.find("".join(parts[:end]))
            if found is not None:
                return end, found
        return 1, None

    def find(self, text: str) -> str | None:
        """Look a text up.

        Parameters
        ----------
        text
            A phrase or a sentence.

        Returns
        -------
        str or None
            None where it, or a part of it, is not known.
        """
        self._patience = _PATIENCE
        return self._look(squeeze(text), _DEEPEST)

    def _look(self, text: str, depth: int) -> str | None:
        """A name as it is; else what the catalogue knows, also of what begins with a small letter in a sentence."""
        if fold(text) in self.names or is_neutral(text):
            return text
        if text in self._known:
            return self._known[text]
        self._patience = self._patience - 1 if depth else 0
        if self._patience <= 0:
            return None
        said = self._say(text, depth)
        if said is None and text[0].islower():
            said = self._say(text[0].upper() + text[1:], depth)
        if self._patience > 0:
            self._known[text] = said
        return said

    def _say(self, text: str, depth: int) -> str | None:
        folded = fold(text)
        exact = self._exact.get(folded)
        if exact is not None:
            return exact

        def fill(words: str, kind: str) -> str | None:
            return self._fill(words, kind, depth - 1)

        found = (fill_gaps(phrase, text, fill) for phrase in self._gapped if phrase.probe in folded)
        return next((said for said in found if said is not None), None)

    def _fill(self, words: str, kind: str, depth: int) -> str | None:
        if kind == "name":
            return words
        if kind == "number":
            return self._look(words, depth) if is_figures(words) else None
        if kind == "list":
            items = self._put_together(self._items.cut(words), depth)
            return None if items is None else "、".join(items)
        if fold(words) in self.names or kind == "given":
            return words if fold(words) in self.names else None
        if is_neutral(words) and not is_closed(words):
            return None
        sentences = self._put_together(self._sentences.cut(words), depth)
        return None if sentences is None else _join(sentences)

    def _put_together(self, parts: Sequence[str], depth: int) -> list[str] | None:
        """Items, with what parts them between: what is no item alone may be one with what follows."""
        said = list[str]()
        while parts:
            ends = range(1, min(len(parts), _TOGETHER) + 1, 2)
            found = ((end, self._look("".join(parts[:end]), depth)) for end in ends)
            end, item = next((one for one in found if one[1] is not None), (0, None))
            if item is None:
                return None
            said.append(item)
            parts = parts[end + 1 :]
        return said


def list_languages() -> list[str]:
    """Languages that reports can be written in.

    Returns
    -------
    list of str
        Codes, the source language first.

    Examples
    --------
    >>> list_languages()
    ['en', 'ja']
    """
    return [SOURCE, *sorted(path.name for path in _folder().iterdir() if path.is_dir())]


def check_language(language: str) -> None:
    """Refuse a language that there is no catalogue of.

    Parameters
    ----------
    language
        Its code.

    Raises
    ------
    UsageError
        With those that there are.
    """
    known = list_languages()
    if language not in known:
        msg = f"no reports in {language!r}{nearest(language, known)}; there are {', '.join(known)}"
        raise UsageError(msg)


def read_catalogue(language: str, *, names: Iterable[str] = ()) -> Catalogue:
    """Read the catalogue of a language.

    Parameters
    ----------
    language
        Its code, not that of the source language.
    names
        What the data call things.

    Returns
    -------
    Catalogue
        Of all files of its folder.

    Raises
    ------
    UsageError
        If there is none, or if a sentence stands twice.
    """
    check_language(language)
    phrases: dict[str, str] = {}
    for path in sorted((_folder() / language).glob("*.yaml")):
        said = yaml.load(path.read_text(encoding="utf-8"), Loader=_READER)  # noqa: S506 -- it reads texts and no more
        twice = sorted(phrases.keys() & said.keys())
        if twice:
            msg = f"{path.name}: {twice[0]!r} stands in another file as well; leave it in one"
            raise UsageError(msg)
        phrases |= said
    return Catalogue(phrases, names=names)


def _folder() -> Path:
    return templates() / "languages"


def _join(sentences: list[str]) -> str:
    """No space stands after a full stop of full width."""
    text = ""
    for sentence in sentences:
        text += ("" if not text or text.endswith("。") else " ") + sentence
    return text
