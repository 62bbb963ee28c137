"""The error tree and the text of many faults at once."""

from __future__ import annotations

import pytest

from auditor import errors


def test_each_kind_has_the_exit_code_of_the_design() -> None:
    kinds = (errors.UsageError, errors.DataError, errors.ModelError, errors.RenderError, errors.UnfinishedError)
    assert [kind.exit_code for kind in kinds] == [2, 3, 3, 5, 0]
    assert all(issubclass(kind, errors.AuditorError) for kind in kinds)


@pytest.mark.parametrize(("count", "lines"), [(1, 2), (20, 21), (21, 22), (500, 22)])
def test_the_first_twenty_faults_are_listed_and_all_are_counted(count: int, lines: int) -> None:
    text = str(errors.DataError.from_faults("people.csv", [f"fault {k}" for k in range(count)]))
    assert text.startswith(f"people.csv: {count} fault")
    assert len(text.splitlines()) == lines
    assert ("and 480 more" in text) == (count == 500)


@pytest.mark.parametrize(
    ("name", "offered"),
    [("DOCTER", "; nearest: 'doctor'"), ("layr4", "; nearest: 'layer4'"), ("zzz", ""), ("", "")],
)
def test_the_nearest_name_is_offered_if_any_is_near(name: str, offered: str) -> None:
    assert errors.nearest(name, ["doctor", "nurse", "layer4"]) == offered
