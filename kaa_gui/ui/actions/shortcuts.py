"""Keep the user's own shortcuts in the settings, and put them onto the actions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QSettings
from PySide6.QtGui import QAction, QKeySequence

from kaa_gui.core.errors import ConfigError
from kaa_gui.ui.actions.registry import ACTIONS
from kaa_gui.ui.actions.spec import ActionSpec
from kaa_gui.ui.model.settings import stored_object

_KEY = "shortcuts"
_SPECS: dict[str, ActionSpec] = {spec.id: spec for spec in ACTIONS}
RESERVED = (
    "Tab",
    "Shift+Tab",
    "Return",
    "Enter",
    "Up",
    "Down",
    "Left",
    "Right",
    "Home",
    "End",
    "0",
    "+",
    "-",
)
"""Keys that fields and views need themselves."""


class Shortcuts:
    """The shortcuts in force, by id of the action."""

    def __init__(self, actions: Mapping[str, QAction], settings: QSettings) -> None:
        """Read what the settings hold.

        Args:
            actions: Actions by id.
            settings: Settings that keep the user's own.
        """
        self._actions = actions
        self._settings = settings
        self._own: dict[str, str] = {}
        for name, keys in _read(settings.value(_KEY, "{}")).items():
            # two that clash after an update: what the program needs by default wins
            if name in actions and keys != _SPECS[name].shortcut and self.conflict(name, keys) is None:
                self._own[name] = keys

    def apply(self) -> None:
        """Put the user's own onto the actions."""
        for name in self._own:
            self._put(name)

    def keys(self, name: str) -> str:
        """Return an action's shortcut as portable text, several separated by ``" or "``."""
        return self._own.get(name, _SPECS[name].shortcut)

    def is_own(self, name: str) -> bool:
        """Whether the user has chosen it."""
        return name in self._own

    def specs(self) -> list[tuple[ActionSpec, str]]:
        """Return every action with its shortcut, in menu order."""
        return [(spec, self.keys(spec.id)) for spec in ACTIONS]

    def conflict(self, name: str, keys: str) -> str | None:
        """Return why an action cannot have a shortcut, or None."""
        for text in _each(keys):
            if QKeySequence(text).isEmpty():
                return f"{text!r} is no key"
            if text in RESERVED:
                return f"{text} is needed by fields and views; take it together with Ctrl or Alt"
            for spec, others in self.specs():
                if spec.id != name and text in _each(others):
                    owner = f"{spec.menu.replace('&', '')} > {spec.plain_title}"
                    return f"{text} is taken by {owner}; choose another, or change that first"
        return None

    def set(self, name: str, keys: str) -> None:
        """Give an action a shortcut; an empty one takes it away.

        Raises:
            ConfigError: It is taken, reserved or no key.
        """
        if (reason := self.conflict(name, keys)) is not None:
            raise ConfigError(reason)
        self._own[name] = keys
        self._store(name)

    def reset(self, name: str) -> None:
        """Give an action its own shortcut back.

        Raises:
            ConfigError: Another action has it now.
        """
        if (reason := self.conflict(name, _SPECS[name].shortcut)) is not None:
            raise ConfigError(reason)
        self._own.pop(name, None)
        self._store(name)

    def reset_all(self) -> None:
        """Give every action its own shortcut back."""
        changed, self._own = list(self._own), {}
        for name in changed:
            self._store(name)

    def _store(self, name: str) -> None:
        if self._own.get(name) == _SPECS[name].shortcut:
            del self._own[name]
        self._put(name)
        self._settings.setValue(_KEY, json.dumps(self._own))

    def _put(self, name: str) -> None:
        action, spec, keys = self._actions[name], _SPECS[name], self.keys(name)
        action.setShortcuts([QKeySequence(text) for text in _each(keys)])
        action.setToolTip(f"{spec.tip} ({', '.join(_each(keys))})" if keys else spec.tip)


def _each(keys: str) -> list[str]:
    return keys.split(" or ") if keys else []


def _read(stored: Any) -> dict[str, str]:
    """Return what the settings hold, as far as it makes sense."""
    found = stored_object(stored)
    return {name: keys for name, keys in found.items() if name in _SPECS and isinstance(keys, str)}
