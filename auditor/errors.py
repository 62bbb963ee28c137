"""The error tree: what can go wrong, and the exit code that says so.

::

    AuditorError                 3   anything of ours
    ├── UsageError               2   the plan, a flag or an output folder is not usable as given
    ├── DataError                3   images, labels, attributes or regions do not fit together
    ├── ModelError               3   the classifier cannot be loaded, probed or run
    ├── RenderError              5   a report could not be written; the results are saved
    └── UnfinishedError          0   a shard is done, others are not: no result yet

Errors carry text only, so that this module imports nothing of the house.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, ClassVar, Final, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FAULTS_SHOWN: Final = 20
ALIKE: Final = 0.5
"""How alike two names must be, from 0 to 1, for one to be offered for the other."""


class AuditorError(Exception):
    """Anything that `auditor` refuses or cannot do, said in one line."""

    exit_code: ClassVar[int] = 3


class UsageError(AuditorError):
    """The plan, a flag or an output folder is not usable as given."""

    exit_code: ClassVar[int] = 2


class DataError(AuditorError):
    """Images, labels, attributes or regions do not fit together."""

    @classmethod
    def from_faults(cls, source: str, faults: Sequence[str]) -> Self:
        """All faults of a dataset in one error: the first twenty, and the count.

        Parameters
        ----------
        source
            What was read, as the user named it.
        faults
            One line per fault, in the order found.

        Returns
        -------
        DataError
            Its text lists the faults, one per line.

        Examples
        --------
        >>> print(DataError.from_faults("people.csv", ["line 2: label 'docter' is not a class"]))
        people.csv: 1 fault
          line 2: label 'docter' is not a class
        """
        count = f"{len(faults)} fault" + ("" if len(faults) == 1 else "s")
        lines = [f"{source}: {count}", *(f"  {fault}" for fault in faults[:FAULTS_SHOWN])]
        if len(faults) > FAULTS_SHOWN:
            lines.append(f"  … and {len(faults) - FAULTS_SHOWN} more")
        return cls("\n".join(lines))


class ModelError(AuditorError):
    """The classifier cannot be loaded, probed or run."""


class RenderError(AuditorError):
    """A report could not be written; the results are saved."""

    exit_code: ClassVar[int] = 5


class UnfinishedError(AuditorError):
    """A shard is done, others are not: there is no result yet."""

    exit_code: ClassVar[int] = 0


def nearest(name: str, known: Iterable[str]) -> str:
    """Offer the known name that was probably meant, as the end of an error's line.

    Parameters
    ----------
    name
        What was found.
    known
        What would have been right.

    Returns
    -------
    str
        Empty where nothing comes near; capitals do not count.

    Examples
    --------
    >>> nearest("DOCTER", ["doctor", "nurse"])
    "; nearest: 'doctor'"
    >>> nearest("x", ["doctor", "nurse"])
    ''
    """
    folded = {candidate.casefold(): candidate for candidate in known}
    match = get_close_matches(name.casefold(), folded, n=1, cutoff=ALIKE)
    return f"; nearest: {folded[match[0]]!r}" if match else ""
