"""A page in another language: each text between tags is looked up, and what people called their things stays."""

from __future__ import annotations

import html
import logging
import re
from typing import TYPE_CHECKING, Final

from auditor.report.catalogue import CLOSE, OPEN, SOURCE, read_catalogue
from auditor.report.figures import SPACE, count
from auditor.report.names import names_in, shorten, text_width
from auditor.report.phrases import squeeze
from auditor.report.plaintext import line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from auditor.documents.document import Document
    from auditor.report.catalogue import Catalogue

INLINE: Final = frozenset({"a", "b", "em", "i", "strong", "span", "small", "sub", "sup", "time", "code", "abbr", "kbd"})
"""Tags that may stand within a sentence."""
SPOKEN: Final = ("alt", "title", "aria-label", "placeholder", "data-label", "data-short")
"""Attributes that people read or hear; of others, those that begin with ``data-say-`` are words for a script."""
_TOKEN: Final = re.compile(r"(<!--.*?-->|<script\b.*?</script>|<style\b.*?</style>|<[a-zA-Z/!][^>]*>)", re.DOTALL)
_NAME: Final = re.compile(r"</?([a-zA-Z][\w-]*)")
_ATTRIBUTE: Final = re.compile(rf'(\s(?:{"|".join(SPOKEN)}|data-say-[\w-]+)=")([^"]+)(")')
_DESCRIPTION: Final = re.compile(r'(<meta name="description" content=")([^"]+)(")')
_CONTENT: Final = re.compile(r"(\bcontent:)([^;}]*)")
_QUOTED: Final = re.compile(r'"([^"\\]*)"')
_CUT: Final = re.compile(r"(<text\b[^>]*)>(<title>([^<]*)</title>)[^<]*…[^<]*(?=</text>)")
"""A label of a chart that was cut, with what it says in full."""
_ROOM: Final = re.compile(r'(<text\b[^>]*) data-room="([\d.]+)">(<title>[^<]*</title>)([^<]*)(?=</text>)')
_MARK: Final = re.compile(f"{OPEN}(/?)(\\d+){CLOSE}")
_KEPT: Final = ' translate="no"'
_VOID: Final = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"})
_BOUND: Final = re.compile(
    r"(?<=\d) (?=(?:%|(?:pp|SD|×)(?![A-Za-z])))|(?<=\b[npqV]) (?==)|(?<=\b[npqV] =) |(?<=× )(?=\d)"
)
_WIDE: Final = re.compile(r"(?<=[\u3001\u3002\uff01\uff09\uff1a\uff1b\uff1f])\s+\Z")
_SHOWN: Final = 80
"""Characters of the text that a warning names."""
_log = logging.getLogger(__name__)


def speak(page: str, document: Document, language: str) -> str:
    """Put the page of a document into a language; where a sentence is missing it stays, and one warning counts them.

    Parameters
    ----------
    page
        HTML of ours.
    document
        What it speaks of: its names are no words.
    language
        Code of the language; that of the source needs no catalogue.

    Returns
    -------
    str
        The page; the same one where it is in that language already.

    Raises
    ------
    UsageError
        If there is no catalogue of the language.
    """
    return page if language == SOURCE else speak_of(page, names_in(document), language=language)


def speak_of(page: str, names: Iterable[str], *, language: str) -> str:
    """Put a page into a language; see `speak`.

    Parameters
    ----------
    page
        HTML of ours.
    names
        What is no word, whatever it reads like.
    language
        Code of the language.

    Returns
    -------
    str
        The page.
    """
    if language == SOURCE:
        return page
    catalogue = read_catalogue(language, names=names)
    said = translate_page(page, catalogue, language=language)
    if catalogue.missing:
        _log.warning("%s", _tell(catalogue.missing, language))
    return said


def _tell(missing: set[str], language: str) -> str:
    """How many texts a catalogue does not know, and one of them, in one line."""
    one = len(missing) == 1
    texts = f"{count(len(missing))} {'text is' if one else 'texts are'} not in the catalogue of {language!r}"
    return f"{texts} and {'stays' if one else 'stay'} in English; the first: {line(min(missing), _SHOWN)}"


def translate_page(page: str, catalogue: Catalogue, *, language: str) -> str:
    """Put a page into another language, and change nothing but its words.

    Parameters
    ----------
    page
        HTML of ours: the content of attributes is escaped.
    catalogue
        Of the language; what it does not know is kept in its `missing`.
    language
        Code of the language.

    Returns
    -------
    str
        The page; elements with ``translate="no"`` are as they were.

    Examples
    --------
    >>> from auditor.report.catalogue import Catalogue
    >>> said = Catalogue({"See <1>page {n}</1>.": "<1>{n}ページ</1>を参照。", "Chart": "図"})
    >>> translate_page('<p>See <a href="#x">page 3</a>.</p><img alt="Chart">', said, language="ja")
    '<p><a href="#x">3ページ</a>を参照。</p><img alt="図">'
    """
    made, run = list[str](), list[str]()
    for token, kept in _tokens(_CUT.sub(_put_whole, page)):
        if kept or not _is_inline(token):
            made.extend(_translate_run(run, catalogue))
            run = []
            made.append(token if kept else _translate_tag(token, catalogue, language))
        else:
            run.append(_translate_tag(token, catalogue, language) if token.startswith("<") else token)
    return _ROOM.sub(_cut_again, "".join([*made, *_translate_run(run, catalogue)]))


