"""The map of the house: few files a folder, no import circle, and parts that do not know the window."""

from __future__ import annotations

import ast
from collections import Counter
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "kaa_gui"
MOST_IN_ROOT, MOST_IN_FOLDER = 6, 14
MAIN_WINDOW = "kaa_gui.ui.window.main_window"
KNOW_THE_WINDOW = ("kaa_gui.app", "kaa_gui.wiring", "kaa_gui.ui.window")


def _modules() -> dict[str, Path]:
    named = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        named[".".join(parts).removesuffix(".__init__")] = path
    return named


def _imports() -> dict[str, set[str]]:
    """Return what each module imports of the package, imports for type checkers and inside functions too."""
    modules = _modules()
    found: dict[str, set[str]] = {name: set() for name in modules}
    for name, path in modules.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                wanted = [f"{node.module}.{alias.name}" for alias in node.names]
                found[name] |= {item if item in modules else node.module for item in wanted}
            elif isinstance(node, ast.Import):
                found[name] |= {alias.name for alias in node.names}
    return {name: {item for item in wanted if item in modules} - {name} for name, wanted in found.items()}


def _circle(arrows: dict[str, set[str]]) -> list[str] | None:
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        return error.args[1]
    return None


def test_no_module_is_in_an_import_circle() -> None:
    assert _circle(_imports()) is None


def test_a_circle_would_be_seen() -> None:
    arrows = _imports()
    arrows["kaa_gui.core.errors"] = {"kaa_gui.ui.window.main_window"}
    assert _circle(arrows) is not None


def test_only_the_start_the_wiring_and_the_windows_package_know_the_window() -> None:
    knowing = {name for name, wanted in _imports().items() if MAIN_WINDOW in wanted}
    assert knowing
    assert not [name for name in knowing if not name.startswith(KNOW_THE_WINDOW)]


def test_folders_can_be_read_at_a_glance() -> None:
    counts = Counter(path.parent for path in PACKAGE.rglob("*.py"))
    assert counts[PACKAGE] <= MOST_IN_ROOT
    crowded = {str(folder.relative_to(ROOT)): n for folder, n in counts.items() if n > MOST_IN_FOLDER}
    assert not crowded


def test_modules_say_first_what_they_do() -> None:
    texts = {
        name: ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        for name, path in _modules().items()
    }
    assert all(texts.values())
    first = {name: text.split()[0] for name, text in texts.items() if text}
    assert not [name for name, word in first.items() if word in ("What", "How", "Who", "Where", "Which")]
