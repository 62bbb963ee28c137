"""Names of the classes, in the order of the logits: a list, or a file with one per line."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence


def read_classes(classes: Sequence[str] | str | Path, *, root: Path) -> tuple[str, ...]:
    """Names of the classes, stripped and checked.

    Parameters
    ----------
    classes
        The names, or the path of a text file with one per line.
    root
        Folder that a relative path starts from.

    Returns
    -------
    tuple of str
        At least two, all different, none empty.

    Raises
    ------
    UsageError
        If the file is missing, or a name is empty or listed twice, or there are fewer than two.

    Examples
    --------
    >>> read_classes(["doctor ", "nurse"], root=Path())
    ('doctor', 'nurse')
    """
    listed = _read_lines(root / classes) if isinstance(classes, str | Path) else classes
    names = tuple(str(name).strip() for name in listed)
    if "" in names:
        raise UsageError(f"classes: name {names.index('') + 1} of {len(names)} is empty")
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise UsageError(
            f"classes: {repeated[0]!r} is listed {names.count(repeated[0])} times: each class needs its own name"
        )
    if len(names) < 2:  # noqa: PLR2004 -- one class leaves nothing to tell apart
        raise UsageError(
            f"classes: expected at least two, found {len(names)}; have a factory turn a single logit into two"
        )
    return names


def _read_lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").rstrip().splitlines()
    except OSError as error:
        raise UsageError(f"classes: cannot read {path}: expected a text file with one class per line") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"classes: {path.name} is not UTF-8 text") from error
