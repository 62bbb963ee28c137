"""What follows from the first look: regions hidden on a sample of images, and the maps themselves put to the test."""

from __future__ import annotations

import functools
import json
from collections import Counter, defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from auditor.analysis.compilation import gather
from auditor.analysis.design import plan_trials
from auditor.analysis.perturbations import plan_perturbations
from auditor.analysis.sampling import choose_probes, sample_images
from auditor.audits.provenance import address
from auditor.audits.stages import Site, Stage
from auditor.errors import UsageError
from auditor.evidence.experimenter import Experimenter
from auditor.evidence.interventions import FILLS
from auditor.evidence.prober import PASSES, RANDOM_PASSES, Prober
from auditor.properties import is_global
from auditor.runs import SUCCESS
from auditor.runs.files import fingerprint
from auditor.trials import STAGES, Trial

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from auditor.analysis.statistics.base import Evidence
    from auditor.plans.plan import InterventionsPlan
    from auditor.runs import Run

MOST_RANDOMISED = 64
"""Images whose maps are set against those of models with random weights."""
MOST_DELETED = 200
"""Images of which a tenth is deleted, by the map and by three other choices."""
FEWEST_FILLS = 2
MOST_PERTURBED = 300
"""Images that are changed as a whole, property by property."""


def check_fills(asked: InterventionsPlan) -> None:
    """Refuse a plan whose fills are not there, or cannot agree with one another.

    Parameters
    ----------
    asked
        That table of the plan.

    Raises
    ------
    UsageError
        With the nearest known name, or what is missing.
    """
    for name in asked.fills:
        FILLS.find(name)
    twice = [name for name, count in Counter(asked.fills).items() if count > 1]
    if twice:
        raise UsageError(
            f"interventions.fills: each way once is expected, found {twice[0]!r} {asked.fills.count(twice[0])} times"
        )
    counted = [name for name in asked.fills if _counts(name)]
    if asked.images and len(counted) < FEWEST_FILLS:
        ways = ", ".join(name for name in FILLS if _counts(name))
        found = ", ".join(asked.fills) or "none"
        raise UsageError(
            f"interventions.fills: at least two ways that remove information must agree before anything is said; "
            f"expected two or more of {ways}, found {found}; or images = 0 to hide nothing"
        )


def _counts(name: str) -> bool:
    """Whether a fill counts towards agreement: swaps are tested by themselves."""
    fill = FILLS[name]
    return fill.removes_information and not fill.needs_donor


def try_interventions(
    site: Site, looked: Run, asked: InterventionsPlan, *, tables: Mapping[str, pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """Hide regions, change whole pictures and test the maps, on a sample of the images.

    Parameters
    ----------
    site
        Where and on what to work.
    looked
        The audit's own pass, done.
    asked
        How many images and how.
    tables
        What that pass recorded.

    Returns
    -------
    dict
        Tables of the later stages by name; empty where nothing was asked for, or there is nothing to change: no region
        and no property of whole pictures that varies.
    """
    evidence = gather(looked.header, tables)
    trials = _plan(evidence, asked) if asked.images and not evidence.read.empty else []
    if not trials:
        for name in STAGES:
            site.forget(name)  # what an earlier plan left is of no audit any more
        return {}
    facts = _Facts(looked, asked, evidence)
    stages = {"interventions": facts.interventions(trials), "checks": facts.checks()}
    answered = {name: site.answer(stage, name) for name, stage in stages.items()}
    if None in answered.values():
        _announce(site, trials, facts)
    done = [answered[name] or site.follow(stage, name) for name, stage in stages.items()]
    return {name: table for run in done for name, table in run.tables().items()}


def _plan(evidence: Evidence, asked: InterventionsPlan) -> list[Trial]:
    """Trials on regions, then on properties of whole pictures, image by image."""
    trials = plan_trials(evidence, fills=asked.fills, controls=asked.controls, images=asked.images)
    rows = sample_images(evidence, images=min(asked.images, MOST_PERTURBED))
    trials += plan_perturbations(evidence, evidence.read["image_id"].iloc[rows].tolist())
    return sorted(trials, key=lambda trial: trial.image_id)


class _Facts:
    """What both stages are made from."""

    def __init__(self, looked: Run, asked: InterventionsPlan, evidence: Evidence) -> None:
        self.evidence, self.asked = evidence, asked
        self.cam, self.seed = looked.header["method"]["cam"], evidence.settings.seed
        read = evidence.read
        self.before = dict(zip(read["image_id"], read["logits"], strict=True))
        parts = json.loads((looked.folder / SUCCESS).read_text(encoding="utf-8"))
        self.fingerprints = {"records": fingerprint(parts), "seed": str(self.seed)}
        self.times = {"created": datetime.now(UTC).isoformat(timespec="seconds")}
        self.deleted = choose_probes(evidence, images=MOST_DELETED)
        self.randomised = choose_probes(evidence, images=MOST_RANDOMISED)

    def header(self, name: str, **made_from: object) -> dict[str, Any]:
        """What the run.json of a stage holds."""
        made = self.fingerprints | {"made from": fingerprint(made_from)}
        return {"tables": list(STAGES[name]), "fingerprints": made, "content": address(made), **self.times}

    def interventions(self, trials: Sequence[Trial]) -> Stage:
        """Regions hidden, and whole pictures changed."""
        by_image: dict[str, list[Trial]] = defaultdict(list)
        for trial in trials:
            by_image[trial.image_id].append(trial)
        before = {name: self.before[name] for name in by_image}
        whole = [trial for trial in trials if is_global(trial)]
        return Stage(
            header=self.header("interventions", whole=whole, **self.asked.model_dump()),
            images=list(by_image),
            make=functools.partial(Experimenter, trials=dict(by_image), before=before, seed=self.seed),
            counts="forward passes",
            cost=Counter(trial.image_id for trial in trials),
        )

    def checks(self) -> Stage:
        """Maps put to the test."""
        images = sorted({*self.deleted, *self.randomised})
        make = functools.partial(
            Prober,
            cam=self.cam,
            randomise=frozenset(self.randomised),
            before={name: self.before[name] for name in images},
            seed=self.seed,
        )
        header = self.header("checks", images=images)
        return Stage(header=header, images=images, make=make, counts="forward passes", cost=self.costs())

    def costs(self) -> dict[str, int]:
        """Passes that the checks take, by image."""
        return dict.fromkeys(self.deleted, PASSES) | dict.fromkeys(self.randomised, PASSES + RANDOM_PASSES)


def _announce(site: Site, trials: Sequence[Trial], facts: _Facts) -> None:
    """Say what it will cost before it starts."""
    hidden, whole = ([trial for trial in trials if is_global(trial) == answer] for answer in (False, True))
    checks = sum(facts.costs().values())
    ways = f" ({facts.asked.controls} controls; {', '.join(facts.asked.fills)})"
    parts = [
        f"{what} on {len({trial.image_id for trial in some})} images: {len(some):,} forward passes{more}"
        for what, some, more in (("hiding regions", hidden, ways), ("changing whole pictures", whole, ""))
        if some
    ]
    say = site.options.get("say")
    if say is not None:
        of = "" if site.model is None else f"{site.model}: "
        say(f"{of}{', '.join(parts)}, and about {checks:,} to test the maps")
