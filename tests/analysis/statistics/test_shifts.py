from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from auditor.analysis.statistics.bootstrap import draw_weights
from auditor.analysis.statistics.contrasts import measure_scale
from auditor.analysis.statistics.dealing import POOLED, Board, Cell, compare_values
from auditor.analysis.statistics.shifts import align, mean_shifts, sum_sides, weigh

if TYPE_CHECKING:
    from auditor.geometry import FloatArray


def plain_sides(shifts: FloatArray, member: FloatArray, labels: FloatArray) -> tuple[float, float]:
    """μ₀ and μ₁ by the letter of the formula."""
    top, whole = [0.0, 0.0], 0.0
    for label in set(labels.tolist()) - {-1}:
        sides: list[list[float]] = [[], []]
        for d, a, y in zip(shifts, member, labels, strict=True):
            if y == label and np.isfinite(d):
                sides[int(a)].append(d)
        if sides[0] and sides[1]:
            w = len(sides[0]) * len(sides[1]) / (len(sides[0]) + len(sides[1]))
            whole += w
            for side in (0, 1):
                top[side] += w * sum(sides[side]) / len(sides[side])
    return (top[0] / whole, top[1] / whole) if whole else (np.nan, np.nan)


def make_board(n: int, *, seed: int = 0, n_labels: int = 2, persons: int | None = None, draws: int = 300) -> Board:
    generator = np.random.default_rng(seed)
    clusters = np.arange(n) if persons is None else generator.permutation(np.arange(n) % persons)
    shifts = generator.normal(size=(n, 2))
    shifts[generator.random((n, 2)) < 0.1] = np.nan
    weights = draw_weights(int(clusters.max()) + 1, draws=draws, generator=generator)
    margins = generator.normal(size=n)
    scale = measure_scale(margins, clusters=clusters, weights=weights)
    return Board(
        shifts=shifts,
        labels=generator.integers(0, n_labels, n),
        clusters=clusters,
        areas=generator.random(n),
        scales=[scale, scale],
        weights=weights,
        min_clusters=3,
    )


def compare(board: Board, values: FloatArray, **given: object) -> list[Cell]:
    facts = {"wanted": [1], "draws": 199, "generator": np.random.default_rng(5)} | given
    return compare_values(board, values, **facts)[0]


def test_weights_and_means_against_a_plain_loop() -> None:
    generator = np.random.default_rng(1)
    shifts, member, labels = generator.normal(size=(70, 2)), generator.random(70) < 0.4, generator.integers(-1, 3, 70)
    shifts[::6, 1] = np.nan
    member[labels == 2] = False
    sums = sum_sides(shifts, member=member, labels=labels, clusters=generator.integers(0, 20, 70)).sum(axis=0)
    assert weigh(sums[0, :, 0])[2] == 0
    for column in range(2):
        assert mean_shifts(sums[column]) == pytest.approx(plain_sides(shifts[:, column], member, labels))


def test_no_label_with_both_sides_is_no_number() -> None:
    counts = np.array([[[3.0, 0.0], [0.0, 4.0]]])
    assert np.isnan(weigh(counts)).all()
    assert np.isnan(mean_shifts(np.stack([counts, counts], axis=-2))).all()


@pytest.mark.parametrize("persons", [None, 60])
def test_aligned_shift_against_the_letter_of_the_formula(persons: int | None) -> None:
    board = make_board(150, n_labels=3, persons=persons)
    values = np.random.default_rng(2).integers(-1, 2, 150)
    cells = compare(board, values, within=[(0, 1), (1, 2)])
    assert [(cell.column, cell.label) for cell in cells] == [(0, POOLED), (1, POOLED), (0, 1), (1, 2)]
    for cell in cells:
        ours = (values >= 0) & ((cell.label == POOLED) | (board.labels == cell.label))
        labels = np.where(ours, board.labels, -1)
        rest, members = plain_sides(board.shifts[:, cell.column], values == 1, labels)
        spread = board.scales[cell.column].value
        assert cell.shift.estimate == pytest.approx((members - rest) / 2 / spread)
        s = 1 if members > rest else -1
        assert cell.shift.both_ways == pytest.approx(min(s * members, -s * rest) / spread)
        taking = (labels >= 0) & np.isfinite(board.shifts[:, cell.column])
        assert (cell.shift.n, cell.shift.clusters) == (taking.sum(), len(set(board.clusters[taking].tolist())))


def test_each_draw_recomputes_everything_from_the_images_it_took() -> None:
    board = make_board(90, persons=40, draws=25)
    values = np.random.default_rng(3).integers(0, 2, 90)
    cell = compare(board, values)[1]
    for draw, row in enumerate(board.weights):
        taken = np.repeat(np.arange(90), row[board.clusters])
        rest, members = plain_sides(board.shifts[taken, 1], values[taken], board.labels[taken])
        spread = board.scales[1].draws[draw]
        assert cell.shift.draws[draw, 0] == pytest.approx((members - rest) / 2 / spread, rel=1e-4, abs=1e-5)
    for cluster, left in enumerate(cell.shift.jackknife):
        kept = board.clusters != cluster
        rest, members = plain_sides(board.shifts[kept, 1], values[kept], board.labels[kept])
        assert left[0] == pytest.approx((members - rest) / 2 / board.scales[1].left[cluster])


