"""Define an action as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ActionSpec:
    """An action as data.

    Attributes:
        id: Stable; shortcuts and tests refer to it.
        title: Title for menus; ``&`` marks the mnemonic, ``…`` that a question follows.
        menu: Title of the menu it stands in.
        slot: Way from the window to a method, e.g. ``"timeline.play"``.
        tip: Tooltip, one sentence.
        shortcut: Portable text, several separated by ``" or "``.
        icon: Name of an icon; actions with one that are in the toolbar's list are buttons.
        separator: Whether a line precedes it in its menu.
        checkable: Whether it is a switch; its slot then takes a bool.
    """

    id: str
    title: str
    menu: str
    slot: str
    tip: str
    shortcut: str = ""
    icon: str = ""
    separator: bool = False
    checkable: bool = False

    @property
    def plain_title(self) -> str:
        """The title without mnemonic and dots."""
        return self.title.replace("&", "").rstrip("…")

    @property
    def shortcuts(self) -> tuple[str, ...]:
        """Each shortcut as portable text."""
        return tuple(self.shortcut.split(" or ")) if self.shortcut else ()
