"""The plan of an audit: everything that is decided before the run, as one validated object."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from auditor.declared import Declared
from auditor.errors import UsageError, nearest
from auditor.presentation import ReportPlan
from auditor.private import name_source
from auditor.resources import templates

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Pair = tuple[int, int]
Channels = Annotated[list[float], Field(min_length=1, max_length=4)]
RoleName = Literal["core", "context", "protected", "artefact"]


def _located(value: object, info: Any) -> object:
    """A path of the plan is relative to the folder that holds the plan."""
    root = (info.context or {}).get("root")
    return value if root is None or not isinstance(value, str) else Path(root) / Path(value).expanduser()


Located = Annotated[Path, BeforeValidator(_located)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PreprocessingPlan(_Table):
    """How a photograph becomes the model's input; its geometry is applied to regions as well."""

    resize: int | Pair | None = None
    crop: int | Pair | None = None
    mean: Channels
    std: Channels
    interpolation: str = "bilinear"


class ModelPlan(_Table):
    """The classifier: where it comes from, its weights and its classes in order."""

    source: str
    weights: Located | None = None
    classes: list[str] | Located
    target_layer: str | None = None
    preprocessing: PreprocessingPlan | None = None


class DataPlan(_Table):
    """The images and what is known of them."""

    images: Located
    annotations: Located | None = None
    regions: Located | None = None
    masks: Located | None = None
    exif: Literal["apply", "ignore"] | None = None
    roles: dict[str, RoleName] = {}


class AuditPlan(_Table):
    """What is asked of them."""

    attributes: list[str] = []
    seed: Annotated[int, Field(ge=0)] = 0
    cam: str = "gradcam"
    title: str | None = None


class InterventionsPlan(_Table):
    """How regions are hidden, to see whether that changes the answer."""

    fills: list[str] = ["noise", "mean", "swap"]
    controls: Annotated[int, Field(ge=1, le=20)] = 3
    images: Annotated[int, Field(ge=0)] = 1000


class Audit(_Table):
    """The plan of an audit, read from a TOML file or made in Python.

    Examples
    --------
    >>> plan = Audit.model_validate(
    ...     {
    ...         "model": {"source": "resnet18", "weights": "model.safetensors", "classes": ["doctor", "nurse"]},
    ...         "data": {"images": "photos", "annotations": "people.csv"},
    ...         "audit": {"attributes": ["gender"]},
    ...     }
    ... )
    >>> plan.audit.seed
    0
    """

    model: ModelPlan
    data: DataPlan
    audit: AuditPlan = AuditPlan()
    interventions: InterventionsPlan = InterventionsPlan()
    report: ReportPlan = ReportPlan()
    declared: Declared = Declared()
    policy: str | None = None  # a preset, or a file: what the audit will be judged by, locked before the run
    root: Annotated[Path, Field(exclude=True)] = Path()

    @model_validator(mode="before")
    @classmethod
    def _rooted(cls, values: Any, info: Any) -> Any:
        root = (info.context or {}).get("root")
        return values if root is None or not isinstance(values, dict) else {**values, "root": root}

    @classmethod
    def from_toml(cls, path: str | Path, *, overrides: Mapping[str, object] | None = None) -> Self:
        """Read a plan; paths in it are relative to the file's folder.

        Parameters
        ----------
        path
            The TOML file.
        overrides
            Values by dotted key, such as ``{"audit.seed": 1}``, that replace those of the file.

        Returns
        -------
        Audit
            The validated plan.

        Raises
        ------
        UsageError
            If the file is missing, is not TOML, or does not describe a plan; all faults at once.
        """
        path = Path(path)
        values = _read(path)
        for key, value in (overrides or {}).items():
            _put(values, key, value)
        try:
            return cls.model_validate(values, context={"root": path.parent.resolve()})
        except ValidationError as error:
            raise UsageError(_explain(error, path)) from None

    def describe(self) -> dict[str, Any]:
        """The plan as JSON, for the report: no path of the machine is in it.

        Returns
        -------
        dict
            Nested tables; paths relative to the plan's folder, or the bare name where they lie elsewhere. What is
            declared, what is asked of the report and the policy stand in parts of their own.
        """
        values: dict[str, Any] = self.model_dump(exclude_none=True, exclude={"report", "declared", "policy"})
        values["model"]["source"] = name_source(self.model.source)
        return {name: _portable(table, self.root) for name, table in values.items()}


