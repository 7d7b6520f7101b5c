"""Scale all text by a share of the system's own size, remembered."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite

from PySide6.QtCore import QObject, QSettings, Signal
from PySide6.QtGui import QAction, QFontDatabase
from PySide6.QtWidgets import QApplication

SIZES = (0.8, 0.9, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0)
"""Shares of the system's text size."""

_KEY = "text_size"


class TextSize(QObject):
    """Makes the text of the application larger and smaller.

    Signals:
        changed: The share now in force.
    """

    changed = Signal(float)

    def __init__(self, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._share = 1.0
        self._actions: Mapping[str, QAction] = {}
        try:
            wanted = float(str(settings.value(_KEY, 1.0)))
        except ValueError:
            wanted = 1.0
        # a settings file may hold anything
        wanted = wanted if isfinite(wanted) else 1.0
        self._apply(min(SIZES, key=lambda share: abs(share - wanted)))

    @property
    def share(self) -> float:
        """Share of the system's text size."""
        return self._share

    def use(self, actions: Mapping[str, QAction]) -> None:
        """Offer only what changes something."""
        self._actions = actions
        self._offer()

    # --- slots of the actions ---

    def larger(self) -> None:
        """Take the next larger size."""
        self._step(1)

    def smaller(self) -> None:
        """Take the next smaller size."""
        self._step(-1)

    def normal(self) -> None:
        """Take the system's own size."""
        self._set(1.0)

    # --- inside ---

    def _step(self, by: int) -> None:
        place = SIZES.index(self._share) + by
        if 0 <= place < len(SIZES):
            self._set(SIZES[place])

    def _set(self, share: float) -> None:
        self._apply(share)
        self._settings.setValue(_KEY, share)
        self.changed.emit(share)

    def _apply(self, share: float) -> None:
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
        if font.pointSizeF() > 0:
            font.setPointSizeF(font.pointSizeF() * share)
        else:
            font.setPixelSize(max(1, round(font.pixelSize() * share)))
        if (self._share, share) != (1.0, 1.0):
            QApplication.setFont(font)
        self._share = share
        self._offer()

    def _offer(self) -> None:
        for name, possible in (
            ("larger_text", self._share < SIZES[-1]),
            ("smaller_text", self._share > SIZES[0]),
            ("normal_text", self._share != 1.0),
        ):
            if name in self._actions:
                self._actions[name].setEnabled(possible)
