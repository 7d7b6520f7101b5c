"""Run ``layers``: list the cut points of a victim's route."""

from __future__ import annotations

import argparse
import json

from kaa_gui.commands.options import add_engine_options
from kaa_gui.core.errors import one_line
from kaa_gui.core.types import AttackConfig


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--victim", default=AttackConfig().victim, help="whose layers")
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_engine_options(parser)


def run(options: argparse.Namespace) -> int:
    """Print the layers, from the image to the last differentiable output."""
    from kaa_gui.engine.engine import Engine

    layers = Engine(options.device, options.bundle).layers(options.victim)
    if options.json:
        print(json.dumps([layer.as_json() for layer in layers], indent=2))
        return 0
    for layer in layers:
        shape = " x ".join(map(str, layer.shape))
        print(one_line(f"{layer.index:3d}  {layer.name:<14} {shape:>14} = {layer.outputs:>7d} outputs"))
    return 0
