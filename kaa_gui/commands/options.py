"""Define the options that several commands share, and read their values."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import fields
from typing import Any, get_args, get_type_hints

from kaa_gui.core.config import DEFAULT_LENGTH, PARAMETERS, PROTOCOLS, parse_fraction, protocol_changes
from kaa_gui.core.errors import ConfigError
from kaa_gui.core.parameter import Group
from kaa_gui.core.types import AttackConfig


def fraction(text: str) -> float:
    """Read ``0.5`` or ``2/255``."""
    try:
        return parse_fraction(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a number; write for example 2/255 or 0.01"
        ) from None


def threshold(text: str) -> float | str:
    """Read a value of α, or ``otsu``."""
    return "otsu" if text == "otsu" else fraction(text)


def box(text: str) -> tuple[float, float, float, float]:
    """Read ``x,y,width,height``."""
    try:
        x, y, width, height = (float(part) for part in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not x,y,width,height in pixels") from None
    return x, y, width, height


def place(what: str, option: str = "--out") -> Callable[[str], str]:
    """Return what reads the name of a place: the empty text of an unset variable is none."""

    def named(text: str) -> str:
        if not text:
            raise argparse.ArgumentTypeError(f"{option} must name a {what}, got an empty text")
        return text

    return named


def add_output_options(
    parser: argparse.ArgumentParser, what: str, words: str, *, required: bool = True
) -> None:
    """Add where to write, and whether files that are not ours may be replaced there.

    Args:
        parser: To add to.
        what: ``"folder"`` or ``"file"``.
        words: Help.
        required: Whether it must be given.
    """
    placeholder = "DIR" if what == "folder" else "FILE"
    parser.add_argument("--out", required=required, type=place(what), metavar=placeholder, help=words)
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="replace files that KAA Studio did not write (never those that are read)",
    )


def add_engine_options(parser: argparse.ArgumentParser) -> None:
    """Add where to compute and what with."""
    parser.add_argument("--device", default="auto", help=PARAMETERS["device"].help("auto"))
    parser.add_argument("--bundle", metavar="FILE", help="another BlazePose .task file (lite, full or heavy)")


def add_colour_option(parser: argparse.ArgumentParser) -> None:
    """Add what becomes of embedded colour profiles."""
    parser.add_argument(
        "--raw-colours",
        action="store_true",
        help="take the numbers of picture files as they are (default: a picture with a colour profile is "
        "converted to sRGB)",
    )


def add_lifter_option(parser: argparse.ArgumentParser) -> None:
    """Add the user's own lifting network."""
    parser.add_argument(
        "--lifter",
        metavar="FILE",
        help="your own lifting network from 2D to 3D: a .safetensors file with the tensors of ours",
    )


def add_attack_options(parser: argparse.ArgumentParser) -> None:
    """Add every parameter of an attack; unset ones keep the defaults of :class:`AttackConfig`."""
    add_protocol_option(parser)
    groups = {title: parser.add_argument_group(title) for title in get_args(Group)}
    sizes = groups[PARAMETERS["keep"].group].add_mutually_exclusive_group()
    for item in fields(AttackConfig):
        known = PARAMETERS[item.name]
        # both set the mask's size
        place = sizes if item.name in ("alpha", "keep") else groups[known.group]
        if isinstance(item.default, bool):
            more: dict[str, Any] = {"action": "store_true"}
        else:
            placeholder = known.placeholder or "|".join(known.choices) or None
            more = {"type": reader(item.name), "metavar": placeholder}
        place.add_argument(flag(item.name), default=None, help=escaped(known.help(item.default)), **more)


def add_protocol_option(parser: argparse.ArgumentParser) -> None:
    """Add the choice of a protocol; single options take precedence over what it sets."""
    parser.add_argument(
        "--protocol",
        choices=PROTOCOLS,
        default="studio",
        help="slides: the literal attack of the slides' tables (loss mse to Gaussians, steps of 0.5/255, no "
        "binding ball), ended by the first success in memory: first_success in run.json (default: studio)",
    )


def flag(name: str) -> str:
    """Return the option of a parameter, e.g. ``--step-size``."""
    return f"--{name.replace('_', '-')}"


def reader(name: str) -> Callable[[str], Any]:
    """Return what reads a field of :class:`AttackConfig` from a word of the command line."""
    if name in _READERS:
        return _READERS[name]
    kinds = {_HINTS[name], *get_args(_HINTS[name])}
    return fraction if float in kinds else int if int in kinds and str not in kinds else str


def escaped(words: str) -> str:
    """Return words as argparse prints them unchanged."""
    return words.replace("%", "%%")


_READERS: dict[str, Callable[[str], Any]] = {"alpha": threshold, "region": box}
_HINTS = get_type_hints(AttackConfig)


def attack_config(options: argparse.Namespace) -> AttackConfig:
    """Return the configuration that the options describe.

    Raises:
        ConfigError: A value is out of range.
        PictureError: The region's mask is no picture.
    """
    names = _HINTS
    given: dict[str, Any] = {
        name: value for name, value in vars(options).items() if name in names and value is not None
    }
    if "target" in given:
        given.setdefault("goal", "target")
    if "region_mask" in given:
        from kaa_gui.core.pictures.image import load_region

        given["region_mask"] = load_region(given["region_mask"])
    given = protocol_changes(options.protocol, given.get("norm", "linf")) | given
    if given.get("norm") == "l2":
        given.setdefault("epsilon", DEFAULT_LENGTH[given.get("goal", "non-target")])
    try:
        return AttackConfig(**given)
    except TypeError as error:
        raise ConfigError(str(error)) from None
