"""Ask for an evaluation, show how far it has come, and a table that fills."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QModelIndex, QSettings, QSortFilterProxyModel, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHeaderView,
    QLineEdit,
    QSpinBox,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from kaa_gui.core.types import AttackConfig
from kaa_gui.ui.model.evaluation_order import DatasetKind, EvaluatedRow, EvaluationNews, EvaluationOrder
from kaa_gui.ui.model.settings import stored_whole
from kaa_gui.ui.panels.evaluation_rows import EvaluationRows
from kaa_gui.ui.widgets.buttons import button
from kaa_gui.ui.widgets.flow import FlowRow
from kaa_gui.ui.widgets.plain import plain_label, plain_tip
from kaa_gui.ui.widgets.progress_line import ProgressLine
from kaa_gui.ui.widgets.steady import hold_width

SAMPLES = "samples"
PLANS = {
    "tables": ("The slides' tables", "KAA and KAA+ER, both norms, non-target and towards walk and sit"),
    "window": ("The window's parameters", "The attack that is set at the right, on every picture"),
}
CROPS = {
    "detection": ("crops by detection", "Cut people out where the network's own detector finds them"),
    "annotation": ("crops by annotation", "Cut people out where the data set says that they are"),
}
EVERYTHING = 0


class EvaluationPanel(QWidget):
    """Asks for an evaluation and shows its rows.

    Signals:
        wanted: An :class:`EvaluationOrder`, its configuration None or the default one as a stand-in.
        unwanted: Stop the one that runs.
        chosen: An :class:`EvaluatedRow`: attack it live.
    """

    wanted = Signal(object)
    unwanted = Signal()
    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Evaluation of a data set")
        self._running, self._report = False, ""
        self._kinds: Mapping[str, DatasetKind] = {SAMPLES: DatasetKind("")}
        self.config = AttackConfig()
        self.rows = EvaluationRows()
        self._build_order()
        self._build_table()
        self._build_progress()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self._order)
        layout.addWidget(self.table, 1)
        layout.addWidget(self._foot)
        self._show_need()

    def _build_order(self) -> None:
        self._order = FlowRow(self)
        self.kind = QComboBox()
        self.kind.addItem(SAMPLES, SAMPLES)
        self.kind.setToolTip("Format of the data set")
        self.kind.setAccessibleName("Format of the data set")
        self.kind.currentIndexChanged.connect(self._show_need)
        self._expected = ""
        self.kind.activated.connect(lambda: self.expect(""))
        self.path = _line("File or folder of the data set", 180)
        self.find_path = button(
            "…", name="Choose the data set", tip="Choose the data set: folder, annotation file or video"
        )
        self.find_path.clicked.connect(self._choose_path)
        self.images = _line("Folder of the pictures, if not beside the file", 230)
        self.find_images = button(
            "…",
            name="Choose the folder of the pictures",
            tip="Choose the folder that holds the data set's pictures",
        )
        self.find_images.clicked.connect(self._choose_images)
        self.crops = _choice(CROPS, "Crops of the evaluation", tip="Where people are cut out")
        self.plan = _choice(PLANS, "Attacks of the evaluation", tip="What each picture is attacked with")
        self.defences = _switch(
            "Defences",
            "Look at every adversarial picture again after JPEG, scaling, blur and with other crops",
        )
        self.transfer = _switch("Transfer", "Show every adversarial picture to the other victims as well")
        self.limit = QSpinBox()
        self.limit.setRange(EVERYTHING, 1_000_000)
        self.limit.setSpecialValueText("all entries")
        self.limit.setSuffix(" entries")
        self.limit.setToolTip("At most so many pictures")
        self.limit.setAccessibleName("Number of entries")
        self.folder = _line("Folder for the results", 180)
        self.find_folder = button(
            "…",
            name="Choose the folder for the results",
            tip="Choose the folder for the results; a begun one is resumed",
        )
        self.find_folder.clicked.connect(self._choose_folder)
        self.press = button("Evaluate", tip="Attack the whole data set in a process of its own")
        self.press.clicked.connect(self.toggle)
        for part in (self.path, self.folder):
            part.textChanged.connect(self._show_need)
        self._order.add(self.kind, self.path, self.find_path, self.images, self.find_images, self.crops)
        self._order.add(self.plan, self.limit, self.defences, self.transfer)
        self._order.add(self.folder, self.find_folder, self.press)

    def _build_table(self) -> None:
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self.rows)
        self._sorted.setSortRole(Qt.ItemDataRole.UserRole)
        self.table = QTableView()
        self.table.setModel(self._sorted)
        self.table.setSortingEnabled(True)
        self.table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setAccessibleName("Rows of the evaluation")
        self.table.setToolTip("Double-click or press Enter to attack a row live")
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(22)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        for column, width in enumerate((150, 90, 90, 70, 60, 60)):
            self.table.setColumnWidth(column, width)
        self.table.activated.connect(self._open)

    def _build_progress(self) -> None:
        self._foot = FlowRow(self)
        self.progress = ProgressLine()
        self.progress.setFixedSize(160, 6)
        self.progress.setAccessibleName("Progress of the evaluation")
        self.words = plain_label()
        self.report = button("Report", tip="Open tables, curves and pictures in the browser")
        self.report.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(self._report)))
        self.report.setEnabled(False)
        self._foot.add(self.progress, self.words, self.report)
        self.progress.hide()

    # --- what the window tells ---

    def expect(self, kind: str) -> None:
        """Choose a format of data sets as soon as it is offered; an empty one is none."""
        self._expected = kind

    def offer(self, kinds: Mapping[str, DatasetKind]) -> None:
        """Offer these formats of data sets."""
        chosen = self._expected if self._expected in kinds else self.kind.currentData()
        self._kinds = kinds
        self.kind.blockSignals(True)
        self.kind.clear()
        for key, kind in kinds.items():
            self.kind.addItem(key, key)
            self.kind.setItemData(self.kind.count() - 1, kind.title, Qt.ItemDataRole.ToolTipRole)
        self.kind.setCurrentIndex(max(0, self.kind.findData(chosen)))
        self.kind.blockSignals(False)
        self._show_need()

    def begin(self) -> None:
        """Show that an evaluation has begun."""
        self._running = True
        self.rows.clear()
        self._report = ""
        self.report.setEnabled(False)
        self.progress.show()
        self.progress.show_progress(0, 0)
        self.words.setText("Reading the data set…")
        self._show_need()

    def take(self, news: EvaluationNews) -> None:
        """Show what has come in."""
        self.rows.add(news.rows)
        if news.done is not None:
            self.progress.show_progress(news.done, news.total)
            won = sum(bool(self.rows.row(number).success) for number in range(len(self.rows)))
            damaged = f"; {news.damaged} damaged entries left out" if news.damaged else ""
            self.words.setText(f"{news.done} of {news.total} rows, {won} successes{damaged}")

    def end(self, report: str, failure: str = "") -> None:
        """Show that it has ended, with a report or, given up or failed, without one.

        Args:
            report: Its path; empty for none.
            failure: Why it failed, in one line; empty if it has not.
        """
        self._running = False
        self._report = report
        self.report.setEnabled(bool(report))
        self.progress.hide()
        self.words.setToolTip(plain_tip(failure))
        if failure:
            self.words.setText(f"Failed, {len(self.rows)} rows are kept: {failure}")
        elif not report:
            self.words.setText(f"Stopped; {len(self.rows)} rows are kept. Evaluate goes on from there.")
        self._show_need()

    # --- what the user does ---

    def toggle(self) -> None:
        """Begin, or stop what runs."""
        if self._running:
            self.unwanted.emit()
        else:
            self.wanted.emit(self.order())

    def order(self) -> EvaluationOrder:
        """Return what is set."""
        kind, path = self.kind.currentData(), self.path.text().strip()
        offered = self._kinds[kind]
        return EvaluationOrder(
            dataset=kind if kind == SAMPLES else f"{kind}:{path}",
            folder=self.folder.text().strip(),
            config=self.config if self.plan.currentData() == "window" else None,
            limit=self.limit.value() or None,
            images=(self.images.text().strip() or None) if offered.images else None,
            crops=self.crops.currentData() if offered.squares else "detection",
            defences=self.defences.isChecked(),
            transfer=self.transfer.isChecked(),
        )

    def _show_need(self) -> None:
        """Offer only what can be pressed."""
        needs_path = self.kind.currentData() != SAMPLES
        for part in (self.path, self.find_path):
            part.setEnabled(needs_path and not self._running)
        kind = self._kinds[self.kind.currentData()]
        for part in (self.images, self.find_images):
            part.setEnabled(kind.images and not self._running)
        self.crops.setEnabled(kind.squares and not self._running)
        others = (self.kind, self.plan, self.limit, self.defences, self.transfer)
        for part in (*others, self.folder, self.find_folder):
            part.setEnabled(not self._running)
        complete = bool(self.folder.text().strip()) and (not needs_path or bool(self.path.text().strip()))
        self.press.setEnabled(self._running or complete)
        self.press.setText("Stop" if self._running else "Evaluate")

    def _choose_path(self) -> None:
        if self.kind.currentData() == "folder":
            path = QFileDialog.getExistingDirectory(self, "Folder of pictures")
        else:
            path, _ = QFileDialog.getOpenFileName(self, "Annotation file or video")
        if path:
            self.path.setText(path)

    def _choose_images(self) -> None:
        file = self.path.text().strip()
        start = self.images.text().strip() or str(Path(file).parent if file else Path.home())
        if path := QFileDialog.getExistingDirectory(self, "Folder of the data set's pictures", start):
            self.images.setText(path)

    def _choose_folder(self) -> None:
        start = self.folder.text().strip() or str(Path.home())
        if path := QFileDialog.getExistingDirectory(self, "Folder for the results", start):
            self.folder.setText(path)

    def _open(self, index: QModelIndex) -> None:
        row: EvaluatedRow = self.rows.row(self._sorted.mapToSource(index).row())
        self.chosen.emit(row)


def _choice(choices: Mapping[str, tuple[str, str]], name: str, *, tip: str) -> QComboBox:
    box = QComboBox()
    for key, (title, words) in choices.items():
        box.addItem(title, key)
        box.setItemData(box.count() - 1, words, Qt.ItemDataRole.ToolTipRole)
    box.setToolTip(tip)
    box.setAccessibleName(name)
    return box


def _switch(title: str, tip: str) -> QCheckBox:
    switch = QCheckBox(title)
    switch.setToolTip(tip)
    switch.setAccessibleName(title)
    switch.setAccessibleDescription(tip)
    return switch


def _line(words: str, width: int) -> QLineEdit:
    line = QLineEdit()
    line.setPlaceholderText(words)
    line.setToolTip(words)
    line.setAccessibleName(words)
    hold_width(line, width)
    line.setClearButtonEnabled(True)
    return line


_GROUP = "evaluation"


def remember(panel: EvaluationPanel, settings: QSettings) -> None:
    """Write down what is set."""
    values = {
        **{name: box.currentData() for name, box in _boxes(panel).items()},
        **{name: line.text() for name, line in _lines(panel).items()},
        **{name: switch.isChecked() for name, switch in _switches(panel).items()},
        "limit": panel.limit.value(),
    }
    for name, value in values.items():
        settings.setValue(f"{_GROUP}/{name}", value)


def recall(panel: EvaluationPanel, settings: QSettings) -> None:
    """Set what was written down; whatever is damaged or no longer on offer keeps its default."""

    def stored(name: str) -> str:
        return str(settings.value(f"{_GROUP}/{name}", ""))

    panel.expect(stored("kind"))
    for name, box in _boxes(panel).items():
        if (place := box.findData(stored(name))) >= 0:
            box.setCurrentIndex(place)
    for name, line in _lines(panel).items():
        line.setText(stored(name))
    for name, switch in _switches(panel).items():
        # an INI file holds text
        switch.setChecked(stored(name).casefold() == "true")
    if (limit := stored_whole(settings, f"{_GROUP}/limit")) is not None:
        panel.limit.setValue(min(limit, panel.limit.maximum()))


def _boxes(panel: EvaluationPanel) -> dict[str, QComboBox]:
    return {"kind": panel.kind, "plan": panel.plan, "crops": panel.crops}


def _lines(panel: EvaluationPanel) -> dict[str, QLineEdit]:
    return {"path": panel.path, "images": panel.images, "folder": panel.folder}


def _switches(panel: EvaluationPanel) -> dict[str, QCheckBox]:
    return {"defences": panel.defences, "transfer": panel.transfer}
