from __future__ import annotations

import subprocess
import sys

import pytest
from PySide6.QtWidgets import QAbstractButton, QAbstractSlider, QApplication, QComboBox, QLabel, QSpinBox

from kaa_gui.colours import DARK, LIGHT
from kaa_gui.ui.appearance.theme import palette
from kaa_gui.ui.views import VIEWS
from kaa_gui.ui.views.view import View
from tests.ui import values

ALL = pytest.mark.parametrize("kind", VIEWS.values(), ids=VIEWS.keys())


def show_everything(view: View) -> None:
    field = values.correlation_field()
    view.show_scene(values.scene())
    view.show_field(field, field.alpha_keeping(0.4))
    view.show_snapshot(values.snapshot(7))
    view.show_history(values.history(7))


def test_views_are_registered_under_their_names():
    assert all(view.name == name for name, view in VIEWS.items())


def test_importing_the_registry_loads_no_vtk():
    code = "import sys, kaa_gui.ui.views; sys.exit(any(n in sys.modules for n in ('vtkmodules', 'pyvista')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603


@ALL
def test_view_begins_empty_and_says_what_to_do(make, kind):
    view = make(kind)
    assert not view.populated
    assert len(view.empty_text) > 20
    assert any(label.text() == view.empty_text and label.isVisible() for label in view.findChildren(QLabel))


@ALL
def test_view_fills_and_clears(make, kind):
    view = make(kind)
    show_everything(view)
    assert view.populated
    view.clear()
    assert not view.populated
    show_everything(view)
    assert view.populated


@ALL
def test_stale_lasts_until_the_first_new_picture(make, kind):
    view = make(kind)
    show_everything(view)
    view.set_stale(True)
    assert view.stale
    field = values.correlation_field(seed=1)
    view.show_scene(values.scene())
    view.show_field(field, 0.1)
    view.show_snapshot(values.snapshot(1))
    view.show_history(values.history(1))
    assert not view.stale


@ALL
def test_to_image_shows_the_content(make, kind, qtbot):
    view = make(kind)
    show_everything(view)
    qtbot.wait(30)
    image = view.to_image()
    colours = {
        image.pixel(x, y) for x in range(5, image.width() - 5, 7) for y in range(5, image.height() - 5, 7)
    }
    assert len(colours) > 8


@ALL
def test_every_control_has_a_name_and_a_tool_tip(make, kind):
    view = make(kind)
    assert view.title
    assert view.tooltip
    assert view.accessibleName() == view.title
    for type_ in (QAbstractButton, QComboBox, QAbstractSlider, QSpinBox):
        for control in view.controls.findChildren(type_):
            # a spin box has a line edit of its own, a combo box a list
            inner = view.controls not in (control.parent(), control.parent().parent())
            assert inner or (control.accessibleName() and control.toolTip()), control


@ALL
@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_view_follows_the_palette(make, kind, theme, qtbot):
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    before = app.palette()
    view = make(kind)
    show_everything(view)
    try:
        app.setPalette(palette(theme))
        qtbot.waitUntil(lambda: view.theme is theme)
    finally:
        app.setPalette(before)


@ALL
def test_controls_fit_a_narrow_pane(make, kind, qtbot):
    view = make(kind)
    show_everything(view)
    view.resize(260, 300)
    qtbot.waitUntil(
        lambda: all(
            control.geometry().right() <= 260
            for control in view.controls.findChildren(QAbstractButton)
            if control.isVisible() and control.parent() is view.controls
        )
    )


@ALL
def test_shutdown_may_be_called_twice(make, kind):
    view = make(kind)
    show_everything(view)
    view.shutdown()
    view.shutdown()


@ALL
def test_controls_rest_while_there_is_nothing_to_control(make, kind):
    view = make(kind)
    assert not view.controls.isEnabled()
    show_everything(view)
    assert view.controls.isEnabled()
    view.clear()
    assert not view.controls.isEnabled()
