"""audit.json as types: the single source of every report, checked on the way in and out."""

from __future__ import annotations

import json
from typing import Any, Final, Literal

from pydantic import Field

from auditor.documents.comparisons import Comparison
from auditor.documents.declared import Declared
from auditor.documents.frameworks import Framework
from auditor.documents.ladder import Estimate, Finding, Finite, Part, Protocol, Role

SCHEMA_VERSION: Final = "1.4"

REDACTED: Final = "audit.redacted.json"
"""The version of audit.json that reports were made from, beside them, where it is not the audit itself."""

Grid = list[list[Finite]]
"""A map, row by row."""


class Tool(Part):
    """What made the audit."""

    name: str
    version: str
    environment: dict[str, str]  # package or platform: version


class ModelFacts(Part):
    """The audited classifier, as measured."""

    source: str
    classes: list[str]
    weights_file: str | None  # name only, never a path of the machine
    weights_sha256: str
    parameters: int
    target_layer: str
    target_layer_origin: Literal["named in the plan", "found by probing"]
    grid: tuple[int, int]  # height, width of the maps
    frame: tuple[int, int]  # height, width in pixels of what the model sees
    preprocessing: dict[str, Any]
    preprocessing_origin: str


class LeftOut(Part):
    """An image that was listed and could not be used."""

    image_id: str
    reason: str


class AttributeFacts(Part):
    """How often each value of an attribute occurs among the images read."""

    name: str
    counts: dict[str, int]  # "" is "not recorded"


class RegionFacts(Part):
    """How often a region occurs, and how large it is."""

    name: str
    role: Role
    images: int  # images read in which the region is seen
    median_area: Finite | None  # share of the frame


class DataFacts(Part):
    """The dataset, as read."""

    images_folder: str  # relative to the folder of audit.json where it can be
    annotations: str
    manifest_sha256: str
    exif: str  # whether orientation was applied, and who said so
    n_listed: int  # rows of the annotations, those that were skipped included
    n_skipped: int | None = None  # of these: at fault, and no image of theirs was tried; None: n_listed lacks them
    n_read: int
    n_clusters: int
    clusters_origin: str  # "group_id" or "one image each"
    left_out: list[LeftOut]  # the first 200
    faults: list[str]  # rows skipped on request before any image was read: the first 200
    n_faults: int
    notes: dict[str, int]  # oddity of a file: images
    labels: dict[str, int]
    attributes: list[AttributeFacts]
    regions: list[RegionFacts]


class Method(Part):
    """How the numbers were made."""

    cam: str
    targets: list[str]
    seed: int
    confidence: Finite
    draws: int  # of the bootstrap
    borrowed: int  # regions borrowed per image and region
    min_clusters: int  # below: the number is shown, marked, and not relied on
    minimum_opportunity: Finite


class MeanMap(Part):
    """Mean over images of maps that each sum to 1."""

    target: Literal["label", "predicted"]
    label: str
    attribute: str | None = None
    subgroup: str | None = None
    n: int  # maps that are not empty
    grid: Grid


class ExampleRegion(Part):
    """A region on an example, as its raster's outline."""

    region: str
    raster: str  # base64 of records.pack_raster


class Example(Part):
    """One image shown in the report."""

    image_id: str
    path: str  # relative to the images folder
    kind: Literal["misclassified", "control"]
    control_of: str | None = None  # image_id
    label: str
    predicted: str
    score: Finite
    attributes: dict[str, str]
    regions: list[ExampleRegion]
    cam: Grid | None  # the predicted class's map divided by its maximum; None where it is empty
    cam_label: Grid | None  # the label's


class Examples(Part):
    """Which images are shown, and by what rule."""

    rule: str
    n_misclassified: int
    items: list[Example]


class Asked(Part):
    """What the report is asked to file, beside what was measured."""

    preset: Literal["ll144", "four_fifths"] | None = None
    public: bool = False  # reports are of the public version: see auditor.privacy.publication
    images: Literal["none", "blur-regions", "full"] | None = None  # how much of the photographs is shown; None: usual
    blur: list[str] | None = None  # regions that are pixelated; None: those declared protected
    hash_ids: bool = False
    language: str = "en"  # of the HTML and PDF reports
    positive: str | None = None  # the class whose selection rates are compared
    requirements: list[str] | None = None  # names of frameworks that ship; None: the usual ones
    frameworks: list[Framework] = Field(default_factory=list)  # the user's own, in whole


