"""What a caller hands over: refused in one line where it is of another kind, before anything is loaded or made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ValidationError

from auditor.audits.stages import Options
from auditor.errors import UsageError, nearest
from auditor.evidence.dataset import AnnotatedDataset
from auditor.evidence.engines.base import check_devices
from auditor.evidence.models import LoadedModel
from auditor.plans.faults import explain
from auditor.plans.plan import known_keys
from auditor.runs import WHOLE, Shard

Table = TypeVar("Table", bound=BaseModel)


def check_subject(model: object, dataset: object) -> None:
    """Refuse anything but a model and a dataset, in this order.

    Parameters
    ----------
    model, dataset
        As they were handed over.

    Raises
    ------
    UsageError
        With what was expected.
    """
    wanted = (
        ("model", model, LoadedModel, "load_model(…)"),
        ("dataset", dataset, AnnotatedDataset, "AnnotatedDataset.from_csv(…)"),
    )
    for name, given, kind, source in wanted:
        if not isinstance(given, kind):
            order = "; the order is audit(model, dataset)" if isinstance(given, LoadedModel | AnnotatedDataset) else ""
            msg = f"{name}: expected {kind.__name__}, as {source} gives it; found {type(given).__name__}{order}"
            raise UsageError(msg)


def take_options(options: Options) -> Options:
    """Check how an audit is run.

    Parameters
    ----------
    options
        As they were handed over; ``shard`` may be written ``"i/N"``.

    Returns
    -------
    Options
        Checked.

    Raises
    ------
    UsageError
        If one is not known, is of another kind, or cannot go with another; or a device is not there.
    """
    known = Options.__annotations__
    for name in options:
        if name not in known:
            raise UsageError(f"no such option: {name!r}{nearest(name, known)}; there are {', '.join(known)}")
    if options.get("resume") and options.get("force"):
        raise UsageError("resume and force: one goes on with a run, the other starts it again; choose one of them")
    shard: object = options.get("shard", WHOLE)
    if not isinstance(shard, Shard):
        shard = Shard.parse(str(shard))
    devices: object = options.get("devices", ())
    check_devices([devices] if isinstance(devices, str) else cast("list[str]", devices))
    return {**options, "shard": shard, "devices": [devices] if isinstance(devices, str) else options.get("devices", ())}


def take_table(kind: type[Table], name: str, given: object) -> Table:
    """Check what a caller hands over in place of a table of the plan.

    Parameters
    ----------
    kind
        Of the table.
    name
        Its name.
    given
        What was handed over; None stands for all that is usual.

    Returns
    -------
    BaseModel
        The table.

    Raises
    ------
    UsageError
        With all faults at once.
    """
    if given is not None and not isinstance(given, Mapping):
        example = ' such as {"images": 0}' if name == "interventions" else ""
        raise UsageError(f"{name}: a mapping{example} is expected, found {given!r}")
    values: dict[str, Any] = dict(given or {})
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise UsageError(explain(error, "audit", known=known_keys, table=name)) from None
