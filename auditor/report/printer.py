"""What makes printing quick and small: pictures out of the page, no styles for notes, no sweeps, parts made once."""

from __future__ import annotations

import base64
import gc
import re
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SCHEME: Final = "picture:"
EFFORT: Final = 6
"""Of packing: the most takes three times as long and saves a fiftieth."""
_INLINE: Final = "data:image/jpeg;base64,"
_NOTES: Final = re.compile(r"^::(?:foot)?note-[^\n]*\n", re.MULTILINE)
_BEFORE: Final = b"\nstream\n"
_AFTER: Final = b"\nendstream"


class Pictures:
    r"""The pictures of a page, kept out of it: there they would be copied, searched and parsed as text.

    Examples
    --------
    >>> kept = Pictures()
    >>> kept.source("data:image/jpeg;base64,AAEC"), kept.source("other")
    ('picture:1', 'other')
    >>> kept.contents()
    {'picture:1': b'\x00\x01\x02'}
    """

    def __init__(self) -> None:
        self._places: dict[str, str] = {}

    def source(self, uri: str) -> str:
        """Say where a picture lies.

        Parameters
        ----------
        uri
            The picture itself.

        Returns
        -------
        str
            A short address, the same for the same picture; what is no JPEG image inside of its address, as it is.
        """
        if not uri.startswith(_INLINE):
            return uri
        return self._places.setdefault(uri, f"{SCHEME}{len(self._places) + 1}")

    def contents(self) -> dict[str, bytes]:
        """Gather the pictures.

        Returns
        -------
        dict
            The bytes of each by its address.
        """
        return {place: base64.b64decode(uri.removeprefix(_INLINE)) for uri, place in self._places.items()}


def make_fetcher(fetcher: type[Any], pictures: Mapping[str, bytes]) -> Any:
    """Make what WeasyPrint asks for addresses: it gives these pictures and data URIs, and refuses all else.

    Parameters
    ----------
    fetcher
        WeasyPrint's URLFetcher.
    pictures
        Bytes by address.

    Returns
    -------
    weasyprint.urls.URLFetcher
        It reaches neither disk nor network.
    """
    from weasyprint.urls import URLFetcherResponse

    class Fetcher(fetcher):  # type: ignore[misc]
        def fetch(self, url: str, headers: Any = None) -> Any:
            if url in pictures:
                return URLFetcherResponse(url, pictures[url], {"Content-Type": "image/jpeg"})
            return super().fetch(url, headers)

    return Fetcher(allowed_protocols=("data",))


def without_notes(printer: type[Any]) -> type[Any]:
    """WeasyPrint's page without its rules for notes: each makes a style for every element, and a report has no notes.

    Parameters
    ----------
    printer
        WeasyPrint's HTML.

    Returns
    -------
    type
        Its pages come out the same byte by byte, with a fifth less memory and a tenth less time.
    """
    from weasyprint import CSS, html
    from weasyprint.css.counters import CounterStyle

    plain = re.sub(r"^::marker", "li::marker", _NOTES.sub("", html.UA), flags=re.MULTILINE)
    sheet = CSS(string=plain, counter_style=CounterStyle())

    class Page(printer):  # type: ignore[misc]
        def _ua_stylesheets(self, forms: bool = False) -> list[Any]:  # noqa: ARG002, FBT001, FBT002 -- WeasyPrint's own
            return [sheet]

    return Page


@contextmanager
def unswept() -> Iterator[None]:
    """Look for no cycles: a page is a tree of millions of parts that all stay, a fifth of the time otherwise.

    Yields
    ------
    None
        While the collector is told to wait.
    """
    before = gc.isenabled()
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.unfreeze()
        if before:
            gc.enable()


class _Whole(str):
    """A text of one letter, however long it is."""

    __slots__ = ()

    def __iter__(self) -> Iterator[str]:
        yield str(self)


@contextmanager
def whole_words() -> Iterator[None]:
    """Set each text of a drawing at once: WeasyPrint sets letter by letter, as each could have a place of its own.

    Yields
    ------
    None
        While texts are set so; ours have one place each.
    """
    from weasyprint import svg

    plain, tags = svg.text, dict(svg.TAGS)

    def text(drawing: Any, node: Any, size: float) -> None:
        if node.text:  # what stands behind a title is a text of its own, which takes over the place of an empty one
            node._etree_node.text = _Whole(node.text)  # noqa: SLF001 -- its text cannot be set otherwise
        plain(drawing, node, size)

    svg.text = text
    svg.TAGS.update({tag: text for tag, draw in tags.items() if draw is plain})
    try:
        yield
    finally:
        svg.text = plain
        svg.TAGS.update(tags)


def settle(_document: Any, file: Any) -> None:
    """Put each part of a PDF into its last form, once: by itself it makes each twice, and packs as hard as can be.

    Parameters
    ----------
    file
        A pydyf.PDF that is about to be written.
    """
    from weasyprint.pdf import pydyf

    class Settled(pydyf.Object):  # type: ignore[misc]
        data, compressible = b"", False

        def __init__(self, part: Any) -> None:
            super().__init__()
            self.number, self.generation, self.free = part.number, part.generation, part.free
            self.compressible = part.compressible
            self.data = part.data if part.free != "f" else b""

    for place, part in enumerate(file.objects):  # one by one: what has been settled is let go
        file.objects[place] = Settled(_packed(part, pydyf.Stream) if getattr(part, "compress", False) else part)


def _packed(stream: Any, kind: type[Any]) -> Any:
    """The same stream, packed already."""
    plain: bytes = kind(stream.stream).data
    content = plain[plain.index(_BEFORE) + len(_BEFORE) : -len(_AFTER)]
    packed = kind([zlib.compress(content, EFFORT)], {**stream.extra, "Filter": "/FlateDecode"})
    packed.number, packed.generation, packed.free = stream.number, stream.generation, stream.free
    return packed
