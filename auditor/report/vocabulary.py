"""What the document's own keys are called in print: statistics, ways of hiding, quantities that have a margin."""

from __future__ import annotations

from typing import Final

STATISTICS: Final = {
    "accuracy": "answered right",
    "accuracy_gap": "difference in answered right",
    "simultaneous_accuracy_gap": "difference in answered right, limits for all such gaps at once",
    "confusion": "answered as",
    "mass": "share of map",
    "area": "area of region",
    "borrowed_mass": "share of map elsewhere",
    "enrichment": "enrichment",
    "enrichment_contrast": "enrichment over that of the rest",
    "mass_contrast": "share of map over that of the rest",
    "enrichment_over_heads": "share of map over that of random heads",
    "random_heads_mass": "share of map of random heads",
    "adjusted_mass_odds": "odds of map in the region over those of the rest, all else equal",
    "attention_error_odds": "odds of an error by attention, where the value is rare for the label",
    "attention_error_interaction": "odds of an error by attention, rare value for the label over the others",
    "pointing": "maximum inside",
    "attention_iou": "attention-IoU",
    "empty_maps": "empty maps",
    "cramers_v": "Cramér's V",
    "attribute_only_accuracy": "guessing from attribute",
    "majority_accuracy": "most frequent label",
    "mutual_information": "shared information",
    "normalised_mutual_information": "shared information, normalised",
    "property_association": "property of the picture by label",
    "property_only_accuracy": "guessing from the property",
    "property_majority_accuracy": "most frequent label",
    "property_shift": "evidence moved by the property",
    "property_both_ways": "evidence moved on the side pushed less",
    "property_flips": "answers changed",
    "property_accuracy_gap": "answered right with more of it, less with less of it",
    "aligned_shift": "shift between the groups",
    "both_ways_shift": "shift of the group pushed less",
    "occlusion_excess": "evidence moved, beyond control areas",
    "flip_excess": "answers changed, beyond control areas",
    "cross_swap_excess": "answers changed by the other group's region, beyond the own group's",
    "cross_swap_shift": "evidence moved by the other group's region, beyond the own group's",
    "insertion_excess": "answers changed by pasting the cue, beyond a sham",
    "insertion_shift": "evidence moved by pasting the cue, beyond a sham",
    "background_gap": "answered right on backgrounds of the own label, beyond any label",
    "other_label_gap": "answered right on backgrounds of the own label, beyond another label",
    "pasting_drop": "answered right untouched, beyond backgrounds of the own label",
    "repair_excess": "errors repaired, beyond control areas",
    "break_excess": "right answers broken, beyond control areas",
    "conflict_error_gap": "difference in errors where the value is rare for the label",
    "conflict_error_odds_ratio": "odds of errors where the value is rare for the label",
    "worst_group_accuracy": "answered right in the worst group",
    "selection_rate": "answered as the class that selects",
    "group_share": "share of the images",
    "impact_ratio": "selection rate over the highest",
    "flip_one_ratio": "the same, one pair of answers turned",
    "accuracy_spread": "best group's answered right less the worst's",
    **{f"accuracy_in_bin_{k:02}": f"answered right, scored {10 * k - 10} to {10 * k} %" for k in range(1, 11)},
    **{f"score_in_bin_{k:02}": f"mean score, scored {10 * k - 10} to {10 * k} %" for k in range(1, 11)},
}
"""A statistic that is not here goes by its own name."""
FILLS: Final = {
    "noise": "surround noise",
    "mean": "image mean",
    "inpaint": "inpainting",
    "swap": "swap",
    "insert": "insertion",
    "blur": "blur",
    "neutral": "one value for all",
    "mirrored": "as far the other way",
}


QUANTITIES: Final = {
    "alignment": ("a shift between the groups", "deviation"),
    "flips": ("answers changed", "difference"),
    "cross_swap": ("answers changed by the other group's region", "difference"),
    "background": ("answers right on a background of another label", "difference"),
    "enrichment": ("enrichment", "ratio"),
    "error_gap": ("a difference in errors", "difference"),
    "association": ("Cramér's V", "index"),
}
"""What has a margin, and in which unit."""


def statistic_name(name: str) -> str:
    """What a statistic is called in print.

    Parameters
    ----------
    name
        As in audit.json.

    Returns
    -------
    str
        In words.

    Examples
    --------
    >>> statistic_name("own_label_accuracy")
    'own label accuracy'
    """
    return STATISTICS.get(name, name.replace("_", " "))


def fill_name(name: str) -> str:
    """What a way of hiding is called in print.

    Parameters
    ----------
    name
        As in audit.json.

    Returns
    -------
    str
        In words.

    Examples
    --------
    >>> fill_name("inpaint")
    'inpainting'
    """
    return FILLS.get(name, name.replace("_", " "))
