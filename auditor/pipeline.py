"""One audit from start to end: the plan loaded, its units run, their tables summed up, the result saved."""

from __future__ import annotations

import functools
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Unpack

import torch

from auditor import records, runs
from auditor.analysis.compilation import compile_document
from auditor.declared import Declared
from auditor.disclosure import find_sensitive
from auditor.errors import DataError, UsageError
from auditor.evidence.cams import CAMS
from auditor.evidence.collector import Collector
from auditor.evidence.dataset import AnnotatedDataset
from auditor.evidence.models import LoadedModel, load_model
from auditor.evidence.models.classes import read_classes
from auditor.evidence.preprocessing import Preprocessing
from auditor.experiment import check_fills, try_interventions
from auditor.filing import Told, add_told, ask
from auditor.gating import GATE_FILES, lock_policy
from auditor.plan import Audit, AuditPlan, InterventionsPlan
from auditor.presentation import ReportPlan
from auditor.provenance import make_header
from auditor.rendering import FILES
from auditor.result import AUDIT, RECORDS, AuditResult, write_document
from auditor.runs import WHOLE, Run
from auditor.stages import Options, Site, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd

    from auditor.evidence.dataset import Options as Description

OURS: Final = (RECORDS, AUDIT, *FILES, *GATE_FILES.values(), "tables")
"""What an audit writes into its folder, and all that --force removes."""


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
    asked = AuditPlan(attributes=list(attributes), seed=seed, cam=cam, title=title)
    hiding = InterventionsPlan.model_validate(dict(interventions or {}))
    plan = {"audit": asked.model_dump(exclude_none=True), "data": {"roles": dict(dataset.roles)}}
    plan |= {"interventions": hiding.model_dump()}
    asked_of_report = ask(ReportPlan.model_validate(dict(report or {})), model.classes)
    lock = None if policy is None else lock_policy(policy)
    told = Told(Declared.model_validate(dict(declared or {})), asked_of_report, lock)
    load = functools.partial(_itself, model)
    if out is not None:
        return _audit(load, dataset, (asked, hiding), plan=plan, told=told, out=Path(out), **options)
    with tempfile.TemporaryDirectory(prefix="auditor-") as folder:
        return _audit(load, dataset, (asked, hiding), plan=plan, told=told, out=Path(folder), **options)


def run(plan: Audit | str | Path, *, out: str | Path, **options: Unpack[Options]) -> AuditResult:
    """Run a plan.

    Parameters
    ----------
    plan
        The plan, or the TOML file that holds it.
    out
        Output folder.
    **options
        See `Options`.

    Returns
    -------
    AuditResult
        Saved in the output folder.

    Raises
    ------
    AuditorError
        As for `audit`, and if the plan cannot be used.
    """
    plan = plan if isinstance(plan, Audit) else Audit.from_toml(plan)
    _check_free(Path(out), options)
    _check_names(plan.audit, plan.interventions)
    asked_of_report = ask(plan.report, read_classes(plan.model.classes, root=plan.root), root=plan.root)
    load = functools.partial(_planned_model, plan)
    dataset = _planned_dataset(plan, skip_bad=options.get("skip_bad", False))
    lock = None if plan.policy is None else lock_policy(plan.policy, root=plan.root)
    asked, told = (plan.audit, plan.interventions), Told(plan.declared, asked_of_report, lock)
    return _audit(load, dataset, asked, plan=plan.describe(), told=told, out=Path(out), **options)


