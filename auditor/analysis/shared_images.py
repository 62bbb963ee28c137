"""Which image of one audit is which of another: by name with the same content, else by content alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from auditor.analysis.wording import listed
from auditor.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from auditor.analysis.statistics.base import Evidence


class Shared(NamedTuple):
    """Images that several audits read.

    Attributes
    ----------
    names
        By audit, names in that audit by the name that the last audit gives the image; in sorted order of the latter.
    rule
        How they were found, in words.
    only
        By audit, images that it read and not all others did.
    notes
        What was left out.
    """

    names: dict[str, pd.Series[str]]
    rule: str
    only: dict[str, int]
    notes: list[str]


class _Found(NamedTuple):
    """Images of one audit in another."""

    names: pd.Series[str]  # here, by the name there
    moved: int  # found by content
    changed: int  # of the same name with other content


def find_shared(evidences: Mapping[str, Evidence]) -> Shared:
    """Find the images that all audits read.

    Parameters
    ----------
    evidences
        By name, at least two.

    Returns
    -------
    Shared
        Under the names of the last.

    Raises
    ------
    DataError
        If there is none.
    """
    *others, last = evidences
    keys = {name: _key(evidence) for name, evidence in evidences.items()}
    found = {name: _find(keys[name], keys[last]) for name in others}
    shared = keys[last].index
    for name in others:
        shared = shared[shared.isin(found[name].names.index)]
    if shared.empty:
        raise DataError(_tell_nothing_shared(keys, others=others, last=last))
    shared = shared.sort_values()
    names = {name: found[name].names.loc[shared] for name in others}
    names[last] = pd.Series(shared, index=shared, dtype=object)
    return Shared(
        names=names,
        rule=_tell_rule(sum(one.moved for one in found.values()), len(shared)),
        only={name: len(keys[name]) - len(shared) for name in evidences},
        notes=[
            f"Images with the same name in {name!r} and {last!r} and other content are left out: {one.changed}."
            for name, one in found.items()
            if one.changed
        ],
    )


def _key(evidence: Evidence) -> pd.Series[str]:
    """Content of each image read, by name."""
    return evidence.read.set_index("image_id")["sha256"].astype(object)


def _find(ours: pd.Series[str], theirs: pd.Series[str]) -> _Found:
    both = theirs.index[theirs.index.isin(ours.index)]
    equal = (theirs.loc[both] == ours.loc[both]).to_numpy(dtype=bool)
    by_name = pd.Series(both[equal], index=both[equal], dtype=object)
    here, there = (_by_content(one, without=other) for one, other in ((ours, theirs), (theirs, ours)))
    content = there.index[there.index.isin(here.index)]
    by_content = pd.Series(here.loc[content].to_numpy(), index=there.loc[content].to_numpy(), dtype=object)
    return _Found(pd.concat([by_name, by_content]), moved=len(by_content), changed=int((~equal).sum()))


def _by_content(own: pd.Series[str], *, without: pd.Series[str]) -> pd.Series[str]:
    """Names by content, of images whose name the other audit does not know and whose content occurs once."""
    left = own[~own.duplicated(keep=False) & ~own.index.isin(without.index) & (own != "") & own.notna()]
    return pd.Series(left.index, index=left.to_numpy(), dtype=object)


def _tell_rule(moved: int, n: int) -> str:
    if not moved:
        return "by name, contents equal (SHA-256)"
    if moved >= n:
        return "by content (SHA-256), as their names differ"
    return f"by name, contents equal (SHA-256); {moved} images whose names differ, by content"


def _tell_nothing_shared(keys: Mapping[str, pd.Series[str]], *, others: list[str], last: str) -> str:
    first = {name: f"{name!r} ({len(key)} images, first {key.index[0]})" for name, key in keys.items() if len(key)}
    empty = [name for name, key in keys.items() if key.empty]
    if empty:
        return f"compare: expected images that were read, found none in {listed([repr(name) for name in empty])}"
    told = listed([first[name] for name in [*others, last]])
    return f"compare: no image is in all of {told}: neither by name nor by content; audit the models on the same images"
