"""The plan of an audit: everything that is decided before the run, as one validated object."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from auditor.documents.declared import Declared
from auditor.documents.private import name_source
from auditor.errors import UsageError
from auditor.plans.faults import explain
from auditor.plans.models import Located, ModelPlan, Models, PreprocessingPlan, Table
from auditor.plans.presentation import ReportPlan
from auditor.resources import templates

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

RoleName = Literal["core", "context", "protected", "artefact"]


class DataPlan(Table):
    """The images and what is known of them."""

    images: Located
    annotations: Located | None = None
    regions: Located | None = None
    masks: Located | None = None
    exif: Literal["apply", "ignore"] | None = None
    roles: dict[str, RoleName] = Field(default_factory=dict)


class AuditPlan(Table):
    """What is asked of them."""

    attributes: list[str] = Field(default_factory=list)
    seed: Annotated[int, Field(ge=0)] = 0
    cam: str = "gradcam"
    title: str | None = None


class InterventionsPlan(Table):
    """How regions are hidden, to see whether that changes the answer."""

    fills: list[str] = Field(default_factory=lambda: ["noise", "mean", "swap"])
    controls: Annotated[int, Field(ge=1, le=20)] = 3
    images: Annotated[int, Field(ge=0)] = 1000


class Audit(Table):
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
    >>> plan.audit.seed, len(plan.models)
    (0, 1)
    """

    model: Models
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

    @property
    def models(self) -> tuple[ModelPlan, ...]:
        """Every model of the plan, the baseline first."""
        return self.model if isinstance(self.model, tuple) else (self.model,)

    def each(self) -> dict[str, Self]:
        """A plan of one model for each of several, by name, as if it had been written alone.

        Returns
        -------
        dict
            In the order of the plan; titles end in the model's name.
        """
        plans = {}
        for model in self.models:
            name = str(model.name)
            title = f"Audit of {name}" if self.audit.title is None else f"{self.audit.title}: {name}"
            asked = self.audit.model_copy(update={"title": title})
            plans[name] = self.model_copy(update={"model": model, "audit": asked})
        return plans

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
        _override(values, overrides or {}, path=path)
        try:
            return cls.model_validate(values, context={"root": path.parent.resolve()})
        except ValidationError as error:
            raise UsageError(explain(error, path, known=known_keys)) from None

    def describe(self) -> dict[str, Any]:
        """The plan as JSON, for the report: no path of the machine is in it.

        Returns
        -------
        dict
            Nested tables; paths relative to the plan's folder, or the bare name where they lie elsewhere. What is
            declared, what is asked of the report and the policy stand in parts of their own.
        """
        values: dict[str, Any] = self.model_dump(exclude_none=True, exclude={"report", "declared", "policy"})
        for table in [values["model"]] if isinstance(values["model"], dict) else values["model"]:
            table["source"] = name_source(table["source"])
        return {name: _portable(table, self.root) for name, table in values.items()}


def _portable(value: Any, root: Path) -> Any:
    if isinstance(value, dict):
        return {name: _portable(item, root) for name, item in value.items()}
    if isinstance(value, Path):
        inside = value.is_relative_to(root) and root != Path()
        return value.relative_to(root).as_posix() if inside else value.name
    return [_portable(item, root) for item in value] if isinstance(value, tuple) else value


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
    except tomllib.TOMLDecodeError as error:
        msg = f"{path}: not valid TOML: {error}"
        raise UsageError(msg) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        msg = f"{path}: not valid TOML: line {line} holds a letter that is not UTF-8; save the file as UTF-8"
        raise UsageError(msg) from None


def _override(values: dict[str, Any], overrides: Mapping[str, object], *, path: Path) -> None:
    """Put values in the place of those of the file."""
    models = values.get("model")
    if isinstance(models, list):
        wanted = [key for key in overrides if key.startswith("model.")]
        if wanted and len(models) > 1:
            msg = f"{path}: {', '.join(wanted)}: which of its {len(models)} models is meant cannot be told; "
            raise UsageError(msg + "leave the override out and change the plan")
        if len(models) == 1:
            values["model"] = models[0]
    for key, value in overrides.items():
        _put(values, key, value)


def _put(values: dict[str, Any], key: str, value: object) -> None:
    """Set a dotted key, making the tables on its way."""
    *tables, last = key.split(".")
    for table in tables:
        values = values.setdefault(table, {})
    values[last] = value


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
        Where to; must not exist, unless it is a folder: then the plan in it is called audit.toml.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    UsageError
        If the file exists, its folder does not, or it cannot be written.
    """
    path = Path(path)
    path = path / "audit.toml" if path.is_dir() else path
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
    except OSError as error:
        msg = f"{path}: cannot be written: {error.strerror or error}; name a file elsewhere"
        raise UsageError(msg) from None
    return path
