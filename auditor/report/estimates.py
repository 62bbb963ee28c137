"""The document's numbers, found by what they are about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from auditor.report.figures import LEFT_OUT, Number, absent, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from auditor.documents.document import Document
    from auditor.documents.ladder import Estimate

KEYS: Final = ("target", "region", "label", "predicted", "attribute", "subgroup", "outcome")
"""What an estimate may be split by; the order is that of the columns."""
_LOOKED_UP: Final = (*KEYS, "fill")


class Estimates:
    """Look up a number of a document by statistic and keys; a key that is not given is *not split by it*.

    Parameters
    ----------
    document
        What the report speaks of.
    """

    def __init__(self, document: Document) -> None:
        self.min_clusters = document.method.min_clusters
        self._rows = tuple(document.estimates)
        self._hides = document.hides
        self._by_key = {_key(row): row for row in reversed(self._rows)}

    def of(self, statistic: str) -> Iterator[Estimate]:
        """Yield all estimates of a statistic, in the document's order.

        Parameters
        ----------
        statistic
            Such as ``"accuracy"``.

        Yields
        ------
        Estimate
            Split in whatever way.
        """
        return (row for row in self._rows if row.statistic == statistic)

    def find(self, statistic: str, **keys: str | None) -> Estimate | None:
        """Find one estimate.

        Parameters
        ----------
        statistic
            Such as ``"accuracy"``.
        **keys
            Some of `KEYS`, or ``fill``.

        Returns
        -------
        Estimate or None
            None where the document has no such number.
        """
        return self._by_key.get((statistic, *(keys.get(name) for name in _LOOKED_UP)))

    def number(self, statistic: str, **keys: str | None) -> Number:
        """Find one number, ready to print.

        Parameters
        ----------
        statistic
            Such as ``"accuracy"``.
        **keys
            Some of `KEYS`.

        Returns
        -------
        Number
            A dash where the document has no such number; *left out* where this version of it leaves out the group.
        """
        found = self.find(statistic, **keys)
        if found is not None:
            return self.printed(found)
        group = {name: keys.get(name) for name in ("label", "attribute", "subgroup")}
        return absent(text=LEFT_OUT) if self._hides(**group) else absent()

    def printed(self, estimate: Estimate) -> Number:
        """Print an estimate by this document's rule for small cells.

        Parameters
        ----------
        estimate
            One of the document's.

        Returns
        -------
        Number
            Ready to print.
        """
        return number(estimate, min_clusters=self.min_clusters)


def _key(row: Estimate) -> tuple[str | None, ...]:
    return (row.statistic, *(getattr(row, name) for name in _LOOKED_UP))
