from __future__ import annotations

import numpy as np

from auditor.analysis.negative_controls import deal_out
from auditor.analysis.questions import list_cells
from auditor.analysis.statistics.alignment import align_all
from auditor.analysis.statistics.memory import forget, once
from tests.analysis.asking import make_asked, planted


class Tables:
    def __init__(self) -> None:
        self.kept: dict[tuple[object, ...], object] = {}


def test_a_question_is_answered_once_per_table_and_name() -> None:
    asked: list[tuple[str, bool]] = []

    @once
    def ask(_: Tables, name: str, *, loudly: bool = False) -> list[str]:
        asked.append((name, loudly))
        return [name]

    one, other = Tables(), Tables()
    assert ask(one, "face") is ask(one, "face")
    assert ask(one, "face", loudly=True) == ["face"]
    assert ask(other, "face") is not ask(one, "face")
    assert ask(one, "hair") == ["hair"]
    assert asked == [("face", False), ("face", True), ("face", False), ("hair", False)]


def test_answers_about_an_attribute_are_forgotten_with_it() -> None:
    kept = {("cells", "attribute", "gender", "by_label", True): 1, ("region", "face"): 2, ("all", "age", "gender"): 3}
    assert forget(kept, "gender") == {("region", "face"): 2}


def test_what_is_kept_of_the_values_of_an_attribute_does_not_outlive_them() -> None:
    """Everything is asked before the values are dealt out, and must come out as if nothing had been."""
    asked, fresh = (make_asked(200, pushes=planted(0.5, "face")) for _ in range(2))
    align_all(asked, *asked.settings.attributes)
    list_cells(asked)
    for cells in asked.margins():
        assert len(cells.codes) == 200
    one, other = (deal_out(evidence, "gender", deal=3) for evidence in (asked, fresh))
    for by_label in (False, True):
        codes = [dealt.cells(by_label=by_label, attribute="gender").codes for dealt in (one, other)]
        assert np.array_equal(*codes)
    estimates = [[part.estimate for cell in list_cells(dealt) for part in cell.parts] for dealt in (one, other)]
    assert estimates[0] == estimates[1]
    assert estimates[0] != [part.estimate for cell in list_cells(asked) for part in cell.parts]
