"""Break a row of widgets where the width ends, so that narrow views keep every control."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QMargins, QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget


class FlowLayout(QLayout):
    """Left to right, then down; every item at its size hint, rows vertically centred."""

    def __init__(self, parent: QWidget | None = None, *, spacing: int = 4) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self._corner = 0
        self.setContentsMargins(QMargins(4, 3, 4, 3))
        self.setSpacing(spacing)

    def addItem(self, item: QLayoutItem) -> None:
        self._items.append(item)

    def count(self) -> int:
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:  # type: ignore[override]  # Qt asks past the end
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:  # type: ignore[override]
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        return Qt.Orientation(0)

    def height_at(self, width: int, *, most: int | None = None) -> int:
        """Return the height that all items need in this width, or the first ``most`` rows of them."""
        return self._arrange(QRect(0, 0, width, 0), move=False, most=most)

    def rows_at(self, width: int, *, corner: int) -> int:
        """Return into how many rows all items break in this width, with such a corner kept."""
        inner = QRect(0, 0, width, 0).marginsRemoved(self.contentsMargins())
        return len(self._rows(inner.width(), corner))

    def keep_corner(self, width: int) -> None:
        """Leave room at the right end of the first row for what is no item."""
        if width != self._corner:
            self._corner = width
            self.invalidate()

    def setGeometry(self, rect: QRect) -> None:
        super().setGeometry(rect)
        self._arrange(rect, move=True)

    def sizeHint(self) -> QSize:
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        size = QSize()
        for item in self._items:
            size = size.expandedTo(item.minimumSize())
        margins = self.contentsMargins()
        return size + QSize(margins.left() + margins.right(), margins.top() + margins.bottom())

    def _rows(self, width: int, corner: int) -> list[list[QLayoutItem]]:
        """Break the visible items into rows no wider than ``width``, if an item alone fits."""
        rows: list[list[QLayoutItem]] = [[]]
        used = 0
        for item in self._items:
            if item.isEmpty():
                continue
            needed = item.sizeHint().width() + (self.spacing() if rows[-1] else 0)
            room = width - (corner if len(rows) == 1 else 0)
            if rows[-1] and used + needed > room:
                rows.append([])
                used, needed = 0, item.sizeHint().width()
            rows[-1].append(item)
            used += needed
        return rows

    def _arrange(self, rect: QRect, *, move: bool, most: int | None = None) -> int:
        """Place the items if asked to, and return the height they, or the first rows of them, take."""
        margins = self.contentsMargins()
        inner = rect.marginsRemoved(margins)
        y = inner.top()
        for number, row in enumerate(self._rows(inner.width(), self._corner)[:most]):
            room = inner.width() - (self._corner if number == 0 else 0)
            height = max((item.sizeHint().height() for item in row), default=0)
            x = inner.left()
            for item in row:
                size = item.sizeHint().boundedTo(QSize(max(1, room), height))
                if move:
                    item.setGeometry(QRect(QPoint(x, y + (height - size.height()) // 2), size))
                x += size.width() + self.spacing()
            y += height + self.spacing()
        return y - self.spacing() - rect.top() + margins.bottom()


class FlowRow(QWidget):
    """A widget as high as its flow of widgets needs at the width it has.

    Qt's own height-for-width is asked too early when a view first appears, and then remembered; so the
    height is set from here.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._flow = FlowLayout(self)

    def add(self, *widgets: QWidget) -> None:
        """Append widgets to the row."""
        for widget in widgets:
            self._flow.addWidget(widget)

    def event(self, event: QEvent) -> bool:
        handled = super().event(event)
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize):
            height = self._flow.height_at(self.width())
            if height != self.height():
                self.setFixedHeight(height)
        return handled
