"""The models of a plan: one table, or an array of named ones whose faults are told together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    WrapValidator,
)
from pydantic_core import InitErrorDetails

from auditor.plans.names import find_name_faults

if TYPE_CHECKING:
    from collections.abc import Callable

Pair = tuple[int, int]
Channels = Annotated[list[float], Field(min_length=1, max_length=4)]


def _located(value: object, info: Any) -> object:
    """A path of the plan is relative to the folder that holds the plan."""
    root = (info.context or {}).get("root")
    return value if root is None or not isinstance(value, str) else Path(root) / Path(value).expanduser()


def _named(value: object) -> object:
    """Names of classes, or the file that holds them; TOML takes names without quotes for numbers."""
    if isinstance(value, list | tuple) and not all(isinstance(name, str) for name in value):
        names = ", ".join(f'"{name}"' for name in value)
        msg = f"names in quotes are expected, as in [{names}], found {list(value)!r}"
        raise ValueError(msg)
    if not isinstance(value, list | tuple | str | Path):
        msg = f"a list of names, or the path of a file with one name per line, is expected, found {value!r}"
        raise ValueError(msg)  # noqa: TRY004 -- pydantic tells faults by it
    return value


Located = Annotated[Path, BeforeValidator(_located)]


class Table(BaseModel):
    """A table of the plan: unknown keys are faults."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PreprocessingPlan(Table):
    """How a photograph becomes the model's input; its geometry is applied to regions as well."""

    resize: int | Pair | None = None
    crop: int | Pair | None = None
    mean: Channels
    std: Channels
    interpolation: str = "bilinear"


class ModelPlan(Table):
    """The classifier: where it comes from, its weights and its classes in order."""

    name: str | None = None  # how a comparison speaks of it, and the folder of its audit
    source: str
    weights: Located | None = None
    classes: Annotated[list[str] | Located, BeforeValidator(_named)]
    target_layer: str | None = None
    preprocessing: PreprocessingPlan | None = None


def _all_faults(models: object, check: Callable[[object], tuple[ModelPlan, ...]]) -> tuple[ModelPlan, ...]:
    """Faults of the names together with those of everything else."""
    tables = models if isinstance(models, list | tuple) else ()
    names = [table.get("name") if isinstance(table, dict) else getattr(table, "name", None) for table in tables]
    faults = [
        InitErrorDetails(type="value_error", loc=(k, "name"), input=names[k], ctx={"error": ValueError(words)})
        for k, words in find_name_faults(names).items()
    ]
    try:
        checked = check(models)
    except ValidationError as error:
        faults = [*map(_as_detail, error.errors()), *faults]
        raise ValidationError.from_exception_data("model", faults) from None
    if faults:
        raise ValidationError.from_exception_data("model", faults)
    return checked


def _as_detail(fault: Any) -> InitErrorDetails:
    """A fault as pydantic takes it back."""
    return InitErrorDetails(type=fault["type"], loc=fault["loc"], input=fault["input"], ctx=fault.get("ctx", {}))


_Several = Annotated[tuple[ModelPlan, ...], Field(min_length=1), WrapValidator(_all_faults)]
Models = Annotated[
    Annotated[ModelPlan, Tag("[model]")] | Annotated[_Several, Tag("[[model]]")],
    Discriminator(lambda models: "[[model]]" if isinstance(models, list | tuple) else "[model]"),
]
"""One table, or an array of them; the tags name the branches in faults."""
