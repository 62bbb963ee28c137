"""Rules: one condition each, narrowed by selectors; and waivers of what a finding would otherwise fail."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from auditor.documents.ladder import Part, Role
from auditor.documents.signoff import Day, Words

EACH: Final = "*"
"""Instead of a name: each that the audit has."""
SELECTORS: Final[dict[str, tuple[str, ...]]] = {
    "max_level": ("region", "role", "attribute"),
    "max_shift": ("region", "role", "attribute", "subgroup", "class"),
    "max_swaps": ("region", "role", "attribute", "subgroup", "class"),
    "max_flips": ("region", "role", "class"),
    "no_new_findings": ("region", "role", "attribute"),
    "min_accuracy": ("class", "attribute", "subgroup"),
    "min_subgroup_accuracy": ("attribute",),
    "max_gap": ("class", "attribute", "subgroup"),
    "max_miscalibration": ("attribute", "subgroup"),
    "min_selection_ratio": ("class", "attribute"),
    "max_accuracy_drop": ("class", "attribute", "subgroup"),
    "min_n": ("class", "attribute", "subgroup"),
    "max_left_out": (),
    "checks": ("check", "region"),
    "max_false_alarms": (),
    "locked": (),
}
"""Conditions, and what each may be narrowed by."""
WAIVABLE: Final = frozenset({"max_level", "max_shift", "max_swaps", "no_new_findings"})
"""Conditions on findings: what they judge has a fingerprint."""


def _listed(value: object) -> object:
    """One name is a list of one."""
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


def _dated(value: object) -> object:
    """TOML has days of its own."""
    return value.isoformat() if type(value) is date else value


Name = Annotated[str, Field(min_length=1, max_length=600)]
Names = Annotated[tuple[Name, ...], Field(min_length=1), BeforeValidator(_listed)]
Roles = Annotated[tuple[Role, ...], Field(min_length=1), BeforeValidator(_listed)]
Bound = Annotated[float, Field(ge=0, le=1, strict=True, allow_inf_nan=False)]
Size = Annotated[float, Field(gt=0, strict=True, allow_inf_nan=False)]
Undecided = Literal["cannot tell", "pass", "fail"]


class Rule(Part):
    """One condition, and what it is about.

    Examples
    --------
    >>> Rule(region="face", max_level="E1").condition
    'max_level'
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    name: Name | None = None
    why: Words | None = None
    region: Names | None = None
    role: Roles | None = None
    attribute: Names | None = None
    subgroup: Names | None = None
    labels: Names | None = Field(default=None, alias="class")
    check: Names | None = None
    max_level: Literal["R", "E1", "E2", "E3"] | None = None
    max_shift: Size | None = None
    max_swaps: Bound | None = None
    max_flips: Bound | None = None
    no_new_findings: Literal[True] | None = None
    min_accuracy: Bound | None = None
    min_subgroup_accuracy: Bound | None = None
    max_gap: Bound | None = None
    max_miscalibration: Bound | None = None
    min_selection_ratio: Bound | None = None
    max_accuracy_drop: Bound | None = None
    min_n: Annotated[int, Field(ge=1, strict=True)] | None = None
    max_left_out: Bound | None = None
    checks: Literal["passed"] | None = None
    max_false_alarms: Bound | None = None
    locked: Literal[True] | None = None
    unless: Literal["waived"] | None = None
    undecided: Undecided | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        fault = explain_rule(self.model_dump(by_alias=True, exclude_none=True))
        if fault:
            raise ValueError(fault)
        return self

    @property
    def condition(self) -> str:
        """Name of its condition."""
        return next(name for name in SELECTORS if getattr(self, name) is not None)

    @property
    def bound(self) -> Any:
        """What its condition is set to."""
        return getattr(self, self.condition)

    def describe(self) -> str:
        """The rule in one line, as the policy has it.

        Returns
        -------
        str
            Such as ``"max_level = E1 for region face"``.
        """
        bound = "true" if self.bound is True else self.bound
        asked = [(name, getattr(self, "labels" if name == "class" else name)) for name in SELECTORS[self.condition]]
        about = [f"{name} {', '.join(values)}" for name, values in asked if values is not None]
        return f"{self.condition} = {bound}" + (f" for {', '.join(about)}" if about else "")


def explain_rule(said: dict[str, Any]) -> str | None:
    """Say what is wrong with how a rule is put together.

    Parameters
    ----------
    said
        Its keys and values, as the policy has them.

    Returns
    -------
    str or None
        One line that begins with the key at fault where it is one; None where all fits.

    Examples
    --------
    >>> explain_rule({"min_accuracy": 0.8, "region": ["face"]})
    'region: says nothing of min_accuracy, which may be narrowed by class, attribute, subgroup'
    """
    conditions = [name for name in SELECTORS if name in said]
    if len(conditions) != 1:
        found = " and ".join(conditions) or "none"
        return f"a rule has one condition, found {found}; known: {', '.join(SELECTORS)}"
    (condition,) = conditions
    allowed = SELECTORS[condition]
    for name in ("region", "role", "attribute", "subgroup", "class", "check"):
        if name in said and name not in allowed:
            by = f"which may be narrowed by {', '.join(allowed)}" if allowed else "which nothing narrows"
            return f"{name}: says nothing of {condition}, {by}"
    if "unless" in said and condition not in WAIVABLE:
        return f"unless: only findings can be waived, {condition} is about something else"
    if "subgroup" in said and "attribute" not in said:
        return "subgroup: name the attribute that it is a value of"
    return None


class Waiver(Part):
    """What one finding is let off, by whom, why and until when.

    Examples
    --------
    >>> Waiver(finding="hair:gender:woman:nurse", reason="r", owner="A", expires="2027-01-31").holds("2027-02-01")
    False
    """

    finding: Name  # its fingerprint
    reason: Words
    owner: Words
    expires: Annotated[Day, BeforeValidator(_dated)]  # the last day on which it holds

    def holds(self, today: str) -> bool:
        """Whether it is in force.

        Parameters
        ----------
        today
            As in ``2026-11-23``.

        Returns
        -------
        bool
            True on its last day as well.
        """
        return today <= self.expires
