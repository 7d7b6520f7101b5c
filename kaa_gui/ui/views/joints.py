"""Show every joint's error as a table: sorted by any column, copied as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from kaa_gui.core.metrics import joint_table
from kaa_gui.core.types import Scene, Snapshot
from kaa_gui.ui.views.view import View
from kaa_gui.ui.widgets.buttons import button

_SORT_ROLE = Qt.ItemDataRole.UserRole
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class _Column:
    """A column: its field in :func:`~kaa_gui.core.metrics.joint_table`, heading, hint and decimals."""

    field: str
    heading: str
    hint: str
    decimals: int


_JOINT = _Column(
    "joint", "joint", "By name; grey: the victim doubts it in the clean crop (score below 0.5)", 0
)
_COLUMNS = (
    _JOINT,
    _Column("displacement_px", "moved px", "Clean to attacked key point, pixels of the crop", 1),
    _Column("error_mm", "moved mm", "Clean to attacked 3D joint, millimetres", 0),
)
_TARGET_COLUMNS = (
    _Column("target_error_px", "to target px", "Attacked key point to the target's, pixels of the crop", 1),
    _Column("target_error_mm", "to target mm", "Attacked 3D joint to the target's, millimetres", 0),
)


class _Model(QAbstractTableModel):
    """One row a joint, as the newest iterate has it."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: Sequence[dict[str, object]] = ()
        self.columns: tuple[_Column, ...] = _COLUMNS

    def show(self, rows: Sequence[dict[str, object]], columns: tuple[_Column, ...]) -> None:
        """Take new numbers; selection and order survive where joints and columns are the same."""
        same = [row["joint"] for row in rows] == [row["joint"] for row in self.rows]
        if same and columns == self.columns:
            self.rows = rows
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(columns) - 1))
            return
        self.beginResetModel()
        self.rows, self.columns = rows, columns
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self.columns)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = self.rows[index.row()], self.columns[index.column()]
        value = row.get(column.field)
        if role == Qt.ItemDataRole.DisplayRole:
            return shown(value, column.decimals)
        if role == _SORT_ROLE:
            # a joint without a value comes after all that have one, the largest first
            return -1.0 if value is None else value
        if role == Qt.ItemDataRole.TextAlignmentRole and column is not _JOINT:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ForegroundRole and row.get("visible") is False:
            return QGuiApplication.palette().placeholderText()
        return None

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation == Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].heading
        return self.columns[section].hint if role == Qt.ItemDataRole.ToolTipRole else None


class JointsView(View):
    """The table, fed by each iterate; a row picked is a joint brought out in every view."""

    name = "joints"
    title = "Joints"
    vectors = False  # a table is copied as a table
    tooltip = "How far each joint has moved, in the picture and in space, and how far it is from the target."
    empty_text = "Each joint's error appears here with the attack's first step."

    jointHovered = Signal(str)
    """Name of the joint whose row is under the pointer; empty when it is none."""

    jointPicked = Signal(str)
    """Name of the joint whose row is chosen; empty when it is chosen no longer."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = _Model()
        self._order = QSortFilterProxyModel()
        self._order.setSourceModel(self._model)
        self._order.setSortRole(_SORT_ROLE)
        self.table = QTableView()
        self.table.setModel(self._order)
        self.table.setAccessibleName("Joint errors")
        self.table.setSortingEnabled(True)
        self.table.sortByColumn(2, Qt.SortOrder.DescendingOrder)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setAlternatingRowColors(True)
        self.table.setShowGrid(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 5)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._tell_choice())
        # the row under the pointer is chosen already, so a click on it changes no selection
        self.table.clicked.connect(lambda index: self.jointPicked.emit(self._joint_of(index)))
        self.table.setMouseTracking(True)
        self.table.entered.connect(lambda index: self.jointHovered.emit(self._joint_of(index)))
        self.table.viewport().installEventFilter(self)
        self.set_content(self.table)
        self._telling = False
        self._highlight: str | None = None
        for name, separator in (("Copy CSV", ","), ("Copy TSV", "\t")):
            kind = "commas" if separator == "," else "tabs"
            press = button(name, tip=f"Copy the table as text with {kind} between the columns")
            press.clicked.connect(lambda _=False, separator=separator: self.copy(separator))
            self.controls.add(press)

    # -- what the window calls

    def show_scene(self, scene: Scene) -> None:
        """Keep the numbers of the same person; drop those of another skeleton."""
        self.set_stale(False)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Show an iterate's numbers."""
        self.set_stale(False)
        target = snapshot.target
        rows = joint_table(snapshot.clean, snapshot.attacked, target)
        self._model.show(rows, _COLUMNS if target is None else (*_COLUMNS, *_TARGET_COLUMNS))
        self._set_populated(True)
        if self.chosen != (self._highlight or ""):
            self.set_highlight(self._highlight)

    def set_highlight(self, joint: str | None) -> None:
        """Choose the row of the joint of this name, or none; emits nothing."""
        self._highlight = joint
        self._telling = True
        names = [row["joint"] for row in self._model.rows]
        if joint in names:
            index = self._order.mapFromSource(self._model.index(names.index(joint), 0))
            self.table.selectRow(index.row())
            self.table.scrollTo(index)
        else:
            self.table.clearSelection()
        self._telling = False

    def clear(self) -> None:
        super().clear()
        self._model.show((), _COLUMNS)

    def to_image(self) -> QImage:
        return self.table.grab().toImage()

    def text(self, separator: str) -> str:
        """Return the table as lines of text, in the order shown, its headings first."""
        columns = self._model.columns
        lines = [separator.join(column.field for column in columns)]
        for place in range(self._order.rowCount()):
            row = self._model.rows[self._order.mapToSource(self._order.index(place, 0)).row()]
            lines.append(separator.join(plain(row.get(column.field)) for column in columns))
        return "\n".join(lines) + "\n"

    def copy(self, separator: str = "\t") -> None:
        """Put the table on the clipboard."""
        QGuiApplication.clipboard().setText(self.text(separator))

    # -- the pointer and the keys

    @property
    def chosen(self) -> str:
        """Name of the joint whose row is chosen; empty for none."""
        rows = self.table.selectionModel().selectedRows()
        if not rows:
            return ""
        return self._joint_of(rows[0])

    def _joint_of(self, index: QModelIndex) -> str:
        return str(self._model.rows[self._order.mapToSource(index).row()]["joint"])

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self.jointHovered.emit("")
        return super().eventFilter(watched, event)

    def _tell_choice(self) -> None:
        if not self._telling:
            self._highlight = self.chosen or None
            self.jointPicked.emit(self.chosen)


def shown(value: object, decimals: int) -> str:
    """Return a value as the table shows it; a dash where there is none."""
    if value is None:
        return "–"
    return (
        f"{cast('float', value):.{decimals}f}" if isinstance(value, float) else str(value).replace("_", " ")
    )


def plain(value: object) -> str:
    """Return a value as a spreadsheet reads it; nothing where there is none."""
    if value is None:
        return ""
    return f"{value:.3f}" if isinstance(value, float) else str(value)
