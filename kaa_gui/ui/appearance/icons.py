"""Draw the icons as strokes in the theme's text colour, sharp at every scale."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

_STROKES = {
    "open": '<path d="M3 7v11a1 1 0 0 0 1 1h15l3-9H8l-3 8"/><path d="M3 7V5h6l2 2h8v3"/>',
    "run": '<path class="solid" d="M7 4.5v15l13-7.5z"/>',
    "pause": '<path class="solid" d="M6 5h4v14H6zM14 5h4v14h-4z"/>',
    "first": '<path class="solid" d="M19 5v14L9 12z"/><path d="M6 5v14"/>',
    "previous": '<path d="m15 5-7 7 7 7"/>',
    "next": '<path d="m9 5 7 7-7 7"/>',
    "last": '<path class="solid" d="M5 5v14l10-7z"/><path d="M18 5v14"/>',
    "stop": '<path class="solid" d="M6 6h12v12H6z"/>',
    "undo": '<path d="M9 5 4 10l5 5"/><path d="M4 10h10a5 5 0 0 1 0 10h-3"/>',
    "redo": '<path d="m15 5 5 5-5 5"/><path d="M20 10H10a5 5 0 0 0 0 10h3"/>',
    "reset": '<path d="M5 12a7 7 0 1 0 2.5-5.4"/><path d="M4 4v5h5"/>',
    "copy": '<rect x="8" y="8" width="12" height="12" rx="2"/><path d="M16 8V5H4v12h4"/>',
    "export": '<path d="M12 15V4"/><path d="m8 8 4-4 4 4"/><path d="M4 14v6h16v-6"/>',
    "drag_out": '<path d="M10 5H4v15h15v-6"/><path d="M11 13 20 4"/><path d="M14 4h6v6"/>',
    "search": '<circle cx="10.5" cy="10.5" r="6"/><path d="m15 15 5 5"/>',
    "close": '<path d="m6 6 12 12M18 6 6 18"/>',
    "box": '<path d="M5 5h4M13 5h3M19 5v3M19 12v3M19 19h-3M12 19H9M5 19v-3M5 12V9"/>',
    "brush": '<path d="M20 4 11 13"/><path d="m9 12 3 3"/>'
    '<path d="M9 12c-3 0-3 3-3.5 5S4 20 3 20c4 1 9 0 9-5"/>',
    "collapsed": '<path d="m9 6 6 6-6 6"/>',
    "expanded": '<path d="m6 9 6 6 6-6"/>',
    "picture": '<rect x="3" y="5" width="18" height="14" rx="2"/><circle cx="8.5" cy="10" r="1.7"/>'
    '<path d="m4 18 6-5 4 3 3-2 4 4"/>',
}
NAMES = tuple(_STROKES)
_SIZES = (16, 20, 24, 32, 48, 64)


@cache
def icon(name: str, colour: str, faint: str) -> QIcon:
    """Return an icon.

    Args:
        name: Name, one of :data:`NAMES`.
        colour: Colour of the strokes, ``#rrggbb``.
        faint: Colour of the strokes while disabled, ``#rrggbb``.
    """
    result = QIcon()
    for mode, ink in ((QIcon.Mode.Normal, colour), (QIcon.Mode.Disabled, faint)):
        for size in _SIZES:
            result.addPixmap(_draw(name, ink, size), mode)
    return result


def _draw(name: str, colour: str, size: int) -> QPixmap:
    ink = QColor(colour).name()
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">'
        f'<g fill="none" stroke="{ink}" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round">'
        f"{_STROKES[name]}</g></svg>"
    ).replace('class="solid"', f'fill="{ink}"')
    pixmap = QPixmap(size, size)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(svg.encode())).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return pixmap


_APPLICATION = """
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">
<rect x="2" y="2" width="60" height="60" rx="14" fill="#202429"/>
<g fill="none" stroke-width="4" stroke-linecap="round" stroke-linejoin="round">
<g stroke="#56b4e9"><path d="M32 25v15M32 27 20 36M32 27l12 9M32 40l-9 14M32 40l9 14"/></g>
<g stroke="#d55e00"><path d="M32 27 47 18M32 27 16 22M32 40l15 8"/></g></g>
<circle cx="32" cy="16" r="6" fill="#56b4e9"/></svg>
"""


def application_icon() -> QIcon:
    """Return the program's icon: a body, and where the attack puts its limbs."""
    result = QIcon()
    renderer = QSvgRenderer(QByteArray(_APPLICATION.encode()))
    for size in (*_SIZES, 128, 256):
        pixmap = QPixmap(size, size)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        renderer.render(painter, QRectF(0, 0, size, size))
        painter.end()
        result.addPixmap(pixmap)
    return result
