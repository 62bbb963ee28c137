"""Drawers that others may add to: our own entries, and those of installed packages, found when first asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import Generic, TypeVar

from auditor.errors import UsageError, nearest

T = TypeVar("T")


class Registry(Mapping[str, T], Generic[T]):
    """Entries by name; those of other packages are imported when they are looked up.

    Parameters
    ----------
    group
        Entry-point group that other packages add to, such as ``auditor.cams``.
    builtin
        Our own entries. They cannot be replaced.
    """

    def __init__(self, group: str, builtin: Mapping[str, T]) -> None:
        self._group = group
        self._builtin = dict(builtin)

    @cached_property
    def _plugins(self) -> dict[str, EntryPoint]:
        found = {point.name: point for point in entry_points(group=self._group)}
        taken = sorted(found.keys() & self._builtin.keys())
        if taken:
            raise UsageError(
                f"an installed package adds {taken[0]!r} to {self._group} ({found[taken[0]].value}): "
                "that name is ours; remove the package or have it choose another name"
            )
        return found

    def __getitem__(self, name: str) -> T:
        if name in self._builtin:
            return self._builtin[name]
        return self._load(self._plugins[name])

    def __iter__(self) -> Iterator[str]:
        return iter([*self._builtin, *sorted(self._plugins)])

    def __len__(self) -> int:
        return len(self._builtin) + len(self._plugins)

    def __contains__(self, name: object) -> bool:
        return name in self._builtin or name in self._plugins

    def find(self, name: str) -> T:
        """Entry of that name, or a usage error with the nearest names.

        Parameters
        ----------
        name
            As the user wrote it.

        Returns
        -------
        object
            The entry.

        Raises
        ------
        UsageError
            If there is none, or a package's entry cannot be imported.
        """
        if name not in self:
            raise UsageError(f"{self._group} has no {name!r}{nearest(name, self)}; there is: {', '.join(self)}")
        return self[name]

    def _load(self, point: EntryPoint) -> T:
        try:
            entry: T = point.load()
        except (ImportError, AttributeError) as error:
            raise UsageError(f"{self._group}: {point.name!r} ({point.value}) cannot be imported: {error}") from error
        return entry


def load_registry(group: str, builtin: Mapping[str, T]) -> Registry[T]:
    """Registry of our own entries and of what installed packages add under an entry-point group.

    Parameters
    ----------
    group
        Entry-point group, such as ``auditor.cams``.
    builtin
        Our own entries by name.

    Returns
    -------
    Registry
        A mapping; installed packages are asked when it is first read, and imported when their entry is.

    Examples
    --------
    >>> shapes = load_registry("auditor.shapes", {"square": 4})
    >>> list(shapes), shapes["square"]
    (['square'], 4)
    """
    return Registry(group, builtin)
