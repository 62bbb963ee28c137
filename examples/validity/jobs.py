"""One model to train and audit on photographs, and the list of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


@dataclass(frozen=True, order=True)
class Job:
    """One model; the level is how often its cue agrees with the class."""

    tier: str
    kind: str
    level: float
    seed: int
    images: int

    @property
    def name(self) -> str:
        """What its file is called."""
        return f"{self.tier}-{self.kind}-{round(100 * self.level):03d}-{self.seed:03d}-{self.images}"

    def mix(self, kinds: Iterable[str], part: int) -> list[int]:
        """Seed of one part of the job, which no other part and no other job has.

        Parameters
        ----------
        kinds
            Of the tier, in an order to which later kinds are only ever added.
        part
            Number of the part.

        Returns
        -------
        list of int
            For `numpy.random.default_rng`.
        """
        return [sum(map(ord, self.tier)), list(kinds).index(self.kind), round(100 * self.level), self.seed, part]


def list_jobs(tier: str, levels: dict[str, Sequence[float]], *, count: int, images: int) -> Iterator[Job]:
    """List the models of a run, so that each level is begun before any is finished.

    Parameters
    ----------
    tier
        Its name.
    levels
        By kind.
    count
        Models of each kind and level.
    images
        In each audit.

    Yields
    ------
    Job
        All of the first seed, then all of the next.
    """
    for seed in range(count):
        for kind, wanted in levels.items():
            for level in wanted:
                yield Job(tier, kind, level, seed, images)
