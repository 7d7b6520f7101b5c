"""Run ``attack``: attack one person in a picture and write pictures, numbers and a figure."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from tqdm import tqdm

from kaa_gui.commands.options import (
    add_attack_options,
    add_colour_option,
    add_engine_options,
    add_lifter_option,
    add_output_options,
    attack_config,
)
from kaa_gui.core.config import PARAMETERS
from kaa_gui.core.errors import ConfigError, one_line
from kaa_gui.core.types import AttackConfig, AttackRequest, CorrelationField, Event, Run, Snapshot

READ = ("image", "region_mask", "truth", "target", "bundle", "lifter")
"""Options that may name a file."""
UNMET = 0.005
"""A mask smaller than asked for by more than this share of the values is worth a line."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("image", help="picture to attack")
    add_output_options(parser, "folder", "folder for the results; an older run there is replaced")
    parser.add_argument("--person", type=int, default=0, help=PARAMETERS["person"].help(0))
    parser.add_argument("--json", action="store_true", help="print run.json to standard output")
    add_attack_options(parser)
    parser.add_argument(
        "--truth",
        metavar="FILE",
        help='the person\'s true joints, {"joints": {"left_knee": [x, y], ...}} in pixels of the picture; '
        "implies --reference truth",
    )
    add_colour_option(parser)
    add_engine_options(parser)
    add_lifter_option(parser)


def run(options: argparse.Namespace) -> int:
    """Attack, save, measure the saved picture, and report."""
    if options.truth is not None and options.reference is None:
        options.reference = "truth"
    config = attack_config(options)
    if fault := PARAMETERS["person"].fault("person", options.person):
        raise ConfigError(fault)
    from kaa_gui.core.painted import check_painted_for
    from kaa_gui.core.pictures.annotated import open_picture, read_annotation
    from kaa_gui.engine.engine import Engine
    from kaa_gui.engine.smallest_epsilon import run_as_asked
    from kaa_gui.runs.folder import dumps
    from kaa_gui.runs.output import check_place
    from kaa_gui.runs.saving import save_run

    read = [getattr(options, name) for name in READ]
    check_place(Path(options.out), inputs=read, overwrite=options.overwrite)
    picture = open_picture(options.image, raw_colours=options.raw_colours)
    # the engine would say so too, but only once the network is loaded
    check_painted_for(config.region_mask, picture.pixels.shape)
    if options.truth is not None:
        picture = replace(picture, truth=(read_annotation(Path(options.truth)),))
    engine = Engine(options.device, options.bundle, lifter=options.lifter)
    request = AttackRequest(picture, config, options.person)
    result = run_as_asked(engine, request, watch=with_progress)
    content = save_run(engine, result, Path(options.out), overwrite=options.overwrite)
    for line in notes(content, iterations=options.iterations):
        print(f"kaa-studio: {one_line(line)}", file=sys.stderr)
    print(dumps(content) if options.json else _summary(result, content, options.out))
    return 0


def notes(content: dict[str, Any], *, iterations: int | None) -> Iterator[str]:
    """Yield one line for everything in a ``run.json`` that fell short of what was asked for.

    Args:
        content: Of ``run.json``.
        iterations: As given on the command line; None where it was left out.
    """
    config, mask = AttackConfig.from_json(content["config"]), content["mask"]
    if iterations is not None and iterations > content["steps"] == 1:
        yield f"{config.method} is one step: iterations {iterations} has no effect; i-fgsm takes several"
    profile = content["picture"]["colour_profile"]
    if profile is not None and profile["fault"]:
        yield f"{content['picture']['name']}: {profile['fault']}"
    if config.rounding_note:
        yield config.rounding_note
    relational = mask["rule"] in ("relational", "random")
    if relational and mask["asked"] is not None and mask["kept"] < mask["asked"] - UNMET:
        yield (
            f"keep {mask['asked']:g}: only {mask['kept']:.1%} of the values are relational in the "
            f"{mask['rows_total']} rows read ({mask['rows']}), so the mask keeps no more; read more rows, or "
            "take the mask top-jacobian"
        )


def with_progress(events: Iterable[Event]) -> Iterator[Event]:
    """Pass events on and draw their progress on standard error."""
    bar: tqdm[NoReturn] | None = None
    stage: type[Event] | None = None
    try:
        for event in events:
            if isinstance(event, CorrelationField | Snapshot):
                if stage is not type(event):
                    if bar is not None:
                        bar.close()
                    stage = type(event)
                    bar = _bar(event)
                assert bar is not None  # noqa: S101 - opened just above
                _advance(bar, event)
            yield event
    finally:
        if bar is not None:
            bar.close()


def _bar(event: CorrelationField | Snapshot) -> tqdm[NoReturn]:
    field = isinstance(event, CorrelationField)
    return tqdm(
        total=event.rows_total if isinstance(event, CorrelationField) else event.iterations,
        desc="correlations" if field else "attack",
        unit="row" if field else "it",
        file=sys.stderr,
        disable=None,
    )


def _advance(bar: tqdm[NoReturn], event: CorrelationField | Snapshot) -> None:
    if isinstance(event, CorrelationField):
        bar.update(event.rows_done - bar.n)
        return
    bar.update(event.iteration - bar.n)
    bar.set_postfix_str(
        f"{event.metrics.displacement_px:.1f} px, RMSE {event.metrics.perturbation_rmse:.2f}", refresh=False
    )


def _summary(result: Run, content: dict[str, object], folder: str) -> str:
    last = result.snapshots[-1]
    saved = content["saved"]
    noise = content["noise"]
    assert isinstance(saved, dict)  # noqa: S101 - run.json's contract
    assert isinstance(noise, dict)  # noqa: S101 - run.json's contract
    mask = content["mask"]
    assert isinstance(mask, dict)  # noqa: S101 - run.json's contract
    return "\n".join(
        (
            f"layer    {result.scene.layer.name}, mask keeps {mask['kept']:.0%} of the values",
            f"attack   joints move {last.metrics.displacement_px:.1f} px of the crop, 3D error "
            f"{last.metrics.pose_error_mm:.0f} mm, RMSE {last.metrics.perturbation_rmse:.2f} grey levels",
            f"saved    {_number(saved['displacement_px'])} px, {_number(saved['pose_error_mm'])} mm, "
            f"RMSE {_number(saved['perturbation_rmse'])} (8-bit picture through the whole pipeline)",
            f"noise    {_number(noise['displacement_px'])} px at RMSE {_number(noise['perturbation_rmse'])}",
            f"written  {folder}",
        )
    )


def _number(value: object) -> str:
    return f"{value:.1f}" if isinstance(value, float | int) else "person not found"
