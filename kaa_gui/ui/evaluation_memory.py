"""What the panel of evaluations was last asked for, kept in the settings."""

from __future__ import annotations

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit

from kaa_gui.ui.evaluation_panel import EvaluationPanel

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
    if stored("limit").isdecimal():
        panel.limit.setValue(min(int(stored("limit")), panel.limit.maximum()))


def _boxes(panel: EvaluationPanel) -> dict[str, QComboBox]:
    return {"kind": panel.kind, "plan": panel.plan, "crops": panel.crops}


def _lines(panel: EvaluationPanel) -> dict[str, QLineEdit]:
    return {"path": panel.path, "images": panel.images, "folder": panel.folder}


def _switches(panel: EvaluationPanel) -> dict[str, QCheckBox]:
    return {"defences": panel.defences, "transfer": panel.transfer}
