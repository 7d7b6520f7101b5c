"""An attack on the picture itself: what is seen in memory is what is saved, and it is judged on the way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kaa_gui.core.attacks.checks import check_saved
from kaa_gui.core.attacks.loop import advance
from kaa_gui.core.attacks.saved import adversarial_picture, measured_unsaved, paste, sampler_of
from kaa_gui.core.painted import painted_text
from kaa_gui.core.pictures.image import load_picture, picture_from_array
from kaa_gui.core.pictures.samples import list_samples
from kaa_gui.core.types import AttackConfig, AttackRequest, Person, Picture, Run, Snapshot
from kaa_gui.engine.engine import REDETECTIONS, Engine, collect
from kaa_gui.runs.folder import describe
from kaa_gui.runs.saving import measure

CONFIG = AttackConfig(method="kaa", iterations=4, epsilon=4 / 255, space="picture")


def run_of(engine: Engine, picture: Picture, **changes: Any) -> Run:
    return collect(engine.attack(AttackRequest(picture, CONFIG.with_changes(**changes))))


@pytest.fixture(scope="module")
def whole(engine: Engine, walking: Picture) -> Run:
    return run_of(engine, walking)


def test_the_saved_picture_shows_the_crop_that_the_attack_saw(whole: Run) -> None:
    last, sampler = whole.snapshots[-1], sampler_of(whole.scene)
    saved = paste(whole.scene, last, sampler)
    difference = np.abs(sampler.crop(saved).astype(int) - last.adversarial)
    # sums of four products in another order fall on either side of a half
    assert difference.max() <= 1
    assert (difference > 0).mean() < 1e-3


def test_the_last_iterate_is_the_best_of_those_that_were_detected_anew(engine: Engine, whole: Run) -> None:
    last = whole.snapshots[-1]
    assert last.final
    assert len(last.redetected) == REDETECTIONS
    assert last.judged is not None
    assert last.judged.as_json() == measured_unsaved(engine.victim(CONFIG.victim), whole).as_json()
    best = max(last.redetected, key=lambda each: (each.success, each.pose_error_mm))
    assert last.iteration == best.iteration


def test_the_description_names_the_selection(engine: Engine, whole: Run) -> None:
    measured, _ = measure(engine, whole, adversarial_picture(whole))
    content = describe(whole, measured, weights_sha256="0" * 64, threads=1)
    chosen = content["selection"]
    assert chosen["rule"] == "best when detected again"
    assert [row["iteration"] for row in chosen["redetected"]] == [1, 2, 3, 4]
    mine = next(row for row in chosen["redetected"] if row["iteration"] == content["final"]["iteration"])
    assert mine["pose_error_mm"] == content["saved"]["pose_error_mm"]
    assert content["steps"] == 4
    first = content["first_success"]
    assert first is None or first["iteration"] <= 4


def test_the_same_seed_gives_the_same_bits(engine: Engine, walking: Picture, whole: Run) -> None:
    again = run_of(engine, walking)
    np.testing.assert_array_equal(again.snapshots[-1].cells, whole.snapshots[-1].cells)
    assert again.snapshots[-1].redetected == whole.snapshots[-1].redetected or [
        each.as_json() for each in again.snapshots[-1].redetected
    ] == [each.as_json() for each in whole.snapshots[-1].redetected]


@pytest.mark.parametrize(
    "changes",
    [
        {"norm": "l2", "epsilon": 2.0},
        {"epsilon": 1.9 / 255},
        {"method": "kaa+er", "rows": "joint:12"},
        {"region": (300.0, 200.0, 150.0, 400.0)},
        {"goal": "target", "target": "walk", "epsilon": 8 / 255},
        {"victim": "blazepose-regression", "method": "fgsm"},
        {"method": "bpda"},
        {"views": 1, "restarts": 2, "iterations": 2},
        {"layer": 3},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_every_kind_of_attack_stays_in_ball_mask_and_region(
    engine: Engine, walking: Picture, changes: dict[str, Any]
) -> None:
    run = run_of(engine, walking, **changes)
    last, sampler = run.snapshots[-1], sampler_of(run.scene)
    saved = paste(run.scene, last, sampler)
    assert all(check_saved(run.scene, last, saved, sampler).values())
    assert (saved != walking.pixels).any()


def test_paint_is_kept_to(engine: Engine, walking: Picture) -> None:
    painted = np.zeros(walking.pixels.shape[:2], bool)
    painted[250:500:2, 250:450] = True
    painted[300:400, 300:400] = True
    run = run_of(engine, walking, region_mask=painted_text(painted))
    saved = adversarial_picture(run)
    changed = (saved != walking.pixels).any(axis=2)
    assert changed.any()
    assert not changed[~painted].any()


@pytest.mark.parametrize("scale", [0.3, 2.5])
def test_small_and_large_pictures_are_attacked_at_their_own_resolution(engine: Engine, scale: float) -> None:
    import cv2

    pixels = load_picture(list_samples()["Standing"]).pixels
    resized = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    run = run_of(engine, picture_from_array(np.ascontiguousarray(resized), "resized.png"))
    saved, sampler = adversarial_picture(run), sampler_of(run.scene)
    assert (sampler.cell > 1) == (scale > 1)
    change = np.abs(saved.astype(int) - resized)
    assert 0 < change.max() <= 4
    assert np.abs(sampler.crop(saved).astype(int) - run.snapshots[-1].adversarial).max() <= 1


def test_a_given_crop_is_never_looked_for(
    engine: Engine, walking: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = engine.victim(CONFIG.victim)
    people: tuple[Person, ...] = victim.find_people(walking.pixels)
    monkeypatch.setattr(type(victim.detector), "find", lambda *_: pytest.fail("was looked for"))  # type: ignore[attr-defined]
    run = collect(engine.attack(AttackRequest(walking, CONFIG, 0, people[:1], redetect=False)))
    assert run.snapshots[-1].iteration == 4
    assert run.snapshots[-1].redetected == ()


def test_live_changes_hold_in_the_picture_too(engine: Engine, walking: Picture) -> None:
    events = engine.attack(AttackRequest(walking, CONFIG.with_changes(iterations=6)))
    snapshots: list[Snapshot] = []
    changed: AttackConfig | None = None
    while (event := advance(events, changed)) is not None:
        changed = None
        if isinstance(event, Snapshot):
            snapshots.append(event)
            if event.iteration == 2:
                changed = CONFIG.with_changes(epsilon=1 / 255, iterations=4)
    assert snapshots[-1].final
    assert max(each.iteration for each in snapshots) == 4
    after = [each for each in snapshots if each.iteration > 2]
    assert all(np.abs(each.cells).max() <= 1 for each in after if each.cells is not None)
