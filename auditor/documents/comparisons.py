"""A comparison in audit.json: models on the same images, what differs between them, and what may be said of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from auditor.documents.ladder import Estimate, Finite, Level, Part, Role

Leaning = Literal["candidate leans less", "baseline leans less", "alike", "mixed", "cannot tell"]
"""Which model leans less on a cue, or on all declared cues together; *alike* only where intervals lie inside of the
margin, *mixed* only where each model leans less on some cue."""
Fate = Literal["appeared", "disappeared", "grew", "shrank", "unchanged", "cannot tell"]
"""What became of a finding from baseline to candidate; each but the last two rests on a paired interval."""
Kind = Literal["only the baseline is right", "only the candidate is right", "both are right, for other reasons"]
"""Why an image is shown; *for other reasons* where more than half of one map would have to move to make the other."""
Probability = Annotated[float, Field(ge=0, le=1)]


class ComparedModel(Part):
    """One of the models that are compared, and the audit that says so."""

    name: str  # unique here: as the plan has it, or the folder of its audit
    source: str
    title: str  # of its audit
    created: str  # UTC, ISO 8601
    audit_sha256: str  # of its audit.json
    weights_sha256: str
    parameters: int
    cam: str
    target_layer: str
    grid: tuple[int, int]
    frame: tuple[int, int]
    n_read: int


class Matching(Part):
    """Which images are compared, and what had to be left aside."""

    n: int  # images that every model read
    clusters: int
    rule: str  # how an image of one audit was found in another
    only: dict[str, int]  # images that one model read and not all others, by model
    notes: list[str]  # regions, attributes and settings that the audits do not share, and what follows


class Change(Part):
    """One number of two models on the same images, and their paired difference.

    The three share their keys; ``outcome="correct"`` means images that *both* models got right.
    """

    baseline: Estimate
    candidate: Estimate
    change: Estimate  # candidate minus baseline; its interval and p-value are those of pairs


class CueChange(Part):
    """How much two models lean on one cue: a region alone or with an attribute, or a property of whole pictures."""

    fingerprint: str  # of the finding in each audit
    region: str
    role: Role
    attribute: str | None
    subgroup: str | None
    counts: bool  # whether the verdict rests on it: the region was declared protected or artefact
    baseline_level: Level | None  # None: that audit has no such finding
    candidate_level: Level | None
    fate: Fate
    leaning: Leaning  # never "mixed"
    size: Estimate | None  # change in size of the effect, the least over the fills that count; simultaneous interval
    p_adjusted: Probability | None  # that the sizes do not differ, the largest over the fills, Holm over all that count
    changes: list[Change]  # effect by fill, signed
    sentence: str


class Side(Part):
    """What one model made of an example."""

    predicted: str
    score: Finite
    cam: list[list[Finite]] | None  # the predicted class's map divided by its maximum; None where it is empty
    on: dict[str, Finite]  # share of the map on each region that is seen


class PairExample(Part):
    """One image with the maps of both models side by side."""

    image_id: str
    path: str  # relative to the images folder
    kind: Kind
    label: str
    attributes: dict[str, str]
    regions: dict[str, str]  # base64 of records.pack_raster by region
    distance: Finite  # total variation of the two maps, in [0, 1]
    baseline: Side
    candidate: Side


class PairMap(Part):
    """Mean maps of both models over the same images, each of which sums to 1."""

    label: str
    attribute: str | None = None
    subgroup: str | None = None
    n: int
    baseline: list[list[Finite]]
    candidate: list[list[Finite]]


class ComparisonVerdict(Part):
    """The page in words: who leans less, on what evidence, at what cost."""

    leaning: Leaning
    headline: str
    evidence: list[str]  # one sentence per cue that decided, or why none could
    trust: str  # among images that both get right, which rests more on core regions
    cost: str  # accuracy, overall and in the worst group
    cautions: list[str]  # what limits it


class Pair(Part):
    """One candidate against the baseline."""

    candidate: str
    verdict: ComparisonVerdict
    changes: list[Change]
    cues: list[CueChange]
    examples: list[PairExample]
    example_rule: str
    n_disagree: dict[str, int]  # images by kind of example, all of them
    maps: list[PairMap]


class Ranked(Part):
    """A model's place among more than two."""

    name: str
    place: tuple[int, int]  # best and worst place that simultaneous intervals leave open; 1 leans least
    reliance: Estimate  # on declared cues, in units of their margins; simultaneous interval
    accuracy: Estimate  # simultaneous interval
    cues: list[Estimate]  # size of each effect that enters


class Comparison(Part):
    """Models on the same images: part of the audit.json of the last candidate."""

    baseline: str
    made: str = ""  # UTC, ISO 8601: when; "" where that was not written down
    models: list[ComparedModel]  # the baseline first
    matching: Matching
    pairs: list[Pair]  # one per candidate, the one whose audit.json this is last
    ranking: list[Ranked] = Field(default_factory=list)  # with more than two models, the one that leans least first
    confidence: Finite
    alpha: Finite  # chance of one wrong "leans less" among all cues of a pair, if nothing differs
    method: list[str]  # how it was made, one sentence each
