"""Choose kind, publisher and panels of a figure for print, with a preview. Nothing here waits."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidgetItem,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from kaa_gui.ui.model.figure_order import FigureDrawing, FigureKind, FigureSettings
from kaa_gui.ui.panels.figure_panel_fields import PanelFields
from kaa_gui.ui.panels.order_list import OrderList
from kaa_gui.ui.widgets.buttons import push_button
from kaa_gui.ui.widgets.plain import plain_label, plain_tip
from kaa_gui.ui.widgets.progress_line import ProgressLine

_SETTLE_MS = 150
_PATH = Qt.ItemDataRole.UserRole
_SPACE = 8
_CAPTION_LINES, _STATUS_LINES = 4, 2


class FigureDialog(QDialog):
    """The settings of a figure beside its preview.

    Signals:
        changed: The :class:`FigureSettings` now wanted; once the hand rests.
        export_wanted: A file is to be written.
        copy_wanted: The figure is to go to the clipboard.
        run_wanted: The iterate that the window shows now is to be drawn instead of the one of before.
        folder_wanted: A saved run is to be chosen.
        folders_changed: A saved run was taken out, or the runs were put in another order.
        cancelled: Whatever is being drawn or written is no longer wanted.
    """

    changed = Signal(object)
    export_wanted = Signal()
    copy_wanted = Signal()
    run_wanted = Signal()
    folder_wanted = Signal()
    folders_changed = Signal()
    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("figure")
        self.setWindowTitle("Figure for print")
        self._kinds: Mapping[str, FigureKind] = {}
        self._order: tuple[str, ...] = ()
        self._settle = QTimer(self, interval=_SETTLE_MS, singleShot=True)
        self._settle.timeout.connect(lambda: self.changed.emit(self.settings()))
        self._build_fields()
        self._build_preview()
        row = QHBoxLayout(self)
        row.addWidget(self._left(), 0)
        row.addLayout(self._right(), 1)
        self.resize(1120, 800)
        self._show_rows()

    # --- what others set ---

    def offer(self, kinds: Mapping[str, FigureKind], presets: Mapping[str, str]) -> None:
        """Fill the lists."""
        self._kinds = kinds
        for box, choices in (
            (self.kind, {name: kind.title for name, kind in kinds.items()}),
            (self.preset, presets),
        ):
            box.blockSignals(True)
            box.clear()
            for key, title in choices.items():
                box.addItem(title, key)
            box.blockSignals(False)

    def set_settings(self, settings: FigureSettings) -> None:
        """Show settings without emitting a signal; unknown choices are left as they are."""
        self._order = settings.order
        widgets = (self.kind, self.preset, self.columns, self.titles, self.letters, self.heading, self.dpi)
        for widget in widgets:
            widget.blockSignals(True)
        for box, key in ((self.kind, settings.kind), (self.preset, settings.preset)):
            box.setCurrentIndex(max(0, box.findData(key)))
        self.columns.setCurrentIndex(max(0, self.columns.findData(settings.columns)))
        self.titles.setChecked(settings.titles)
        self.letters.setChecked(settings.letters)
        self.heading.setText(settings.heading)
        self.dpi.setValue(settings.dpi)
        for widget in widgets:
            widget.blockSignals(False)
        self._fill_panels(settings.panels)
        self.details.set_values(settings.panel_titles, settings.limits)

    def settings(self) -> FigureSettings:
        """Return what is chosen."""
        items = [self.panels.item(row) for row in range(self.panels.count())]
        chosen = tuple(item.text() for item in items if item.checkState() is Qt.CheckState.Checked)
        kind = self._kinds.get(self.kind.currentData())
        return FigureSettings(
            kind=self.kind.currentData() or FigureSettings().kind,
            preset=self.preset.currentData() or FigureSettings().preset,
            columns=self.columns.currentData(),
            panels=() if kind is not None and chosen == kind.panels else chosen,
            titles=self.titles.isChecked(),
            letters=self.letters.isChecked(),
            heading=self.heading.text().strip(),
            dpi=self.dpi.value(),
            order=self._order,
            limits=self.details.limits(),
            panel_titles=self.details.titles(),
        )

    def folders(self) -> tuple[Path, ...]:
        """Return the saved runs to draw along, in order."""
        paths = [self.saved.item(row).data(_PATH) for row in range(self.saved.count())]
        return tuple(Path(path) for path in paths if path)

    def place(self) -> int:
        """Return how many saved runs come before the one on screen."""
        return next(row for row in range(self.saved.count()) if not self.saved.item(row).data(_PATH))

    def show_methods(self, methods: tuple[str, ...]) -> None:
        """Show the methods of the runs in the order drawn; tells nobody."""
        if methods != self.methods.texts():
            self.methods.clear()
            self.methods.addItems(methods)
        self._show_rows()

    def add_folder(self, folder: Path) -> None:
        """Take a saved run into the list, once."""
        if folder not in self.folders():
            item = QListWidgetItem(folder.name)
            item.setToolTip(plain_tip(str(folder)))
            item.setData(_PATH, str(folder))
            self.saved.addItem(item)

    def show_drawing(self, drawing: FigureDrawing) -> None:
        """Show a PNG and its caption."""
        pixmap = QPixmap()
        pixmap.loadFromData(drawing.data, "PNG")
        pixmap.setDevicePixelRatio(self.devicePixelRatioF())
        self.preview.setPixmap(pixmap)
        self.preview.adjustSize()
        self.caption.setText(drawing.caption)
        self.show_methods(drawing.methods)
        self.show_state("")

    def show_state(self, text: str, *, problem: bool = False) -> None:
        """Say what is going on, or what is wrong; a figure that doesn't do is dimmed away."""
        self.status.setText(text)
        self.stop.setVisible(bool(text) and not problem)
        self.progress.hide()
        if problem:
            self.preview.clear()
            self.preview.adjustSize()
            self.caption.clear()
        for button in (self.export, self.copy):
            button.setEnabled(not problem)

    def show_progress(self, fraction: float) -> None:
        """Show how much of the copy or the file is done, in [0, 1]."""
        self.progress.show_progress(round(100 * fraction), 100)
        self.progress.setVisible(not self.stop.isHidden())

    def preview_pixels(self) -> int:
        """Return how many pixels wide the preview is best drawn."""
        # whether or not a high page needs a bar beside it: one below it would be for nothing
        bar = self.area.verticalScrollBar().sizeHint().width()
        room = self.area.maximumViewportSize().width() - bar - 2 * _SPACE
        return max(320, round(room * self.devicePixelRatioF()))

    # --- building ---

    def _build_fields(self) -> None:
        self.kind, self.preset, self.columns = QComboBox(), QComboBox(), QComboBox()
        self.columns.addItem("One column", 1)
        self.columns.addItem("Whole text width", 2)
        self.panels = OrderList("Panels", "Tick what is drawn; drag to change the order")
        self.methods = OrderList("Methods", "Order of the methods in legend and columns; drag to change it")
        self.saved = OrderList("Runs", "The run on screen and those drawn along; drag to change the order")
        self.saved.addItem("On screen")
        self.saved.item(0).setToolTip("The iterate that the window showed")
        self.details = PanelFields()
        self.titles, self.letters = QCheckBox("Titles"), QCheckBox("Letters a, b, c")
        self.heading = QLineEdit()
        self.heading.setMaxLength(200)
        self.dpi = QSpinBox()
        self.dpi.setRange(72, 1200)
        self.dpi.setSingleStep(50)
        self.dpi.setSuffix(" dpi")
        for widget, name, tip in (
            (self.kind, "Kind", "What the figure shows"),
            (self.preset, "Publisher", "Sets width, font and size of the text"),
            (self.columns, "Width", "Over one column, or over the whole text"),
            (self.titles, "Titles", "Write a title above each panel"),
            (self.letters, "Letters", "Write a letter above each panel, for the caption"),
            (self.heading, "Heading", "A line above the whole figure; most journals want none"),
            (self.dpi, "Resolution", "Of pictures inside the figure; lines and text stay vectors"),
        ):
            widget.setAccessibleName(name)
            widget.setToolTip(tip)
        self.kind.currentIndexChanged.connect(lambda: self._fill_panels(()))
        self.panels.currentTextChanged.connect(self.details.choose)
        self.methods.reordered.connect(self._take_order)
        self.saved.reordered.connect(self.folders_changed)
        for signal in (
            self.kind.currentIndexChanged,
            self.preset.currentIndexChanged,
            self.columns.currentIndexChanged,
            self.panels.itemChanged,
            self.panels.reordered,
            self.methods.reordered,
            self.details.edited,
            self.titles.toggled,
            self.letters.toggled,
            self.heading.textEdited,
            self.dpi.valueChanged,
        ):
            signal.connect(lambda *_: self._settle.start())

    def _build_preview(self) -> None:
        self.preview = QLabel()
        self.preview.setAccessibleName("Preview")
        self.preview.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.preview.setMargin(_SPACE)
        # paper is white in every theme
        self.preview.setStyleSheet("background: white")
        self.area = QScrollArea()
        self.area.setWidget(self.preview)
        self.area.setWidgetResizable(True)
        self.caption = plain_label()
        self.caption.setAccessibleName("Caption")
        self.caption.setWordWrap(True)
        self.caption.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.caption.setMinimumHeight(_CAPTION_LINES * self.fontMetrics().lineSpacing())
        self.caption.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.status = plain_label()
        self.status.setWordWrap(True)
        self.status.setMinimumHeight(_STATUS_LINES * self.fontMetrics().lineSpacing())
        self.status.setAccessibleName("State")
        self.progress = ProgressLine()
        self.progress.setAccessibleName("Progress")
        self.progress.hide()

    def _left(self) -> QScrollArea:
        """Return the fields; on a low screen they scroll."""
        fields = QWidget()
        form = QFormLayout()
        for title, widget in (
            ("Kind", self.kind),
            ("Publisher", self.preset),
            ("Width", self.columns),
            ("Panels", self.panels),
            ("", self.details),
            ("Methods", self.methods),
            ("", self.titles),
            ("", self.letters),
            ("Heading", self.heading),
            ("Resolution", self.dpi),
            ("Runs", self.saved),
        ):
            form.addRow(title, widget)
        self._form = form
        for rows, most in ((self.panels, 8), (self.methods, 3), (self.saved, 3)):
            rows.setFixedHeight(most * (self.fontMetrics().lineSpacing() + 4) + 6)
        runs = QHBoxLayout()
        runs.addWidget(push_button("&Add run…", "Choose the folder of a saved run", self.folder_wanted.emit))
        runs.addWidget(push_button("&Remove", "Take the chosen saved run out of the figure", self._remove))
        form.addRow("", runs)
        column = QVBoxLayout(fields)
        column.setContentsMargins(0, 0, _SPACE, 0)
        column.addLayout(form)
        shown = push_button(
            "&Iterate shown", "Draw the iterate that the window shows now", self.run_wanted.emit
        )
        column.addWidget(shown)
        tip = "Usual order of panels and methods, usual titles, limits that fit the data"
        self.reset = push_button("Reset to au&tomatic", tip, self._reset)
        column.addWidget(self.reset)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidget(fields)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setMinimumWidth(fields.minimumSizeHint().width() + area.verticalScrollBar().sizeHint().width())
        return area

    def _right(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.addWidget(self.area, 1)
        column.addWidget(self.caption)
        buttons = QHBoxLayout()
        buttons.addWidget(self.status, 1)
        buttons.addWidget(self.progress)
        self.stop = push_button("Stop", "Don't wait for it any more", self._cancel)
        self.copy = push_button("&Copy", "Copy the figure as PNG and as SVG", self.copy_wanted.emit)
        self.export = push_button("&Export…", "Write a PDF, SVG, PNG or PGF", self.export_wanted.emit)
        self.export.setDefault(True)
        for button in (self.stop, self.copy, self.export, push_button("Close", "Close", self.close)):
            buttons.addWidget(button)
        self.stop.hide()
        column.addLayout(buttons)
        return column

    # --- news of the fields ---

    def _fill_panels(self, chosen: tuple[str, ...]) -> None:
        kind = self._kinds.get(self.kind.currentData())
        every = () if kind is None else kind.panels
        first = tuple(panel for panel in chosen if panel in every) or every
        self.panels.blockSignals(True)
        self.panels.clear()
        for panel in (*first, *(panel for panel in every if panel not in first)):
            item = QListWidgetItem(panel)
            on = panel in first
            item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
            self.panels.addItem(item)
        self.panels.blockSignals(False)
        self.details.offer(FigureKind("", ()) if kind is None else kind)
        self.panels.setCurrentRow(0)
        self._show_rows()

    def _show_rows(self) -> None:
        """Show the rows that mean something for this kind."""
        kind = self._kinds.get(self.kind.currentData())
        several = kind is not None and kind.several
        self._form.setRowVisible(self.methods, several and self.methods.count() > 1)

    def _take_order(self) -> None:
        self._order = self.methods.texts()

    def _reset(self) -> None:
        self._order = ()
        self._fill_panels(())
        self._settle.start()

    def _remove(self) -> None:
        item = self.saved.currentItem()
        if item is not None and item.data(_PATH):
            self.saved.takeItem(self.saved.currentRow())
            self.folders_changed.emit()

    def _cancel(self) -> None:
        self.cancelled.emit()
        self.show_state("Stopped")
        self.stop.hide()

    def closeEvent(self, event: object) -> None:
        """Let go of whatever is being drawn."""
        self._settle.stop()
        self.cancelled.emit()
        super().closeEvent(event)  # type: ignore[arg-type]
