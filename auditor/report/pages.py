"""Pages of the HTML report: what is on the page itself, what lies beside it, and what the page may load."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from markupsafe import Markup

from auditor.report.palettes import channels
from auditor.report.plates import Album
from auditor.resources import templates

if TYPE_CHECKING:
    from pathlib import Path

    from auditor.documents.document import Document

STYLES: Final = ("screen.css", "gallery.css")
COMPARISON: Final = (*STYLES, "comparison.css")
SCRIPTS: Final = ("report.js", "maps.js", "tables.js", "gallery.js")
"""Each kind is one block of the page, so that one hash lets it through."""
PICTURES: Final = "pictures"
"""The folder of pictures beside a page."""
_INLINE: Final = "data:image/jpeg;base64,"
_OURS: Final = re.compile(r"[0-9a-f]{16}\.jpg")


@dataclass(frozen=True)
class Page:
    """What the template of the HTML report needs beside the view.

    Attributes
    ----------
    album
        The photographs, each kept once.
    files
        Pictures that lie beside the page, by name; empty where all are in it.
    styles
        Names of its style sheets.
    """

    album: Album = field(default_factory=Album)
    files: dict[str, bytes] = field(default_factory=dict)
    styles: tuple[str, ...] = STYLES

    @property
    def style(self) -> Markup:
        """All style sheets."""
        return _joined(self.styles)

    @property
    def script(self) -> Markup:
        """All scripts."""
        return _joined(SCRIPTS)

    @property
    def policy(self) -> str:
        """What the page may load and run: its own style and script by their hashes, its pictures, and nothing else."""
        pictures = "'self' data:" if self.album.apart else "data:"
        return (
            f"default-src 'none'; img-src {pictures}; style-src-elem '{_hash(self.style)}'; "
            f"style-src-attr 'unsafe-inline'; script-src '{_hash(self.script)}'; base-uri 'none'; form-action 'none'"
        )

    @property
    def channels(self) -> tuple[tuple[str, str], ...]:
        """The colours of maps, for a filter."""
        return channels()

    def source(self, uri: str) -> str:
        """Say where a picture lies.

        Parameters
        ----------
        uri
            The picture itself.

        Returns
        -------
        str
            The same, or the name of a file beside the page, which is kept in `files`.
        """
        if not self.album.apart or not uri.startswith(_INLINE):
            return uri
        content = base64.b64decode(uri.removeprefix(_INLINE))
        name = f"{hashlib.sha256(content).hexdigest()[:16]}.jpg"
        self.files[name] = content
        return f"{PICTURES}/{name}"

    def lay_out(self, folder: Path) -> None:
        """Write the pictures beside the page, and remove those of an earlier page.

        Parameters
        ----------
        folder
            Of the page; an earlier page may have shown more than this one may.

        Raises
        ------
        OSError
            If a file cannot be written or removed.
        """
        home = folder / PICTURES
        home.mkdir(parents=True, exist_ok=True)
        for old in home.iterdir():
            if _OURS.fullmatch(old.name) and old.name not in self.files:
                old.unlink()
        for name, content in self.files.items():
            (home / name).write_bytes(content)


def page_of(document: Document, *, apart: bool = False) -> Page:
    """Make the page of a document.

    Parameters
    ----------
    document
        What the report speaks of.
    apart
        Whether its pictures lie beside it.

    Returns
    -------
    Page
        Without pictures yet; that of a comparison has a style sheet more.
    """
    return Page(Album(apart=apart), styles=STYLES if document.comparison is None else COMPARISON)


def _joined(names: tuple[str, ...]) -> Markup:
    parts = ((templates() / name).read_text(encoding="utf-8") for name in names)
    return Markup("\n" + "\n".join(parts))  # noqa: S704 -- files of ours, no data in them


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode()}"
