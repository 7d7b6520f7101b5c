"""Does the mask explain anything? KAA, KAA+ER, random masks and noise on the samples and photographs.

    python resources/make/study_masks.py > study.md
    python resources/make/study_masks.py --samples walking astronaut --norm linf --epsilons 2/255 --json

Prints a Markdown table: mean joint displacement in pixels of the crop, of the last iterate / of the saved
8-bit picture through the whole pipeline, and the perturbation's RMSE in grey levels; ``--json`` prints the
same and more as JSON, with the evidence for the mask: how much of KAA's displacement it keeps, per pixel and
per RMSE spent, beside a random mask of the same size. Every run is what ``kaa-studio attack`` would do with
the same settings; progress goes to standard error.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kaa_gui.commands.options import fraction
from kaa_gui.core.attacks.saved import measured_unsaved, noise_picture, remeasure, sampler_of
from kaa_gui.core.errors import KaaError
from kaa_gui.core.metrics import or_none
from kaa_gui.core.pictures.image import load_picture
from kaa_gui.core.pictures.samples import list_samples
from kaa_gui.core.types import GREY_LEVELS, AttackConfig, AttackRequest, Metrics, Picture, Run
from kaa_gui.engine.batch import attack_batch
from kaa_gui.engine.engine import Engine

KEPT = (0.25, 0.5, 0.75)
RADII = {"linf": (1 / GREY_LEVELS, 2 / GREY_LEVELS, 4 / GREY_LEVELS), "l2": (0.5, 1.0, 2.0)}
COLUMNS = ("KAA", *(f"ER {keep:.0%}" for keep in KEPT), *(f"random {keep:.0%}" for keep in KEPT), "noise")
Cells = dict[str, dict[str, float]]
"""Column -> final_px, saved_px (mean joint displacement), rmse, saved_rmse (grey levels), kept, success."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the study and print it."""
    options = _options(arguments)
    engine = Engine("auto")
    found: list[dict[str, Any]] = []
    for norm in options.norm:
        if not options.json:
            print(f"\n| {norm} | ε | {' | '.join(COLUMNS)} |\n|---|---|{'---|' * len(COLUMNS)}", flush=True)
        for epsilon in options.epsilons or RADII[norm]:
            rows = []
            for picture in _pictures(options):
                print(f"{picture.name}, {norm}, {_radius(epsilon, norm)}", file=sys.stderr, flush=True)
                try:
                    rows.append(_row(engine, picture, norm, epsilon, options.iterations))
                except KaaError as error:
                    print(f"{picture.name}: {error}", file=sys.stderr)
                    continue
                found.append(as_json(picture.name, norm, epsilon, rows[-1]))
                if not options.json:
                    print(line(picture.name, _radius(epsilon, norm), rows[-1]), flush=True)
            if rows and not options.json:
                print(line("**mean**", _radius(epsilon, norm), mean(rows)), flush=True)
    if options.json:
        print(json.dumps({"iterations": options.iterations, "rows": found}, indent=1, allow_nan=False))
    else:
        print(f"\n{claim([row['evidence'] for row in found])}")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pictures", nargs="*", type=Path, help="default: all samples and photographs")
    parser.add_argument("--samples", nargs="+", metavar="NAME", help="only samples with this in their names")
    parser.add_argument("--iterations", type=int, default=20)
    parser.add_argument("--norm", nargs="+", choices=sorted(RADII), default=["linf", "l2"])
    parser.add_argument("--epsilons", nargs="+", type=fraction, metavar="ε", help="e.g. 1/255 2/255")
    parser.add_argument("--json", action="store_true", help="print JSON in place of the table")
    return parser.parse_args(arguments)


def _pictures(options: argparse.Namespace) -> Iterator[Picture]:
    paths = list(options.pictures)
    if options.samples or not paths:
        wanted = [name.lower() for name in options.samples or [""]]
        paths += [
            path
            for title, path in list_samples().items()
            if any(name in f"{title} {path.stem}".lower() for name in wanted)
        ]
    for path in paths:
        yield load_picture(path)


def _row(engine: Engine, picture: Picture, norm: str, epsilon: float, iterations: int) -> Cells:
    base = {"norm": norm, "epsilon": epsilon, "iterations": iterations}
    plain = [AttackConfig(method="kaa", **base)]
    guided = [AttackConfig(mask=mask, keep=keep, **base) for mask in (None, "random") for keep in KEPT]
    runs = [
        run
        for configs in (plain, guided)
        for run in attack_batch(engine, [AttackRequest(picture, config) for config in configs])
    ]
    cells = dict(zip(COLUMNS, [_cell(engine, run) for run in runs], strict=False))
    scene, last = runs[0].scene, runs[0].snapshots[-1]
    noise = noise_picture(scene, sampler_of(scene), last.metrics.perturbation_rmse, seed=0)
    values, _ = remeasure(engine.victim(scene.spec.name), scene, noise, last.config)
    return cells | {"noise": _numbers(values, values, kept=1.0)}


