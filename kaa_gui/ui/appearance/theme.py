"""Dress the application in a light or dark theme, and tell widgets which one is in force."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

from kaa_gui.colours import DARK, DEFAULT_MAP, DIVERGING_MAPS, LIGHT, Theme

Scheme = Literal["light", "dark", "system"]
SCHEMES: tuple[Scheme, ...] = ("system", "light", "dark")


_MAP_PROPERTY = "kaaColourMap"


def choose_map(name: str) -> None:
    """Draw signed quantities in one of :data:`DIVERGING_MAPS` in the whole application from now on."""
    application = QApplication.instance()
    if application is not None:
        application.setProperty(_MAP_PROPERTY, name)


def theme_of(palette: QPalette) -> Theme:
    """Return the theme that a widget's palette belongs to, with the signed map of the application."""
    theme = DARK if palette.color(QPalette.ColorRole.Window).lightness() < 128 else LIGHT
    application = QApplication.instance()
    name = None if application is None else application.property(_MAP_PROPERTY)
    return theme if name in (None, DEFAULT_MAP) else _with_map(theme, str(name))


@cache
def _with_map(theme: Theme, name: str) -> Theme:
    return replace(theme, diverging=DIVERGING_MAPS[name][theme.name])


def resolve(scheme: Scheme, app: QApplication) -> Theme:
    """Return the theme for a scheme; ``"system"`` asks the platform and falls back to light."""
    if scheme == "system":
        return DARK if app.styleHints().colorScheme() == Qt.ColorScheme.Dark else LIGHT
    return DARK if scheme == "dark" else LIGHT


def apply_theme(app: QApplication, scheme: Scheme) -> Theme:
    """Dress the whole application, live.

    Args:
        app: The application.
        scheme: ``"light"``, ``"dark"`` or ``"system"``.

    Returns:
        The theme now in force. Views follow their palette change event by themselves.
    """
    hints = app.styleHints()
    if scheme == "system":
        hints.unsetColorScheme()
    else:
        hints.setColorScheme(Qt.ColorScheme.Dark if scheme == "dark" else Qt.ColorScheme.Light)
    theme = resolve(scheme, app)
    if app.style().name() != "fusion":
        app.setStyle(QStyleFactory.create("Fusion"))
    # bare X and KDE ignore the hint, so the palette is set by hand as well
    app.setPalette(palette(theme))
    return theme


def palette(theme: Theme) -> QPalette:
    """Return the Fusion palette of a theme."""
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    result = QPalette(QColor(theme.raised), QColor(theme.window))
    for target, value in (
        (role.Window, theme.window),
        (role.WindowText, theme.text),
        (role.Base, theme.base),
        (role.AlternateBase, theme.raised),
        (role.Text, theme.text),
        (role.Button, theme.raised),
        (role.ButtonText, theme.text),
        (role.BrightText, "#ffffff"),
        (role.ToolTipBase, theme.base),
        (role.ToolTipText, theme.text),
        (role.PlaceholderText, theme.muted),
        (role.Highlight, theme.accent),
        (role.HighlightedText, "#ffffff"),
        (role.Accent, theme.accent),
        (role.Link, theme.accent),
        (role.Mid, theme.line),
    ):
        result.setColor(target, QColor(value))
    faint = QColor(theme.muted)
    faint.setAlphaF(0.6)
    for target in (role.WindowText, role.Text, role.ButtonText):
        result.setColor(group.Disabled, target, faint)
    result.setColor(group.Disabled, role.Highlight, QColor(theme.line))
    return result
