"""The images folder as a wall: a listed path is read only if it is a file inside of it."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Final

from auditor.errors import DataError

MISSING: Final = "no such file"
_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|(data|file):", re.IGNORECASE)
_DRIVE: Final = re.compile(r"[A-Za-z]:[\\/]")


def refuse_name(image: str) -> str:
    """Why a listed path is not even looked up.

    Parameters
    ----------
    image
        As the annotations name it.

    Returns
    -------
    str
        Empty where there is no objection.

    Examples
    --------
    >>> refuse_name("../secret.jpg")
    "'../secret.jpg' leaves the images folder"
    """
    if not image:
        return "no image is named"
    if _ADDRESS.match(image):
        return f"{image!r} is an address: only files under the images folder are read"
    if image.startswith("/") or _DRIVE.match(image):
        return f"{image!r} is an absolute path, expected one relative to the images folder"
    if "\\" in image:
        return f"{image!r} holds a backslash, expected folders separated by /"
    if ".." in image.split("/"):
        return f"{image!r} leaves the images folder"
    return ""


class ImagesFolder:
    """A folder and what may be read from it.

    Parameters
    ----------
    folder
        As the user named it.

    Raises
    ------
    DataError
        If there is no such folder.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise DataError(f"{folder}: {'is a file, expected' if folder.exists() else 'no such'} folder of images")
        self.root = folder.resolve()
        self._parents: dict[str, bool] = {}

    def find(self, name: str) -> Path | str:
        """Find a listed file.

        Parameters
        ----------
        name
            Relative to the folder, without ``..``.

        Returns
        -------
        Path or str
            The file, below `root`; or the reason why it is not read.
        """
        path = f"{self.root}/{name}"  # text, not Path: this runs for each of a hundred thousand files
        try:
            status = os.lstat(path)
            if stat.S_ISLNK(status.st_mode):
                status = os.stat(path)  # noqa: PTH116 -- as above
                inside = self._holds(os.path.realpath(path))
            else:
                inside = self._holds_parent(os.path.dirname(path))  # noqa: PTH120 -- as above
        except (FileNotFoundError, NotADirectoryError):
            return MISSING
        except (OSError, ValueError) as error:
            return f"cannot be read: {getattr(error, 'strerror', None) or error}"
        if not inside:
            return "a link that leaves the images folder"
        if not stat.S_ISREG(status.st_mode):
            return "is a folder" if stat.S_ISDIR(status.st_mode) else "is not a file"
        return Path(path) if status.st_size else "empty file (0 bytes)"

    def _holds(self, real: str) -> bool:
        return Path(real).is_relative_to(self.root)

    def _holds_parent(self, parent: str) -> bool:
        """Folders are few and files many: each folder is resolved once."""
        if parent not in self._parents:
            self._parents[parent] = self._holds(os.path.realpath(parent))
        return self._parents[parent]
