"""Show as many lines of a view's controls as there is room for, the rest behind a button."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QApplication, QToolButton, QWidget

from kaa_gui.ui.widgets.flow import FlowLayout

_SHARE = 0.15
"""Share of the pane's height that the lines may take; one line is always there."""

_GAP = 3


class FoldingRow(QWidget):
    """Lies at the top of a pane; unfolded it covers what is below it, so that nothing moves.

    What is folded away is there all the same: the keyboard's focus unfolds the row on its way through.

    Signals:
        resized: The height that the folded row takes has changed.
    """

    resized = Signal(int)

    def __init__(self, pane: QWidget) -> None:
        super().__init__(pane)
        self.setAutoFillBackground(True)
        self._pane = pane
        self._flow = FlowLayout(self)
        self._folded, self._lines = 0, 1
        self._stopped = False
        self.more = QToolButton()
        self.more.setObjectName("more")
        self.more.setText("…")
        self.more.setCheckable(True)
        self.more.setAutoRaise(True)
        self.more.setToolTip("Show the controls that this pane has no room for; Esc folds them away")
        self.more.setAccessibleName("More controls")
        self.more.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.more.toggled.connect(self._unfold)
        self.more.setParent(self)
        self.more.hide()
        self._corner: list[QWidget] = [self.more]
        self._stops: list[QWidget] = []
        pane.installEventFilter(self)
        application = QApplication.instance()
        assert isinstance(application, QApplication)  # noqa: S101 - a widget cannot be without one
        self._application = application
        application.focusChanged.connect(self._follow)

    def add(self, *widgets: QWidget) -> None:
        """Append widgets; the keyboard goes through them in this order, then on to what is below."""
        for widget in widgets:
            self._flow.addWidget(widget)
            for target in (widget, *widget.findChildren(QWidget)):
                if target.focusPolicy() & Qt.FocusPolicy.TabFocus:
                    self._stops.append(target)
                    break

    def add_to_corner(self, widget: QWidget) -> None:
        """Put a widget into the right end of the first line, where it is never folded away."""
        widget.setParent(self)
        self._corner.append(widget)

    def stop(self) -> None:
        """Follow the focus no more; may be called again."""
        if not self._stopped:
            self._stopped = True
            self.fold()
            self._pane.removeEventFilter(self)
            self._application.focusChanged.disconnect(self._follow)

    @property
    def folded_height(self) -> int:
        """Height that the row takes of its pane."""
        return self._folded

    @property
    def lines(self) -> int:
        """Number of lines that the pane has room for."""
        return self._lines

    @property
    def corner_width(self) -> int:
        """Width at the end of the first line that no control gets while some are folded away."""
        return self._corner_width(more=True)

    @property
    def unfolded(self) -> bool:
        """Whether everything is shown, over the pane."""
        return self.more.isChecked()

    def fold(self) -> None:
        """Show no more than there is room for."""
        self.more.setChecked(False)

    def shows(self, widget: QWidget) -> bool:
        """Whether a widget of the row is in sight, folded as the row may be."""
        return widget.mapTo(self, QPoint(0, 0)).y() < self.height()

    # --- inside ---

    def _fit(self) -> None:
        """Take the pane's width, and as many lines as its height allows."""
        width = self._pane.width()
        line = self._flow.height_at(width, most=1)
        self._lines = most = max(1, int(_SHARE * self._pane.height() / max(1, line)))
        crowded = self._flow.rows_at(width, corner=self._corner_width(more=False)) > most
        # once: a corner that goes to and fro would ask for another arrangement, again and again
        self._flow.keep_corner(self._corner_width(more=crowded))
        self.more.setVisible(crowded)
        folded = self._flow.height_at(width, most=most)
        if self.unfolded and not crowded:
            self.fold()
        self.setGeometry(0, 0, width, self._flow.height_at(width) if self.unfolded else folded)
        self._place_corner(line)
        if folded != self._folded:
            self._folded = folded
            self.resized.emit(folded)

    def _order_stops(self) -> None:
        """Put the controls before the pane's other widgets, in their order, and the button after them."""
        for before, after in pairwise([self.more, *self._stops, self.more]):
            QWidget.setTabOrder(before, after)

    def _corner_width(self, *, more: bool) -> int:
        widgets = self._corner if more else self._corner[1:]
        return sum(widget.sizeHint().width() + _GAP for widget in widgets)

    def _place_corner(self, line: int) -> None:
        right = self.width() - _GAP
        for widget in reversed([each for each in self._corner if not each.isHidden()]):
            size = widget.sizeHint()
            widget.setGeometry(
                right - size.width(), max(0, (line - size.height()) // 2), size.width(), size.height()
            )
            right -= size.width() + _GAP

    def _unfold(self, unfolded: bool) -> None:
        if unfolded:
            self.raise_()
            self._application.installEventFilter(self)
        else:
            self._application.removeEventFilter(self)
        self._fit()
        self.update()

    def _follow(self, _before: QWidget | None, now: QWidget | None) -> None:
        """Unfold where the focus comes to something folded away, and fold when it has gone."""
        if now is not None and self.isAncestorOf(now):
            if not self.unfolded and not self.shows(now):
                self.more.setChecked(True)
        elif self.unfolded and now is not None and now.window() is self.window():
            self.fold()

    def event(self, event: QEvent) -> bool:
        handled = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return handled

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the pane's size; fold at Escape and at a press elsewhere in the window."""
        kind = event.type()
        if watched is self._pane and kind in (QEvent.Type.Resize, QEvent.Type.Show):
            self._fit()
            if kind == QEvent.Type.Show:
                # not while it is built: Qt leaves boxes of choices where they are then
                self._order_stops()
        elif self.unfolded and kind == QEvent.Type.MouseButtonPress and isinstance(watched, QWidget):
            inside = watched is self or self.isAncestorOf(watched)
            if not inside and watched.window() is self.window():
                self.fold()
        elif self.unfolded and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            if kind == QEvent.Type.ShortcutOverride and self._application.activePopupWidget() is None:
                event.accept()
                return True
            if kind == QEvent.Type.KeyPress and self._application.activePopupWidget() is None:
                self.fold()
                return True
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Set the unfolded row off against what it covers."""
        super().paintEvent(event)
        if self.unfolded:
            painter = QPainter(self)
            painter.setPen(self.palette().color(QPalette.ColorRole.Mid))
            painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)
