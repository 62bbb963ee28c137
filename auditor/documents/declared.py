"""Declared facts: what only the provider knows of a model, said by the provider and verified by nobody here."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from auditor.documents.ladder import Part
from auditor.errors import UsageError, nearest

LONGEST: Final = 2000
"""Letters of one declared fact."""
TABLE: Final = "declared"
_ROUNDING: Final = 1e-6


def _said(value: object) -> object:
    """Words without the blanks around them; nothing where there are none."""
    return (value.strip() or None) if isinstance(value, str) else value


Text = Annotated[Annotated[str, Field(max_length=LONGEST)] | None, BeforeValidator(_said)]
Reason = Annotated[str, Field(min_length=1, max_length=LONGEST, pattern=r"\S")]
Shares = dict[str, Annotated[float, Field(ge=0, le=1)]]


class Declared(Part):
    """What the provider says of the model, its data and its use; whatever is left out reads *not declared*.

    Examples
    --------
    >>> Declared(intended_use="Sorting of portraits").risk_class is None
    True
    """

    report_id: Text = None
    revision: Text = None
    supersedes: Text = None
    distribution: Annotated[Literal["internal", "public"] | None, BeforeValidator(_said)] = None
    run_by: Text = None
    relation: Annotated[Literal["independent", "not independent"] | None, BeforeValidator(_said)] = None
    provider: Text = None
    owner: Text = None
    contact: Text = None
    model_name: Text = None
    model_version: Text = None
    pretrained_from: Text = None
    dataset_name: Text = None
    dataset_version: Text = None
    licence: Text = None
    intended_use: Text = None
    users: Text = None
    affected_groups: Text = None
    deployment: Text = None
    used_since: Text = None
    foreseeable_misuse: Text = None
    out_of_scope: Text = None
    risk_class: Text = None
    collection: Text = None
    label_source: Text = None
    legal_basis: Text = None
    personal_data: Text = None
    population: dict[str, Shares] = Field(default_factory=dict)  # of those the model is meant for: attribute, value
    metrics_rationale: Text = None
    residual_risk: Text = None
    oversight: Text = None
    monitoring: Text = None
    not_applicable: dict[str, Reason] = Field(default_factory=dict)  # requirement: why it does not apply

    @model_validator(mode="after")
    def _shares_fit(self) -> Declared:
        for attribute, shares in self.population.items():
            total = sum(shares.values())
            if total > 1 + _ROUNDING:
                msg = f"shares of population.{attribute} sum to {total:g}, and may sum to 1 at most"
                raise ValueError(msg)
        return self


def read_declared(path: str | Path) -> Declared:
    """Read declared facts from a TOML file.

    Parameters
    ----------
    path
        A file with a table ``[declared]``, such as a plan, or with the keys of that table alone.

    Returns
    -------
    Declared
        Checked.

    Raises
    ------
    UsageError
        If the file cannot be read, or a key is not known; all faults at once.
    """
    path = Path(path)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        msg = f"{path}: cannot be read: {error.strerror}; a file with a table [{TABLE}] is expected"
        raise UsageError(msg) from None
    except tomllib.TOMLDecodeError as error:
        msg = f"{path}: not valid TOML: {error}"
        raise UsageError(msg) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        msg = f"{path}: not valid TOML: line {line} holds a letter that is not UTF-8; save the file as UTF-8"
        raise UsageError(msg) from None
    if TABLE not in values and {"model", "data", "audit"} & set(values):
        msg = f"{path}: no table [{TABLE}]: expected one, as this is a plan; or a file with its keys alone"
        raise UsageError(msg)
    table = values.get(TABLE, values)
    try:
        return Declared.model_validate(table)
    except ValidationError as error:
        faults = list(dict.fromkeys(_line(fault) for fault in error.errors()))
        count = f"{len(faults)} fault" + ("" if len(faults) == 1 else "s")
        raise UsageError("\n".join([f"{path}: {count}", *faults])) from None


def _line(fault: Any) -> str:
    """One fault in one line."""
    keys = [str(part) for part in fault["loc"]]
    where = ".".join([TABLE, *keys])
    if fault["type"] == "extra_forbidden":
        return f"  {where}: no such key{nearest(keys[-1], Declared.model_fields)}"
    if fault["type"] == "value_error":
        return f"  {where}: {fault['ctx']['error']}"
    return f"  {where}: {fault['msg'][0].lower()}{fault['msg'][1:]}, found {str(fault['input'])[:60]!r}"
