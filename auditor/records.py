"""The wall: names, columns and Parquet form of the tables that pass from evidence to analysis.

``images``
    One row per listed image, read or not.
``attention``
    One row per read image and target (label, predicted): the map on its own grid, and what it says of each region.
``regions``
    One row per read image and region: where the region lies in the frame that the model saw.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from auditor import columns, properties
from auditor.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    import pandas as pd

    from auditor.geometry import BoolArray, FloatArray, Size

READ: Final = "read"
"""The status of an image that was read and classified; any other status is the reason why not."""
NOT_RECORDED: Final = ""
"""An attribute value that the annotations leave empty: a subgroup of its own, never dropped."""
TARGETS: Final = ("label", "predicted")
MEASURES: Final = ("mass", "pointing", "attention_iou")
RASTER: Final[Size] = (64, 64)  # regions are also kept as coarse rasters, for overlaps and outlines

IMAGES: Final = columns.IMAGES
ATTENTION: Final = columns.ATTENTION
REGIONS: Final = columns.REGIONS
PROPERTIES: Final = tuple(properties.PROPERTIES)
TABLES: Final = {"images": IMAGES, "attention": ATTENTION, "regions": REGIONS}
RESERVED: Final = frozenset(name for schema in TABLES.values() for name in schema.names)


def measure_column(measure: str, region: str) -> str:
    """Name of the attention column that holds a measure of a region.

    Parameters
    ----------
    measure
        One of `MEASURES`.
    region
        Name of the region.

    Returns
    -------
    str
        ``measure:region``.

    Examples
    --------
    >>> measure_column("mass", "face")
    'mass:face'
    """
    return f"{measure}:{region}"


def images_schema(attributes: Sequence[str]) -> pa.Schema:
    """Schema of the images table with one text column per attribute.

    Parameters
    ----------
    attributes
        Names of the attributes.

    Returns
    -------
    pyarrow.Schema
        `IMAGES` and the attributes behind it.

    Raises
    ------
    DataError
        If an attribute bears the name of a column of ours.

    Examples
    --------
    >>> images_schema(["gender"]).names[-1]
    'gender'
    """
    shadows = sorted(RESERVED.intersection(attributes))
    if shadows:
        msg = f"an attribute cannot be named {shadows[0]!r}: the tables use that name; rename the column"
        raise DataError(msg)
    schema = IMAGES
    for attribute in attributes:
        schema = schema.append(pa.field(attribute, pa.string()))
    return schema


def attention_schema(regions: Iterable[str]) -> pa.Schema:
    """Schema of the attention table with one column per measure and region.

    Parameters
    ----------
    regions
        Names of the regions.

    Returns
    -------
    pyarrow.Schema
        `ATTENTION` and the measures behind it.

    Examples
    --------
    >>> attention_schema(["face"]).names[-3:]
    ['mass:face', 'pointing:face', 'attention_iou:face']
    """
    schema = ATTENTION
    for region in regions:
        for measure in MEASURES:
            schema = schema.append(pa.field(measure_column(measure, region), pa.float64()))
    return schema


def pack_grid(grid: FloatArray, dtype: str) -> bytes:
    """Bytes of a grid, little-endian in C order.

    Parameters
    ----------
    grid
        ``(h, w)``.
    dtype
        ``"float16"`` or ``"float32"``.

    Returns
    -------
    bytes
        What the ``cam`` and ``weights`` columns hold.

    Examples
    --------
    >>> len(pack_grid(np.ones((7, 7)), "float16"))
    98
    """
    return grid.astype(np.dtype(dtype).newbyteorder("<")).tobytes()


def unpack_grids(column: Iterable[bytes], *, grid: Size, dtype: str) -> FloatArray:
    """Grids of a column of bytes, stacked.

    Parameters
    ----------
    column
        What `pack_grid` made.
    grid
        Height and width of each.
    dtype
        The type they were packed with.

    Returns
    -------
    ndarray
        ``(n, h, w)`` as float64.

    Examples
    --------
    >>> unpack_grids([pack_grid(np.eye(2), "float16")], grid=(2, 2), dtype="float16")[0]
    array([[1., 0.],
           [0., 1.]])
    """
    flat = np.frombuffer(b"".join(column), dtype=np.dtype(dtype).newbyteorder("<"))
    return flat.reshape(-1, *grid).astype(np.float64)


def pack_raster(covered: FloatArray) -> bytes:
    """Bits of a raster: set where at least one half is covered.

    Parameters
    ----------
    covered
        Coverage in [0, 1], of the size `RASTER`.

    Returns
    -------
    bytes
        What the ``raster`` column holds.

    Examples
    --------
    >>> len(pack_raster(np.zeros(RASTER)))
    512
    """
    return np.packbits(covered >= 0.5).tobytes()  # noqa: PLR2004 -- one half is the definition


def unpack_rasters(column: Iterable[bytes]) -> BoolArray:
    """Rasters of a column of bytes, stacked.

    Parameters
    ----------
    column
        What `pack_raster` made.

    Returns
    -------
    ndarray
        ``(n, *RASTER)``, True inside.

    Examples
    --------
    >>> unpack_rasters([pack_raster(np.ones(RASTER))]).all()
    np.True_
    """
    bits = np.unpackbits(np.frombuffer(b"".join(column), dtype=np.uint8))
    return bits.reshape(-1, *RASTER).astype(bool)


def write_table(rows: Sequence[dict[str, object]], path: Path, *, schema: pa.Schema) -> None:
    """Write rows as one Parquet file, the same bytes for the same rows.

    Parameters
    ----------
    rows
        One dictionary per row; columns that a row lacks are null.
    path
        Where to write.
    schema
        Columns and types.

    Raises
    ------
    DataError
        If a row does not fit the schema.
    """
    try:
        table = pa.Table.from_pylist(list(rows), schema=schema)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        msg = f"{path.name}: a row does not fit the table: {error}"
        raise DataError(msg) from error
    pq.write_table(table, path, compression="zstd")


def read_tables(paths: Sequence[Path]) -> pd.DataFrame:
    """Read parts of one table, in the order given.

    Parameters
    ----------
    paths
        Parquet files of the same schema, at least one.

    Returns
    -------
    DataFrame
        All rows; ``correct`` is nullable boolean.
    """
    table = pa.concat_tables([pq.read_table(path) for path in paths])
    frame: pd.DataFrame = table.to_pandas(strings_to_categorical=False)
    if "correct" in frame.columns:
        frame["correct"] = frame["correct"].astype("boolean")
    return frame