def test_the_permutation_test_against_plain_permutations() -> None:
    board = make_board(80, seed=4)
    board.shifts[np.arange(80) % 2 == 1] += 0.3
    values = np.arange(80) % 2
    cell = compare(board, values, draws=9999)[0]
    generator = np.random.default_rng(6)
    fifths = np.zeros(80, int)
    for label in range(2):
        mine = np.flatnonzero(board.labels == label)
        cuts = np.quantile(board.areas[mine], [0.2, 0.4, 0.6, 0.8])
        fifths[mine] = [sum(area > cut for cut in cuts) for area in board.areas[mine]]
    spread, beyond, drawn = board.scales[0].value, 0, []
    for _ in range(1500):
        dealt = values.copy()
        for stratum in set(zip(board.labels.tolist(), fifths.tolist(), strict=True)):
            at = np.flatnonzero((board.labels == stratum[0]) & (fifths == stratum[1]))
            dealt[at] = generator.permutation(dealt[at])
        rest, members = plain_sides(board.shifts[:, 0], dealt, board.labels)
        drawn.append((members - rest) / 2 / spread)
        beyond += abs(drawn[-1]) >= abs(cell.shift.estimate) - 1e-12
    assert cell.p_value == pytest.approx((1 + beyond) / 1501, abs=0.03)
    assert stats.ks_2samp(cell.null, drawn).pvalue > 0.01


def test_shares_of_persons_who_move_as_a_whole_are_recomputed_in_every_draw() -> None:
    board = make_board(120, persons=40, seed=7)
    values = (board.clusters % 2).astype(int)
    cell = compare(board, values, draws=300)[0]
    generator = np.random.default_rng(8)
    plain = []
    for _ in range(300):
        dealt = generator.permutation(np.arange(40) % 2)[board.clusters]
        rest, members = plain_sides(board.shifts[:, 0], dealt, board.labels)
        plain.append((members - rest) / 2 / board.scales[0].value)
    assert cell.null.std() == pytest.approx(np.std(plain), rel=0.2)


def test_several_values_each_against_the_rest_share_their_draws() -> None:
    board = make_board(200, seed=9)
    values = np.random.default_rng(10).integers(0, 3, 200)
    together = compare_values(board, values, wanted=[0, 1, 2], draws=400, generator=np.random.default_rng(1))
    for value in range(3):
        (alone,) = compare_values(board, values, wanted=[value], draws=400, generator=np.random.default_rng(1))
        rest, members = plain_sides(board.shifts[:, 0], values == value, board.labels)
        assert together[value][0].shift.estimate == pytest.approx((members - rest) / 2 / board.scales[0].value)
        np.testing.assert_allclose(together[value][0].null, alone[0].null)
    assert np.corrcoef(together[0][0].null, together[1][0].null)[0, 1] < -0.2


def test_labels_with_too_few_clusters_are_left_out_and_without_any_there_is_no_number() -> None:
    board = make_board(200, seed=11, n_labels=2)
    values = np.where((board.labels == 1) & (np.arange(200) % 50 > 1), 0, np.arange(200) % 2)
    few = {"min_clusters": 10}
    narrowed = Board(**{name: getattr(board, name) for name in Board.__dataclass_fields__} | few)
    pooled, _, second = compare(narrowed, values, within=[(0, 1)])
    rest, members = plain_sides(board.shifts[:, 0], values, np.where(board.labels == 0, 0, -1))
    assert pooled.shift.estimate == pytest.approx((members - rest) / 2 / board.scales[0].value)
    assert np.isnan([second.shift.estimate, second.p_value, second.shift.se, *second.shift.interval(0.95)]).all()
    assert second.fewest < 10
    strict = Board(**{name: getattr(board, name) for name in Board.__dataclass_fields__} | {"min_clusters": 500})
    nothing = compare(strict, values)[0]
    assert np.isnan(nothing.shift.estimate)
    assert (nothing.shift.n, nothing.fewest > 0) == (0, True)


def test_draws_that_miss_a_side_are_passed_over() -> None:
    board = make_board(60, draws=2000)
    values = np.zeros(60, int)
    values[:3] = 1
    board.labels[:] = 0
    cell = compare(board, values)[0]
    assert 0 < np.isnan(cell.shift.draws[:, 0]).sum() < 400
    assert np.isfinite([cell.shift.se, *cell.shift.interval(0.95)]).all()


def test_a_margin_that_never_changes_has_no_spread_and_no_shift() -> None:
    board = make_board(60)
    flat = measure_scale(np.ones(60), clusters=board.clusters, weights=board.weights)
    still = Board(**{name: getattr(board, name) for name in Board.__dataclass_fields__} | {"scales": [flat, flat]})
    assert np.isnan(compare(still, np.arange(60) % 2)[0].shift.estimate)


def test_the_effective_number_of_clusters_is_satterthwaites() -> None:
    counts = np.zeros((2020, 1, 2, 2, 1))
    counts[:20, 0, 1, 0, 0] = counts[20:, 0, 0, 0, 0] = 1
    counts[:, 0, :, 1] = counts[:, 0, :, 0] * np.random.default_rng(12).normal(size=(2020, 1, 1))
    weights = draw_weights(2020, draws=50, generator=np.random.default_rng(13))
    scale = measure_scale(np.random.default_rng(14).normal(size=2020), clusters=np.arange(2020), weights=weights)
    (shift,) = align(counts, clusters=np.arange(2020), scales=[scale], weights=weights)
    expected = (1 / 20 + 1 / 2000) ** 2 / (20 / 20**4 + 2000 / 2000**4)
    assert shift.effective == pytest.approx([expected, 20, 2000])
    assert shift.freedom == pytest.approx(expected - 1)
