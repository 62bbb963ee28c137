"""The front door: every public name is listed once, can be had, and says what it is."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest

import auditor
from tests.processes import run_python


def test_names_are_sorted_and_listed_once() -> None:
    assert auditor.__all__ == sorted(set(auditor.__all__))
    assert set(auditor.__all__) <= set(dir(auditor))


def test_type_checkers_see_the_same_names() -> None:
    (block,) = (node for node in ast.parse(inspect.getsource(auditor)).body if isinstance(node, ast.If))
    seen = [
        alias.asname or alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names
    ]
    assert sorted(seen) == auditor.__all__


@pytest.mark.parametrize("name", auditor.__all__)
def test_name_is_documented(name: str) -> None:
    thing = getattr(auditor, name)
    text = inspect.getdoc(thing)
    assert text, f"auditor.{name} has no docstring"
    assert text != inspect.getdoc(type(thing)), f"auditor.{name} only has its type's docstring"
    if inspect.isfunction(thing):
        assert "Parameters\n---" in text
        assert "Returns\n---" in text
        for parameter in inspect.signature(thing).parameters:
            assert parameter in text, f"auditor.{name} does not describe {parameter!r}"


@pytest.mark.parametrize("name", auditor.__all__)
def test_name_stays_what_it_was(name: str) -> None:
    """A module of that name, imported later, would take the name's place."""
    first = getattr(auditor, name)
    for module in pkgutil.walk_packages(auditor.__path__, "auditor."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    assert getattr(auditor, name) is first


def test_every_name_can_be_had_in_a_fresh_process() -> None:
    code = "from auditor import *; import auditor; print(all(name in globals() for name in auditor.__all__))"
    assert run_python(code) == "True\n"


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'auditor' has no attribute 'heatmap'"):
        auditor.heatmap  # noqa: B018
    assert not hasattr(auditor, "__wrapped__")


def test_examples_of_the_readme_use_public_names_only() -> None:
    readme = Path(__file__).parents[1] / "README.md"
    used = {
        node.attr
        for block in readme.read_text(encoding="utf-8").split("```python\n")[1:]
        for node in ast.walk(ast.parse(block.split("```")[0]))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "auditor"
    }
    assert used <= set(auditor.__all__)
