"""What a reader of a dataset format gives: the annotations as one table of text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from auditor.evidence.faults import Fault

IMAGE: Final = "image"
LABEL: Final = "label"
GROUP: Final = "group_id"
LINE: Final = " line"
"""Names in a header are stripped, so that no column of a file can bear this one."""


@dataclass(frozen=True, kw_only=True)
class Annotations:
    """What is known of each image, as written; nothing is checked against the images yet."""

    rows: pd.DataFrame  # text columns image, label, perhaps group_id, and attributes; integer column `LINE` (0: none)
    attributes: tuple[str, ...]  # the columns that may be used as attributes
    grouped: bool  # whether group_id was given
    faults: tuple[Fault, ...] = ()  # rows that could not be read, already left out of ``rows``
    notes: tuple[str, ...] = ()  # what was passed over on purpose


class Reader(Protocol):
    """Reads one dataset format."""

    def __call__(self, source: Path, *, attributes: Sequence[str] | None) -> Annotations:
        """Read the annotations.

        Parameters
        ----------
        source
            File or folder.
        attributes
            Columns to keep as attributes; None keeps every column that can be one.

        Returns
        -------
        Annotations
            At least one row, or at least one fault.

        Raises
        ------
        DataError
            If the source as a whole cannot be read: missing, of another encoding, without a needed column, empty.
        """
        ...
