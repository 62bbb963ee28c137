"""Names that are nearly right: what lies in a folder where a listed image does not."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final
from unicodedata import normalize

from auditor.evidence.faults import name_some
from auditor.evidence.readers.class_folders import EXTENSIONS
from auditor.evidence.regions.base import has_suffix

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Likenesses:
    """Finds files whose names a reader would take for the listed one; each folder is read once.

    Parameters
    ----------
    root
        The images folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[Path, list[dict[str, str]]] = {}

    def offer(self, name: str) -> str:
        """Offer the file that was probably meant, as the end of a fault: it is never taken without being asked for.

        Parameters
        ----------
        name
            Of an image that is not there, relative to the folder.

        Returns
        -------
        str
            Empty where nothing is alike: in capitals, in the way that accents are stored, or in all but its suffix.
        """
        found = PurePosixPath()
        for part in PurePosixPath(name).parts:
            known = self._index(self._root / found)
            pairs = ((form(part), names) for form, names in zip(_FORMS, known, strict=True))
            match = next((names[wanted] for wanted, names in pairs if wanted in names), "")
            if not match:
                return ""
            found /= match
        if str(found) == name:
            return ""  # a link that leads nowhere
        if normalize("NFC", str(found)) == normalize("NFC", name):
            return "; there is a file of this name whose accents are stored in another way (Unicode NFC or NFD)"
        return f"; there is {str(found)!r}"

    def _index(self, folder: Path) -> list[dict[str, str]]:
        """Names in a folder by each form that they may be taken for."""
        if folder not in self._known:
            names = _read_names(folder)[::-1]
            self._known[folder] = [{form(name): name for name in names} for form in _FORMS[:-1]]
            self._known[folder].append({_fold_stem(name): name for name in names if has_suffix(name, EXTENSIONS)})
        return self._known[folder]


def tell_contents(folder: Path) -> str:
    """Say what there is in a folder.

    Parameters
    ----------
    folder
        Where to look.

    Returns
    -------
    str
        The first few names, those of folders with a slash at the end.
    """
    names = [f"{name}/" if (folder / name).is_dir() else name for name in _read_names(folder)]
    return f"It holds {name_some(names)}" if names else "It is empty"


def _read_names(folder: Path) -> list[str]:
    """Names in a folder but hidden ones; none where it is no folder or cannot be read."""
    try:
        return sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError:
        return []


def _fold_accents(name: str) -> str:
    return normalize("NFC", name)


def _fold(name: str) -> str:
    return normalize("NFC", normalize("NFC", name).casefold())


def _fold_stem(name: str) -> str:
    return PurePosixPath(_fold(name)).stem


_FORMS: Final[tuple[Callable[[str], str], ...]] = (str, _fold_accents, _fold, _fold_stem)
"""What two names have in common, from nearly all to little."""
