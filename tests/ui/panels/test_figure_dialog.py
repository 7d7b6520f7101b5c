"""The figure dialog: previews in the background, says what won't do, writes, copies, remembers."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from kaa_gui.core.errors import ConfigError, PictureError
from kaa_gui.ui.files.save_dialogs import FIGURE_FILTERS
from kaa_gui.ui.model.figure_order import FigureDrawing, FigureKind, FigureOrder, FigureSettings
from kaa_gui.ui.model.services import Services
from kaa_gui.ui.panels.figure_dialog import FigureDialog
from kaa_gui.ui.window.main_window import MainWindow
from tests.ui.fakes import FakeEngine

KINDS = {
    "overview": FigureKind("Overview", ("picture", "mask", "poses"), several=False, titled=("picture",)),
    "curves": FigureKind(
        "Curves",
        ("pose", "rmse"),
        limits={"pose": {"x": "iteration", "y": "mm"}, "rmse": {"y": "grey levels"}},
        titled=("pose", "rmse"),
    ),
    "epsilon-sweep": FigureKind("Radius", ("success",), comparing=True),
}
_DAMAGED = """{"limits": [["a", "z", 0, 1], ["a", "x", "0", 1], ["a", "x", NaN, 1], 3],
"order": [1, null], "panel_titles": [["a"], "b", ["a", 3]]}"""
PRESETS = {"plain": "Plain", "ieee": "IEEE"}


class Drawer:
    """Writes down what it is asked for."""

    def __init__(self) -> None:
        self.orders: list[FigureOrder] = []
        self.written: list[tuple[FigureOrder, Path]] = []
        self.gate = threading.Event()
        self.gate.set()

    def draw(self, order: FigureOrder, form: str, pixels: int | None) -> FigureDrawing:
        self.orders.append(order)
        if order.settings.kind == "epsilon-sweep":
            raise ConfigError("runs must differ in the radius ε; give more runs")
        if form == "svg":
            return FigureDrawing(b"<svg/>", "A caption.")
        buffer = io.BytesIO()
        Image.new("RGB", (pixels or 100, 40), "red").save(buffer, "PNG")
        methods = tuple(dict.fromkeys((*order.settings.order, "kaa", "kaa+er")))
        return FigureDrawing(buffer.getvalue(), "A caption.", methods)

    def write(self, order: FigureOrder, path: Path, report: Callable[[float], None]) -> None:
        report(0.4)
        self.gate.wait(5)
        report(0.9)
        if path.parent.name == "full":
            raise PictureError(f"{path}: cannot be written (No space left on device); choose another folder")
        self.written.append((order, path))
        path.write_bytes(b"figure")

    def dress(self, services: Services) -> Services:
        fields = {name: getattr(services, name) for name in Services.__dataclass_fields__}
        return Services(
            **fields
            | {
                "figure_kinds": lambda: KINDS,
                "figure_presets": lambda: PRESETS,
                "draw_figure": self.draw,
                "write_figure": self.write,
            }
        )


@pytest.fixture
def drawer() -> Drawer:
    return Drawer()


@pytest.fixture
def services(engine: FakeEngine, drawer: Drawer) -> Services:
    return drawer.dress(engine.services())


@pytest.fixture
def dialog(qtbot, window: MainWindow) -> Iterator[FigureDialog]:
    window.commands.actions["figure_dialog"].trigger()
    opened = window.figures.dialog
    assert opened is not None
    qtbot.waitUntil(lambda: not opened.preview.pixmap().isNull())
    yield opened
    opened.close()


def test_settings_come_back_from_json() -> None:
    settings = FigureSettings(
        "curves",
        "ieee",
        1,
        ("rmse",),
        titles=False,
        letters=False,
        heading="Heading",
        dpi=600,
        order=("kaa+er", "kaa"),
        limits=(("rmse", "y", None, 4.5), ("pose", "x", 0, 50)),
        panel_titles=(("rmse", "Size"),),
    )
    assert FigureSettings.loads(settings.dumps()) == settings


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"columns": "2", "panels": 3, "dpi": true, "kind": null}', _DAMAGED]
)
def test_settings_that_are_none_keep_their_defaults(text: str) -> None:
    assert FigureSettings.loads(text) == FigureSettings()


def test_preview_shows_what_is_on_screen(dialog: FigureDialog, drawer: Drawer, window: MainWindow) -> None:
    (order,) = drawer.orders
    assert order.run is not None
    assert order.run.scene is window.state.scene
    assert order.settings == FigureSettings()
    assert dialog.caption.text() == "A caption."
    assert dialog.preview.pixmap().width() == pytest.approx(dialog.preview_pixels(), abs=40)


def test_a_change_is_drawn_once_the_hand_rests(qtbot, dialog: FigureDialog, drawer: Drawer) -> None:
    before = len(drawer.orders)
    dialog.columns.setCurrentIndex(0)
    dialog.preset.setCurrentIndex(1)
    dialog.titles.setChecked(False)
    qtbot.waitUntil(lambda: len(drawer.orders) > before)
    assert len(drawer.orders) == before + 1
    settings = drawer.orders[-1].settings
    assert (settings.columns, settings.preset, settings.titles) == (1, "ieee", False)


def test_panels_follow_the_kind_and_can_be_chosen(qtbot, dialog: FigureDialog, drawer: Drawer) -> None:
    dialog.kind.setCurrentIndex(1)
    assert [dialog.panels.item(row).text() for row in range(dialog.panels.count())] == ["pose", "rmse"]
    dialog.panels.item(0).setCheckState(Qt.CheckState.Unchecked)
    qtbot.waitUntil(lambda: drawer.orders[-1].settings.panels == ("rmse",))
    assert drawer.orders[-1].settings.kind == "curves"


def test_what_does_not_do_is_said_in_the_dialog(qtbot, dialog: FigureDialog, window: MainWindow) -> None:
    dialog.kind.setCurrentIndex(2)
    qtbot.waitUntil(lambda: "must differ" in dialog.status.text())
    assert not dialog.export.isEnabled()
    dialog.kind.setCurrentIndex(0)
    qtbot.waitUntil(lambda: not dialog.preview.pixmap().isNull())
    assert dialog.export.isEnabled()


def test_export_writes_in_the_background(
    qtbot, dialog: FigureDialog, drawer: Drawer, window: MainWindow, tmp_path: Path
) -> None:
    window.figures.write(tmp_path / "a.pdf")
    qtbot.waitUntil(lambda: bool(drawer.written) and not window.tasks.busy)
    assert drawer.written[0][1] == tmp_path / "a.pdf"
    (tmp_path / "full").mkdir()
    window.figures.write(tmp_path / "full" / "a.pdf")
    qtbot.waitUntil(lambda: "No space left" in dialog.status.text())
    assert list((tmp_path / "full").iterdir()) == []


def test_export_shows_how_far_it_is_and_can_be_stopped(
    qtbot, dialog: FigureDialog, drawer: Drawer, window: MainWindow, tmp_path: Path
) -> None:
    drawer.gate.clear()
    window.figures.write(tmp_path / "a.pdf")
    qtbot.waitUntil(lambda: dialog.progress.isVisible() and dialog.progress.value == 40)
    dialog.stop.click()
    assert not dialog.progress.isVisible()
    assert dialog.status.text() == "Stopped"
    drawer.gate.set()
    qtbot.waitUntil(lambda: not window.tasks.busy)
    assert list(tmp_path.glob("*.pdf")) == []
    assert drawer.written == []


def test_export_asks_for_a_file_by_the_usual_dialog(
    qtbot, dialog: FigureDialog, window: MainWindow, drawer: Drawer, tmp_path: Path
) -> None:
    dialog.export.click()
    asked = next(child for child in dialog.findChildren(QFileDialog) if child.isVisible())
    assert asked.nameFilters() == list(FIGURE_FILTERS)
    asked.fileSelected.emit(str(tmp_path / "b"))
    asked.close()
    qtbot.waitUntil(lambda: bool(drawer.written) and not window.tasks.busy)
    assert drawer.written[0][1] == tmp_path / "b.pdf"


def test_copy_puts_both_formats_on_the_clipboard(qtbot, dialog: FigureDialog) -> None:
    QGuiApplication.clipboard().clear()
    dialog.copy.click()
    qtbot.waitUntil(lambda: QGuiApplication.clipboard().mimeData().hasFormat("image/svg+xml"))
    data = QGuiApplication.clipboard().mimeData()
    assert data.hasImage()
    assert data.hasFormat("image/png")
    assert data.imageData().size().width() == 100
    assert bytes(data.data("image/svg+xml").data()) == b"<svg/>"
    QGuiApplication.clipboard().clear()


def test_saved_runs_are_drawn_along(
    qtbot, dialog: FigureDialog, drawer: Drawer, window: MainWindow, tmp_path: Path
) -> None:
    for _ in range(2):
        window.figures._add_folder(str(tmp_path))
    qtbot.waitUntil(lambda: drawer.orders[-1].folders == (tmp_path,))
    dialog.saved.setCurrentRow(1)
    dialog._remove()
    qtbot.waitUntil(lambda: drawer.orders[-1].folders == ())


def test_the_last_settings_are_remembered(
    qtbot, dialog: FigureDialog, drawer: Drawer, window: MainWindow
) -> None:
    dialog.heading.setText("Mine")
    dialog.heading.textEdited.emit("Mine")
    qtbot.waitUntil(lambda: drawer.orders[-1].settings.heading == "Mine")
    kept = FigureSettings.loads(str(window.workspace.settings.value("figure/settings")))
    assert kept.heading == "Mine"


def test_closing_lets_go_of_what_is_drawn(qtbot, dialog: FigureDialog, window: MainWindow) -> None:
    dialog.dpi.setValue(600)
    dialog.close()
    qtbot.waitUntil(lambda: not window.tasks.busy)
    assert not dialog.isVisible()
    window.commands.actions["figure_dialog"].trigger()
    assert dialog.isVisible()
    qtbot.waitUntil(lambda: not window.tasks.busy)


def test_limits_and_title_of_the_chosen_panel_are_drawn_and_remembered(
    qtbot, dialog: FigureDialog, drawer: Drawer, window: MainWindow
) -> None:
    details = dialog.details
    assert details.title.isVisible()
    assert not details.ends["x"][0].isVisible()
    dialog.kind.setCurrentIndex(1)
    assert details.ends["x"][0].isVisible()
    qtbot.keyClicks(details.title, "Mine")
    qtbot.keyClicks(details.ends["x"][1], "50")
    assert "iteration" in details.ends["x"][1].toolTip()
    dialog.panels.setCurrentRow(1)
    assert details.title.text() == ""
    assert not details.ends["x"][0].isVisible()
    qtbot.keyClicks(details.ends["y"][0], "x1e")
    qtbot.keyClicks(details.ends["y"][1], "4.5")
    qtbot.waitUntil(lambda: ("rmse", "y", None, 4.5) in drawer.orders[-1].settings.limits)
    settings = drawer.orders[-1].settings
    assert settings.limits == (("pose", "x", None, 50), ("rmse", "y", None, 4.5))
    assert settings.panel_titles == (("pose", "Mine"),)
    assert FigureSettings.loads(str(window.workspace.settings.value("figure/settings"))) == settings
    dialog.set_settings(settings)
    assert dialog.settings() == settings
    dialog.reset.click()
    qtbot.waitUntil(lambda: drawer.orders[-1].settings.limits == ())
    assert drawer.orders[-1].settings.panel_titles == ()


def test_methods_are_put_in_order_by_the_keyboard(qtbot, dialog: FigureDialog, drawer: Drawer) -> None:
    assert not dialog.methods.isVisible()
    dialog.kind.setCurrentIndex(1)
    assert dialog.methods.isVisible()
    assert dialog.methods.texts() == ("kaa", "kaa+er")
    dialog.methods.setCurrentRow(0)
    qtbot.keyClick(dialog.methods, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: drawer.orders[-1].settings.order == ("kaa+er", "kaa"))
    assert dialog.methods.currentRow() == 1
    dialog.reset.click()
    qtbot.waitUntil(lambda: drawer.orders[-1].settings.order == ())


def test_the_run_on_screen_has_a_place_among_the_saved_ones(
    qtbot, dialog: FigureDialog, drawer: Drawer, window: MainWindow, tmp_path: Path
) -> None:
    folders = (tmp_path / "a", tmp_path / "b")
    for folder in folders:
        window.figures._add_folder(str(folder))
    dialog.saved.setCurrentRow(0)
    dialog._remove()
    qtbot.keyClick(dialog.saved, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: drawer.orders[-1].place == 1)
    assert drawer.orders[-1].folders == folders
