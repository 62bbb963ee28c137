"""Boxes in a CSV file: image, region, x_min, y_min, x_max, y_max in pixels; several rows of a region are its union."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from auditor.errors import DataError
from auditor.evidence.faults import Fault
from auditor.evidence.readers.base import LINE
from auditor.evidence.readers.csv_files import read_sheet
from auditor.evidence.regions.base import EDGES, FoundRegions, make_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_SUFFIXES: Final = frozenset({".csv", ".tsv", ".txt"})


class BoxesFile:
    """A CSV file of boxes."""

    def recognises(self, source: Path) -> bool:
        """Whether the path is a file that may be CSV.

        Parameters
        ----------
        source
            File or folder.

        Returns
        -------
        bool
            By its suffix.
        """
        return source.suffix.lower() in _SUFFIXES and not source.is_dir()

    def read(self, source: Path, images: Sequence[str]) -> FoundRegions:
        """Read the boxes.

        Parameters
        ----------
        source
            The file.
        images
            Not needed: every row names its image.

        Returns
        -------
        FoundRegions
            One row per line of the file.

        Raises
        ------
        DataError
            If the file cannot be read as a whole, or the boxes are not in pixels.
        """
        del images
        sheet = read_sheet(source, required=["image", "region", *EDGES])
        written = sheet.rows
        numbers = {name: pd.to_numeric(written[name], errors="coerce") for name in EDGES}
        edges = np.column_stack([numbers[name].to_numpy(dtype=np.float64) for name in EDGES])
        if (
            len(edges)
            and np.nanmax(edges, initial=0) <= 1
            and np.nanmin(edges, initial=0) >= 0
            and not np.isnan(edges).all()
        ):
            raise DataError(
                f"{source}: every box lies within the first pixel: give boxes in pixels, not as shares of the image"
            )
        columns = {name: written[name] for name in ("image", "region")}
        problems = _describe_problems(written, edges)
        rows = make_rows({**columns, **numbers, "line": written[LINE], "file": source.name, "problem": problems})
        faults = tuple(Fault(file=source.name, line=fault.line, text=fault.text) for fault in sheet.faults)
        return FoundRegions(rows=rows, faults=faults)


def _describe_problems(written: pd.DataFrame, edges: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> pd.Series:
    """What is no number, as it was written."""
    problems = pd.Series("", index=written.index, dtype="str")
    for row, column in reversed(list(zip(*np.nonzero(~np.isfinite(edges)), strict=True))):
        name, text = EDGES[column], written[EDGES[column]].iloc[row]
        hint = " (write decimals with a point)" if "," in text else ""
        problems.iloc[row] = f"{name} of {written['image'].iloc[row]!r} is {text!r}, expected a number of pixels{hint}"
    return problems
