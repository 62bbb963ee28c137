"""What two models' answers say side by side: which is right more often, and what that is in the worst group."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from auditor.analysis.wording import known, listed, percent

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from auditor.documents.comparisons import Change
    from auditor.documents.ladder import Estimate

_GROUPS: Final = 3


def find_changes(changes: Sequence[Change], statistic: str, **keys: str | None) -> list[Change]:
    """Find numbers of both models.

    Parameters
    ----------
    changes
        All of a pair.
    statistic
        Its name.
    **keys
        What they are split by; what is not named they are not split by, but for the target and the way of hiding.

    Returns
    -------
    list of Change
        In their order.
    """
    wanted = dict.fromkeys(("label", "predicted", "attribute", "subgroup", "outcome", "region")) | keys
    return [
        change
        for change in changes
        if change.change.statistic == statistic
        and all(getattr(change.change, key) == value for key, value in wanted.items())
    ]


def points(value: float) -> str:
    """A difference of shares in percentage points, with its sign; halves are rounded away from nothing, as in tables.

    Parameters
    ----------
    value
        In [-1, 1].

    Returns
    -------
    str
        Such as ``"+11.0"``.

    Examples
    --------
    >>> points(0.11), points(-0.0001), points(-0.043), points(0.1325)
    ('+11.0', '0.0', '-4.3', '+13.3')
    """
    tenths = math.floor(round(abs(1000 * value), 9) + 0.5)
    return f"{math.copysign(tenths, value) / 10:+.1f}" if tenths else "0.0"


def tell_points(change: Estimate) -> str:
    """A difference of shares with its interval.

    Parameters
    ----------
    change
        With a value.

    Returns
    -------
    str
        Such as ``"+11.0 points [+7.1, +15.0]"``.
    """
    ci = "without an interval" if change.ci is None else f"[{points(change.ci[0])}, {points(change.ci[1])}]"
    return f"{points(change.value or 0.0)} points {ci}"


def find_direction(change: Estimate) -> int:
    """1 or -1 where an interval lies on one side of nothing, 0 where it does not or there is none."""
    if change.ci is None or change.value is None:
        return 0
    return 1 if change.ci[0] > 0 else -1 if change.ci[1] < 0 else 0


def tell_accuracy(changes: Sequence[Change], names: tuple[str, str]) -> str:
    """Say which of two models is right more often.

    Parameters
    ----------
    changes
        All of a pair.
    names
        Of baseline and candidate.

    Returns
    -------
    str
        One sentence, for the headline.
    """
    found = find_changes(changes, "accuracy")
    if not found or found[0].change.value is None:
        return "Their accuracy could not be compared."
    (change, *_) = found
    old, new = (percent(side.value or 0.0) for side in (change.baseline, change.candidate))
    told = f"{new} of {change.change.n:,} images against {old}, {tell_points(change.change)}"
    direction = find_direction(change.change)
    if direction == 0:
        return f"No difference in accuracy is shown: {names[1]} is right on {told}."
    return f"{names[1]} is right {'more' if direction > 0 else 'less'} often: on {told}."


def tell_cost(changes: Sequence[Change], names: tuple[str, str]) -> str:
    """Say what the candidate costs in accuracy: overall, in the worst group, and in groups that lose.

    Parameters
    ----------
    changes
        All of a pair.
    names
        Of baseline and candidate.

    Returns
    -------
    str
        A few sentences.
    """
    sentences = []
    for change in find_changes(changes, "accuracy")[:1]:
        p = "" if change.change.p_value is None else f", {_tell_p(change.change.p_value)}"
        told = {1: f"{names[1]} gains accuracy", 0: "No change in accuracy is shown", -1: f"{names[1]} loses accuracy"}
        amount = f"{tell_points(change.change)} on {change.change.n:,} images{p}"
        sentences.append(f"{told[find_direction(change.change)]}: {amount}.")
    worst = [one for one in changes if one.change.statistic == "worst_group_accuracy" and one.change.value is not None]
    for change in worst[:_GROUPS]:
        old, new = (percent(side.value or 0.0) for side in (change.baseline, change.candidate))
        sentences.append(
            f"In the worst group of label and {change.change.attribute} it is right on {new}, {names[0]} on {old}: "
            f"{tell_points(change.change)}."
        )
    return " ".join([*sentences, *_tell_losers(changes)]) or "Accuracy could not be compared."


def _tell_p(p: float) -> str:
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"  # noqa: PLR2004 -- digits


def _tell_losers(changes: Sequence[Change]) -> Iterator[str]:
    """Groups of label and attribute in which the candidate is right less often, by single intervals."""
    groups = [
        change
        for change in changes
        if change.change.statistic == "accuracy"
        and change.change.label is not None
        and change.change.attribute is not None
    ]
    losing = sorted((one for one in groups if find_direction(one.change) < 0), key=lambda one: one.change.value or 0.0)
    if losing:
        told = [
            f"{_name_group(one.change)} ({tell_points(one.change)}, n = {one.change.n:,})" for one in losing[:_GROUPS]
        ]
        more = f", and {len(losing) - _GROUPS} more" if len(losing) > _GROUPS else ""
        yield f"By single intervals it is right less often where the label is {listed(told)}{more}."


def _name_group(row: Estimate) -> str:
    return f"{row.label} and {row.attribute} is {known(row.subgroup or '')}"
