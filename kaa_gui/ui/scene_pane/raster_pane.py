"""Show a VTK scene in an ordinary widget: rendered off screen, drawn as a picture. Import it late.

An OpenGL widget makes Qt compose the *whole window* by OpenGL whenever anything in it changes. Without a
graphics card that costs 9 ms a frame at 1280 x 800 and 33 ms at 2560 x 1600, for a label as for a
picture. Off screen, only this pane is rendered, only when it has changed, and the result is a picture
like any other: it works on every platform of Qt, also where there is no display.
"""

from __future__ import annotations

import numpy as np

# the factories of OpenGL rendering register themselves
import vtkmodules.vtkRenderingOpenGL2
from PySide6.QtCore import QPointF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkUnsignedCharArray
from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow

from kaa_gui.core.types import FloatArray

_SMOOTH_AFTER_MS = 200
_SAMPLES = 4
_SOFTWARE = ("llvmpipe", "softpipe", "SwiftShader", "GDI Generic", "Software Renderer")
_ORBIT_DEGREES = 0.4  # a pixel of dragging
_STEEPEST = 0.999  # sine of the steepest look down or up; at 1 "upright" has no meaning
_ZOOM = 1.1  # a notch of the wheel


class RasterPane(QWidget):
    """Shows a renderer: drag orbits, Shift or the middle button pans, the wheel zooms.

    Attributes:
        renderer: Holds the scene; its camera stays upright (y).
        render_window: Off screen, as large as the widget in device pixels.
    """

    moved = Signal()
    """The camera has been moved by hand."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty("pane", True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.renderer = vtkRenderer()
        self.render_window = vtkRenderWindow()
        self.render_window.SetOffScreenRendering(True)
        self.render_window.SetMultiSamples(0)
        self.render_window.AddRenderer(self.renderer)
        self._pixels = vtkUnsignedCharArray()
        self._image = QImage()
        self._outdated = True
        self._closed = False
        self._last = QPointF()
        self._by_processor: bool | None = None
        self._turn = QTimer(self, singleShot=True, interval=0)
        self._turn.timeout.connect(self._take_turn)
        self._painting = QTimer(self, singleShot=True, interval=0)
        self._rest = QTimer(self, singleShot=True, interval=_SMOOTH_AFTER_MS)
        self._rest.timeout.connect(self._smooth)

    @property
    def pending(self) -> bool:
        """Whether a turn of the event loop is needed to render, or is being used for that."""
        return self._turn.isActive() or self._painting.isActive()

    def redraw(self) -> None:
        """Render the scene again, in a turn of the event loop of its own, and then draw it."""
        if self._by_processor:
            # smooth edges are 5 ms that a picture in motion can do without
            self.renderer.SetUseFXAA(False)
            self._rest.start()
        self._outdated = True
        self._turn.start()

    def to_image(self) -> QImage:
        """Return the picture in device pixels."""
        self._render()
        return self._image.copy()

    def places_of(self, points: FloatArray) -> FloatArray:
        """Return where points of the scene are seen.

        Args:
            points: ``(N, 3)``.

        Returns:
            ``(N, 2)``, logical pixels, to the right and down; NaN for a point behind the camera.
        """
        camera, aspect = self.renderer.GetActiveCamera(), self.renderer.GetTiledAspectRatio()
        matrix = np.array(camera.GetCompositeProjectionTransformMatrix(aspect, 0, 1).GetData()).reshape(4, 4)
        seen = np.column_stack([points, np.ones(len(points))]) @ matrix.T
        depth = np.where(seen[:, 3:] > 0, seen[:, 3:], np.nan)
        places = (1 + seen[:, :2] / depth * (1, -1)) / 2 * (self.width(), self.height())
        return places.astype(np.float32)

    def close_scene(self) -> None:
        """Release what the graphics system holds; the pane is not used afterwards."""
        self._turn.stop()
        self._painting.stop()
        self._rest.stop()
        if not self._closed:
            self._closed = True
            self.render_window.RemoveRenderer(self.renderer)
            self.render_window.Finalize()

    # -- camera

    def orbit(self, right: float, up: float) -> None:
        """Walk around the focal point, in degrees; the horizon stays level."""
        camera = self.renderer.GetActiveCamera()
        camera.SetViewUp(0, 1, 0)
        camera.Azimuth(right)
        offset = np.subtract(camera.GetPosition(), camera.GetFocalPoint())
        radius = float(np.linalg.norm(offset))
        limit = np.degrees(np.arcsin(_STEEPEST))
        height = np.degrees(np.arcsin(np.clip(offset[1] / max(radius, 1e-9), -1, 1)))
        camera.Elevation(float(np.clip(height + up, -limit, limit) - height))
        self._camera_moved()

    def pan(self, right: float, up: float) -> None:
        """Move the scene across the pane, in logical pixels."""
        camera = self.renderer.GetActiveCamera()
        height = 2 * camera.GetDistance() * np.tan(np.deg2rad(camera.GetViewAngle() / 2))
        scale = height / max(1, self.height())
        forward = np.array(camera.GetDirectionOfProjection())
        across = np.cross(forward, camera.GetViewUp())
        across /= max(float(np.linalg.norm(across)), 1e-9)
        offset = -scale * (right * across + up * np.cross(across, forward))
        camera.SetPosition(*np.add(camera.GetPosition(), offset))
        camera.SetFocalPoint(*np.add(camera.GetFocalPoint(), offset))
        self._camera_moved()

    def zoom(self, factor: float) -> None:
        """Come closer by a factor above 1, go away by one below."""
        self.renderer.GetActiveCamera().Dolly(factor)
        self._camera_moved()

    def _camera_moved(self) -> None:
        self.renderer.ResetCameraClippingRange()
        self.moved.emit()
        self.redraw()

    # -- Qt

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a drag."""
        self._last = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Orbit or pan."""
        step, self._last = event.position() - self._last, event.position()
        shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if event.buttons() & Qt.MouseButton.MiddleButton or (
            event.buttons() & Qt.MouseButton.LeftButton and shifted
        ):
            self.pan(step.x(), -step.y())
        elif event.buttons() & Qt.MouseButton.LeftButton:
            self.orbit(-step.x() * _ORBIT_DEGREES, step.y() * _ORBIT_DEGREES)
        elif event.buttons() & Qt.MouseButton.RightButton:
            self.zoom(_ZOOM ** (-step.y() / 20))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom."""
        self.zoom(_ZOOM ** (event.angleDelta().y() / 120))
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the smoothing away from a size that changes."""
        super().resizeEvent(event)
        self.redraw()

    def sizeHint(self) -> QSize:
        """Return a size at which a body can be made out."""
        return QSize(320, 240)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the picture; one of another size is rendered at once, as there is nothing else to show."""
        if self._image.size() != self._size():
            self._render()
        QPainter(self).drawImage(0, 0, self._image)

    def _take_turn(self) -> None:
        if self.isVisible():
            self._render()
            self.update()
            self._painting.start()

    def _size(self) -> QSize:
        """Return the size in device pixels."""
        ratio = self.devicePixelRatioF()
        return QSize(max(1, round(self.width() * ratio)), max(1, round(self.height() * ratio)))

    def _render(self) -> None:
        if self._closed or not (self._outdated or self._image.size() != self._size()):
            return
        self._outdated = False
        width, height = self._size().toTuple()
        self.render_window.SetSize(width, height)
        self.render_window.Render()
        if self._by_processor is None:
            self._choose_smoothing()
        # read from the back buffer: nothing is swapped off screen
        self.render_window.GetRGBACharPixelData(0, 0, width - 1, height - 1, 0, self._pixels, 0)
        rows = vtk_to_numpy(self._pixels).reshape(height, width, 4)
        upside_down = QImage(rows.data, width, height, 4 * width, QImage.Format.Format_RGBX8888)
        self._image = upside_down.flipped(Qt.Orientation.Vertical)
        self._image.setDevicePixelRatio(self.devicePixelRatioF())

    def _choose_smoothing(self) -> None:
        """Smooth edges by multi-sampling where there is a graphics card; without one it is too slow."""
        report = self.render_window.ReportCapabilities()
        self._by_processor = any(name in report for name in _SOFTWARE)
        if self._by_processor:
            self._rest.start()
        else:
            self.render_window.SetMultiSamples(_SAMPLES)
            self.render_window.Render()

    def _smooth(self) -> None:
        self.renderer.SetUseFXAA(True)
        self._outdated = True
        self._turn.start()


_ = vtkmodules.vtkRenderingOpenGL2
