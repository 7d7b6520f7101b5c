"""Lay runs out as a grid: a row a person, a column a method and norm."""

from __future__ import annotations

from dataclasses import dataclass

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.wording import norm_title
from kaa_gui.figures.record import Record, groups
from kaa_gui.figures.style import Style

MAX_ROWS, MAX_COLUMNS = 12, 4

Group = tuple[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """The cells of a grid.

    Attributes:
        rows: Identities of the attacked people, in the order given.
        columns: Method title and norm.
        cells: Row and column -> record.
    """

    rows: tuple[str, ...]
    columns: tuple[Group, ...]
    cells: dict[tuple[str, Group], Record]

    def at(self, row: str, column: Group) -> Record | None:
        """Return a cell; None where there was no such run."""
        return self.cells.get((row, column))

    def records(self, row: str) -> list[Record]:
        """Return the records of a row."""
        return [record for (key, _), record in self.cells.items() if key == row]

    def any_of(self, row: str) -> Record:
        """Return one record of a row: for what all of them share."""
        return self.records(row)[0]


def grid_of(records: tuple[Record, ...]) -> Grid:
    """Sort records into a grid.

    Raises:
        ConfigError: Two runs fall into one cell, or there are too many rows or columns to be read.
    """
    cells: dict[tuple[str, Group], Record] = {}
    for group, members in groups(records).items():
        for record in members:
            if (record.picture, group) in cells:
                raise ConfigError(
                    f"{record.name}: a second run of {group_title(group)} on one person; leave one out"
                )
            cells[record.picture, group] = record
    rows = tuple(dict.fromkeys(record.picture for record in records))
    columns = tuple(groups(records))
    if len(rows) > MAX_ROWS or len(columns) > MAX_COLUMNS:
        raise ConfigError(
            f"runs must be of at most {MAX_ROWS} people and {MAX_COLUMNS} methods and norms to fit a page, "
            f"got {len(rows)} and {len(columns)}; choose some of them"
        )
    return Grid(rows, columns, cells)


def check_fit(grid: Grid, style: Style, block_mm: float) -> None:
    """Refuse a page on which the columns' heads would run into each other.

    Raises:
        ConfigError: A column's block is narrower than its head.
    """
    longest = max(len(group_title(column)) for column in grid.columns)
    if block_mm < longest * style.letter_mm:
        raise ConfigError(
            f"columns must be fewer or wider: {len(grid.columns)} methods do not fit {style.width_mm:g} mm; "
            "choose two columns, other methods, or a smaller font"
        )


def group_title(group: Group) -> str:
    """Return a column's head."""
    return f"{group[0]}, {norm_title(group[1])}"
