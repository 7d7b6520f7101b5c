"""Does the mask explain anything? KAA, KAA+ER, random masks and noise on the samples and photographs.

    python resources/make/study_masks.py [--iterations 20] [--norm linf l2] > study.md

Prints a Markdown table: mean joint displacement in pixels of the crop, of the last iterate / of the saved
8-bit picture through the whole pipeline, and the perturbation's RMSE in grey levels. Every run is what
``kaa-studio attack`` would do with the same settings.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from kaa_gui.batch import attack_batch
from kaa_gui.core.attacks.saved import measured_unsaved, noise_picture, remeasure, sampler_of
from kaa_gui.core.errors import KaaError
from kaa_gui.core.image import load_picture
from kaa_gui.core.samples import list_samples
from kaa_gui.core.types import GREY_LEVELS, AttackConfig, AttackRequest, Picture, Run
from kaa_gui.engine import Engine

KEPT = (0.25, 0.5, 0.75)
RADII = {"linf": (1 / GREY_LEVELS, 2 / GREY_LEVELS, 4 / GREY_LEVELS), "l2": (0.5, 1.0, 2.0)}
COLUMNS = ("KAA", *(f"ER {keep:.0%}" for keep in KEPT), *(f"random {keep:.0%}" for keep in KEPT), "noise")


def main() -> None:
    """Run the study and print it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pictures", nargs="*", type=Path, help="default: all samples")
    parser.add_argument("--iterations", type=int, default=20)
    parser.add_argument("--norm", nargs="+", choices=sorted(RADII), default=["linf", "l2"])
    options = parser.parse_args()
    engine = Engine("auto")
    paths = options.pictures or list(list_samples().values())
    for norm in options.norm:
        print(f"\n| {norm} | ε | {' | '.join(COLUMNS)} |\n|---|---|{'---|' * len(COLUMNS)}", flush=True)
        for epsilon in RADII[norm]:
            rows = []
            for picture in _pictures(paths):
                try:
                    rows.append(_row(engine, picture, norm, epsilon, options.iterations))
                except KaaError as error:
                    print(f"{picture.name}: {error}")
                    continue
                _print(picture.name, epsilon, rows[-1])
            _print("**mean**", epsilon, np.nanmean(rows, axis=0))


def _pictures(paths: Sequence[Path]) -> Iterator[Picture]:
    for path in paths:
        yield load_picture(path)


def _row(engine: Engine, picture: Picture, norm: str, epsilon: float, iterations: int) -> np.ndarray:
    """Return ``(columns, 3)``: displacement at the end, displacement saved, RMSE."""
    base = {"norm": norm, "epsilon": epsilon, "iterations": iterations}
    plain = [AttackConfig(method="kaa", **base)]
    guided = [AttackConfig(mask=mask, keep=keep, **base) for mask in (None, "random") for keep in KEPT]
    runs = [
        run
        for configs in (plain, guided)
        for run in attack_batch(engine, [AttackRequest(picture, config) for config in configs])
    ]
    cells = [_cell(engine, run) for run in runs]
    scene, last = runs[0].scene, runs[0].snapshots[-1]
    noise = noise_picture(scene, sampler_of(scene), last.metrics.perturbation_rmse, seed=0)
    values, _ = remeasure(engine.victim(scene.spec.name), scene, noise, last.config)
    cells.append((values.displacement_px, values.displacement_px, values.perturbation_rmse))
    return np.array(cells)


def _cell(engine: Engine, run: Run) -> tuple[float, float, float]:
    last, saved = run.snapshots[-1].metrics, measured_unsaved(engine.victim(run.scene.spec.name), run)
    return last.displacement_px, saved.displacement_px, last.perturbation_rmse


def _print(name: str, epsilon: float, cells: np.ndarray) -> None:
    radius = f"{epsilon * GREY_LEVELS:g}/255" if epsilon < 0.1 else f"{epsilon:g}"
    words = [f"{end:.0f} / {saved:.0f} ({rmse:.2f})" for end, saved, rmse in cells]
    print(f"| {name} | {radius} | {' | '.join(words)} |", flush=True)


if __name__ == "__main__":
    main()