def _audit(
    load: Callable[[], LoadedModel],
    dataset: AnnotatedDataset,
    asked: tuple[AuditPlan, InterventionsPlan],
    *,
    plan: dict[str, Any],
    told: Told,
    out: Path,
    **options: Unpack[Options],
) -> AuditResult:
    _check_free(out, options)
    looking, hiding = asked
    _check_names(looking, hiding)
    dataset = dataset.select(looking.attributes)
    model = load()
    if options.get("skip_bad", False):
        dataset = dataset.keep_classes(model.classes)
    else:
        dataset.check_labels(model.classes)
    if told.report.images == "blur-regions":
        find_sensitive({name: dataset.roles.get(name, "undeclared") for name in dataset.regions}, told.report.blur)
    header = make_header(model, dataset, looking, plan=plan, policy=told.policy)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    site = Site(folder=out / RECORDS, dataset=dataset, load=load, device=device, options=options)
    with runs.locked(site.folder, site.shard):
        collected = _look(site, header)
        tables = collected.tables()
        _check_read(tables["images"], out, skip_bad=options.get("skip_bad", False))
        tables |= try_interventions(site, collected, hiding, tables=tables)
    document = add_told(compile_document(collected.header, tables), told, header=collected.header, tables=tables)
    result = AuditResult(document, **tables, images_folder=dataset.images, folder=None).located(out)
    write_document(result.document, out)
    return result


def _check_names(looking: AuditPlan, hiding: InterventionsPlan) -> None:
    """Methods that are not there are refused before anything is loaded."""
    CAMS.find(looking.cam)
    check_fills(hiding.fills)


def _look(site: Site, header: dict[str, Any]) -> Run:
    """The audit's own pass: every image once."""
    if not site.resumes(site.folder):
        _clear(site.folder.parent)
    names = [sample.image_id for sample in site.dataset.samples]
    make = functools.partial(Collector, cam=header["method"]["cam"])
    stage = Stage(header=header, images=names, make=make, cost={})
    return site.fill(stage, site.open(stage, site.folder))


def _check_free(out: Path, options: Options) -> None:
    """An output folder that holds something is not touched unless that was asked for."""
    if out.exists() and not out.is_dir():
        msg = f"{out}: is a file; --out names a folder"
        raise UsageError(msg)
    if options.get("resume") or options.get("force") or options.get("shard", WHOLE) != WHOLE or not out.is_dir():
        return
    if any(out.iterdir()):
        msg = f"{out}: exists; choose another --out, --resume to go on with it, or --force to start again"
        raise UsageError(msg)


def _clear(out: Path) -> None:
    """Remove what an earlier audit wrote, and nothing else."""
    ours = [out / name for name in OURS] + list((out / RECORDS).glob("[!.]*"))  # the lock stays: it is held
    for path in ours:
        if path.is_dir() and path.name != RECORDS:
            shutil.rmtree(path)
        elif path.is_file():
            path.unlink()


def _check_read(images: pd.DataFrame, out: Path, *, skip_bad: bool) -> None:
    """Images that could not be used are refused, all at once, unless they may be left out."""
    bad = images[images["status"] != records.READ]
    faults = [f"{row.image_id}: {row.status}" for row in bad.itertuples()]
    if len(bad) == len(images):
        raise DataError.from_faults("no image could be used", faults)
    if not bad.empty and not skip_bad:
        error = DataError.from_faults(f"{len(bad)} of {len(images)} images could not be used", faults)
        rest = f"the other {len(images) - len(bad)} are done and kept in {out}: --resume --skip-bad reports on them"
        msg = f"{error}\n{rest}"
        raise DataError(msg)


def _itself(model: LoadedModel) -> LoadedModel:
    return model


def _planned_model(plan: Audit) -> LoadedModel:
    """The classifier that a plan names."""
    table = plan.model
    chosen = table.preprocessing
    preprocessing = None if chosen is None else Preprocessing(**chosen.model_dump())
    return load_model(
        table.source,
        classes=table.classes,
        weights=table.weights,
        preprocessing=preprocessing,
        target_layer=table.target_layer,
        root=plan.root,
    )


def _planned_dataset(plan: Audit, *, skip_bad: bool) -> AnnotatedDataset:
    """The dataset that a plan names."""
    table = plan.data
    known: Description = {
        "regions": table.regions,
        "masks": table.masks,
        "roles": table.roles,
        "exif": table.exif,
        "attributes": plan.audit.attributes,
        "classes": read_classes(plan.model.classes, root=plan.root),
        "skip_bad": skip_bad,
    }
    if table.annotations is None:
        return AnnotatedDataset.from_folders(table.images, **known)
    return AnnotatedDataset.from_csv(table.annotations, images=table.images, **known)
