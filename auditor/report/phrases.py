"""Phrases: a sentence with gaps, how a text is laid over it, and what it then is in the other language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from string import Formatter
from typing import TYPE_CHECKING, Final, NamedTuple

from auditor.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Fill = Callable[[str, str], str | None]

OPEN, CLOSE = "\N{MATHEMATICAL LEFT WHITE SQUARE BRACKET}", "\N{MATHEMATICAL RIGHT WHITE SQUARE BRACKET}"
"""Around the number of a tag within a sentence; in the files it is written <1>."""
KINDS: Final = ("phrase", "name", "given", "list", "number")
"""What a gap may hold; the first where nothing is said."""
_TAG: Final = re.compile(r"<(/?\d+/?)>")
_SYMBOLS: Final = r"\b(?:n|p|q|V|SD|SMD|pp|nan|inf|E[0-4]|F-\d+|\d+e[+-]\d+)\b"
"""Letters that are the same in every language."""
_HIDDEN: Final = r"fewer than \d+|nearly all"
"""What stands in the place of a small count in a public version."""
_NEUTRAL: Final = re.compile(rf"(?:[\W\d_]|{_SYMBOLS})*")
_CLOSING: Final = {"]": "[", ")": "("}
_SPACE: Final = re.compile(r"[^\S\u00a0\u202f]+")
_BROAD: Final = str.maketrans("\u00a0\u202f", "  ")


class Piece(NamedTuple):
    """Words, and the gap that follows them; the last piece has none."""

    words: str
    gap: str | None
    kind: str


@dataclass(frozen=True)
class Phrase:
    """A sentence with gaps, and what it is in the other language."""

    pieces: tuple[Piece, ...]
    probe: str  # the longest words between two gaps: quickly looked for
    size: int  # characters that are no gap
    target: tuple[Piece, ...]


def read_phrase(key: str, target: str) -> Phrase:
    """Take a sentence and its translation apart.

    Parameters
    ----------
    key
        In the source language, as in a catalogue.
    target
        The same in the other.

    Returns
    -------
    Phrase
        Ready to be laid over texts.

    Raises
    ------
    UsageError
        If the gaps or the tags of the two are not the same, a gap is of no known kind, or there are no words.
    """
    pieces, said = _take_apart(key), _take_apart(target)
    gaps = [{piece.gap for piece in parts if piece.gap is not None} for parts in (pieces, said)]
    tags = [sorted(_TAG.findall(text)) for text in (key, target)]
    if gaps[0] != gaps[1] or tags[0] != tags[1]:
        msg = f"{key!r} and {target!r}: expected the same gaps and tags in both"
        raise UsageError(msg)
    unknown = [piece.kind for piece in pieces if piece.kind not in KINDS]
    if unknown:
        msg = f"{key!r}: a gap of kind {unknown[0]!r}; expected one of {', '.join(KINDS)}"
        raise UsageError(msg)
    words = [piece.words for piece in pieces]
    if not any(words):
        msg = f"{key!r}: expected words beside the gaps"
        raise UsageError(msg)
    return Phrase(pieces, max(words, key=len), sum(map(len, words)), said)


def fill_gaps(phrase: Phrase, text: str, fill: Fill) -> str | None:
    """Lay a text over a sentence, in every way that it can be laid, and say it in the other language.

    Parameters
    ----------
    phrase
        The sentence.
    text
        Squeezed.
    fill
        What words in a gap of a kind are in the other language; None where that is not known.

    Returns
    -------
    str or None
        Of the first way in which all gaps can be filled; None where there is none.

    Examples
    --------
    >>> one = read_phrase("{a} with {b}", "{b}と{a}")
    >>> fill_gaps(one, "x with y with z", lambda words, _: words if words in {"x with y", "z"} else None)
    'zとx with y'
    """
    if not _shape(phrase.pieces).fullmatch(fold(text)):
        return None
    said = _lay(phrase.pieces, text, fill=fill, known={})
    return None if said is None else "".join(piece.words + said.get(piece.gap or "", "") for piece in phrase.target)


def _lay(
    pieces: tuple[Piece, ...], text: str, *, fill: Fill, known: Mapping[str, tuple[str, str]]
) -> dict[str, str] | None:
    """Gaps filled from the left; the same gap twice holds the same words. The text has the shape of the pieces."""
    piece, rest, folded = pieces[0], pieces[1:], fold(text)
    if piece.gap is None:
        return {gap: said for gap, (_, said) in known.items()}
    start = len(piece.words)
    for end in _ends(folded, rest, start=start):
        words = text[start:end]
        before, said = known.get(piece.gap, (words, None))
        if before != words:
            continue
        said = said or fill(words, piece.kind)
        found = None
        if said is not None:
            found = _lay(rest, text[end:], fill=fill, known={**known, piece.gap: (words, said)})
        if found is not None:
            return found
    return None


def _ends(folded: str, rest: tuple[Piece, ...], *, start: int) -> Iterator[int]:
    """Where a gap may end: what follows has the shape of the other pieces."""
    if rest[0].gap is None:
        yield len(folded) - len(rest[0].words)
        return
    end = folded.find(rest[0].words, start + 1)
    while end >= 0:
        if _shape(rest).fullmatch(folded, end):
            yield end
        end = folded.find(rest[0].words, end + 1)


@cache
def _shape(pieces: tuple[Piece, ...]) -> re.Pattern[str]:
    """What a text must look like before anything is looked up; no gap reaches over a tag."""
    gaps = {None: "", "number": rf"(?:{_HIDDEN}|(?:[^\w{OPEN}{CLOSE}]|[\d_]|{_SYMBOLS})+?)"}
    any_words = rf"[^{OPEN}{CLOSE}]+?"
    parts = (
        re.escape(piece.words) + gaps.get(piece.kind if piece.gap is not None else None, any_words) for piece in pieces
    )
    return re.compile("".join(parts))


def squeeze(text: str) -> str:
    """A text with single spaces; those that must not break stay.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    str
        Without space at its ends.
    """
    return _SPACE.sub(" ", text).strip()


def fold(text: str) -> str:
    """A text of the same length in which every space is a plain one.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    str
        To be compared with what catalogues hold.
    """
    return text.translate(_BROAD)


def is_neutral(text: str) -> bool:
    """Whether a text is figures and signs only, the same in every language.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    bool
        True for the empty text, too.

    Examples
    --------
    >>> is_neutral("0.18 SD [0.13, 0.22]"), is_neutral("12 images")
    (True, False)
    """
    return _NEUTRAL.fullmatch(text) is not None


def is_figures(text: str) -> bool:
    """Whether a text may stand in a gap for figures.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    bool
        True for figures and signs, and for what a public version has in the place of a small count.

    Examples
    --------
    >>> is_figures("8.5 %"), is_figures("fewer than 5"), is_figures("some"), is_figures("0.3 [0.1")
    (True, True, False, False)
    """
    return (is_neutral(text) and is_closed(text)) or re.fullmatch(_HIDDEN, text) is not None


def is_closed(text: str) -> bool:
    """Whether a text closes every bracket that it opens, and no other: half an interval is no number.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    bool
        True where there is no bracket.

    Examples
    --------
    >>> is_closed("0.3 [0.1, 0.5]"), is_closed("0.3 [0.1"), is_closed("0.5], 12")
    (True, False, False)
    """
    depth = dict.fromkeys("[(", 0)
    for letter in text:
        if letter in depth:
            depth[letter] += 1
        elif letter in _CLOSING:
            depth[_CLOSING[letter]] -= 1
            if depth[_CLOSING[letter]] < 0:
                return False
    return not any(depth.values())


def mark_tags(text: str) -> str:
    """A text of a catalogue with its tags as they are in texts that are looked up.

    Parameters
    ----------
    text
        With ``<1>`` and ``</1>``.

    Returns
    -------
    str
        With the signs that no other text holds.
    """
    return _TAG.sub(rf"{OPEN}\1{CLOSE}", text)


def _take_apart(text: str) -> tuple[Piece, ...]:
    pieces, words = list[Piece](), ""
    try:
        for literal, gap, kind, _ in Formatter().parse(mark_tags(squeeze(text))):
            words += literal
            if gap is not None:
                pieces.append(Piece(words, gap, kind or KINDS[0]))
                words = ""
    except ValueError as error:
        msg = f"{text!r}: {error}; a brace that is no gap is written twice"
        raise UsageError(msg) from error
    return (*pieces, Piece(words, None, KINDS[0]))
