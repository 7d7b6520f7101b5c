"""The door: what an attack yields, in which order, how it answers changes, and that it repeats itself."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

from kaa_gui.core.attacks.methods import METHODS
from kaa_gui.core.correlation import MASK_RULES
from kaa_gui.core.dragged import dragged_text
from kaa_gui.core.errors import AttackError, ConfigError, DeviceError, NoPersonError
from kaa_gui.core.pictures.image import load_picture, picture_from_array, save_png
from kaa_gui.core.pictures.samples import list_samples
from kaa_gui.core.targets.library import TARGETS
from kaa_gui.core.types import (
    DEFAULT_KEEP,
    AttackConfig,
    AttackRequest,
    CorrelationField,
    Event,
    Picture,
    Run,
    Scene,
    Snapshot,
)
from kaa_gui.engine import engine as engine_module
from kaa_gui.engine.engine import Engine, collect
from kaa_gui.runs.saving import adversarial_picture
from tests.core.motions import bvh_text

QUICK = AttackConfig(iterations=2, space="crop", epsilon=4 / 255)


def events_of(engine: Engine, picture: Picture, **changes: Any) -> list[Event]:
    return list(engine.attack(AttackRequest(picture, QUICK.with_changes(**changes))))


def only(kind: type[Any], events: list[Event]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def test_an_attack_yields_scene_then_fields_then_snapshots(
    engine: Engine, walking: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "FIELD_INTERVAL_S", 0.0)
    events = events_of(engine, walking, rows="joint:12", iterations=3)
    order = [kind for kind, _ in itertools.groupby(type(event) for event in events)]
    assert order == [Scene, CorrelationField, Snapshot]
    assert len(only(Scene, events)) == 1
    fields, snapshots = only(CorrelationField, events), only(Snapshot, events)
    assert len(fields) > 1
    assert [field.rows_done for field in fields] == sorted(field.rows_done for field in fields)
    assert [field.complete for field in fields] == [False] * (len(fields) - 1) + [True]
    for before, after in itertools.pairwise(fields):
        assert (after.maximum >= before.maximum).all()
        assert (after.minimum <= before.minimum).all()
    assert [snapshot.iteration for snapshot in snapshots] == [0, 1, 2, 3]
    assert [snapshot.final for snapshot in snapshots] == [False, False, False, True]
    assert all(snapshot.iterations == 3 for snapshot in snapshots)
    assert [snapshot.elapsed_s for snapshot in snapshots] == sorted(s.elapsed_s for s in snapshots)


def test_the_scene_tells_all_that_is_known_beforehand(
    finished: Run, engine: Engine, walking: Picture
) -> None:
    scene = finished.scene
    assert scene.picture is walking
    assert scene.person is scene.people[0]
    assert scene.crop.shape == (256, 256, 3)
    assert scene.layer == scene.layers[-1] == engine.layers(scene.spec.name)[-1]
    assert scene.spec == engine.spec("blazepose-heatmap")
    assert scene.device == "cpu"
    assert scene.target is None
    assert not scene.crop.flags.writeable


def test_a_cached_field_is_yielded_once_and_exactly(engine: Engine, walking: Picture) -> None:
    first = only(CorrelationField, events_of(engine, walking, rows="joint:15"))
    again = only(CorrelationField, events_of(engine, walking, rows="joint:15", epsilon=1 / 255, keep=0.1))
    assert len(again) == 1
    assert again[0].complete
    assert again[0].rows == "joint:15"
    np.testing.assert_array_equal(again[0].maximum, first[-1].maximum)


def test_a_stream_that_was_stopped_goes_on_where_it_was(engine: Engine, walking: Picture) -> None:
    request = AttackRequest(walking, QUICK.with_changes(rows="joint:11"))
    events = engine.attack(request)
    assert isinstance(next(events), Scene)
    stopped = next(events)
    events.close()
    assert isinstance(stopped, CorrelationField)
    assert 0 < stopped.rows_done < stopped.rows_total
    fields = only(CorrelationField, list(engine.attack(request)))
    assert fields[0].rows_done > stopped.rows_done
    assert fields[-1].complete
    fresh = only(CorrelationField, list(Engine("cpu").attack(request)))
    np.testing.assert_array_equal(fields[-1].minimum, fresh[-1].minimum)


def test_snapshots_are_frozen_and_their_arrays_read_only(finished: Run) -> None:
    for snapshot in finished.snapshots:
        poses = [snapshot.clean, snapshot.attacked]
        arrays = [snapshot.adversarial, snapshot.perturbation, snapshot.mask]
        for array in arrays + [
            array for pose in poses for array in (pose.keypoints, pose.points_mm, pose.scores)
        ]:
            assert not array.flags.writeable
        with pytest.raises(AttributeError):
            snapshot.iteration = 5  # type: ignore[misc]
    assert finished.field is not None
    assert not finished.field.maximum.flags.writeable
    assert not finished.field.minimum.flags.writeable


def test_snapshots_say_what_they_hold(finished: Run) -> None:
    scene = finished.scene
    for snapshot in finished.snapshots:
        change = snapshot.adversarial.astype(int) - scene.crop
        assert np.abs(change).max() <= 4
        assert not change[~snapshot.mask].any()
        assert not snapshot.perturbation[~snapshot.mask].any()
        assert np.abs(snapshot.perturbation).max() <= 4 + 1e-4
        assert np.abs(change - snapshot.perturbation).max() <= 0.51
        metrics = snapshot.metrics
        assert metrics.perturbation_rmse == pytest.approx(
            np.sqrt((snapshot.perturbation**2).mean()), rel=1e-5
        )
        assert metrics.iteration == snapshot.iteration
    assert finished.field is not None
    assert finished.field.inside is not None
    kept = finished.snapshots[-1].mask[finished.field.inside].mean()
    assert kept == pytest.approx(DEFAULT_KEEP["non-target"], abs=1e-4)
    assert finished.field.fraction_kept(finished.snapshots[-1].alpha) == kept
    assert [values.iteration for values in finished.metrics] == [0, 1, 2, 3, 4]
    assert finished.metrics[-1].loss > finished.metrics[0].loss
    assert finished.metrics[-1].displacement_px > 5


def test_live_changes_hold_from_the_next_step_on(engine: Engine, walking: Picture) -> None:
    events = engine.attack(AttackRequest(walking, QUICK.with_changes(method="kaa", iterations=6)))
    assert isinstance(next(events), Scene)
    for _ in range(3):
        snapshot = next(events)
    assert isinstance(snapshot, Snapshot)
    assert (snapshot.iteration, snapshot.metrics.perturbation_max) == (2, pytest.approx(10 / 3, abs=1e-3))
    changed = QUICK.with_changes(epsilon=1 / 255, step_size=0.2 / 255, iterations=4, method="kaa+er", seed=9)
    snapshot = events.send(changed)
    assert isinstance(snapshot, Snapshot)
    assert snapshot.metrics.perturbation_max <= 1 + 1e-3
    assert (snapshot.iterations, snapshot.config.epsilon, snapshot.config.step_size) == (
        4,
        1 / 255,
        0.2 / 255,
    )
    # all else is for another run
    assert (snapshot.config.method, snapshot.config.seed) == ("kaa", 0)
    rest = list(events)
    assert [event.iteration for event in rest if isinstance(event, Snapshot)] == [4]


def test_two_engines_give_the_same_bytes(walking: Picture) -> None:
    config = QUICK.with_changes(views=1, seed=7, rows="joint:12")
    first, second = (collect(Engine("cpu").attack(AttackRequest(walking, config))) for _ in range(2))
    assert first.snapshots[-1].adversarial.tobytes() == second.snapshots[-1].adversarial.tobytes()
    assert adversarial_picture(first).tobytes() == adversarial_picture(second).tobytes()
    # NaN is not equal to itself, its name is
    assert repr(first.metrics) == repr(second.metrics)
    other = collect(Engine("cpu").attack(AttackRequest(walking, config.with_changes(seed=8))))
    assert other.snapshots[-1].adversarial.tobytes() != first.snapshots[-1].adversarial.tobytes()


def test_the_random_mask_is_as_large_as_the_relational_one(engine: Engine, walking: Picture) -> None:
    masks = {
        name: only(Snapshot, events_of(engine, walking, mask=name, iterations=1))[0].mask
        for name in ("relational", "random", "everywhere")
    }
    assert masks["random"].sum() == masks["relational"].sum()
    assert not np.array_equal(masks["random"], masks["relational"])
    assert not (masks["random"] & ~masks["everywhere"]).any()


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("victim", ["blazepose-heatmap", "blazepose-regression"])
def test_every_method_runs_or_says_why_not(
    engine: Engine, walking: Picture, method: str, victim: str
) -> None:
    attack = engine.attack(
        AttackRequest(walking, QUICK.with_changes(method=method, victim=victim, iterations=2))
    )
    broken = victim == "blazepose-heatmap"
    if (broken and method in ("fgsm", "i-fgsm")) or (not broken and method == "bpda"):
        with pytest.raises(AttackError, match=r"choose"):
            next(attack)
        return
    run = collect(attack)
    assert run.snapshots[-1].iteration == (1 if method == "fgsm" else 2)
    assert run.snapshots[-1].metrics.perturbation_rmse > 0
    assert (run.field is None) == (METHODS[method].mask == "everywhere")


@pytest.mark.parametrize("mask", MASK_RULES)
def test_every_mask_runs(engine: Engine, walking: Picture, mask: str) -> None:
    snapshots = only(Snapshot, events_of(engine, walking, mask=mask, iterations=1))
    assert snapshots[-1].metrics.perturbation_rmse > 0
    assert np.isnan(snapshots[-1].alpha) == (mask == "everywhere")


def test_an_early_layer_is_left_from_a_random_start(engine: Engine, walking: Picture) -> None:
    run = collect(engine.attack(AttackRequest(walking, QUICK.with_changes(layer=4, rows="sample:4"))))
    assert run.scene.layer.index == 4
    assert run.field is not None
    assert run.field.rows_total == 4
    assert run.metrics[0].perturbation_rmse > 0
    assert run.metrics[-1].loss > run.metrics[0].loss


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"victim": "else"}, "victim must be one of blazepose-heatmap"),
    ({"method": "else"}, "method must be one of kaa"),
    ({"layer": "else"}, "layer must be an index from 0 to 18 or one of"),
    ({"layer": 19}, "layer must be an index"),
    ({"mask": "else"}, "mask must be one of everywhere"),
    ({"loss": "else"}, "loss must be one of mse"),
    ({"loss": "margin", "layer": 0}, "needs a heatmap layer"),
    ({"rows": "else"}, "rows must be one of auto"),
    ({"rows": "peaks", "layer": 0}, "needs a heatmap layer"),
    ({"alpha": 1e9}, "mask is empty"),
    ({"alpha": 0.0, "rows": "output:70000"}, "read more rows (rows all)"),
    ({"norm": "l2", "epsilon": 444.0}, "epsilon must be at most 443 under l2"),
    ({"region": (1, 1, 0.01, 0.01), "mask": "everywhere"}, "region must meet"),
]


@pytest.mark.parametrize(("changes", "message"), WRONG, ids=str)
def test_wrong_names_and_values_are_refused_in_one_line(
    engine: Engine, walking: Picture, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        events_of(engine, walking, **changes)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_target_picture_without_a_person_is_refused_by_its_name(
    engine: Engine, walking: Picture, tmp_path: Path
) -> None:
    save_png(tmp_path / "wall.png", np.full((64, 64, 3), 90, np.uint8))
    with pytest.raises(NoPersonError, match=r"target wall\.png: nobody is found in it; choose"):
        events_of(engine, walking, goal="target", target=str(tmp_path / "wall.png"))


@pytest.mark.parametrize("reference", [None, "gaussian", "picture"])
def test_a_targeted_activation_is_approached(
    engine: Engine, walking: Picture, reference: Literal["gaussian", "picture"] | None
) -> None:
    config = QUICK.with_changes(
        goal="target", target="sit", loss="mse", reference=reference, method="kaa", iterations=6
    )
    run = collect(engine.attack(AttackRequest(walking, config)))
    assert run.metrics[-1].loss < run.metrics[0].loss


def test_gaussians_need_no_random_start(engine: Engine, walking: Picture) -> None:
    changes = {"loss": "mse", "method": "kaa", "iterations": 2}
    drawn, clean = (
        only(Snapshot, events_of(engine, walking, reference=kind, **changes))
        for kind in ("gaussian", "clean")
    )
    assert drawn[0].metrics.perturbation_rmse == 0
    assert drawn[-1].metrics.loss > drawn[0].metrics.loss
    assert clean[0].metrics.perturbation_rmse > 0


def test_a_target_is_known_by_its_hash(engine: Engine, walking: Picture) -> None:
    def scene(target: str) -> Scene:
        request = AttackRequest(walking, QUICK.with_changes(goal="target", target=target))
        event = next(engine.attack(request))
        assert isinstance(event, Scene)
        return event

    other = load_picture(next(path for path in list_samples().values() if path.stem == "dancing"))
    assert scene(other.path or "").target_sha256 == other.sha256
    assert scene("sit").target_sha256 == TARGETS["sit"].sha256 != TARGETS["walk"].sha256
    assert len(TARGETS["sit"].sha256) == 64


@pytest.mark.parametrize("per", ["channel", "pixel"])
def test_keep_counts_what_lies_in_the_region(engine: Engine, walking: Picture, per: str) -> None:
    height, width = walking.pixels.shape[:2]
    region = (0.0, 0.0, width / 2, height / 1.0)
    events = events_of(engine, walking, region=region, keep=0.2, per=per, iterations=1, mask="random")
    last, field = only(Snapshot, events)[-1], only(CorrelationField, events)[-1]
    assert field.inside is not None
    assert not field.inside.all()
    kept = last.mask[field.inside].mean()
    assert kept == pytest.approx(0.2, abs=1e-3)
    assert not last.mask[~field.inside].any()
    assert field.fraction_kept(last.alpha) == pytest.approx(kept)
    assert field.alpha_keeping(0.2) == last.alpha
    # pixels stay whole, values don't
    assert (last.mask == last.mask[..., :1]).all() == (per == "pixel")


def test_a_person_who_is_not_there_is_refused_with_the_range(engine: Engine, walking: Picture) -> None:
    for number in (1, -1):
        with pytest.raises(NoPersonError, match=rf"from 0 to 0 in {walking.name}, got {number}"):
            next(engine.attack(AttackRequest(walking, QUICK, person=number)))


@pytest.mark.parametrize("size", [(1, 1), (10, 5000)])
def test_a_picture_without_people_is_refused(engine: Engine, size: tuple[int, int]) -> None:
    picture = picture_from_array(np.zeros((*size, 3), np.uint8), "empty")
    with pytest.raises(NoPersonError):
        next(engine.attack(AttackRequest(picture, QUICK)))


def test_an_unknown_device_is_refused_with_the_choices() -> None:
    with pytest.raises(DeviceError, match=r"auto or one of .*cpu, got 'tpu'"):
        Engine("tpu")


def test_the_loss_of_the_clean_picture_is_that_of_the_first_iterate(finished: Run, engine: Engine) -> None:
    first = finished.snapshots[0]
    loss = engine.loss_of(finished.scene, first.config, finished.scene.picture.pixels)
    assert loss == pytest.approx(first.metrics.loss, rel=1e-4)


def test_collect_keeps_the_ends_and_every_metric(finished: Run) -> None:
    assert [snapshot.iteration for snapshot in finished.snapshots] == [0, 4]
    assert len(finished.metrics) == 5
    with pytest.raises(ValueError, match="Scene first"):
        collect([])


def test_the_mask_explains_more_than_chance_and_noise_nothing(engine: Engine, walking: Picture) -> None:
    def moved(**changes: Any) -> float:
        config = QUICK.with_changes(epsilon=2 / 255, iterations=10, views=1, **changes)
        return collect(engine.attack(AttackRequest(walking, config))).metrics[-1].displacement_px

    relational = moved()
    assert relational > 15
    assert relational > 2 * moved(mask="random")


def test_the_clock_stands_still_while_others_have_the_turn(
    engine: Engine, walking: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a clock that moves by one at every look, and by a thousand while the attack is paused
    now = itertools.count()
    paused = [0]
    monkeypatch.setattr(engine_module.time, "perf_counter", lambda: next(now) + paused[0])
    events = engine.attack(AttackRequest(walking, QUICK.with_changes(method="kaa")))
    last = 0.0
    for event in events:
        paused[0] += 1000
        last = event.elapsed_s if isinstance(event, Snapshot) else last
    assert 0 < last < 100


@pytest.mark.parametrize("victim", ["blazepose-heatmap", "blazepose-regression"])
def test_dragged_joints_are_a_target_in_2d_and_3d(engine: Engine, walking: Picture, victim: str) -> None:
    clean = engine.subject(AttackRequest(walking, QUICK.with_changes(victim=victim))).clean
    wrist, knee = (clean.skeleton.index(name) for name in ("left_wrist", "right_knee"))
    text = dragged_text({"left_wrist": (60.0, 70.0), "right_knee": tuple(map(float, clean.keypoints[knee]))})
    events = events_of(engine, walking, victim=victim, method="kaa", goal="target", target=text)
    target, (_, *_, last) = events[0].target, only(Snapshot, events)
    np.testing.assert_allclose(target.keypoints[wrist], (60, 70))
    np.testing.assert_allclose(target.keypoints[knee], clean.keypoints[knee], atol=0.01)
    moved = np.linalg.norm(target.points_mm - clean.points_mm, axis=1)
    assert np.isfinite(moved).all()
    names = clean.skeleton_3d.joints
    # the lifter answers for the whole pose; most of the answer is the arm that was dragged
    assert moved[names.index("left_wrist")] == max(
        moved[names.index(n)] for n in ("left_wrist", "nose", "left_knee")
    )
    assert last.metrics.target_error_px > 0
    assert last.target is target


def test_a_dragged_target_that_is_nonsense_is_refused(engine: Engine, walking: Picture) -> None:
    for text in ("drag:", "drag:tail=1,2", "drag:nose=1"):
        with pytest.raises(ConfigError):
            events_of(engine, walking, goal="target", target=text)


def test_people_who_are_known_are_not_looked_for(engine: Engine, walking: Picture) -> None:
    blank = picture_from_array(np.full_like(walking.pixels, 128), "blank")
    person = engine.people(walking, AttackConfig().victim)[0]
    scene = next(engine.attack(AttackRequest(blank, AttackConfig(), people=(person,))))
    assert isinstance(scene, Scene)
    assert scene.person is person


def test_a_frame_of_a_motion_is_a_target(engine: Engine, walking: Picture, tmp_path: Path) -> None:
    path = tmp_path / "spread.bvh"
    path.write_text(bvh_text())
    events = events_of(engine, walking, method="kaa", goal="target", target=f"{path}:1")
    target, clean = events[0].target, events[0].clean
    assert np.isfinite(target.keypoints).all()
    left, right = (target.skeleton.index(f"{side}_wrist") for side in ("left", "right"))
    spread = target.keypoints[left, 0] - target.keypoints[right, 0]
    assert spread > 100  # arms spread, facing the camera, as large as the attacked person
    assert only(Snapshot, events)[-1].metrics.target_error_px > 0
    with pytest.raises(ConfigError, match="frame must be from 0 to 1"):
        events_of(engine, walking, goal="target", target=f"{path}:2")
    assert clean.skeleton == target.skeleton
