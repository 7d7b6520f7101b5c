"""Apply, save, rename and delete presets."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from kaa_gui.core.errors import ConfigError
from kaa_gui.ui.model.presets import SHIPPED, Presets
from kaa_gui.ui.widgets.buttons import push_button
from kaa_gui.ui.widgets.plain import plain_label


class PresetsDialog(QDialog):
    """A list of presets beside the window: it doesn't block, so that each can be tried at once."""

    def __init__(self, presets: Presets, parent: QWidget) -> None:
        super().__init__(parent)
        self._presets = presets
        self.setObjectName("presets")
        self.setWindowTitle("Presets")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.list = QListWidget()
        self.list.setAccessibleName("Presets")
        self.title = QLineEdit()
        self.title.setAccessibleName("Title of the preset")
        self.title.setPlaceholderText("Title for the present parameters")
        self.complaint = plain_label()
        self.complaint.setWordWrap(True)
        self.complaint.setObjectName("warning")
        self.complaint.hide()
        self.save = push_button("&Save", "Keep the present parameters under this title", self._save)
        self.apply = push_button("&Apply", "Set the parameters to those of the chosen preset", self._apply)
        self.rename = push_button("&Rename", "Give the chosen preset the title in the field", self._rename)
        self.delete = push_button("&Delete", "Forget the chosen preset", self._delete)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.rejected.connect(self.close)
        line = QHBoxLayout()
        line.addWidget(self.title, 1)
        line.addWidget(self.save)
        buttons = QHBoxLayout()
        for button in (self.apply, self.rename, self.delete):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(close)
        layout = QVBoxLayout(self)
        layout.addWidget(self.list)
        layout.addLayout(line)
        layout.addWidget(self.complaint)
        layout.addLayout(buttons)
        self.resize(420, 380)
        presets.changed.connect(self._fill)
        self.list.currentItemChanged.connect(self._on_chosen)
        self.list.itemActivated.connect(self._apply)
        self._fill()

    def _fill(self) -> None:
        chosen = self._chosen()
        self.list.clear()
        for title in self._presets.titles:
            item = QListWidgetItem(title)
            item.setToolTip("Comes along" if title in SHIPPED else "Your own")
            self.list.addItem(item)
            if title == chosen:
                self.list.setCurrentItem(item)
        if self.list.currentItem() is None:
            self.list.setCurrentRow(0)

    def _chosen(self) -> str:
        item = self.list.currentItem()
        return "" if item is None else item.text()

    def _on_chosen(self) -> None:
        title = self._chosen()
        own = bool(title) and title not in SHIPPED
        self.rename.setEnabled(own)
        self.delete.setEnabled(own)
        if own:
            self.title.setText(title)

    def _apply(self) -> None:
        if title := self._chosen():
            self._presets.apply(title)

    def _save(self) -> None:
        self._try(lambda: self._presets.save(self.title.text()))

    def _rename(self) -> None:
        self._try(lambda: self._presets.rename(self._chosen(), self.title.text()))

    def _delete(self) -> None:
        self._try(lambda: self._presets.delete(self._chosen()))

    def _try(self, work: Callable[[], None]) -> None:
        try:
            work()
        except ConfigError as error:
            self.complaint.setText(str(error))
            self.complaint.show()
        else:
            self.complaint.hide()
