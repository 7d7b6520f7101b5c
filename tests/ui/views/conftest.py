"""Views alone, on a real display; nothing is computed, all values are made up."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest
from pytestqt.qtbot import QtBot

from kaa_gui.ui.views import ActivationsView
from kaa_gui.ui.views.view import View
from tests.ui import values

# what app.py does before it makes the QApplication: cv2 leaves these behind on import
for name in ("QT_QPA_PLATFORM_PLUGIN_PATH", "QT_QPA_FONTDIR"):
    os.environ.pop(name, None)

V = TypeVar("V", bound=View)
Make = Callable[[type[V]], V]


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Callable[[type[V]], V]]:
    """Return a function that shows a view in a pane of the size it has in a small window."""
    made: list[View] = []

    def build(kind: type[V]) -> V:
        view = kind()
        made.append(view)
        if isinstance(view, ActivationsView):
            # what the window does in the background
            view.wanted.connect(lambda shot: view.show_activations(values.activations(shot)))
        qtbot.addWidget(view)
        view.resize(420, 340)
        with qtbot.waitExposed(view):
            view.show()
        return view

    yield build
    for view in made:
        view.shutdown()
