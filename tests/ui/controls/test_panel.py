"""The side panel: every parameter has a field, and the fields of several widgets say what is meant."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from kaa_gui.core.types import Layer
from kaa_gui.ui.controls.alpha_field import AlphaField
from kaa_gui.ui.controls.goal_field import GoalField
from kaa_gui.ui.controls.panel import ControlsPanel
from kaa_gui.ui.controls.rows_field import RowsField
from kaa_gui.ui.model.parameters import NAMES, Parameters
from tests.ui import values

RULES = {name: name for name in ("auto", "peaks", "all", "sample", "joint", "channel", "output")}
HEATMAP = Layer(5, "heatmap", (39, 64, 64), "heatmap")


@pytest.fixture
def rows(qtbot):
    field = RowsField()
    qtbot.addWidget(field)
    field.set_choices(RULES)
    field.set_layer(HEATMAP)
    return field


def edits_of(field) -> list[dict[str, object]]:
    heard: list[dict[str, object]] = []
    field.edited.connect(lambda edit: heard.append(dict(edit.changes)))
    return heard


def choose(field, key: str) -> None:
    index = field.box.findData(key)
    field.box.setCurrentIndex(index)
    field.box.activated.emit(index)


def test_every_parameter_has_a_field(qtbot):
    panel = ControlsPanel()
    qtbot.addWidget(panel)
    # three parameters share a field with another one
    assert {*panel.fields, "keep", "target", "region_mask"} == set(NAMES)
    panel.shutdown()


@pytest.mark.parametrize(
    ("rule", "number", "highest"),
    [
        ("auto", None, None),
        ("all", None, None),
        ("peaks", 1, 64),
        ("peaks:3", 3, 64),
        ("sample", 64, 159_744),
        ("sample:7", 7, 159_744),
        ("joint:12", 12, 38),
        ("channel:0", 0, 38),
        ("output:159743", 159_743, 159_743),
    ],
)
def test_rows_show_their_rule_and_number(rows, rule, number, highest):
    heard = edits_of(rows)
    rows.show_parameters(Parameters().with_changes({"rows": rule}))
    assert rows.box.currentData() == rule.partition(":")[0]
    assert rows.number.isHidden() == (number is None)
    if number is not None:
        assert (rows.number.value(), rows.number.maximum()) == (number, highest)
    assert heard == []


def test_rows_are_chosen_with_a_number_where_the_rule_needs_one(rows):
    heard = edits_of(rows)
    for key in ("peaks", "joint", "output", "all"):
        choose(rows, key)
    assert [edit["rows"] for edit in heard] == ["peaks", "joint:0", "output:0", "all"]


def test_rows_numbers_are_part_of_the_rule(rows):
    rows.show_parameters(Parameters().with_changes({"rows": "peaks"}))
    heard = edits_of(rows)
    rows.number.setValue(3)
    rows.show_parameters(Parameters().with_changes({"rows": "peaks:3"}))
    rows.number.setValue(1)
    rows.show_parameters(Parameters().with_changes({"rows": "joint:2"}))
    rows.number.setValue(9)
    assert [edit["rows"] for edit in heard] == ["peaks:3", "peaks", "joint:9"]


def test_otsu_sets_alpha_and_letting_go_keeps_its_value(qtbot):
    field = AlphaField()
    qtbot.addWidget(field)
    correlations = values.correlation_field()
    field.set_field(correlations, correlations.alpha_keeping(0.3))
    heard = edits_of(field)
    qtbot.mouseClick(field.otsu, Qt.MouseButton.LeftButton)
    assert heard == [{"alpha": "otsu", "keep": None}]
    field.show_parameters(Parameters().with_changes({"alpha": "otsu", "keep": None}))
    assert field.otsu.isChecked()
    field.set_field(correlations, 0.125)
    qtbot.mouseClick(field.otsu, Qt.MouseButton.LeftButton)
    assert heard[1] == {"alpha": pytest.approx(0.125), "keep": None}
    field.show_parameters(Parameters().with_changes({"alpha": 0.125, "keep": None}))
    assert not field.otsu.isChecked()
    field.histogram.shutdown()


def test_another_goal_drops_a_reference_that_it_does_not_know(qtbot):
    field = GoalField()
    qtbot.addWidget(field)
    heard = edits_of(field)
    field.show_parameters(Parameters().with_changes({"reference": "clean"}))
    field.aim_at("sit")
    field.show_parameters(Parameters().with_changes({"reference": "truth"}))
    field.aim_at("sit")
    field.show_parameters(Parameters().with_changes({"reference": "gaussian"}))
    field.aim_at("sit")
    assert heard == [
        {"goal": "target", "target": "sit", "reference": None},
        {"goal": "target", "target": "sit", "reference": None},
        {"goal": "target", "target": "sit"},
    ]
