"""Base of the views: a pane that draws what it is shown and emits what the user picks in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFrame, QLabel, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from kaa_gui.colours import Theme
from kaa_gui.core.types import CorrelationField, Metrics, Scene, Snapshot
from kaa_gui.ui.appearance.theme import theme_of
from kaa_gui.ui.model.trajectory import JointCourse
from kaa_gui.ui.views.vector_page import write_page
from kaa_gui.ui.widgets.folding_row import FoldingRow
from kaa_gui.ui.widgets.foot_label import overlay_label
from kaa_gui.ui.widgets.grip import Grip

_BADGE_DELAY_MS = 300


class View(QWidget):
    """Base of the views.

    A view draws and emits; it computes nothing heavy, starts nothing and knows no other view. A subclass
    sets the class attributes, builds its picture in ``__init__``, hands it to :meth:`set_content` and
    overrides the ``show_*`` methods that it has a use for.

    Attributes:
        name: Key in :data:`kaa_gui.ui.views.VIEWS`, stable: layouts are saved under it.
        title: Title for docks and menus.
        tooltip: Tooltip, one sentence about what is seen here.
        empty_text: Hint on what to do while there is nothing to see.
        vectors: Whether there is more than pixels in it, so that a PDF is worth having.
        slow_modules: Modules that :meth:`prepare` imports; the window does so beforehand, in the background.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    tooltip: ClassVar[str]
    slow_modules: ClassVar[tuple[str, ...]] = ()
    vectors: ClassVar[bool] = True
    empty_text: ClassVar[str] = "Open a picture, or choose a sample from the File menu."

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"view.{self.name}")
        self.setAccessibleName(self.title)
        self.setAccessibleDescription(self.tooltip)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.controls = FoldingRow(self)
        self.grip = Grip()
        self.controls.add_to_corner(self.grip)
        self._empty = QLabel(self.empty_text)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._empty.setMargin(24)
        self._empty.setForegroundRole(self._empty.palette().ColorRole.PlaceholderText)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._empty)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._pages, 1)
        # not in the layout: unfolded, the controls lie over the picture
        self.controls.resized.connect(lambda height: layout.setContentsMargins(0, height, 0, 0))
        self.controls.setEnabled(False)
        self._badge = overlay_label("updating…", self._pages)
        self._badge.hide()
        # most updates are too quick to be worth a word
        self._badge_timer = QTimer(self)
        self._badge_timer.setSingleShot(True)
        self._badge_timer.setInterval(_BADGE_DELAY_MS)
        self._badge_timer.timeout.connect(self._show_badge)
        self._stale = False

    # -- what the window calls

    @property
    def pending(self) -> bool:
        """Whether the next turn of the event loop is taken: something slow is about to be drawn."""
        return False

    def prepare(self) -> None:
        """Do the slow part of the construction; the window calls it after its first paint."""

    def show_scene(self, scene: Scene) -> None:
        """Take a new picture, person, victim or layer."""

    def show_field(self, field: CorrelationField, alpha: float) -> None:
        """Take a growing correlation field, or another threshold on the same one.

        Args:
            field: Running extremes of the Jacobian.
            alpha: Threshold, in output units per unit of intensity.
        """

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Take an iterate: the newest one while the attack runs, any kept one while scrubbing."""

    def show_history(self, metrics: Sequence[Metrics]) -> None:
        """Take the numbers of all iterations so far, an append-only sequence within one run."""

    def show_joint(self, course: JointCourse | None) -> None:
        """Take how far the joint that is looked at has moved; None while there is none."""

    def set_stale(self, stale: bool) -> None:
        """Dim the last good picture until the first new one arrives."""
        if stale != self._stale:
            self._stale = stale
            self._dim(stale)
            self._badge.hide()
            if stale and self.populated:
                self._badge_timer.start()
            else:
                self._badge_timer.stop()

    def clear(self) -> None:
        """Forget what was shown; say what to do instead."""
        self.set_stale(False)
        self._set_populated(False)

    def to_image(self) -> QImage:
        """Return what is seen, without the controls, at the screen's resolution."""
        with self._without_focus():
            return self._pages.grab().toImage()

    def write_page(self, path: Path) -> None:
        """Write what is seen as a PDF page of its size, lines and text as vectors.

        Raises:
            OSError: It cannot be written.
        """
        with self._without_focus():
            write_page(self._pages, path, title=self.title)

    def shutdown(self) -> None:
        """Stop timers and release what the graphics system holds; the view is not used afterwards."""
        self._badge_timer.stop()
        self.controls.stop()

    # -- what is seen of it

    @property
    def stale(self) -> bool:
        """Whether what is seen is of an earlier run."""
        return self._stale

    @property
    def populated(self) -> bool:
        """Whether there is anything to see."""
        return self._pages.currentIndex() != 0

    @property
    def theme(self) -> Theme:
        """The theme that this view's palette belongs to."""
        return theme_of(self.palette())

    # -- for subclasses

    def set_content(self, content: QWidget) -> None:
        """Set the widget that is seen when there is something to see."""
        self._pages.addWidget(content)

    def _set_populated(self, populated: bool) -> None:
        """Show the content, or the empty page with the controls at rest."""
        populated = populated and self._pages.count() > 1
        self._pages.setCurrentIndex(1 if populated else 0)
        self.controls.setEnabled(populated)

    @contextmanager
    def _without_focus(self) -> Iterator[None]:
        # what shows where the keyboard is belongs to the window
        frames = [frame for frame in self.findChildren(QFrame, "focusFrame") if frame.isVisible()]
        for frame in frames:
            frame.hide()
        try:
            yield
        finally:
            for frame in frames:
                frame.show()

    def _dim(self, stale: bool) -> None:
        """Fade what is drawn, or bring it back."""

    def _apply_theme(self) -> None:
        """Take the colours of :attr:`theme`; called at start and whenever the palette changes."""

    def _apply_font(self) -> None:
        """Take the widget's font, where Qt doesn't do so by itself; called whenever it changes."""

    # -- Qt

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._apply_theme()
        elif event.type() == QEvent.Type.FontChange:
            self._apply_font()

    def _show_badge(self) -> None:
        self._badge.adjustSize()
        self._badge.move(8, 8)
        self._badge.raise_()
        self._badge.show()
