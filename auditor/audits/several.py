"""Several models on the same images: one pass over the photographs, an audit of each model, and their comparison."""

from __future__ import annotations

import contextlib
import functools
from typing import TYPE_CHECKING

from auditor import runs
from auditor.audits.stages import Counter
from auditor.errors import UnfinishedError, UsageError, nearest
from auditor.evidence.engines.base import Job
from auditor.evidence.joint import JointCollector, JointLoader, JointRun
from auditor.publishing.folders import holds_audit, holds_comparison
from auditor.result import RECORDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from auditor.audits.tasks import Task
    from auditor.result import AuditResult
    from auditor.runs import Run, Shard, Unit


def check_alike(classes: Mapping[str, Sequence[str]]) -> None:
    """Refuse models that answer in other words: what they say of an image could not be compared.

    Parameters
    ----------
    classes
        Of each model by its name; their order may differ.

    Raises
    ------
    UsageError
        With what each other model has that the first has not, and the other way round.
    """
    (first, known), *others = classes.items()
    faults = []
    for name, names in others:
        more = [f"{label!r}{nearest(label, known)}" for label in names if label not in known]
        less = [repr(label) for label in known if label not in names]
        said = [f"{words} {', '.join(some)}" for words, some in (("has", more), ("lacks", less)) if some]
        faults += [f"{name} {' and '.join(said)}"] if said else []
    if faults:
        msg = f"model: all models of a plan name the same classes, in any order; against {first}, {'; '.join(faults)}"
        raise UsageError(msg)


def check_single(out: Path) -> None:
    """Refuse an output folder that is the audit of one model: a comparison never replaces it.

    Parameters
    ----------
    out
        Output folder of several models.

    Raises
    ------
    UsageError
        With what to do.
    """
    if (out / RECORDS).exists() or (holds_audit(out) and not holds_comparison(out)):
        raise UsageError(f"{out}: holds the audit of a single model; the plan has several: choose another --out")


def do_together(tasks: Mapping[str, Task], *, out: Path) -> AuditResult:
    """Do the audits of several models, and compare them.

    Parameters
    ----------
    tasks
        By name of the model, the baseline first; all on the same images.
    out
        Output folder of the comparison.

    Returns
    -------
    AuditResult
        The comparison, saved.

    Raises
    ------
    AuditorError
        As `Task.conclude` does for one model, and `auditor.compare`.
    """
    from auditor.comparing.comparison import compare, save_comparison

    first = next(iter(tasks.values()))
    with contextlib.ExitStack() as held:
        for task in tasks.values():
            held.enter_context(runs.locked(task.site.folder, task.site.shard))
        looked = look_together(tasks)
        results = _conclude(tasks, looked)
    progress = first.site.options.get("progress")
    return save_comparison(compare(*results, names=list(tasks), progress=progress), out)


def look_together(tasks: Mapping[str, Task]) -> dict[str, Run]:
    """Have every model look at every image, each of which is read and decoded once.

    Batch by batch the models take turns, so that at any time the models themselves and what they take in from three
    batches are in memory, however many images there are.

    Parameters
    ----------
    tasks
        By name of the model.

    Returns
    -------
    dict
        The run of each, done.

    Raises
    ------
    UnfinishedError
        If other shards are not done yet.
    """
    opened = {name: task.open() for name, task in tasks.items()}
    site = next(iter(tasks.values())).site
    shared = share_out(opened, site.shard)
    counts = f"images by {' and '.join(tasks)}"
    total = sum(len(unit.image_ids) for units in shared.values() for unit in units)
    jobs = [(_join({name: tasks[name] for name in names}, opened), units) for names, units in shared.items()]
    site.work(jobs, Counter(total, counts, site.options.get("progress")))
    return {name: run if run.is_finished else tasks[name].site.finish(run) for name, run in opened.items()}


def share_out(opened: Mapping[str, Run], shard: Shard) -> dict[tuple[str, ...], list[Unit]]:
    """Which units remain, by the models that have not seen them.

    Parameters
    ----------
    opened
        The run of each model; all have the same units.
    shard
        Units of this process.

    Returns
    -------
    dict
        Units in order. After a kill between two models only one of them does the unit again.
    """
    pending = {name: {unit.index for unit in run.pending(shard)} for name, run in opened.items()}
    shared: dict[tuple[str, ...], list[Unit]] = {}
    for unit in next(iter(opened.values())).units:
        names = tuple(name for name, units in pending.items() if unit.index in units)
        if names:
            shared.setdefault(names, []).append(unit)
    return shared


def _join(tasks: Mapping[str, Task], opened: Mapping[str, Run]) -> Job:
    first = next(iter(tasks.values()))
    return Job(
        JointRun({name: opened[name] for name in tasks}),
        first.site.dataset,
        JointLoader({name: task.site.load for name, task in tasks.items()}),
        functools.partial(JointCollector, cam=first.header["method"]["cam"]),
    )


def _conclude(tasks: Mapping[str, Task], looked: Mapping[str, Run]) -> list[AuditResult]:
    """What follows, model by model; where shards take turns, each does its share for every model."""
    results, left = [], []
    for name, task in tasks.items():
        try:
            results.append(task.conclude(looked[name]))
        except UnfinishedError as error:
            left.append(f"{name}: {error}")
    if left:
        raise UnfinishedError("\n".join(left))
    return results