def _put_whole(label: re.Match[str]) -> str:
    """A cut label in full, with the room that it had: half a word is in no catalogue."""
    words = label[0].removeprefix(f"{label[1]}>{label[2]}")
    return f'{label[1]} data-room="{text_width(html.unescape(words)):.2f}">{label[2]}{label[3]}'


def _cut_again(label: re.Match[str]) -> str:
    words = shorten(html.unescape(label[4]), float(label[2]))
    return f"{label[1]}>{label[3]}{html.escape(words, quote=False)}"


def _tokens(page: str) -> Iterator[tuple[str, bool]]:
    """Tags and texts in their order, and whether they are to be left alone."""
    kept, depth = "", 0
    for token in _TOKEN.split(page):
        name = _name(token)
        if not kept and _KEPT in token and name and _opens(token, name):
            kept, depth = name, 0
        if kept and name == kept:
            depth += -1 if token.startswith("</") else 1 if _opens(token, name) else 0
        if token:
            yield token, bool(kept) or _KEPT in token
        if kept and depth == 0:
            kept = ""


def _opens(token: str, name: str) -> bool:
    """Whether a tag waits for another one that closes it."""
    return name not in _VOID and not token.startswith("</") and not token.endswith("/>")


def _name(token: str) -> str:
    match = _NAME.match(token)
    return match.group(1).lower() if match else ""


def _is_inline(token: str) -> bool:
    return not token.startswith("<") or _name(token) in INLINE


def _translate_tag(tag: str, catalogue: Catalogue, language: str) -> str:
    if tag.startswith("<html"):
        return re.sub(r'\blang="[^"]*"', f'lang="{language}"', tag)
    if tag.startswith("<style"):
        return _CONTENT.sub(lambda found: found[1] + _translate_quoted(found[2], catalogue), tag)
    if '="' not in tag or tag.startswith("<script"):
        return tag

    def say(match: re.Match[str]) -> str:
        text = html.unescape(match.group(2))
        return f"{match.group(1)}{html.escape(catalogue.translate(text))}{match.group(3)}" if text.strip() else match[0]

    return _ATTRIBUTE.sub(say, _DESCRIPTION.sub(say, tag))


def _translate_quoted(value: str, catalogue: Catalogue) -> str:
    """What a style sheet writes: its strings, if they hold letters."""

    def say(match: re.Match[str]) -> str:
        words = match[1]
        if not any(character.isalpha() for character in words):
            return match[0]
        return f'"{_spaced(words, catalogue.translate(words.strip()))}"'

    return _QUOTED.sub(say, value)


def _spaced(words: str, said: str) -> str:
    """What is said, with the blanks that stood around it."""
    before, _, after = words.partition(words.strip())
    return f"{before}{said}{after}"


def _translate_run(run: Sequence[str], catalogue: Catalogue) -> list[str]:
    """Texts and inline tags that follow each other: one sentence where the catalogue knows it, else text by text."""
    spoken = [place for place, token in enumerate(run) if not token.startswith("<") and token.strip()]
    if not spoken:
        return list(run)
    first, last = _balance(run, spoken[0], spoken[-1] + 1)
    inner = list(run[first:last])
    whole = _translate_whole(inner, catalogue) if len(spoken) > 1 else None
    said = [whole] if whole is not None else [_translate_text(token, catalogue) for token in inner]
    return [*run[:first], *said, *run[last:]]


def _balance(run: Sequence[str], first: int, last: int) -> tuple[int, int]:
    """A stretch widened until every tag in it has its partner, as far as the run goes."""
    depth = lowest = 0
    for token in run[first:last]:
        depth += 0 if not token.startswith("<") else -1 if token.startswith("</") else 1
        lowest = min(lowest, depth)
    before, after = -lowest, depth - lowest
    while first and before:
        first -= 1
        before -= run[first].startswith("<") and not run[first].startswith("</")
    while last < len(run) and after:
        after -= run[last].startswith("</")
        last += 1
    return first, last


def _translate_whole(inner: Sequence[str], catalogue: Catalogue) -> str | None:
    """A sentence with tags in it; None where the catalogue does not know it, or where a tag has no partner."""
    words, opened, tags = "", list[int](), list[str]()
    for token in inner:
        if not token.startswith("<"):
            if OPEN in token or CLOSE in token:  # in a name: our marks would not be told apart from it
                return None
            words += html.unescape(token)
        elif not token.startswith("</"):
            tags.append(token)
            opened.append(len(tags))
            words += f"{OPEN}{len(tags)}{CLOSE}"
        elif opened:
            words += f"{OPEN}/{opened.pop()}{CLOSE}"
        else:
            return None
    forged = any(mark in token for token in inner for mark in (OPEN, CLOSE))
    found = catalogue.find(words) if not opened and not forged else None
    if found is None:
        return None
    return _MARK.sub(
        lambda mark: f"</{_name(tags[int(mark[2]) - 1])}>" if mark[1] else tags[int(mark[2]) - 1],
        html.escape(_bind(found), quote=False),
    )


def _translate_text(token: str, catalogue: Catalogue) -> str:
    text = token.strip()
    if token.startswith("<") or not text:
        return token
    plain = html.unescape(text)
    said = catalogue.translate(plain)
    if said == squeeze(plain):  # a name or a figure: as it was, to the last blank
        return token
    return _WIDE.sub("", _spaced(token, html.escape(_bind(said), quote=False)))


def _bind(words: str) -> str:
    """Figures and their units, which a line must not part."""
    return _BOUND.sub(SPACE, words)
