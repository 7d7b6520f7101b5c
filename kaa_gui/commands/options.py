"""Define the options that several commands share, and read their values."""

from __future__ import annotations

import argparse
from typing import Any

from kaa_gui.core.config import parse_fraction
from kaa_gui.core.errors import ConfigError
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


def add_engine_options(parser: argparse.ArgumentParser) -> None:
    """Add where to compute and what with."""
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:N or mps (default: auto)")
    parser.add_argument("--bundle", metavar="FILE", help="another BlazePose .task file (lite, full or heavy)")


def add_lifter_option(parser: argparse.ArgumentParser) -> None:
    """Add the user's own lifting network."""
    parser.add_argument(
        "--lifter",
        metavar="FILE",
        help="your own lifting network from 2D to 3D: a .safetensors file with the tensors of ours",
    )


def add_attack_options(parser: argparse.ArgumentParser) -> None:
    """Add every parameter of an attack; unset ones keep the defaults of :class:`AttackConfig`."""
    defaults = AttackConfig()
    add = parser.add_argument
    add("--victim", help=f"whom to attack (default: {defaults.victim})")
    add("--method", help=f"kaa, kaa+er, fgsm, i-fgsm or bpda (default: {defaults.method})")
    add("--goal", help="non-target (default) or target")
    add(
        "--target",
        help="walk, sit, ..., a target's JSON file, FILE.bvh:FRAME, a picture, or drag:JOINT=X,Y;... in "
        "pixels of the crop; implies --goal target",
    )
    add("--layer", metavar="NAME|INDEX", help="K-limiting layer k (default: the victim's last)")
    add("--norm", help="norm of the ε-ball: linf or l2 (default: linf)")
    add("--epsilon", type=fraction, help="radius of the ball, e.g. 2/255 (default); a length under l2")
    add("--step-size", type=fraction, help="length of a step (default: a quarter of ε, more in short runs)")
    add("--iterations", type=int, help=f"steps (default: {defaults.iterations})")
    add("--loss", help="what is ascended at layer k (default: by the kind of layer)")
    add(
        "--reference",
        help="what the loss compares with: clean, gaussian (heatmaps of the pose), truth (of the annotated "
        "joints) or picture (of the target); default: by goal and loss",
    )
    add("--mask", help="relational, random, everywhere, any, positive, negative (default: the method's)")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--alpha", type=threshold, help="threshold on the Jacobian, or otsu")
    size.add_argument(
        "--keep", type=fraction, help="share that the mask keeps of the values that may be attacked"
    )
    add("--per", help="judge each channel of a pixel on its own (channel, default) or all three (pixel)")
    add("--region", type=box, metavar="X,Y,W,H", help="keep the mask inside this box of the picture")
    add(
        "--region-mask",
        metavar="FILE.png",
        help="keep it to the white pixels of a black and white picture of the same size; with --region to "
        "those inside both",
    )
    add("--rows", help="rows of the Jacobian to read: auto, peaks, all, sample:N, ... (default: auto)")
    add(
        "--views",
        type=int,
        help=f"jittered views a step, 0 for the exact crop alone (default: {defaults.views})",
    )
    add("--momentum", type=float, help="decay of the accumulated gradient, 0 to 1 (default: 0)")
    add("--restarts", type=int, help="runs from different starts, of which the best is kept (default: 1)")
    flag: dict[str, Any] = {"action": "store_true", "default": None}
    add("--keep-best", help="end with the best iterate instead of the last", **flag)
    add("--stop-at-success", help="stop at the first iterate that meets the criterion of success", **flag)
    add("--quantise", help="take each gradient at the picture rounded to 8 bits", **flag)
    add("--smallest", help="search the smallest ε up to --epsilon that succeeds (bisection)", **flag)
    add("--success-mm", type=float, help=f"threshold of success (default: {defaults.success_mm:g} mm)")
    add("--seed", type=int, help="of everything random (default: 0)")


def attack_config(options: argparse.Namespace) -> AttackConfig:
    """Return the configuration that the options describe.

    Raises:
        ConfigError: A value is out of range.
        PictureError: The region's mask is no picture.
    """
    names = AttackConfig.__dataclass_fields__
    given: dict[str, Any] = {
        name: value for name, value in vars(options).items() if name in names and value is not None
    }
    if "target" in given:
        given.setdefault("goal", "target")
    if "region_mask" in given:
        from kaa_gui.core.pictures.image import load_region

        given["region_mask"] = load_region(given["region_mask"])
    try:
        return AttackConfig(**given)
    except TypeError as error:
        raise ConfigError(str(error)) from None
