"""Dataset formats, one file each: a reader turns a source into a table of image, label, group and attributes."""

from __future__ import annotations

from typing import Final

from auditor.evidence.readers.base import Annotations, Reader
from auditor.evidence.readers.class_folders import read_class_folders
from auditor.evidence.readers.csv_files import read_csv
from auditor.registries import Registry, load_registry

__all__ = ["READERS", "Annotations", "Reader"]

_BUILTIN: Final[dict[str, Reader]] = {
    "csv": read_csv,
    "class_folders": read_class_folders,
}
READERS: Final[Registry[Reader]] = load_registry("auditor.readers", _BUILTIN)
