"""What photographs have to do with findings: the gallery of a screen shows those as well that hang beside a finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from auditor.report.exhibits import Exhibit
    from auditor.report.findings import Findings, Row


@dataclass(frozen=True, kw_only=True)
class Part:
    """What an image has to do with a finding."""

    code: str
    anchor: str
    title: str
    shift: str
    changed: bool
    hidden: str  # answered with the region hidden


class Anchors:
    """Names of places for images, each given once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def name(self, stem: str) -> str:
        """Name a place.

        Parameters
        ----------
        stem
            Of the image.

        Returns
        -------
        str
            With a number where the image has a place already.

        Examples
        --------
        >>> places = Anchors()
        >>> places.name("0392.jpg"), places.name("0392.jpg")
        ('image-0392.jpg', 'image-0392.jpg-2')
        """
        name, again = f"image-{stem}", 1
        while name in self._taken:
            again += 1
            name = f"image-{stem}-{again}"
        self._taken.add(name)
        return name


def list_loans(found: Findings | None) -> list[Exhibit]:
    """List the photographs that hang beside findings.

    Parameters
    ----------
    found
        The section on findings.

    Returns
    -------
    list of Exhibit
        Each image once, as it first hangs.
    """
    first: dict[str, Exhibit] = {}
    for exhibit, _ in _hung(found):
        first.setdefault(exhibit.slug, exhibit)
    return list(first.values())


def list_parts(found: Findings | None) -> Mapping[str, tuple[Part, ...]]:
    """List what each image has to do with findings.

    Parameters
    ----------
    found
        The section on findings.

    Returns
    -------
    mapping
        By the image's name in links.
    """
    made: dict[str, tuple[Part, ...]] = {}
    for exhibit, row in _hung(found):
        made[exhibit.slug] = (*made.get(exhibit.slug, ()), _part(row, exhibit))
    return made


def _hung(found: Findings | None) -> list[tuple[Exhibit, Row]]:
    details = found.details if found is not None else ()
    return [(exhibit, detail.row) for detail in details for wall in detail.walls for exhibit in wall.exhibits]


def _part(row: Row, exhibit: Exhibit) -> Part:
    return Part(
        code=row.code,
        anchor=row.anchor,
        title=row.title,
        shift=exhibit.shift,
        changed=exhibit.changed,
        hidden=exhibit.hidden,
    )
