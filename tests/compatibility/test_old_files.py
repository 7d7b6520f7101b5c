"""Files of an earlier version (README.txt) are read by today's code, as that version meant them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings

from kaa_gui.core.sessions.codec import read_session
from kaa_gui.core.victims.blazepose import HEATMAP_SPEC, REGRESSION_SPEC
from kaa_gui.evaluation.plan.plan import Plan, expand, read_toml
from kaa_gui.evaluation.report import write_report
from kaa_gui.evaluation.results.store import Store
from kaa_gui.figures.output.draw import draw_figure
from kaa_gui.figures.style import Style
from kaa_gui.runs.reading import load_record
from kaa_gui.runs.redrawing import read_sidecar, redraw
from kaa_gui.ui.model.presets import Presets
from kaa_gui.ui.model.state import State

FILES = Path(__file__).parent / "files"
RUNS = {"plain": FILES / "plain", "swept": FILES / "swept"}


@pytest.mark.parametrize("name", RUNS)
def test_runs_are_read_and_drawn(name: str) -> None:
    record = load_record(RUNS[name])
    assert record.config.space == "crop"
    assert record.config.views == json.loads((RUNS[name] / "run.json").read_text())["config"]["views"]
    assert (record.run.field is None) == (name == "plain")
    assert draw_figure("overview", (record,), Style()).figure.axes


def test_a_figure_is_drawn_again() -> None:
    drawn = redraw(read_sidecar(FILES / "joints.png.json"), (str(RUNS["plain"]),))
    assert drawn.origin["kind"] == "joints"


@pytest.mark.parametrize("name", ["picture.kaa", "run.kaa"])
def test_sessions_open(name: str) -> None:
    session = read_session(FILES / name, {spec.name: spec for spec in (HEATMAP_SPEC, REGRESSION_SPEC)})
    assert session.config.space == "crop"


@pytest.mark.parametrize("name", ["finished", "unfinished"])
def test_rows_of_an_evaluation_keep_their_names(name: str, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(FILES / name, tmp_path / name))
    plan = Plan.from_json(json.loads((folder / "plan.json").read_text()))
    wanted = {job.row for job in plan.jobs(plan.source.entries())}
    store = Store(folder)
    assert write_report(store).exists()
    rows = store.finished()
    assert len(rows) == {"finished": 2, "unfinished": 3}[name]
    assert rows <= wanted


def test_a_plan_names_the_rows_that_it_named() -> None:
    stored = Plan.from_json(json.loads((FILES / "unfinished" / "plan.json").read_text()))
    blocks = read_toml(FILES / "plan.toml")["attacks"]
    for block in blocks:
        # as the version of then meant what it did not name
        block |= {"space": "crop", "views": 1, "stop_in_memory": block.pop("stop_at_success", False)}
    again = Plan(stored.source, expand(blocks), stored.checks)
    entries = list(stored.source.entries())
    assert [job.row for job in again.jobs(entries)] == [job.row for job in stored.jobs(entries)]


def test_what_stopped_in_memory_still_does() -> None:
    plan = Plan.from_json(json.loads((FILES / "unfinished" / "plan.json").read_text()))
    stopping = [config for config in plan.configs if config.stop_in_memory]
    assert [config.method for config in stopping] == ["kaa"]
    assert not any(config.stop_at_success for config in plan.configs)


def test_presets_mean_what_they_meant(qapp: object, tmp_path: Path) -> None:
    file = shutil.copy(FILES / "window.ini", tmp_path)
    state = State()
    presets = Presets(state, QSettings(str(file), QSettings.Format.IniFormat))
    assert set(presets.own) == {"Strong", "Survives"}
    presets.apply("Strong")
    config = state.parameters.config
    assert (config.space, config.views, config.iterations) == ("crop", 1, 2000)
    presets.apply("Survives")
    config = state.parameters.config
    assert (config.views, config.stop_in_memory, config.stop_at_success) == (2, True, False)
