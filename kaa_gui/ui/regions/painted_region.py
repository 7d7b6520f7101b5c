"""Keep the bitmap under the brush and the text in the parameters in step.

The bitmap lies in the GUI thread, which only writes the rows under the brush. Making text of it and reading
it back takes milliseconds on a large picture and happens in a thread.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, Signal

from kaa_gui.core.painted import painted_bitmap, painted_fault, painted_text
from kaa_gui.ui.model.parameters import Edit, new_gesture
from kaa_gui.ui.model.state import State
from kaa_gui.ui.regions.bitmaps import Bitmap, Point, dab
from kaa_gui.ui.running.failure import Failure
from kaa_gui.ui.running.tasks import Task, Tasks

_UNKNOWN = "?"


class PaintedRegion(QObject):
    """Joins the bitmap with the parameter ``region_mask``: an undo step a stroke.

    Signals:
        replaced: The bitmap is another one now, or none.
        failed: A :class:`Failure`.
    """

    replaced = Signal()
    failed = Signal(object)

    def __init__(self, state: State, tasks: Tasks, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state, self._tasks = state, tasks
        self._bitmap: Bitmap | None = None
        self._text: str | None = None
        self._reading = False
        self._value: int | None = None
        # strokes don't cancel each other
        self._waiting: list[Task] = []
        state.parameters_changed.connect(lambda _change: self._follow())

    @property
    def bitmap(self) -> Bitmap | None:
        """What is painted; None is everywhere."""
        return self._bitmap

    @property
    def painting(self) -> bool:
        """Whether a stroke is on its way."""
        return self._value is not None

    def begin(self, value: int, size: tuple[int, ...]) -> bool:
        """Begin a stroke; return whether there is anything to paint on.

        Args:
            value: 1 paints, 0 erases.
            size: Height and width of the picture.
        """
        if self._reading and self._text is not None:
            # a hand may be faster than the thread
            self._tasks.cancel(self)
            self._take(_painted(self._text))
        if self._bitmap is None and value:
            self._take(np.zeros(size[:2], np.uint8))
        if self._bitmap is None or self._bitmap.shape != size[:2]:
            return False
        if self._waiting:
            # a thread still reads the other one
            self._take(self._bitmap.copy())
        self._value = value
        return True

    def dab(self, first: Point, last: Point, radius: float) -> None:
        """Go on with the stroke, from one place of the picture to another."""
        if self._value is not None and self._bitmap is not None:
            dab(self._bitmap, first, last, radius=radius, value=self._value)

    def keep(self) -> None:
        """End the stroke: it becomes the region in force."""
        if self._value is None or (bitmap := self._bitmap) is None:
            return
        self._value = None
        self._waiting.append(
            self._tasks.submit(
                "Keeping the stroke",
                lambda _task: _text(bitmap),
                done=self._on_kept,
                failed=self._on_lost,
            )
        )

    def drop(self) -> None:
        """Give up the stroke on its way: the region stays what it is."""
        if self._value is not None:
            self._value, self._text = None, _UNKNOWN
            if not self._waiting:
                self._follow()

    # --- inside ---

    def _take(self, bitmap: Bitmap | None) -> None:
        self._bitmap, self._reading = bitmap, False
        self.replaced.emit()

    def _follow(self) -> None:
        """Read the region in force, unless it is the one that has been painted here."""
        text = self._state.parameters.config.region_mask
        if text == self._text:
            return
        self._value = None
        for key in (*self._waiting, self):
            self._tasks.cancel(key)
        self._waiting.clear()
        self._text = text
        if text is None:
            self._take(None)
        else:
            self._reading = True
            self._tasks.submit(
                "Reading the region",
                lambda _task: _painted(text),
                done=self._take,
                failed=self._on_unread,
                key=self,
            )

    def _on_unread(self, failure: Failure) -> None:
        self.failed.emit(failure)
        self._take(None)

    def _on_kept(self, text: str | None) -> None:
        # strokes end in the order in which they were submitted
        del self._waiting[0]
        if self._text == _UNKNOWN:
            # a later stroke has been given up: what is on screen is more than this
            self._state.apply(Edit({"region_mask": text}, new_gesture()))
        else:
            self._text = text
            self._state.apply(Edit({"region_mask": text}, new_gesture()))
            if self._text is None and not (self.painting or self._waiting):
                self._take(None)
        self._follow_last()

    def _on_lost(self, failure: Failure) -> None:
        del self._waiting[0]
        self.failed.emit(failure)
        self._text = _UNKNOWN
        self._follow_last()

    def _follow_last(self) -> None:
        if not self._waiting:
            self._follow()


def _text(bitmap: Bitmap) -> str | None:
    """Return a bitmap as text, checked here, so that nobody else has to; None where nothing is painted."""
    if not bitmap.any():
        return None
    text = painted_text(bitmap.view(bool))
    painted_fault(text)
    return text


def _painted(text: str) -> Bitmap:
    return painted_bitmap(text).astype(np.uint8)
