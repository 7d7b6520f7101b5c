"""A session like any other, its crop a few pixels wide so that thousands of files are quick."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from kaa_gui.core.painted import painted_text
from kaa_gui.core.pictures.image import picture_from_array
from kaa_gui.core.sessions.session import Session
from kaa_gui.core.types import AttackConfig, ColourProfile, Picture, Run
from tests.ui import values

SPECS = {values.VICTIM.name: values.VICTIM}
SMALL = 8


def small_run() -> Run:
    whole = values.scene()
    crop = np.ascontiguousarray(whole.crop[:SMALL, :SMALL])
    scene = replace(
        whole, picture=small_picture(), crop=crop, target=values.pose(0.2, seed=3), target_sha256="ab" * 32
    )
    field = values.correlation_field(values.ROWS)
    field = replace(field, maximum=field.maximum[:SMALL, :SMALL], minimum=field.minimum[:SMALL, :SMALL])
    field = replace(field, inside=np.eye(SMALL, dtype=bool), per="pixel")
    snapshots = []
    for iteration in (0, 3, 7):
        shot = values.snapshot(iteration, iterations=7)
        snapshots.append(
            replace(
                shot,
                adversarial=shot.adversarial[:SMALL, :SMALL],
                perturbation=shot.perturbation[:SMALL, :SMALL],
                mask=shot.mask[:SMALL, :SMALL],
                clean=scene.clean,
                target=scene.target,
                activation=np.full((2, 3), iteration, np.float32),
                clean_activation=np.zeros((2, 3), np.float32),
            )
        )
    metrics = tuple(replace(values.metrics(number), iteration=number) for number in range(8))
    return Run(scene, field, tuple(snapshots), metrics)


def small_picture() -> Picture:
    picture = picture_from_array(np.arange(10 * 12 * 3, dtype=np.uint8).reshape(10, 12, 3), "room.png")
    return replace(picture, truth=({"nose": (1.5, 2.0)}, {}), colours=ColourProfile("Display P3", True))


def small_session() -> Session:
    config = AttackConfig(epsilon=4 / 255, keep=0.3, region=(1.0, 2.0, 3.0, 4.0), goal="target", target="sit")
    config = config.with_changes(region_mask=painted_text(np.indices((90, 120)).sum(axis=0) % 5 < 2))
    assert len(config.region_mask or "") > 4096
    return Session(
        small_picture(),
        config,
        person=1,
        device="cpu",
        run=small_run(),
        panels={"curves": False, "input": True},
        zoom=(1.5, 2.0, 30.0, 40.0),
        shown=3,
        made_with={"torch": "2.13.0"},
    )
