"""Parse JSON settings defensively; users may edit them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSettings

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.untrusted.documents import Object, Reader
from kaa_gui.core.untrusted.paths import exists, is_file

_SETTINGS = Reader(ConfigError, "", most_bytes=1 << 20, most_values=100_000)
_MOST_DIGITS = 9


def settings_in(path: Path) -> QSettings:
    """Return the settings in an INI file; where something else has its name, in another one beside it."""
    # a pipe would keep the window from opening, and for ever
    other = exists(path) and not is_file(path)
    return QSettings(str(path.with_suffix(".other.ini") if other else path), QSettings.Format.IniFormat)


def stored_object(text: object) -> Object:
    """Return the JSON object that a setting holds; an empty one where it is none."""
    if not isinstance(text, str) or len(text) > _SETTINGS.most_bytes:
        return {}
    try:
        return _SETTINGS.parsed(text)
    except ConfigError:
        return {}


def stored_whole(settings: QSettings, key: str) -> int | None:
    """Return the whole number from 0 to 999,999,999 that a setting holds; None where it is none."""
    text = str(settings.value(key, ""))
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else None