class PolicyLock(Part):
    """The policy that the plan names, as it was before the run."""

    name: str  # of its file, or of the preset; never a path of the machine
    sha256: str
    locked_at: str  # UTC, ISO 8601
    rules: list[str]  # in words
    text: str  # of the file


class HiddenGroup(Part):
    """A group of people of whom a derived version says nothing; None means *not split by it*."""

    label: str | None = None
    attribute: str | None = None
    subgroup: str | None = None


class Redaction(Part):
    """What sets a derived version apart from the audit that it was made from."""

    source_sha256: str  # of the audit.json it was made from
    public: bool
    hashed_ids: bool
    threshold: int | None = None  # groups of fewer are hidden; None: no group is
    groups: list[HiddenGroup] = Field(default_factory=list)  # small ones, and those that would give them away
    numbers: int = 0  # estimates left out
    maps: int = 0  # mean maps left out
    examples: int = 0  # single images left out


class Document(Part):
    """Everything that a report may say: the content of audit.json.

    Its JSON Schema ships as ``audit.schema.json``; see `make_schema`.
    """

    # 1.1 knew no declared facts: they read "not declared"; 1.2 knew no policy: none was locked before the run; 1.3 knew
    # no comparison: none was made
    schema_version: Literal["1.1", "1.2", "1.3", "1.4"] = SCHEMA_VERSION
    title: str
    created: str  # UTC, ISO 8601
    tool: Tool
    plan: dict[str, Any]
    model: ModelFacts
    data: DataFacts
    method: Method
    remarks: list[str] = Field(
        default_factory=list
    )  # what was done on the way in: files passed over, wrappers taken off
    warnings: list[str]  # shown on page 1
    not_tested: list[str]  # shown on page 1
    estimates: list[Estimate]
    mean_maps: list[MeanMap]
    examples: Examples
    findings: list[Finding] = Field(default_factory=list)
    protocol: Protocol | None = None  # None: nothing was hidden
    declared: Declared = Field(default_factory=Declared)
    declared_at: str | None = None  # UTC, ISO 8601: of `auditor declare`; None: in the plan, before the run
    report: Asked = Field(default_factory=Asked)
    policy: PolicyLock | None = None  # None: the plan named none
    redaction: Redaction | None = None  # None: this is the audit itself
    comparison: Comparison | None = None  # None: this is an audit alone; else that of the last candidate

    def hides(self, *, label: str | None = None, attribute: str | None = None, subgroup: str | None = None) -> bool:
        """Say whether this version leaves out a group of people that the audit has.

        Parameters
        ----------
        label, attribute, subgroup
            Whom the group is of; None means *not split by it*.

        Returns
        -------
        bool
            False in the audit itself.
        """
        group = HiddenGroup(label=label, attribute=attribute, subgroup=subgroup)
        return self.redaction is not None and group in self.redaction.groups


ESTIMATE_COLUMNS: Final = (
    "statistic",
    "target",
    "region",
    "fill",
    "label",
    "predicted",
    "attribute",
    "subgroup",
    "outcome",
    "estimate",
    "ci_low",
    "ci_high",
    "n",
    "clusters",
    "p_value",
    "unit",
    "method",
    "source",
)
"""Columns of the estimates table: the fields of `Estimate`, with the interval in two columns."""


def make_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of audit.json.

    Returns
    -------
    dict
        What ``audit.schema.json`` holds.

    Examples
    --------
    >>> make_schema()["title"]
    'auditor: audit.json'
    """
    schema = Document.model_json_schema()
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": dialect, **schema, "title": "auditor: audit.json"}


def serialise(document: Document) -> bytes:
    """The bytes of audit.json.

    Parameters
    ----------
    document
        What to write.

    Returns
    -------
    bytes
        The same for the same document.
    """
    text = json.dumps(document.model_dump(mode="json"), indent=1, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode(errors="backslashreplace")  # half a character, as file names may hold: JSON escapes it so
