"""Write a widget as a PDF page: lines and text stay vectors, pictures pixels."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMarginsF, QPoint, QSizeF
from PySide6.QtGui import QPageLayout, QPageSize, QPainter, QPdfWriter
from PySide6.QtWidgets import QWidget

_PIXELS_PER_INCH = 96


def write_page(widget: QWidget, path: Path, *, title: str) -> None:
    """Write what a widget shows as one page of its size, at 96 pixels an inch.

    Args:
        widget: Shown or not.
        path: Path of the PDF.
        title: Title of the document.

    Raises:
        OSError: It cannot be written.
    """
    writer = QPdfWriter(str(path))
    writer.setTitle(title)
    writer.setCreator("KAA Studio")
    # in the widget's own unit, so that lines as wide as a pixel are that wide on paper
    writer.setResolution(_PIXELS_PER_INCH)
    inches = QSizeF(widget.width() / _PIXELS_PER_INCH, widget.height() / _PIXELS_PER_INCH)
    size = QPageSize(inches, QPageSize.Unit.Inch, title, QPageSize.SizeMatchPolicy.ExactMatch)
    writer.setPageLayout(QPageLayout(size, QPageLayout.Orientation.Portrait, QMarginsF(0, 0, 0, 0)))
    painter = QPainter()
    if not painter.begin(writer):
        raise OSError(f"{path.name} cannot be written")
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    widget.render(painter, QPoint(0, 0))
    painter.end()
