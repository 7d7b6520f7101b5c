"""Style what the palette cannot, one style sheet for each theme."""

from __future__ import annotations

from kaa_gui.colours import BLUISH_GREEN, ERROR_FRAME, ORANGE, Theme

_LEVELS = {"info": BLUISH_GREEN, "warning": ORANGE, "error": ERROR_FRAME}


def _levels() -> str:
    rules = []
    for level, (red, green, blue) in _LEVELS.items():
        colour = f"rgb({red}, {green}, {blue})"
        rules.append(f'QFrame#toast[level="{level}"] {{ border-left: 4px solid {colour}; }}')
        rules.append(f'QLabel#toastSymbol[level="{level}"] {{ background: {colour}; }}')
    return "\n".join(rules)


def style_sheet(theme: Theme) -> str:
    """Return the rules of the main window in a theme."""
    return "\n".join((_frame(theme), _toolbars(theme), _controls(theme), _over_the_window(theme), _levels()))


def _frame(theme: Theme) -> str:
    return f"""
QMainWindow::separator {{ background: {theme.window}; width: 5px; height: 5px; }}
QMainWindow::separator:hover {{ background: {theme.accent}; }}
QDockWidget {{ font-weight: 600; color: {theme.text}; }}
QDockWidget::title {{
    background: {theme.raised}; padding: 4px 8px; border-bottom: 1px solid {theme.line};
}}
QStatusBar {{ background: {theme.window}; border-top: 1px solid {theme.line}; }}
QStatusBar::item {{ border: none; }}
QStatusBar QLabel {{ padding: 0 6px; }}
QStatusBar QLabel#muted {{ color: {theme.muted}; }}
"""


def _toolbars(theme: Theme) -> str:
    return f"""
QToolBar {{
    background: {theme.window}; border: none; border-bottom: 1px solid {theme.line};
    spacing: 2px; padding: 3px 6px;
}}
QToolBar::separator {{ background: {theme.line}; width: 1px; margin: 5px 6px; }}
QToolBar QToolButton {{
    border: 1px solid transparent; border-radius: 5px; padding: 4px 9px; color: {theme.text};
}}
QToolBar QToolButton:hover {{ background: {theme.raised}; border-color: {theme.line}; }}
QToolBar QToolButton:pressed {{ background: {theme.line}; }}
QToolBar QToolButton:focus {{ border-color: {theme.accent}; }}
QToolBar QToolButton:disabled {{ color: {theme.muted}; }}
QToolBar#toolbar QToolButton:checked {{ background: {theme.raised}; border-color: {theme.accent}; }}
QToolBar#pipeline {{ padding: 0px 5px; }}
QToolBar#timeline {{ border: none; border-top: 1px solid {theme.line}; padding: 1px 6px; }}
QToolBar#timeline QToolButton {{ padding: 3px 6px; }}
QToolBar#timeline QToolButton:checked {{
    background: {theme.raised}; color: {theme.accent}; font-weight: 600;
}}
QToolButton#run {{ background: {theme.accent}; color: white; font-weight: 600; min-width: 64px; }}
QToolButton#run:hover {{ background: {theme.accent}; border-color: {theme.text}; }}
QToolButton#run:disabled {{ background: {theme.line}; color: {theme.muted}; }}
"""


def _controls(theme: Theme) -> str:
    return f"""
QToolButton#choice {{
    background: {theme.raised}; border: 1px solid {theme.line}; border-radius: 4px; padding: 2px 2px;
    color: {theme.text};
}}
QToolButton#choice:hover {{ border-color: {theme.muted}; }}
QToolButton#choice:pressed {{ background: {theme.line}; }}
QToolButton#choice:checked {{ background: {theme.accent}; border-color: {theme.accent}; color: white; }}
QToolButton#choice:focus {{ border-color: {theme.text}; }}
QToolButton#choice:disabled {{ color: {theme.muted}; }}
QToolButton#more, QToolButton#grip {{
    border: 1px solid transparent; border-radius: 4px; padding: 2px 3px; color: {theme.text};
}}
QToolButton#more:hover, QToolButton#grip:hover {{ background: {theme.raised}; border-color: {theme.line}; }}
QToolButton#more:checked {{ background: {theme.line}; }}
QToolButton#more:focus {{ border-color: {theme.text}; }}
QCheckBox::indicator:unchecked {{
    width: 12px; height: 12px; border: 1px solid {theme.muted}; border-radius: 2px;
    background: {theme.base};
}}
QCheckBox::indicator:unchecked:disabled {{ border-color: {theme.line}; background: {theme.window}; }}
QScrollArea#controls, QWidget#controlsBody {{ background: {theme.window}; }}
QToolButton#sectionHeader {{
    border: none; border-top: 1px solid {theme.line}; background: {theme.window}; color: {theme.muted};
    font-weight: 600; padding: 3px 4px; text-align: left;
}}
QToolButton#sectionHeader:hover {{ color: {theme.text}; }}
QToolButton#sectionHeader:focus {{ color: {theme.accent}; }}
QLabel#layerCaption, QLabel#hint {{ color: {theme.muted}; }}
"""


def _over_the_window(theme: Theme) -> str:
    return f"""
QFrame#toast {{
    background: {theme.base}; border: 1px solid {theme.line}; border-radius: 6px; color: {theme.text};
}}
QLabel#warning {{ color: {theme.text}; font-weight: 600; }}
QDialog#presets QListWidget::item {{ padding: 3px 2px; }}
QFrame#tour {{ background: {theme.base}; border: 1px solid {theme.accent}; border-radius: 8px; }}
QLabel#tourTitle {{ font-weight: 700; }}
QFrame#focusFrame {{ border: 2px solid {theme.accent}; background: transparent; }}
QFrame#tourOutline {{ border: 2px solid {theme.accent}; border-radius: 4px; background: transparent; }}
QLabel#debugOverlay {{
    background: rgba(0, 0, 0, 170); color: white; font-family: monospace; padding: 6px 9px;
    border-radius: 5px;
}}
QLabel#toastSymbol {{ color: white; border-radius: 10px; font-weight: 700; }}
QDialog#palette {{ background: {theme.base}; border: 1px solid {theme.line}; }}
QDialog#palette QLineEdit {{ padding: 6px; }}
QDialog#palette QListWidget {{ border: none; outline: 0; }}
QDialog#palette QListWidget::item {{ padding: 4px 6px; }}
"""
