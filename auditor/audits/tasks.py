"""One audit, checked before anything runs: what it looks at, what follows, and what it leaves behind."""

from __future__ import annotations

import functools
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from auditor import records
from auditor.audits.experiment import check_fills, try_interventions
from auditor.audits.outputs import clear
from auditor.audits.provenance import make_header
from auditor.audits.rechecking import as_tables
from auditor.audits.reusing import Recall, retell, tell_reuse
from auditor.audits.stages import Options, Site, Stage
from auditor.audits.summaries import sum_up
from auditor.errors import DataError
from auditor.evidence.cams import CAMS
from auditor.evidence.collector import Collector
from auditor.privacy.disclosure import find_sensitive
from auditor.publishing.filing import Told, add_told
from auditor.result import RECORDS, AuditResult, write_document
from auditor.runs import RUN, WHOLE
from auditor.runs.files import write_json
from auditor.runs.reuse import read_header
from auditor.trials import STAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import pandas as pd
    from pyarrow import Table

    from auditor.evidence.dataset import AnnotatedDataset, Sample
    from auditor.evidence.models import LoadedModel
    from auditor.plans.plan import AuditPlan, InterventionsPlan
    from auditor.runs import Run


logger = logging.getLogger("auditor")


@dataclass(frozen=True, kw_only=True)
class Order:
    """What an audit is asked for.

    Attributes
    ----------
    looking, hiding
        Those tables of the plan.
    plan
        The plan as the report prints it.
    told
        What is said of the audit beside what is measured.
    out
        Output folder.
    recall
        Where earlier records may answer; None where all is measured.
    """

    looking: AuditPlan
    hiding: InterventionsPlan
    plan: dict[str, Any]
    told: Told
    out: Path
    recall: Recall | None = None


@dataclass(frozen=True, kw_only=True)
class Task:
    """An audit that nothing known speaks against.

    Attributes
    ----------
    order
        What is asked for.
    site
        Where and on what it works.
    header
        What ``run.json`` will hold.
    """

    order: Order
    site: Site
    header: dict[str, Any]

    @property
    def stage(self) -> Stage:
        """The audit's own pass: every image once."""
        names = [sample.image_id for sample in self.site.dataset.samples]
        make = functools.partial(Collector, cam=self.header["method"]["cam"])
        return Stage(header=self.header, images=names, make=make, cost={})

    def open(self) -> Run:
        """The run of that pass: a new one, the one that was cut off, or one that answers in its place."""
        site, recall = self.site, self.site.recall
        if site.resumes(site.folder):
            return retell(site.open(self.stage, site.folder), self.header)
        if recall is None or not recall.own:
            clear(self.order.out)
        found = None
        if recall is not None:
            found = recall.find_look(site.folder, self.header, samples=site.dataset.samples, look=self._look_again)
        return found or site.open(self.stage, site.folder)

    def _look_again(self, samples: Sequence[Sample]) -> dict[str, Table]:
        """What the model says of some images now."""
        collector = self.stage.make(self.site.load(), self.site.dataset, device=self.site.devices[0])
        return as_tables(collector.collect(samples, progress=_ignore), collector.schemas)

    def look(self) -> Run:
        """Do that pass."""
        opened = self.open()
        return opened if opened.is_finished else self.site.fill(self.stage, opened)

    def conclude(self, looked: Run) -> AuditResult:
        """Do what follows from that pass, and save the result.

        Parameters
        ----------
        looked
            That pass, done.

        Returns
        -------
        AuditResult
            Saved in the output folder.

        Raises
        ------
        DataError
            If images could not be used and ``skip_bad`` is not set; the records are kept.
        UnfinishedError
            If other shards are not done yet.
        """
        tables = looked.tables()
        _check_read(tables["images"], self.order.out, skip_bad=self.site.options.get("skip_bad", False))
        tables |= try_interventions(self.site, looked, self.order.hiding, tables=tables)
        document = sum_up(looked.folder, looked.header, tables, recalls=self.site.recall is not None)
        document = add_told(document, self.order.told, header=looked.header, tables=tables)
        stages = {name: read_header(self.site.folder / name) for name in STAGES}
        remarks = [*document.remarks, *tell_reuse(looked.header, stages)]
        document = document.model_copy(update={"remarks": remarks})
        made = AuditResult(document, **tables, images_folder=self.site.dataset.images, folder=None)
        result = made.located(self.order.out)
        if read_header(looked.folder) != looked.header:  # the same records under another title
            write_json(looked.folder / RUN, looked.header)
        write_document(result.document, self.order.out)
        return result


def check_names(looking: AuditPlan, hiding: InterventionsPlan) -> None:
    """Refuse methods that are not there, before anything is loaded.

    Parameters
    ----------
    looking, hiding
        Those tables of the plan.

    Raises
    ------
    UsageError
        With the nearest known name.
    """
    CAMS.find(looking.cam)
    check_fills(hiding)


def remember(out: Path, options: Options, *, own: bool) -> Recall | None:
    """Where earlier records may answer an audit.

    Parameters
    ----------
    out
        The output folder that was named.
    options
        Of the audit.
    own
        Whether it holds finished audits already.

    Returns
    -------
    Recall or None
        None where all is to be measured, or shards share the work.
    """
    if options.get("force", False) or options.get("shard", WHOLE) != WHOLE:
        return None
    return Recall(beside=out, own=own, say=options.get("say") or logger.info)


def prepare(
    load: Callable[[], LoadedModel],
    dataset: AnnotatedDataset,
    order: Order,
    *,
    options: Options,
    name: str | None = None,
) -> Task:
    """Load a model, and check it against dataset and order.

    Parameters
    ----------
    load
        Loads the model.
    dataset
        The images and what is known of them.
    order
        What is asked for.
    options
        How the audit is run.
    name
        Of the model, where there are several.

    Returns
    -------
    Task
        To be done.

    Raises
    ------
    AuditorError
        If model, dataset and order do not go together.
    """
    dataset = dataset.select(order.looking.attributes)
    model = load()
    if options.get("skip_bad", False):
        dataset = dataset.keep_classes(model.classes)
    else:
        dataset.check_labels(model.classes)
    asked = order.told.report
    if asked.images == "blur-regions":
        find_sensitive({region: dataset.roles.get(region, "undeclared") for region in dataset.regions}, asked.blur)
    header = make_header(model, dataset, order.looking, plan=order.plan, policy=order.told.policy)
    site = Site(
        folder=order.out / RECORDS, dataset=dataset, load=load, options=options, model=name, recall=order.recall
    )
    return Task(order=order, site=site, header=header)


def _ignore(done: int) -> None:
    """A few images take no time to speak of."""


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
