"""Model the rows of an evaluation as a Qt table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from kaa_gui.ui.model.evaluation_order import EvaluatedRow
from kaa_gui.ui.widgets.plain import plain_tip

_Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


def _verdict(row: EvaluatedRow) -> str:
    if row.success is None:
        return "failed"
    return "yes" if row.success else "no"


COLUMNS: tuple[tuple[str, str, Callable[[EvaluatedRow], Any]], ...] = (
    ("entry", "Picture and person of the data set", lambda row: row.entry),
    ("attack", "Norm and method", lambda row: row.attack),
    ("goal", "Non-target, or the pose aimed at", lambda row: row.goal),
    ("success", "Whether the saved picture meets the criterion of success", _verdict),
    (
        "mm",
        "MPJPE of the saved picture to the clean pose or, with a target, to the target",
        lambda row: row.error_mm,
    ),
    ("RMSE", "Of the saved perturbation over the crop, grey levels (0-255)", lambda row: row.rmse),
    ("remark", "Why there are no numbers", lambda row: row.failure),
)

"""Heading, explanation and value of each column."""
_DIGITS = {"mm": 0, "RMSE": 2}


class EvaluationRows(QAbstractTableModel):
    """Grows while an evaluation runs."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[EvaluatedRow] = []

    def __len__(self) -> int:
        return len(self._rows)

    def row(self, number: int) -> EvaluatedRow:
        """Return one row."""
        return self._rows[number]

    def clear(self) -> None:
        """Forget all rows."""
        self.beginResetModel()
        self._rows = []
        self.endResetModel()

    def add(self, rows: Sequence[EvaluatedRow]) -> None:
        """Append rows."""
        if rows:
            self.beginInsertRows(QModelIndex(), len(self._rows), len(self._rows) + len(rows) - 1)
            self._rows += rows
            self.endInsertRows()

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        heading, words, _ = COLUMNS[section]
        return {Qt.ItemDataRole.DisplayRole: heading, Qt.ItemDataRole.ToolTipRole: words}.get(
            Qt.ItemDataRole(role)
        )

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        heading, _, value_of = COLUMNS[index.column()]
        value = value_of(self._rows[index.row()])
        if role == Qt.ItemDataRole.DisplayRole:
            if value is None:
                return "–"
            return f"{value:.{_DIGITS[heading]}f}" if heading in _DIGITS else value
        if role == Qt.ItemDataRole.UserRole:
            # what sorting compares
            return float("-inf") if value is None else value
        if role == Qt.ItemDataRole.ToolTipRole and heading in ("entry", "remark"):
            return plain_tip(str(value or ""))
        if role == Qt.ItemDataRole.TextAlignmentRole and heading in _DIGITS:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None
