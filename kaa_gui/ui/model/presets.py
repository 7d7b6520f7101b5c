"""Keep named sets of attack parameters: bundled ones and the user's own. Knows no widget."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QObject, QSettings, Signal

from kaa_gui.core.config import as_older_version_meant, protocol_changes
from kaa_gui.core.errors import ConfigError
from kaa_gui.core.types import GREY_LEVELS, AttackConfig
from kaa_gui.ui.model.parameters import Edit, Parameters, new_gesture
from kaa_gui.ui.model.settings import stored_object
from kaa_gui.ui.model.state import State

Changes = Mapping[str, Any]

SHIPPED: dict[str, Changes] = {
    "Slides: KAA, ℓ∞": {"method": "kaa", **protocol_changes("slides")},
    "Slides: KAA+ER, ℓ∞": {"method": "kaa+er", **protocol_changes("slides")},
    "Slides: KAA, ℓ2": {"method": "kaa", "norm": "l2", **protocol_changes("slides", "l2")},
    "Slides: KAA+ER, ℓ2": {"method": "kaa+er", "norm": "l2", **protocol_changes("slides", "l2")},
    "KAA+ER, 25 % of the values": {"method": "kaa+er", "keep": 0.25},
    "Control: random mask of equal size": {"method": "kaa+er", "mask": "random", "keep": 0.25},
    "Towards walk (Protocol #1)": {"goal": "target", "target": "walk", "epsilon": 8 / GREY_LEVELS},
    "Towards sit (Protocol #2)": {"goal": "target", "target": "sit", "epsilon": 8 / GREY_LEVELS},
    "On the crop, as the paper does": {"space": "crop"},
    "FGSM (regression route)": {
        "victim": "blazepose-regression",
        "method": "fgsm",
        "epsilon": 4 / GREY_LEVELS,
    },
    "I-FGSM (regression route)": {"victim": "blazepose-regression", "method": "i-fgsm"},
}
"""Title -> what differs from the defaults."""

UNTOUCHED = ("region", "region_mask", "seed")
"""Parameters that belong to a picture or to an experiment, not to a preset."""

_KEY = "presets"
_OLDER_DEFAULTS: Changes = {"views": 1}
"""What has another default since presets held no more than what differs from the defaults."""
_LONGEST, _MOST = 80, 200


class Presets(QObject):
    """The presets on offer, and what is done with them.

    Signals:
        changed: The user's own have changed.
    """

    changed = Signal()

    def __init__(self, state: State, settings: QSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._settings = settings
        self._own = _read(settings.value(_KEY, "{}"))

    @property
    def own(self) -> tuple[str, ...]:
        """Titles of the user's own, in alphabetical order."""
        return tuple(sorted(self._own, key=str.casefold))

    @property
    def titles(self) -> tuple[str, ...]:
        """All titles, those that come along first."""
        return (*SHIPPED, *self.own)

    def apply(self, title: str) -> None:
        """Set the attack's parameters to those of a preset: one step that can be undone."""
        wanted = Parameters().config
        changes = SHIPPED[title] if title in SHIPPED else self._own[title]
        now = self._state.parameters
        try:
            wanted = wanted.with_changes(**changes)
        except (ConfigError, TypeError, ValueError) as error:
            self._state.refused.emit(f"preset {title}: {error}; delete it")
            return
        after = now.with_changes(
            {name: value for name, value in _values(wanted).items() if name not in UNTOUCHED}
        )
        edit = {name: after.get(name) for name in now.differences(after)}
        if edit:
            self._state.apply(Edit(edit, new_gesture()))

    def save(self, title: str) -> None:
        """Keep the present parameters under a title; one of the user's own is replaced.

        Raises:
            ConfigError: The title is empty, too long, or belongs to a preset that comes along.
        """
        title = self._checked(title)
        # all of them: defaults may be others in a later version
        now = _values(self._state.parameters.config)
        self._own[title] = {name: value for name, value in now.items() if name not in UNTOUCHED}
        self._store()

    def rename(self, title: str, wanted: str) -> None:
        """Give one of the user's own another title.

        Raises:
            ConfigError: The title is empty, too long or taken.
        """
        wanted = self._checked(wanted)
        if wanted != title:
            if wanted in self._own:
                raise ConfigError(f"preset title must be a new one, got {wanted!r}; delete the other first")
            self._own[wanted] = self._own.pop(title)
            self._store()

    def delete(self, title: str) -> None:
        """Forget one of the user's own."""
        del self._own[title]
        self._store()

    def _checked(self, title: str) -> str:
        title = " ".join(title.split())
        if not title or len(title) > _LONGEST:
            raise ConfigError(f"preset title must have 1 to {_LONGEST} characters, got {len(title)}")
        if title in SHIPPED:
            raise ConfigError(f"preset title must be a new one, got {title!r}, which comes along")
        if title not in self._own and len(self._own) >= _MOST:
            raise ConfigError(f"presets must be at most {_MOST}; delete some")
        return title

    def _store(self) -> None:
        self._settings.setValue(_KEY, json.dumps(self._own))
        self.changed.emit()


def _values(config: AttackConfig) -> dict[str, Any]:
    return config.as_json()


def _read(stored: Any) -> dict[str, dict[str, Any]]:
    """Return what the settings hold, as far as it makes sense."""
    known = set(_values(Parameters().config))
    return {
        title: values if "space" in values else as_older_version_meant({**_OLDER_DEFAULTS, **values})
        for title, values in list(stored_object(stored).items())[:_MOST]
        if isinstance(values, dict) and set(values) <= known and title not in SHIPPED
    }
