"""Units of work, and which of them a machine does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from auditor.errors import UsageError

UNIT_SIZE: Final = 256
"""Images per unit."""


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
