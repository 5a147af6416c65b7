"""Who imports whom: no circles between files, and rooms that do not know each other stay so."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = {
    "speechenh_plugin": set(),
    "training.data": {"training.recipe", "speechenh_plugin"},
    "training.network": {"speechenh_plugin"},
    "training.objective": {"training.network"},
    "training.fit": {"training.recipe", "training.data", "training.network", "training.objective"},
    "training.export": {"training.recipe", "training.network", "training.fit", "speechenh_plugin"},
    "training.evaluation": {"training.fit", "training.export", "speechenh_plugin"},
}
"""What each may import, as training/README.md has it, beside `TOOLS`."""
TOOLS = {f"training.{name}" for name in ("arguments", "atomic", "audio", "packages", "processes", "tables")}


def modules() -> dict[str, Path]:
    """Python files of the package and of training by the name they are imported by."""
    found = {}
    for path in sorted([*(ROOT / "training").rglob("*.py"), *(ROOT / "speechenh_plugin").rglob("*.py")]):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(node: ast.AST, known: dict[str, Path]) -> Iterator[str]:
    """Files of ours that the code below a node imports, wherever, but for what only type checkers read."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names if alias.name in known)
        elif isinstance(child, ast.ImportFrom) and child.module:
            for alias in child.names:
                inner = f"{child.module}.{alias.name}"
                if inner in known or child.module in known:
                    yield inner if inner in known else child.module
        yield from imported(child, known)


def graph() -> dict[str, set[str]]:
    known = modules()
    return {name: set(imported(ast.parse(path.read_text()), known)) - {name} for name, path in known.items()}


def test_no_circle_of_imports() -> None:
    imports = graph()
    while leaves := {name for name, others in imports.items() if not others}:
        imports = {name: others - leaves for name, others in imports.items() if name not in leaves}
    assert not imports, f"these import each other, or one that does: {imports}"


def test_rooms_know_what_they_may() -> None:
    imports = graph()
    for room, may in ROOMS.items():
        allowed = {room, *may} | (TOOLS if room.startswith("training") else set())
        for name, others in imports.items():
            if f"{name}.".startswith(f"{room}."):
                strange = [other for other in others if not f"{other}.".startswith(tuple(f"{one}." for one in allowed))]
                assert not strange, f"{name} imports {strange}"
