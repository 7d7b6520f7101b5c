"""Every command but the window runs where PySide6 cannot be imported, in the processes that it starts too."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kaa_gui.commands import COMMANDS
from tests.commands.program import FILES, QUICK, WALKING
from tests.evaluation import made_rows

EXPORTS = ("x.gltf", "x.npz", "x.tiff", "x.png")
# read by every interpreter that starts with this folder on its path
BLOCK = """
import sys


class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("PySide6", "shiboken6", "pyqtgraph"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, Blocked())
"""
PROGRAM = """
import json, sys, traceback
from kaa_gui import bench
from kaa_gui.cli import main

# its measurements take minutes on a busy machine, and import nothing more
bench.measure = lambda setting, sizes, **how: {"crop": list(setting.crop.shape)}
if __name__ == "__main__":
    codes = [main(arguments) for arguments in json.loads(sys.argv[1])]
    heavy = {"mediapipe", "matplotlib.pyplot", "pyvista", "pyvistaqt", "superqt"} & set(sys.modules)
    print(json.dumps({"codes": codes, "heavy": sorted(heavy)}), file=sys.stderr)
"""


@pytest.mark.slow
def test_every_command_but_the_window_runs_where_qt_cannot_be_imported(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    run, pictures = str(tmp_path / "run"), made_rows.tiny_plan(tmp_path / "pictures").source.path
    results, cpu = str(tmp_path / "results"), ("--device", "cpu")
    evaluation = ["evaluate", "--dataset", f"folder:{pictures}", "--every", "2", "--out", results, *cpu]
    plain = ["--method", "kaa", "--norm", "linf", "--target", "none", "--iterations", "1", "--views", "0"]
    exports = [
        ["export", run, "--out", str(tmp_path / f"x{end}")] for end in (".gltf", ".npz", ".tiff", ".png")
    ]
    commands = [
        ["attack", WALKING, "--out", run, *QUICK],
        ["figure", "curves", run, "--out", str(tmp_path / "f.pdf"), *cpu],
        ["redraw", str(tmp_path / "f.pdf.json")],
        ["animate", run, "--out", str(tmp_path / "a.gif"), "--views", "attacked", "--width", "200", *cpu],
        *exports,
        ["table", run],
        [*evaluation, *plain, "--workers", "1"],
        ["report", results],
        ["bench", "--quick"],
        ["layers", *cpu],
        ["doctor"],
    ]
    assert {arguments[0] for arguments in commands} == set(COMMANDS) - {"gui"}
    found = _without_qt(tmp_path, commands)
    # only the doctor minds: it looks for what the window needs
    assert found["codes"] == [0] * (len(commands) - 1) + [2]
    assert found["heavy"] == []
    assert sorted(path.name for path in Path(run).iterdir()) == FILES
    assert json.loads((tmp_path / "x.gltf").read_text())["meshes"]


def test_the_window_is_what_needs_qt(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="No module named 'PySide6"):
        _without_qt(tmp_path, [["gui"]])


def _without_qt(folder: Path, commands: list[list[str]]) -> dict[str, list[object]]:
    """Run commands in a process without Qt and without a display; return exit codes and what is loaded."""
    (folder / "blocked").mkdir()
    (folder / "blocked" / "sitecustomize.py").write_text(BLOCK)
    program = folder / "program.py"
    program.write_text(PROGRAM)
    paths = [str(folder / "blocked"), str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    # the window is to miss Qt, not a display
    environment["QT_QPA_PLATFORM"] = "offscreen"
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        environment.pop(name, None)
    result = subprocess.run(  # noqa: S603 - our own program, our own interpreter
        [sys.executable, "-W", "error", str(program), json.dumps(commands)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
        timeout=600,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stderr.splitlines()[-1])
