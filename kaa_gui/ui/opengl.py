"""The one OpenGL setting that must be made before the application exists."""

from __future__ import annotations

from PySide6.QtGui import QSurfaceFormat


def set_default_surface_format() -> None:
    """Ask for what VTK needs, desktop OpenGL 3.2 core; call before the QApplication is made.

    A format set on the 3D pane alone would differ from its window's, which shows it black on Wayland.
    """
    form = QSurfaceFormat()
    form.setRenderableType(QSurfaceFormat.RenderableType.OpenGL)
    form.setProfile(QSurfaceFormat.OpenGLContextProfile.CoreProfile)
    form.setVersion(3, 2)
    form.setSwapBehavior(QSurfaceFormat.SwapBehavior.DoubleBuffer)
    for set_size in (
        form.setRedBufferSize,
        form.setGreenBufferSize,
        form.setBlueBufferSize,
        form.setAlphaBufferSize,
        form.setDepthBufferSize,
    ):
        set_size(8)
    form.setStencilBufferSize(0)
    form.setSamples(0)  # VTK has its own multi-sampling, which software GL had better be spared
    QSurfaceFormat.setDefaultFormat(form)