def _portable(value: Any, root: Path) -> Any:
    if isinstance(value, dict):
        return {name: _portable(item, root) for name, item in value.items()}
    if isinstance(value, Path):
        inside = value.is_relative_to(root) and root != Path()
        return value.relative_to(root).as_posix() if inside else value.name
    return list(value) if isinstance(value, tuple) else value


def _read(path: Path) -> dict[str, Any]:
    """The file as nested dictionaries."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        msg = f"{path}: no such file; `auditor init` writes a commented plan"
        raise UsageError(msg) from None
    except (IsADirectoryError, PermissionError) as error:
        msg = f"{path}: cannot be read as a plan: {error.strerror}"
        raise UsageError(msg) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{path}: not valid TOML: {error}"
        raise UsageError(msg) from None


def _put(values: dict[str, Any], key: str, value: object) -> None:
    """Set a dotted key, making the tables on its way."""
    *tables, last = key.split(".")
    for table in tables:
        values = values.setdefault(table, {})
    values[last] = value


def _explain(error: ValidationError, path: Path) -> str:
    """All faults of a plan, one line each, with the nearest known name for an unknown key."""
    lines: dict[str, str] = {}
    for fault in error.errors():
        # A union reports each of its branches (`resize.int`, `resize.tuple[int,int]`): the first is enough.
        keys = [str(part) for part in fault["loc"] if not _is_branch(str(part))]
        key = ".".join(keys)
        lines.setdefault(key, f"  {key}: {_sentence(fault, keys)}")
    count = f"{len(lines)} fault" + ("" if len(lines) == 1 else "s")
    return "\n".join([f"{path}: {count}", *lines.values()])


def _is_branch(part: str) -> bool:
    return "[" in part or part in {"int", "str", "function-before"}


def _sentence(fault: Any, keys: list[str]) -> str:
    if fault["type"] == "extra_forbidden":
        known = known_keys(keys[:-1])
        return "no such key" + (nearest(keys[-1], known) or f"; known here: {', '.join(known)}")
    if fault["type"] == "missing":
        return "is missing"
    if fault["type"] == "value_error":
        return str(fault["ctx"]["error"])
    return f"{fault['msg'][0].lower()}{fault['msg'][1:]}, found {fault['input']!r}"


def known_keys(tables: Iterable[str] = ()) -> list[str]:
    """Keys that a table of the plan knows.

    Parameters
    ----------
    tables
        Names of the tables on the way down.

    Returns
    -------
    list of str
        Names, in the order of the plan; empty for a table with free names.

    Examples
    --------
    >>> known_keys(["audit"])
    ['attributes', 'seed', 'cam', 'title']
    """
    table: Any = Audit
    children: dict[str, Any] = {"model": ModelPlan, "data": DataPlan, "audit": AuditPlan}
    children |= {"preprocessing": PreprocessingPlan, "interventions": InterventionsPlan}
    children |= {"report": ReportPlan, "declared": Declared}
    for name in tables:
        table = children.get(name)
    return [] if table is None else [name for name in table.model_fields if name != "root"]


def write_plan(path: str | Path) -> Path:
    """Write a commented plan to start from.

    Parameters
    ----------
    path
        Where to; must not exist.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    UsageError
        If the file exists or its folder does not.
    """
    path = Path(path)
    text = (templates() / "audit.toml").read_text(encoding="utf-8")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        msg = f"{path}: exists; name another file, or remove it"
        raise UsageError(msg) from None
    except FileNotFoundError:
        msg = f"{path}: its folder does not exist"
        raise UsageError(msg) from None
    return path
