"""Small groups are hidden, and no arithmetic on what is printed brings one of them back."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.privacy import suppression
from auditor.privacy.suppression import THRESHOLD, Group, Size, find_exposed, hide_groups, is_small, list_lines

LABELS = ("doctor", "nurse", "clerk")
VALUES = ("man", "woman", "other", "")


def table(cells: dict[tuple[str, str], int], attribute: str = "gender") -> dict[Group, int]:
    """A table of labels by values with all of its totals."""
    made: dict[Group, int] = {Group(): sum(cells.values())}
    for (label, value), n in cells.items():
        made[Group(label, attribute, value)] = n
        made[Group(label)] = made.get(Group(label), 0) + n
        made[Group(None, attribute, value)] = made.get(Group(None, attribute, value), 0) + n
    return made


def sized(counts: dict[Group, int]) -> dict[Group, Size]:
    return {group: Size(n, n) for group, n in counts.items()}


def recover(counts: dict[Group, int], hidden: frozenset[Group]) -> dict[Group, int]:
    """What someone computes who knows the printed counts and that totals are sums: exact elimination, in fractions."""
    lines = list_lines(counts)
    known = {group: n for group, n in counts.items() if group not in hidden}
    unknown = sorted(hidden, key=str)
    matrix = np.array([[float((u == line.total) - (u in line.parts)) for u in unknown] for line in lines])
    right = np.array(
        [sum(known.get(part, 0) for part in line.parts) - known.get(line.total, 0) for line in lines], dtype=float
    )
    if not unknown:
        return {}
    one, *_ = np.linalg.lstsq(matrix, right, rcond=None)
    found = {}
    for place, group in enumerate(unknown):
        unit = np.zeros(len(unknown))
        unit[place] = 1
        sure = np.linalg.lstsq(matrix.T, unit, rcond=None)[0] @ matrix
        if np.allclose(sure, unit, atol=1e-6):
            found[group] = round(float(one[place]))
    return found


def test_nothing_small_hides_nothing() -> None:
    counts = table(dict.fromkeys(product(LABELS, VALUES), 5))
    assert hide_groups(sized(counts)) == frozenset()


@pytest.mark.parametrize("n", [1, 4])
def test_a_small_cell_takes_others_with_it_that_would_give_it_away(n: int) -> None:
    counts = table(dict.fromkeys(product(LABELS, VALUES), 50) | {("nurse", "other"): n})
    naive = frozenset({Group("nurse", "gender", "other")})
    assert recover(counts, naive) == {Group("nurse", "gender", "other"): n}  # what would happen without the others
    hidden = hide_groups(sized(counts))
    assert naive < hidden
    assert len(hidden) == 4  # a rectangle: the fewest that hold
    assert recover(counts, hidden) == {}


def test_a_small_value_takes_along_those_not_recorded_rather_than_a_group_that_is_reported_on() -> None:
    counts = {Group(): 400, **{Group(None, "gender", v): n for v, n in zip(VALUES, (197, 180, 3, 20), strict=True)}}
    assert {group.subgroup for group in hide_groups(sized(counts))} == {"other", ""}


def test_the_hidden_ones_of_a_line_are_never_few_together() -> None:
    counts = {Group(): 103, **{Group(None, "age", v): n for v, n in {"a": 1, "b": 2, "c": 30, "d": 70}.items()}}
    assert {group.subgroup for group in hide_groups(sized(counts))} == {"a", "b", "c"}


def test_an_empty_cell_is_nobody() -> None:
    counts = table(dict.fromkeys(product(LABELS, VALUES), 50) | {("nurse", "other"): 0})
    assert hide_groups(sized(counts)) == frozenset()
    assert not is_small(Size(0, 0))


def test_persons_count_and_not_their_photographs() -> None:
    sizes = sized(table(dict.fromkeys(product(LABELS, VALUES), 50)))
    sizes[Group("nurse", "gender", "woman")] = Size(50, 2)
    assert Group("nurse", "gender", "woman") in hide_groups(sizes)


def test_a_hidden_total_is_not_the_sum_of_printed_parts() -> None:
    counts = table(dict.fromkeys(product(LABELS, VALUES), 6))
    assert recover(counts, frozenset({Group("nurse")})) == {Group("nurse"): 24}
    hidden = hide_groups(sized(counts), hidden=[Group("nurse")])
    assert recover(counts, hidden) == {}


def test_two_attributes_share_their_totals() -> None:
    """Each table alone keeps its secret; together they would tell it."""
    cells = {Group("a"): 4, Group("b"): 30, Group("c"): 30, Group(): 64}
    for attribute, of in (("x", "ab"), ("y", "ac")):
        cells |= {Group(None, attribute, value): 32 for value in "pq"}
        for label, value in product("abc", "pq"):
            cells[Group(label, attribute, value)] = (2 if label == "a" else 15) + (label in of and label != "a")
    hidden = hide_groups(sized(cells))
    assert Group("a") in hidden
    assert recover(cells, hidden) == {}


def deal_sites(counts: dict[Group, int], wanted: list[int]) -> dict[Group, int]:
    """The same people by site: each label's members go to s and t as far as wanted, the rest to u."""
    cells = {}
    for label, at_s, at_t in zip(LABELS, wanted[::2], wanted[1::2], strict=True):
        n = counts[Group(label)]
        s = min(at_s, n)
        t = min(at_t, n - s)
        cells |= {(label, "s"): s, (label, "t"): t, (label, "u"): n - s - t}
    return table(cells, "site")


