"""What is done to images on purpose, and the tables of what came of it: regions hidden, maps put to the test.

``interventions``
    One row per trial: an image with one place of it hidden, swapped or added, and what the model then answered.
``deletions``
    One row per image and way of choosing a tenth of the picture to delete: by the map, or by something else.
``randomised``
    One row per image and model: the map of the model itself, and of copies whose weights are partly random.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import pyarrow as pa

Edges = tuple[float, float, float, float]
"""x_min, y_min, x_max, y_max as shares of the frame that the model sees."""


class Trial(NamedTuple):
    """One change to one image.

    Attributes
    ----------
    image_id, region
        What is changed.
    fill
        A way of the registry `auditor.evidence.interventions.FILLS`.
    place
        0 is the region itself, k the k-th control.
    box
        Where; None for the region's own shape.
    attribute
        By whose values the donor was chosen; None where it was not.
    donor_group
        ``"same"`` or ``"opposite"`` value of the attribute; ``"own_label"`` or ``"any_label"``; ``"cue"`` or
        ``"sham"``.
    donor
        The image that content is taken from; None where none is.
    """

    image_id: str
    region: str
    fill: str
    place: int
    box: Edges | None = None
    attribute: str | None = None
    donor_group: str | None = None
    donor: str | None = None


INTERVENTIONS: Final = pa.schema(
    [
        ("image_id", pa.string()),
        ("region", pa.string()),
        ("fill", pa.string()),
        ("place", pa.int16()),
        ("attribute", pa.string()),
        ("donor_group", pa.string()),
        ("donor", pa.string()),
        ("area", pa.float64()),  # share of the frame that was changed
        ("predicted_before", pa.string()),
        ("predicted", pa.string()),
        ("margin_before", pa.float64()),  # logit of the class answered before minus the best other logit, >= 0
        ("margin", pa.float64()),  # of the same class; below 0 the answer has flipped
        ("logits", pa.binary()),  # float32 little-endian, (classes,)
    ]
)
DELETIONS: Final = pa.schema(
    [
        ("image_id", pa.string()),
        ("kind", pa.string()),  # one of DELETION_KINDS
        ("area", pa.float64()),
        ("margin_before", pa.float64()),
        ("margin", pa.float64()),
    ]
)
RANDOMISED: Final = pa.schema(
    [
        ("image_id", pa.string()),
        ("kind", pa.string()),  # "model", "head-0", …, "cascade-1", …
        ("cam", pa.binary()),  # as in the attention table
        ("grid_height", pa.int16()),
        ("grid_width", pa.int16()),
        ("cam_max", pa.float64()),
        ("cam_sum", pa.float64()),
    ]
)
DELETION_KINDS: Final = ("map", "blob", "centre", "edges")
LEAKY: Final = frozenset({"blur"})
"""Fills that leave information in place: they are reported, and never count towards agreement."""
HEADS: Final = 20
"""Random heads that the maps are set against."""
STAGES: Final = {
    "interventions": {"interventions": INTERVENTIONS},
    "checks": {"deletions": DELETIONS, "randomised": RANDOMISED},
}
"""Tables of each stage that follows the audit's own pass."""
