"""Show how far something lengthy is, with a way out."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QProgressDialog, QWidget

_PATIENCE_MS = 300


class Progress:
    """At most one progress dialog over a window; quick work ends before it is ever seen."""

    def __init__(self, parent: QWidget, cancel: Callable[[], object]) -> None:
        """Prepare for work.

        Args:
            parent: Widget that the dialog stands over.
            cancel: Called when the user gives up; not when the work ends by itself.
        """
        self._parent, self._cancel = parent, cancel
        self.dialog: QProgressDialog | None = None

    def begin(self, title: str) -> None:
        """Say what is being done, nothing of it yet."""
        self.end()
        self.dialog = QProgressDialog(f"{title}…", "Cancel", 0, 100, self._parent)
        self.dialog.setMinimumDuration(_PATIENCE_MS)
        self.dialog.setAutoClose(False)
        self.dialog.setAutoReset(False)
        self.dialog.setValue(0)
        self.dialog.canceled.connect(self._cancel)

    def show(self, fraction: float) -> None:
        """Show how much is done, in [0, 1]."""
        if self.dialog is not None:
            self.dialog.setValue(round(100 * fraction))

    def end(self) -> None:
        """Take the dialog away."""
        if self.dialog is not None:
            self.dialog.canceled.disconnect(self._cancel)
            self.dialog.hide()
            self.dialog.deleteLater()
            self.dialog = None
