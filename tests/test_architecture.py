"""The house rules that a machine can hold: who may import whom, what stands where, and how large it may grow."""

from __future__ import annotations

import ast
import functools
import graphlib
import importlib
import inspect
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

import auditor
from tests.processes import run_python

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "auditor"
FILES = sorted(PACKAGE.rglob("*.py"))
GROUND = {
    "errors",
    "geometry",
    "records",
    "columns",
    "properties",
    "trials",
    "documents",
    "registries",
    "resources",
    "runs",
}
WINGS = {"evidence", "analysis", "report"}
DRAWERS = sorted(folder for wing in WINGS for folder in (PACKAGE / wing).glob("*/") if any(folder.glob("*.py")))
TORCHLESS = {
    "analysis",
    "report",
    *GROUND,
    "result",
    "plans",
    "privacy",
    "publishing",
    "comparing",
    "gating",
    "judging",
}
ONLY_IN = {  # rooms, or single modules of one
    "click": {"cli", "commands"},
    "yaml": {"documents.frameworks", "report"},
    "rich": {"commands.progress"},
    "jinja2": {"report"},
    "weasyprint": {"report"},
    "torch": {"evidence", "audits.provenance", "testing", "demo", "inventory"},
}
MAX_LINES = 300
MAX_FUNCTION_LINES = 40
MAX_POSITIONAL = 3
MAX_NESTING = 3

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Import(NamedTuple):
    """One imported module, and the line that does it."""

    file: Path
    line: int
    module: str
    while_loading: bool

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line} imports {self.module}"


@functools.cache
def parse(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def name_module(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_module(file): file for file in FILES}


def find_room(module: str) -> str:
    """First name below the package: ``auditor.evidence.cams`` is in evidence."""
    return module.split(".")[1] if "." in module else module


def list_later(tree: ast.Module) -> set[int]:
    """Lines of what does not run while a module loads: bodies of functions, and imports for types alone."""
    later: set[int] = set()
    for node in ast.walk(tree):
        typing_only = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        if typing_only or isinstance(node, Function):
            later.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return later


@functools.cache
def list_imports(file: Path) -> tuple[Import, ...]:
    tree = parse(file)
    later = list_later(tree)
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: imports are written in full"
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in MODULES else str(node.module) for name in inner]
        else:
            continue
        found += [Import(file, node.lineno, name, node.lineno not in later) for name in dict.fromkeys(names)]
    return tuple(found)


def all_imports() -> Iterator[tuple[str, Import]]:
    """Each import with the room it stands in; the package's front door is not a room."""
    for module, file in MODULES.items():
        if module != "auditor":
            yield from ((find_room(module), item) for item in list_imports(file))


def expect_none(faults: Iterable[object]) -> None:
    listed = [str(fault) for fault in faults]
    assert not listed, "\n".join(listed)


def floor(room: str) -> int:
    return 0 if room in GROUND else 1 if room in WINGS else 2


def test_package_was_found() -> None:
    assert len(FILES) > 20
    assert sum(len(list_imports(file)) for file in FILES) > 100
    assert {room for room, _ in all_imports()} >= WINGS | GROUND | {"cli"}


def test_imports_run_downward() -> None:
    ours = [(room, item) for room, item in all_imports() if item.module.split(".")[0] == "auditor"]
    expect_none(item for room, item in ours if floor(find_room(item.module)) > floor(room))


def test_wings_meet_only_in_the_records() -> None:
    ours = [(room, item) for room, item in all_imports() if room in WINGS]
    expect_none(item for room, item in ours if find_room(item.module) in WINGS - {room})


def test_imports_have_no_circle() -> None:
    graph = {
        module: {item.module for item in list_imports(file) if item.while_loading and item.module in MODULES} - {module}
        for module, file in MODULES.items()
    }
    # A package's front door and its rooms load each other by design: the door comes first.
    for module, needs in graph.items():
        needs -= {parent for parent in needs if module.startswith(f"{parent}.")}
    graphlib.TopologicalSorter(graph).prepare()


def test_rooms_stand_above_one_another() -> None:
    """Not even for the sake of types does a room look up at one that builds on it."""
    graph: dict[str, set[str]] = {}
    for room, item in all_imports():
        if item.module.startswith("auditor."):
            graph.setdefault(room, set()).update({find_room(item.module)} - {room})
    order = list(graphlib.TopologicalSorter(graph).static_order())
    assert order.index("documents") < order.index("plans") < order.index("audits") < order.index("cli")


@pytest.mark.parametrize("library", ONLY_IN)
def test_library_is_imported_only_where_it_belongs(library: str) -> None:
    users = {item: name_module(item.file) for _, item in all_imports() if item.module.split(".")[0] == library}
    assert users
    allowed = tuple(f"auditor.{name}." for name in ONLY_IN[library])
    expect_none(item for item, module in users.items() if not f"{module}.".startswith(allowed))


def test_nothing_right_of_the_wall_knows_torch() -> None:
    heavy = [(room, item) for room, item in all_imports() if item.module.split(".")[0] in {"torch", "torchvision"}]
    expect_none(item for room, item in heavy if room in TORCHLESS)


