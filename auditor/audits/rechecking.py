"""Whether records still say of photographs and model what these say themselves, before they answer for them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from auditor.errors import DataError
from auditor.runs.files import sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from auditor.evidence.dataset import Sample
    from auditor.runs import Run

    Look = Callable[[Sequence[Sample]], Mapping[str, pa.Table]]
    """Looks at some images again: tables by name."""

AGAIN: Final = 8
"""Images that are looked at again, whatever else says that nothing has changed: code has no content address."""
MOST_UNREAD: Final = 64
HASHERS: Final = 4
FLOATS: Final = {"logits": "<f4", "weights": "<f4", "cam": "<f2"}
"""Columns of packed numbers, which may differ in their last digits from one machine to another."""
CLOSE: Final = 1e-3


def check_truth(run: Run, samples: Sequence[Sample], look: Look) -> None:
    """Make sure that records are of these images, that none has changed, and that the model still answers alike.

    Parameters
    ----------
    run
        The records.
    samples
        The images.
    look
        Looks at some of them again.

    Raises
    ------
    DataError
        With what is not so.
    """
    tables = run.tables()
    images = tables["images"].set_index("image_id")
    if list(images.index) != sorted(sample.image_id for sample in samples):
        raise DataError("it is of other images")
    unread = [sample for sample in samples if not isinstance(images["sha256"][sample.image_id], str)]
    known = [sample for sample in samples if isinstance(images["sha256"][sample.image_id], str)]
    with ThreadPoolExecutor(HASHERS) as pool:
        digests = list(pool.map(_hash, known))
    changed = [one.image_id for one, now in zip(known, digests, strict=True) if now != images["sha256"][one.image_id]]
    if changed:
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        raise DataError(f"photographs changed since: {changed[0]}{more}")
    if len(unread) > MOST_UNREAD:
        raise DataError(f"{len(unread)} photographs could not be read, and may have changed since")
    _check_answers(tables, look([*known[:: max(1, -(-len(known) // AGAIN))], *unread]))


def _hash(sample: Sample) -> str | None:
    try:
        return sha256(sample.path)
    except OSError:
        return None


def _check_answers(tables: Mapping[str, pd.DataFrame], again: Mapping[str, pa.Table]) -> None:
    """The model must say of some images what the records hold, but for last digits."""
    looked = again["images"].column("image_id").to_pylist()
    for name, table in again.items():
        fresh = table.to_pandas()
        kept = tables[name][tables[name]["image_id"].isin(looked)]
        keys = [key for key in ("image_id", "target", "region") if key in fresh.columns]
        fresh, kept = (frame.sort_values(keys).reset_index(drop=True) for frame in (fresh, kept))
        if len(fresh) != len(kept):
            raise DataError(f"the model sees other {name} now")
        differing = [column for column in fresh.columns if not _is_close(column, fresh[column], kept[column])]
        if differing:
            raise DataError(f"the model answers otherwise now ({name}: {', '.join(differing[:3])})")


def _is_close(column: str, fresh: pd.Series[Any], kept: pd.Series[Any]) -> bool:
    if column in FLOATS:
        one, other = (_unpack(values, FLOATS[column]) for values in (fresh, kept))
    elif fresh.dtype.kind == "f":
        one, other = fresh.to_numpy(dtype=np.float64), kept.to_numpy(dtype=np.float64)
    else:
        return all(a == b or (a != a and b != b) for a, b in zip(_plain(fresh), _plain(kept), strict=True))  # noqa: PLR0124 -- NaN
    scale = float(np.abs(one[np.isfinite(one)]).max(initial=0.0))
    close = one.shape == other.shape and np.allclose(one, other, rtol=CLOSE, atol=CLOSE * scale, equal_nan=True)
    return bool(close)


def _plain(values: pd.Series[Any]) -> list[Any]:
    return values.astype(object).where(values.notna(), None).tolist()


def _unpack(values: pd.Series[Any], dtype: str) -> np.ndarray[Any, Any]:
    packed = b"".join(value for value in values if isinstance(value, bytes))
    return np.frombuffer(packed, dtype=dtype).astype(np.float64)


def as_tables(rows: Mapping[str, Sequence[dict[str, object]]], schemas: Mapping[str, pa.Schema]) -> dict[str, pa.Table]:
    """Rows as tables.

    Parameters
    ----------
    rows
        By table name.
    schemas
        Columns by table name.

    Returns
    -------
    dict
        By table name.
    """
    return {name: pa.Table.from_pylist(list(rows[name]), schema=schema) for name, schema in schemas.items()}
