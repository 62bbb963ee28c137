"""What failed checks withhold: which statements a report does not make, and of which regions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from auditor.report import tables
from auditor.report.names import shorten, shown, text_width

if TYPE_CHECKING:
    from auditor.documents.ladder import Check, Protocol

LAYERS: Final = {"attention": "statements on attention", "interventions": "statements that a region is not used"}
WHY: Final = 80.0
"""Ems of the reason that page 1 gives; a longer one stands with the check."""


def is_withheld(protocol: Protocol | None, region: str | None) -> bool:
    """Say whether statements on how the map lies on a region are withheld.

    Parameters
    ----------
    protocol
        Of the document; None where nothing was hidden, and nothing checked.
    region
        Its name.

    Returns
    -------
    bool
        True where a check of all maps, or of the region, failed and withholds attention.
    """
    return any(check.region in {None, region} for check in _failed(protocol) if check.withholds == "attention")


def list_withheld(
    protocol: Protocol | None, *, layer: Literal["attention", "interventions"] | None = None
) -> tuple[str, ...]:
    """Tell which statements are withheld, and why.

    Parameters
    ----------
    protocol
        Of the document; None where nothing was hidden, and nothing checked.
    layer
        Whether it is those on attention or on use; None for both.

    Returns
    -------
    tuple of str
        One line per check and layer, over all regions that the check fails for.
    """
    groups: dict[tuple[str, str], list[Check]] = {}
    for check in _failed(protocol):
        if check.withholds and layer in {None, check.withholds}:
            groups.setdefault((check.name, LAYERS[check.withholds]), []).append(check)
    return tuple(_tell(name, kind, failed) for (name, kind), failed in groups.items())


def _failed(protocol: Protocol | None) -> list[Check]:
    return [check for check in protocol.checks if check.passed is False] if protocol is not None else []


def _tell(name: str, kind: str, failed: list[Check]) -> str:
    regions = [shown(check.region) for check in failed if check.region is not None]
    named = regions if len(regions) <= tables.COLUMNS else [*regions[: tables.COLUMNS], "others"]
    whom = f" for {tables.listed(named)}" if regions else ""
    told = failed[0].statistic.rstrip(". ")
    why = f" ({told})" if len(failed) == 1 and text_width(told) <= WHY else ""  # whole or not at all
    return f"Withheld: {kind}{whom}. The check “{shorten(name, WHY)}” failed{why}."
