"""Registries: our entries, those of other packages, and what is said where one is missing or broken."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING

import pytest

from auditor import registries
from auditor.errors import UsageError
from auditor.registries import load_registry

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Entry points as if packages with them were installed."""

    def add(**points: str) -> None:
        found = [EntryPoint(name, value, "auditor.shapes") for name, value in points.items()]
        monkeypatch.setattr(registries, "entry_points", lambda group: [p for p in found if p.group == group])

    return add


def test_our_own_entries_need_no_package() -> None:
    shapes = load_registry("auditor.shapes", {"square": 4, "triangle": 3})
    assert dict(shapes) == {"square": 4, "triangle": 3}
    assert len(shapes) == 2
    assert "circle" not in shapes
    with pytest.raises(KeyError):
        shapes["circle"]


def test_packages_are_imported_when_their_entry_is_looked_up(install: Callable[..., None]) -> None:
    install(broken="no_such_package:shape", pi="math:pi", lost="math:shape")
    shapes = load_registry("auditor.shapes", {"square": 4})
    assert list(shapes) == ["square", "broken", "lost", "pi"]
    assert shapes["pi"] == pytest.approx(3.14159, abs=1e-5)
    for name in ("broken", "lost"):
        with pytest.raises(UsageError, match=f"auditor.shapes: '{name}' .* cannot be imported"):
            shapes.find(name)


def test_our_own_names_cannot_be_taken(install: Callable[..., None]) -> None:
    install(square="math:pi")
    with pytest.raises(UsageError, match=r"adds 'square' to auditor\.shapes \(math:pi\): that name is ours"):
        list(load_registry("auditor.shapes", {"square": 4}))


def test_a_missing_entry_is_answered_with_the_nearest() -> None:
    shapes = load_registry("auditor.shapes", {"square": 4, "triangle": 3})
    with pytest.raises(UsageError, match="has no 'sqare'; nearest: 'square'; there is: square, triangle"):
        shapes.find("sqare")
    assert shapes.find("square") == 4