def recover_of_two(first: list[int], second: list[int]) -> dict[Group, int]:
    """People of a table by gender, the same ones by site: whom someone computes back of those who are hidden."""
    counts = table(dict(zip(product(LABELS, VALUES), first, strict=True)))
    counts |= deal_sites(counts, second)
    hidden = hide_groups(sized(counts))
    assert {group for group, n in counts.items() if 0 < n < THRESHOLD} <= hidden
    if Group() in hidden or counts[Group()] < THRESHOLD:
        return {}
    return {group: n for group, n in recover(counts, hidden).items() if n}


@given(
    st.lists(st.integers(0, 12), min_size=12, max_size=12),
    st.lists(st.integers(0, 12), min_size=6, max_size=6),
)
@settings(max_examples=120, deadline=None)
def test_no_hidden_group_can_be_computed_back(first: list[int], second: list[int]) -> None:
    assert recover_of_two(first, second) == {}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ([0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 10], [0, 0, 0, 1, 1, 4]),  # gives away a single person
        ([0, 0, 0, 1, 0, 0, 0, 6, 0, 0, 0, 4], [1, 0, 0, 1, 4, 0]),
    ],
)
def test_sparse_tables_give_nobody_away(first: list[int], second: list[int]) -> None:
    assert recover_of_two(first, second) == {}


@pytest.mark.parametrize("seed", range(6))
def test_what_the_equations_tell_is_what_a_slow_search_tells(seed: int) -> None:
    """All tables of small whole numbers with the same printed cells: a cell is given away where none differs in it."""
    rng = np.random.default_rng(seed)
    cells = {(label, value): int(rng.integers(1, 3)) for label, value in product(LABELS[:2], VALUES[:3])}
    counts = table(cells)
    chosen = [group for group in counts if group.label and group.subgroup and rng.random() < 0.7][:4]
    lines = list_lines(counts)
    exposed = set(find_exposed(lines, chosen))
    values: dict[Group, set[int]] = {group: set() for group in chosen}
    for guess in product(range(-3, 7), repeat=len(chosen)):
        tried = counts | dict(zip(chosen, guess, strict=True))
        if all(tried[line.total] == sum(tried[part] for part in line.parts) for line in lines):
            for group in chosen:
                values[group].add(tried[group])
    assert exposed == {group for group in chosen if len(values[group]) == 1}


def test_a_table_too_large_for_the_equations_loses_its_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suppression, "MOST_UNKNOWNS", 2)
    counts = table(dict.fromkeys(product(LABELS, VALUES), 50) | {("nurse", "other"): 2})
    hidden = hide_groups(sized(counts))
    assert {group for group in counts if group.label and group.subgroup} <= hidden
    assert not {group for group in hidden if group.label is None}