def _cell(engine: Engine, run: Run) -> dict[str, float]:
    saved = measured_unsaved(engine.victim(run.scene.spec.name), run)
    inside = run.snapshots[-1].mask
    if run.field is not None and run.field.inside is not None:
        inside = inside[run.field.inside]
    return _numbers(run.snapshots[-1].metrics, saved, kept=float(inside.mean()))


def _numbers(final: Metrics, saved: Metrics, *, kept: float) -> dict[str, float]:
    return {
        "final_px": final.displacement_px,
        "saved_px": saved.displacement_px,
        "saved_mm": saved.pose_error_mm,
        "rmse": final.perturbation_rmse,
        "saved_rmse": saved.perturbation_rmse,
        "kept": kept,
        "success": float(saved.success),
    }


def evidence(cells: Cells) -> dict[str, dict[str, float]]:
    """Return what each mask keeps of KAA's effect for what it spends, beside the random one of its size.

    Returns:
        Size, e.g. ``"25%"`` -> ``kept`` (share of the values), ``displacement`` and ``rmse`` (shares of
        KAA's), ``per_value`` = displacement / kept, ``per_rmse`` = displacement / rmse, both above 1 where
        the mask spends better than KAA; ``random_displacement`` and ``over_random``, their ratio.
    """
    kaa, found = cells["KAA"], {}
    for keep in KEPT:
        mask, random = cells[f"ER {keep:.0%}"], cells[f"random {keep:.0%}"]
        share, rmse = _ratio(mask["saved_px"], kaa["saved_px"]), _ratio(mask["rmse"], kaa["rmse"])
        found[f"{keep:.0%}"] = {
            "kept": mask["kept"],
            "displacement": share,
            "rmse": rmse,
            "per_value": _ratio(share, mask["kept"]),
            "per_rmse": _ratio(share, rmse),
            "random_displacement": _ratio(random["saved_px"], kaa["saved_px"]),
            "over_random": _ratio(mask["saved_px"], random["saved_px"]),
        }
    return found


def claim(found: Sequence[dict[str, dict[str, float | None]]]) -> str:
    """Return the slides' claim, the same success at two thirds of the RMSE, beside what was measured."""
    lines = ["Medians over all rows, of the saved pictures, relative to KAA:", ""]
    for size in [f"{keep:.0%}" for keep in KEPT]:
        middle = {
            name: np.median([value for row in found if (value := row[size][name]) is not None] or [np.nan])
            for name in ("displacement", "rmse", "per_value", "over_random")
        }
        lines.append(
            f"- ER {size}: {middle['displacement']:.0%} of the displacement at {middle['rmse']:.0%} of the "
            f"RMSE; {middle['per_value']:.1f} x per value, {middle['over_random']:.1f} x the random mask"
        )
    return "\n".join(lines)


def mean(rows: Sequence[Cells]) -> Cells:
    """Return the mean of every number; pictures in which nobody is found any more are left out."""

    def average(column: str, name: str) -> float:
        known = [row[column][name] for row in rows if np.isfinite(row[column][name])]
        return float(np.mean(known)) if known else float("nan")

    return {column: {name: average(column, name) for name in rows[0][column]} for column in rows[0]}


def line(name: str, radius: str, cells: Cells) -> str:
    """Return one row of the table: final / saved displacement, and the RMSE."""
    words = [
        f"{cell['final_px']:.0f} / {cell['saved_px']:.0f} ({cell['rmse']:.2f})" for cell in cells.values()
    ]
    return f"| {name} | {radius} | {' | '.join(words)} |"


def as_json(picture: str, norm: str, epsilon: float, cells: Cells) -> dict[str, Any]:
    """Return one row as JSON values; None stands for "nobody is found any more"."""

    def plain(table: dict[str, dict[str, float]]) -> dict[str, dict[str, float | None]]:
        return {key: {name: or_none(value) for name, value in row.items()} for key, row in table.items()}

    return {
        "picture": picture,
        "norm": norm,
        "epsilon": epsilon,
        "columns": plain(cells),
        "evidence": plain(evidence(cells)),
    }


def _radius(epsilon: float, norm: str) -> str:
    return f"{epsilon * GREY_LEVELS:g}/255" if norm == "linf" else f"{epsilon:g}"


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")


if __name__ == "__main__":
    main()
