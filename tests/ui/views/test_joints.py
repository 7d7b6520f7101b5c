from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QToolButton

from kaa_gui.core.skeletons import HUMAN36M_17
from kaa_gui.ui.views.joints import JointsView
from tests.ui import values
from tests.ui.conftest import leave, point_at


@pytest.fixture
def view(make) -> JointsView:
    return make(JointsView)


def column(view, heading: str) -> list[str]:
    model = view.table.model()
    headings = [model.headerData(at, Qt.Orientation.Horizontal) for at in range(model.columnCount())]
    return [model.index(row, headings.index(heading)).data() for row in range(model.rowCount())]


def test_numbers_are_those_of_the_iterate(view):
    snapshot = values.snapshot(12)
    view.show_snapshot(snapshot)
    assert len(column(view, "joint")) == 33
    errors = np.linalg.norm(snapshot.attacked.points_mm - snapshot.clean.points_mm, axis=1)
    by_name = dict(zip(column(view, "joint"), column(view, "moved mm"), strict=True))
    for name, error in zip(snapshot.clean.skeleton_3d.joints, errors, strict=True):
        assert by_name[name.replace("_", " ")] == f"{error:.0f}"


def test_worst_joint_comes_first_whatever_the_iterate(view):
    for iteration in (3, 12):
        view.show_snapshot(values.snapshot(iteration))
        errors = [float(text) for text in column(view, "moved mm")]
        assert errors == sorted(errors, reverse=True)


@pytest.mark.parametrize("at", [0, 1, 2])
def test_any_column_sorts(view, at):
    view.show_snapshot(values.snapshot(12))
    view.table.sortByColumn(at, Qt.SortOrder.AscendingOrder)
    keys = [view.table.model().index(row, at).data(Qt.ItemDataRole.UserRole) for row in range(33)]
    assert keys == sorted(keys)


def test_target_columns_come_and_go(view):
    view.show_snapshot(values.snapshot(12))
    assert view.table.model().columnCount() == 3
    view.show_snapshot(values.snapshot(12, target=True))
    assert len(column(view, "to target px")) == 33
    view.show_snapshot(values.snapshot(12))
    assert view.table.model().columnCount() == 3


def test_joints_of_one_skeleton_alone_have_dashes(view):
    snapshot = values.snapshot(12)
    poses = {
        name: replace(
            getattr(snapshot, name),
            points_mm=values.pose(0.1, skeleton=HUMAN36M_17).points_mm,
            skeleton_3d=HUMAN36M_17,
        )
        for name in ("clean", "attacked")
    }
    view.show_snapshot(replace(snapshot, **poses))
    rows = dict(zip(column(view, "joint"), column(view, "moved mm"), strict=True))
    assert rows["left thumb"] == "–"
    assert rows["pelvis"] == "0"
    assert column(view, "moved mm")[-1] == "–"  # without a value comes last


def test_click_picks_the_joint_and_highlight_chooses_its_row(view, qtbot):
    view.show_snapshot(values.snapshot(12))
    place = column(view, "joint").index("left wrist")
    rectangle = view.table.visualRect(view.table.model().index(place, 0))
    with qtbot.waitSignal(view.jointPicked) as picked:
        qtbot.mouseClick(view.table.viewport(), Qt.MouseButton.LeftButton, pos=rectangle.center())
    assert picked.args == ["left_wrist"]
    with qtbot.assertNotEmitted(view.jointPicked):
        view.set_highlight("nose")
        assert view.chosen == "nose"
        view.show_snapshot(values.snapshot(13))
        assert view.chosen == "nose"
        view.show_snapshot(values.snapshot(13, target=True))  # other columns
        assert view.chosen == "nose"
        view.set_highlight("tail")
        assert view.chosen == ""


@pytest.mark.parametrize(("name", "separator"), [("Copy CSV", ","), ("Copy TSV", "\t")])
def test_copied_table_is_read_back(view, qtbot, name, separator):
    view.show_snapshot(values.snapshot(12, target=True))
    next(item for item in view.controls.findChildren(QToolButton) if item.text() == name).click()
    rows = list(csv.DictReader(QGuiApplication.clipboard().text().splitlines(), delimiter=separator))
    assert [row["joint"].replace("_", " ") for row in rows] == column(view, "joint")
    assert all(float(row["target_error_mm"]) >= 0 for row in rows)


def test_pointer_over_a_row_tells_its_joint_and_a_click_on_it_picks_it(view, qtbot):
    view.show_snapshot(values.snapshot(12))
    heard = []
    view.jointHovered.connect(heard.append)
    index = view.table.model().index(2, 0)
    joint = index.data().replace(" ", "_")
    at = view.table.visualRect(index).center()
    viewport = view.table.viewport()
    point_at(viewport, at.x(), at.y())
    assert heard == [joint]
    view.set_highlight(joint)  # what the window answers
    with qtbot.waitSignal(view.jointPicked) as picked:
        qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=at)
    assert picked.args == [joint]
    leave(viewport)
    assert heard[-1] == ""
