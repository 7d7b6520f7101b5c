"""The commands: one file each, one entry in the registry."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

from kaa_gui.commands import (
    animate,
    attack,
    bench,
    doctor,
    evaluate,
    export,
    figure,
    gui,
    layers,
    redraw,
    report,
    table,
)


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the program.

    Attributes:
        summary: One line for the help.
        add_arguments: Fills its parser.
        run: Does it; returns the exit code or raises KaaError.
    """

    summary: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


COMMANDS: dict[str, Command] = {
    "gui": Command("Open the window.", gui.add_arguments, gui.run),
    "attack": Command("Attack one person in a picture.", attack.add_arguments, attack.run),
    "figure": Command("Draw saved runs for print.", figure.add_arguments, figure.run),
    "redraw": Command("Draw a figure again from the file beside it.", redraw.add_arguments, redraw.run),
    "animate": Command("Make a saved run a moving picture.", animate.add_arguments, animate.run),
    "export": Command("Write a saved run's data for other programs.", export.add_arguments, export.run),
    "table": Command("Put saved runs into a table.", table.add_arguments, table.run),
    "evaluate": Command(
        "Attack a whole data set; rows, tables and a report.", evaluate.add_arguments, evaluate.run
    ),
    "report": Command(
        "Make the tables and the report of an evaluation again.", report.add_arguments, report.run
    ),
    "bench": Command("Measure speed, also against other libraries.", bench.add_arguments, bench.run),
    "layers": Command("List the layers at which a victim can be cut.", layers.add_arguments, layers.run),
    "doctor": Command("Say what is installed and what works here.", doctor.add_arguments, doctor.run),
}
