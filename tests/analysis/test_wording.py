from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from auditor.analysis.wording import percent, whole_points


def slow_percent(tenths_of_permille: int) -> str:
    value = Decimal(tenths_of_permille) / 100
    fine = value.quantize(Decimal("0.1"), ROUND_HALF_UP)
    if 0 < abs(fine) < 10:
        return f"{fine} %"
    return f"{value.quantize(Decimal(1), ROUND_HALF_UP) + 0} %"


def test_halves_are_rounded_away_from_zero_as_in_tables() -> None:
    """Python rounds 3.25 to 3.2 and 76.5 to 76; a sentence and the table beside it would part."""
    for number in range(-10_000, 10_001):
        assert percent(number / 10_000) == slow_percent(number).replace("-0 %", "0 %"), number
        whole = (Decimal(number) / 100).quantize(Decimal(1), ROUND_HALF_UP) + 0
        assert whole_points(number / 10_000).split()[0] == f"{whole}".replace("-0", "0"), number
