"""What a source of regions gives, and the checks that every source's regions pass."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
import pandas as pd

from auditor.evidence.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from collections.abc import Set as AbstractSet
    from typing import Any

    from auditor.geometry import BoolArray, FloatArray

EDGES: Final = ("x_min", "y_min", "x_max", "y_max")
COLUMNS: Final = ("image", "region", *EDGES, "mask", "width", "height", "file", "line", "problem")
TOLERANCE: Final = 1.0
"""Pixels by which a box may leave its image before it is refused; what leaves is cut off."""


def make_rows(columns: dict[str, object] | None = None) -> pd.DataFrame:
    """A table of regions with every column there.

    Parameters
    ----------
    columns
        What is known; scalars stand for all rows.

    Returns
    -------
    DataFrame
        ``image, region`` (text), edges in pixels (NaN: no box), ``mask`` (path as text, or empty), ``width, height``
        (size in pixels of the image that the source believes in, NaN: it says nothing), ``file, line`` (where it
        is said), ``problem`` (why the source could not read it, or empty).

    Examples
    --------
    >>> make_rows({"image": ["a.jpg"], "region": "face"}).loc[0, "mask"]
    ''
    """
    frame = pd.DataFrame(columns if columns is not None else {"image": []})
    for name in COLUMNS:
        if name not in frame:
            frame[name] = np.nan if name in (*EDGES, "width", "height") else 0 if name == "line" else ""
    texts = dict.fromkeys(("image", "region", "mask", "file", "problem"), "str")
    numbers = dict.fromkeys((*EDGES, "width", "height"), "float64")
    return frame[list(COLUMNS)].astype({**texts, **numbers, "line": "int64"})


@dataclass(frozen=True, kw_only=True)
class FoundRegions:
    """Regions as written; nothing is checked against the images yet."""

    rows: pd.DataFrame  # as `make_rows` makes it: one row per box or mask
    faults: tuple[Fault, ...] = ()  # files and lines that could not be read at all
    notes: tuple[str, ...] = ()  # what was passed over on purpose


class RegionSource(Protocol):
    """A place where regions are kept."""

    def recognises(self, source: Path) -> bool:
        """Whether the file or folder looks like this source.

        Parameters
        ----------
        source
            File or folder.

        Returns
        -------
        bool
            Decided by names, without reading much.
        """
        ...

    def read(self, source: Path, images: Sequence[str]) -> FoundRegions:
        """Read all regions of the listed images.

        Parameters
        ----------
        source
            File or folder.
        images
            The listed images, relative to the images folder.

        Returns
        -------
        FoundRegions
            In pixels of the image, x to the right and y down, edges between pixels: a box over the first pixel is
            0, 0, 1, 1.

        Raises
        ------
        DataError
            If the source as a whole cannot be read.
        """
        ...


def has_suffix(file: str, suffixes: AbstractSet[str]) -> bool:
    """Whether a file is of a kind, by the end of its name; capitals do not count.

    Parameters
    ----------
    file
        Name or path.
    suffixes
        Of that kind, with the point and in small letters.

    Returns
    -------
    bool
        True where it is.

    Examples
    --------
    >>> has_suffix("face/0001.PNG", {".png"})
    True
    """
    return PurePosixPath(file).suffix.lower() in suffixes


def list_files(folder: Path, suffixes: AbstractSet[str] | None = None) -> Iterator[str]:
    """Files below a folder but hidden ones, in no order.

    Parameters
    ----------
    folder
        Where to look.
    suffixes
        As for `has_suffix`; None for any.

    Yields
    ------
    str
        Relative to the folder, with ``/``.
    """
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        inside = Path(parent).relative_to(folder)
        for name in files:
            if not name.startswith(".") and (suffixes is None or has_suffix(name, suffixes)):
                yield (inside / name).as_posix()


def check_regions(rows: pd.DataFrame, frames: pd.DataFrame) -> tuple[pd.DataFrame, list[Fault]]:
    """Check regions against the images they lie on.

    Parameters
    ----------
    rows
        As `make_rows` makes it.
    frames
        One row per listed image, indexed by its name: ``width, height`` in pixels of the frame in which regions are
        given, NaN where the image is unusable or its orientation is not settled.

    Returns
    -------
    DataFrame, list
        The good rows, boxes cut to their images; and one fault per bad row. A region with a fault is gone from its
        image as a whole: half of a union would be another region.
    """
    sizes = frames.reindex(rows["image"])[["width", "height"]].to_numpy()
    limits = np.hstack([sizes, sizes])
    listed = rows["image"].isin(frames.index).to_numpy()
    edges = rows[list(EDGES)].to_numpy()
    boxed = (rows["mask"] == "").to_numpy()
    cut = np.clip(edges, 0, np.where(np.isnan(limits), np.inf, limits))
    sheet = rows.assign(frame_width=sizes[:, 0], frame_height=sizes[:, 1])
    with np.errstate(invalid="ignore"):
        outside = ((edges < -TOLERANCE) | (edges > limits + TOLERANCE)).any(axis=1)
        wrong: list[tuple[BoolArray, Callable[[Any], str]]] = [
            ((rows["problem"] != "").to_numpy(), lambda row: row.problem),
            ((rows["region"] == "").to_numpy(), lambda _: "the region has no name"),
            (rows["region"].str.contains(":", regex=False).to_numpy(), _say_colon),
            (~listed, _say_unlisted),
            (_repeat_masks(rows, boxed), lambda row: f"is a second mask of region {row.region!r} of {row.image!r}"),
            (boxed & ~np.isfinite(edges).all(axis=1), lambda row: f"{_name(row)} is not made of finite numbers"),
            (_disagree(rows, sizes), _say_size),
            (
                boxed & _is_shut(edges, strict=True),
                lambda row: f"{_name(row)} is inverted: its maximum is below its minimum",
            ),
            (boxed & _is_shut(edges), lambda row: f"{_name(row)} is empty"),
            (boxed & outside, _say_outside),
            (boxed & _is_shut(cut), lambda row: f"{_name(row)} covers nothing of its image"),
        ]
    bad, faults = _collect(sheet, wrong)
    pairs = rows["image"] + "\0" + rows["region"]
    good = ~pairs.isin(pairs[bad]) & listed
    return rows.assign(**{name: cut[:, k] for k, name in enumerate(EDGES)})[good], faults


def _collect(
    sheet: pd.DataFrame, wrong: Sequence[tuple[BoolArray, Callable[[Any], str]]]
) -> tuple[BoolArray, list[Fault]]:
    """Rows with a fault, and the first thing that is wrong with each."""
    bad = np.zeros(len(sheet), dtype=bool)
    found: dict[int, Fault] = {}
    for mask, describe in wrong:
        positions = np.flatnonzero(mask & ~bad)
        for position, row in zip(positions, sheet.iloc[positions].itertuples(index=False), strict=True):
            found[int(position)] = Fault(file=str(row.file), line=int(str(row.line)), text=describe(row))
        bad |= mask
    return bad, [found[position] for position in sorted(found)]


def _disagree(rows: pd.DataFrame, sizes: FloatArray) -> BoolArray:
    """Whether the source believes in another size of the image."""
    believed = rows[["width", "height"]].to_numpy()
    known = ~np.isnan(believed).any(axis=1) & ~np.isnan(sizes).any(axis=1)
    different: BoolArray = known & (believed != sizes).any(axis=1)
    return different


def _repeat_masks(rows: pd.DataFrame, boxed: BoolArray) -> BoolArray:
    repeated = np.zeros(len(rows), dtype=bool)
    repeated[~boxed] = rows.loc[~boxed, ["image", "region"]].duplicated()
    return repeated


def _is_shut(edges: FloatArray, *, strict: bool = False) -> BoolArray:
    """Whether a box has no inside; strictly: is turned inside out."""
    sides = edges[:, 2:] - edges[:, :2]
    shut = sides < 0 if strict else sides <= 0
    return np.asarray(shut.any(axis=1))


def _name(row: Any) -> str:
    box = ", ".join(f"{getattr(row, edge):g}" for edge in EDGES)
    return f"box {row.region!r} ({box}) of {row.image!r}"


def _say_colon(row: Any) -> str:
    return f"region {row.region!r}: a name cannot hold a colon"


def _say_unlisted(row: Any) -> str:
    return f"region {row.region!r} is for {row.image!r}, which the annotations do not list"


def _say_outside(row: Any) -> str:
    return f"{_name(row)} leaves the image of {row.frame_width:g} × {row.frame_height:g} pixels"


def _say_size(row: Any) -> str:
    what = "its boxes are for" if row.mask == "" else "the mask has"
    said, real = (row.width, row.height), (row.frame_width, row.frame_height)
    turned = said == real[::-1]
    hint = (
        "; the sides are swapped: say exif = 'apply' if regions are on upright pictures, 'ignore' if not"
        if turned
        else ""
    )
    return f"{what} {said[0]:g} × {said[1]:g} pixels, {row.image!r} has {real[0]:g} × {real[1]:g}{hint}"
