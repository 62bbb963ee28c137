"""Units of work, and which of them a machine does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from auditor.errors import UsageError

LARGEST: Final = 256
SMALLEST: Final = 8
"""Images per unit; also what sizes are a multiple of, so that batches come out whole."""
SHARES: Final = 16


def unit_size(images: int) -> int:
    """Images per unit: small sets are cut finely as well, so that a kill costs little and shards have work.

    Parameters
    ----------
    images
        How many there are.

    Returns
    -------
    int
        Between 8 and 256.

    Examples
    --------
    >>> unit_size(40), unit_size(400), unit_size(100_000)
    (8, 24, 256)
    """
    return min(LARGEST, max(SMALLEST, images // SHARES // SMALLEST * SMALLEST))


@dataclass(frozen=True)
class Unit:
    """A fixed slice of the sorted manifest."""

    index: int
    image_ids: tuple[str, ...]

    @property
    def name(self) -> str:
        """Name of its folder."""
        return f"unit-{self.index:05d}"


@dataclass(frozen=True)
class Shard:
    """Every N-th unit, for one of N machines."""

    index: int = 1
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read ``i/N``.

        Parameters
        ----------
        text
            Such as ``"1/4"``; the first is 1.

        Returns
        -------
        Shard
            The shard.

        Raises
        ------
        UsageError
            If it is anything else.

        Examples
        --------
        >>> Shard.parse("2/4")
        Shard(index=2, count=4)
        """
        index, _, count = text.partition("/")
        if index.isdecimal() and count.isdecimal() and 1 <= int(index) <= int(count):
            return cls(int(index), int(count))
        msg = f"a shard is written i/N with 1 <= i <= N, such as 1/4; found {text!r}"
        raise UsageError(msg)

    def __contains__(self, unit: Unit) -> bool:
        return unit.index % self.count == self.index - 1


WHOLE: Final = Shard()