@pytest.mark.parametrize("drawer", DRAWERS, ids=lambda folder: folder.relative_to(PACKAGE).as_posix())
def test_drawer_has_contract_and_registry(drawer: Path) -> None:
    assert (drawer / "base.py").is_file()
    opened = vars(importlib.import_module(name_module(drawer / "__init__.py")))
    (registry,) = (
        value for name, value in opened.items() if name.isupper() and isinstance(value, Mapping) and name[0] != "_"
    )
    assert registry
    assert [name for name, entry in registry.items() if not inspect.getdoc(entry)] == []


def test_no_module_bears_the_name_of_a_function() -> None:
    """A package that imports a function of that name hides the module behind it, or the module hides the function."""
    for package, door in MODULES.items():
        if door.name == "__init__.py":
            rooms = {name.rsplit(".", 1)[1] for name in MODULES if name.rpartition(".")[0] == package}
            public = {name for node in parse(door).body for name in list_bound(node)}
            public |= set(auditor.__all__) if package == "auditor" else set()
            expect_none(f"{package}.{name} is a module and a name of the package" for name in rooms & public)


def list_bound(node: ast.stmt) -> list[str]:
    """Names that a statement brings into a package, other than the package's own modules."""
    if isinstance(node, ast.ImportFrom):
        return [alias.asname or alias.name for alias in node.names if f"{node.module}.{alias.name}" not in MODULES]
    return [node.name] if isinstance(node, Function) else []


def list_functions() -> Iterator[tuple[str, Function]]:
    for file in FILES:
        for node in ast.walk(parse(file)):
            if isinstance(node, Function):
                yield f"{file.relative_to(ROOT)}:{node.lineno} {node.name}", node


def count_lines(function: Function) -> int:
    """Lines of a function without its docstring."""
    first = function.body[0]
    described = (first.end_lineno or first.lineno) - first.lineno + 1 if ast.get_docstring(function) else 0
    return (function.end_lineno or function.lineno) - function.lineno + 1 - described


def count_positional(function: Function) -> int:
    names = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def is_given_by_python(name: str) -> bool:
    return name.startswith("__") and name.endswith("__") and name not in {"__init__", "__call__"}


def measure_nesting(node: ast.AST, *, chained: bool = False) -> int:
    """Depth of blocks within blocks; an elif is as deep as its if."""
    blocks = ast.If | ast.For | ast.AsyncFor | ast.While | ast.With | ast.AsyncWith | ast.Try | ast.Match
    own = isinstance(node, blocks) and not chained
    inner = 0
    for name, field in ast.iter_fields(node):
        children = [item for item in (field if isinstance(field, list) else [field]) if isinstance(item, ast.AST)]
        elif_only = isinstance(node, ast.If) and name == "orelse" and len(children) == 1
        depths = [measure_nesting(child, chained=elif_only and isinstance(child, ast.If)) for child in children]
        inner = max([inner, *depths])
    return own + inner


def test_files_stay_small() -> None:
    lengths = {str(file.relative_to(ROOT)): len(file.read_text(encoding="utf-8").splitlines()) for file in FILES}
    expect_none(f"{name}: {length} lines" for name, length in lengths.items() if length > MAX_LINES)


def test_functions_stay_small() -> None:
    lengths = {name: count_lines(node) for name, node in list_functions()}
    expect_none(f"{name}: {length} lines" for name, length in lengths.items() if length > MAX_FUNCTION_LINES)


def test_functions_take_few_positional_parameters() -> None:
    counts = {name: count_positional(node) for name, node in list_functions() if not is_given_by_python(node.name)}
    expect_none(f"{name}: {count} positional" for name, count in counts.items() if count > MAX_POSITIONAL)


def test_functions_stay_flat() -> None:
    depths = {name: measure_nesting(node) for name, node in list_functions()}
    expect_none(f"{name}: {depth} deep" for name, depth in depths.items() if depth > MAX_NESTING)


@pytest.mark.parametrize(
    ("code", "depth"),
    [
        ("def f():\n  return 1", 0),
        ("def f():\n  if a:\n    b\n  elif c:\n    d\n  else:\n    e", 1),
        ("def f():\n  for a in b:\n    if c:\n      d\n    with e:\n      f", 2),
        ("def f():\n  try:\n    if a:\n      b\n  except E:\n    for c in d:\n      while e:\n        f", 3),
        ("def f():\n  if a:\n    b\n  else:\n    if c:\n      d\n    e", 2),
    ],
)
def test_nesting_is_measured(code: str, depth: int) -> None:
    assert measure_nesting(ast.parse(code)) == depth


def test_import_loads_the_standard_library_alone() -> None:
    loaded = run_python(
        "import sys; before = set(sys.modules); import auditor; print(*(set(sys.modules) - before), sep='\\n')"
    ).split()
    assert "auditor" in loaded
    tops = {name.split(".")[0] for name in loaded}
    assert tops - {"auditor"} <= sys.stdlib_module_names
    assert {name for name in loaded if name.startswith("auditor.")} == set()


def test_wings_load_where_there_is_no_torch() -> None:
    modules = [module for module in MODULES if find_room(module) in TORCHLESS]
    code = f"""
        import importlib
        for name in {modules}:
            importlib.import_module(name)
        print([name for name in sys.modules if name.startswith(("torch", "auditor.evidence"))])
    """
    assert run_python(code, missing=("torch", "torchvision")) == "[]\n"
