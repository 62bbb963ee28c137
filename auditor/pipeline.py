"""One audit from start to end: the plan loaded, its units run, their tables summed up, the result saved."""

from __future__ import annotations

import contextlib
import functools
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from auditor import runs
from auditor.audits.arguments import check_subject, take_options, take_table
from auditor.audits.outputs import check_free
from auditor.audits.planned import PlannedModel, list_inputs, load_dataset
from auditor.audits.several import check_alike, check_single, do_together
from auditor.audits.tasks import Order, check_names, prepare, remember
from auditor.documents.declared import Declared
from auditor.gating import lock_policy
from auditor.plans.plan import Audit, AuditPlan, InterventionsPlan
from auditor.plans.presentation import ReportPlan
from auditor.publishing.filing import Told, ask

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from auditor.audits.stages import Options
    from auditor.audits.tasks import Task
    from auditor.documents.document import PolicyLock
    from auditor.evidence.dataset import AnnotatedDataset
    from auditor.evidence.models import LoadedModel
    from auditor.result import AuditResult


def audit(
    model: LoadedModel,
    dataset: AnnotatedDataset,
    *,
    attributes: Sequence[str] = (),
    seed: int = 0,
    cam: str = "gradcam",
    interventions: Mapping[str, Any] | None = None,
    report: Mapping[str, Any] | None = None,
    declared: Mapping[str, Any] | None = None,
    policy: str | Path | None = None,
    title: str | None = None,
    out: str | Path | None = None,
    **options: Unpack[Options],
) -> AuditResult:
    """Audit a classifier: what it looks at on every image, and whether hiding it changes the answer.

    Parameters
    ----------
    model
        From `load_model`.
    dataset
        Such as `AnnotatedDataset.from_csv` gives.
    attributes
        Columns of the annotations to split by.
    seed
        Of everything random: resampling and borrowing.
    cam
        A method of `auditor.evidence.cams.CAMS`.
    interventions
        What the plan's table of that name holds, such as ``{"images": 0}`` to hide nothing.
    report, declared
        What the plan's tables of these names hold, such as ``{"intended_use": "..."}``.
    policy
        What the audit will be judged by, locked before the run: the name of a preset, or a file.
    title
        Of the report.
    out
        Output folder; None keeps nothing on the disk.
    **options
        See `Options`.

    Returns
    -------
    AuditResult
        Saved in the output folder if there is one.

    Raises
    ------
    UsageError
        If the output folder is taken, or an attribute is not there.
    DataError
        If images could not be used and ``skip_bad`` is not set; the records are kept.
    UnfinishedError
        If other shards are not done yet.
    """
    check_subject(model, dataset)
    options = take_options(options)
    named = attributes if isinstance(attributes, str) else list(attributes)  # the letters of one are no names
    asked = {"attributes": named, "seed": seed, "cam": cam, "title": title}
    looking = take_table(AuditPlan, "audit", asked)
    hiding = take_table(InterventionsPlan, "interventions", interventions)
    plan = {"audit": looking.model_dump(exclude_none=True), "data": {"roles": dict(dataset.roles)}}
    plan |= {"interventions": hiding.model_dump()}
    asked_of_report = ask(take_table(ReportPlan, "report", report), model.classes)
    lock = None if policy is None else lock_policy(policy)
    told = Told(take_table(Declared, "declared", declared), asked_of_report, lock)
    with contextlib.ExitStack() as kept:
        folder = kept.enter_context(tempfile.TemporaryDirectory(prefix="auditor-")) if out is None else out
        own = check_free(Path(folder), options, inputs=[dataset.images])
        recall = None if out is None else remember(Path(folder), options, own=own)
        order = Order(looking=looking, hiding=hiding, plan=plan, told=told, out=Path(folder), recall=recall)
        check_names(looking, hiding)
        return _do(prepare(functools.partial(_itself, model), dataset, order, options=options))


def run(plan: Audit | str | Path, *, out: str | Path, **options: Unpack[Options]) -> AuditResult:
    """Run a plan.

    Parameters
    ----------
    plan
        The plan, or the TOML file that holds it.
    out
        Output folder. Of several models, it holds a folder for the audit of each, by name.
    **options
        See `Options`.

    Returns
    -------
    AuditResult
        Saved in the output folder; of several models, the comparison of each with the first.

    Raises
    ------
    AuditorError
        As for `audit`, and if the plan cannot be used.
    """
    options = take_options(options)
    plan = plan if isinstance(plan, Audit) else Audit.from_toml(plan)
    out, several = Path(out), len(plan.models) > 1
    if several:
        check_single(out)
    own = check_free(out, options, audits=list(plan.each()) if several else ["."], inputs=list_inputs(plan))
    check_names(plan.audit, plan.interventions)
    recall = remember(out, options, own=own)
    plans = plan.each() if several else {"": plan}
    loads = {name: PlannedModel(one.models[0], plan.root) for name, one in plans.items()}
    check_alike({name: load.classes for name, load in loads.items()})
    lock = None if plan.policy is None else lock_policy(plan.policy, root=plan.root)
    orders = {
        name: replace(_order(one, loads[name].classes, lock=lock, out=out / name if several else out), recall=recall)
        for name, one in plans.items()
    }
    dataset = load_dataset(plan, skip_bad=options.get("skip_bad", False))
    tasks = {
        name: prepare(loads[name], dataset, order, options=options, name=name or None) for name, order in orders.items()
    }
    return do_together(tasks, out=out) if several else _do(tasks[""])


def _order(plan: Audit, classes: Sequence[str], *, lock: PolicyLock | None, out: Path) -> Order:
    """What a plan of one model asks for."""
    told = Told(plan.declared, ask(plan.report, classes, root=plan.root), lock)
    return Order(looking=plan.audit, hiding=plan.interventions, plan=plan.describe(), told=told, out=out)


def _do(task: Task) -> AuditResult:
    with runs.locked(task.site.folder, task.site.shard):
        return task.conclude(task.look())


def _itself(model: LoadedModel) -> LoadedModel:
    return model
