"""Many attacks in one pass are the attacks one by one."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from kaa_gui.core.attacks.saved import measured_unsaved
from kaa_gui.core.errors import AttackError, ConfigError
from kaa_gui.core.pictures.image import load_picture
from kaa_gui.core.pictures.samples import list_samples
from kaa_gui.core.types import AttackConfig, AttackRequest, Snapshot
from kaa_gui.engine.batch import attack_batch, prepare_member, run_members
from kaa_gui.engine.engine import Engine, collect

QUICK = AttackConfig(method="kaa", iterations=3, space="crop")


@pytest.fixture(scope="module")
def engine():
    return Engine("cpu")


@pytest.fixture(scope="module")
def picture():
    return load_picture(next(path for path in list_samples().values() if path.stem == "walking"))


def test_batch_equals_one_attack_after_another(engine, picture):
    requests = [AttackRequest(picture, QUICK.with_changes(epsilon=levels / 255)) for levels in (1, 2, 4)]
    together = attack_batch(engine, requests)
    for request, run in zip(requests, together, strict=True):
        alone = collect(engine.attack(request))
        assert [values.iteration for values in run.metrics] == [0, 1, 2, 3]
        assert run.snapshots[-1].metrics.perturbation_max <= request.config.epsilon * 255 + 1e-4
        # a batch adds up in another order, so pixels at a tie of the sign may differ, but hardly any do
        same = run.snapshots[-1].adversarial == alone.snapshots[-1].adversarial
        assert same.mean() > 0.99
        assert run.metrics[0].displacement_px == alone.metrics[0].displacement_px


def test_batch_of_fgsm_takes_the_plain_step_too(engine, picture):
    config = AttackConfig(victim="blazepose-regression", method="fgsm", epsilon=4 / 255, space="crop")
    (together,) = attack_batch(engine, [AttackRequest(picture, config)])
    alone = collect(engine.attack(AttackRequest(picture, config)))
    assert (together.snapshots[-1].adversarial == alone.snapshots[-1].adversarial).all()


def test_batch_holds_a_member_that_has_succeeded(engine, picture):
    config = QUICK.with_changes(iterations=8, stop_in_memory=True, success_mm=40.0)
    weak, strong = attack_batch(
        engine,
        [AttackRequest(picture, config.with_changes(epsilon=levels / 255)) for levels in (0.01, 8)],
    )
    assert not weak.snapshots[-1].metrics.success
    arrived = next(values for values in strong.metrics if values.success)
    assert arrived.iteration < 8
    assert strong.metrics[-1].perturbation_rmse == pytest.approx(arrived.perturbation_rmse)


def test_batch_refuses_members_that_disagree(engine, picture):
    with pytest.raises(ConfigError, match="iterations must be the same"):
        attack_batch(
            engine,
            [AttackRequest(picture, QUICK), AttackRequest(picture, QUICK.with_changes(iterations=4))],
        )
    with pytest.raises(ConfigError, match="restarts"):
        attack_batch(engine, [AttackRequest(picture, QUICK.with_changes(restarts=2))])


def test_lost_member_of_a_batch_costs_the_others_no_bit(engine, picture):
    requests = [AttackRequest(picture, QUICK.with_changes(seed=seed, views=1, loss="mse")) for seed in (0, 1)]
    first, second = (prepare_member(engine, request) for request in requests)
    maskless = replace(first.prepared, mask=torch.zeros_like(first.prepared.mask))
    lost, kept = run_members([replace(first, prepared=maskless), second])
    # said as of an attack of its own
    assert str(lost).startswith("the gradient is zero at iteration 0, layer heatmap, so")
    empty, same = run_members([None, second])
    _, beside = run_members([first, second])
    assert empty is None
    for other in (same, beside):
        assert [values.loss for values in other.metrics] == [values.loss for values in kept.metrics]
        assert (other.snapshots[-1].perturbation == kept.snapshots[-1].perturbation).all()
    assert run_members([None, None]) == [None, None]


def test_attack_keeps_the_best_of_all_restarts(engine, picture):
    config = QUICK.with_changes(restarts=2, iterations=2, epsilon=4 / 255)
    snapshots = [
        event for event in engine.attack(AttackRequest(picture, config)) if isinstance(event, Snapshot)
    ]
    assert [snapshot.iteration for snapshot in snapshots[:-1]] == [0, 1, 2, 3, 4, 5]
    assert [snapshot.final for snapshot in snapshots] == [False] * 6 + [True]
    best = max(snapshot.metrics.displacement_px for snapshot in snapshots)
    assert snapshots[-1].metrics.displacement_px == best


def test_attack_stops_at_the_first_success(engine, picture):
    config = QUICK.with_changes(iterations=20, epsilon=8 / 255, stop_in_memory=True, success_mm=60.0)
    run = collect(engine.attack(AttackRequest(picture, config)))
    assert run.snapshots[-1].final
    assert run.snapshots[-1].metrics.success
    assert not any(values.success for values in run.metrics[:-1])


@pytest.mark.parametrize("space", ["crop", "picture"])
def test_attack_stops_at_the_first_iterate_whose_saved_picture_succeeds(engine, picture, space):
    config = AttackConfig(method="kaa", iterations=20, epsilon=8 / 255, stop_at_success=True, space=space)
    run = collect(engine.attack(AttackRequest(picture, config)))
    last = run.snapshots[-1]
    assert last.final
    assert last.iteration < 20
    assert last.judged is not None
    measured = measured_unsaved(engine.victim(config.victim), run)
    assert last.judged.as_json() == measured.as_json()
    assert last.judged.success
    # whatever succeeded in memory before was judged, and failed
    earlier = [values.iteration for values in run.metrics[:-1] if values.success]
    assert set(earlier) <= {each.iteration for each in last.redetected if not each.success}


def test_region_confines_the_perturbation(engine, picture):
    height, width = picture.pixels.shape[:2]
    config = QUICK.with_changes(region=(0.0, 0.0, width / 2, float(height)))
    run = collect(engine.attack(AttackRequest(picture, config)))
    changed = np.abs(run.snapshots[-1].perturbation).max(axis=2) > 0
    assert changed.any()
    assert not (changed & ~run.snapshots[-1].mask.any(axis=2)).any()
    whole = collect(engine.attack(AttackRequest(picture, QUICK)))
    assert 0.2 < run.snapshots[-1].kept / whole.snapshots[-1].kept < 0.8


def test_fgsm_is_refused_on_the_broken_route_and_runs_on_the_other(engine, picture):
    with pytest.raises(AttackError, match="argmax"):
        collect(engine.attack(AttackRequest(picture, QUICK.with_changes(method="fgsm"))))
    config = AttackConfig(victim="blazepose-regression", method="fgsm", space="crop", epsilon=4 / 255)
    run = collect(engine.attack(AttackRequest(picture, config)))
    assert [values.iteration for values in run.metrics] == [0, 1]
    changed = np.abs(run.snapshots[-1].perturbation)[run.snapshots[-1].mask]
    free = (run.scene.crop[run.snapshots[-1].mask] >= 4) & (run.scene.crop[run.snapshots[-1].mask] <= 251)
    # one step of length ε: all of it wherever the gradient is not zero
    assert np.isclose(changed[free], 4, atol=0.01).mean() > 0.95
    assert run.metrics[-1].pose_error_mm > 5


def test_i_fgsm_is_kaa_at_the_end_of_a_differentiable_route(engine, picture):
    config = AttackConfig(
        victim="blazepose-regression", method="kaa", layer="world", iterations=3, space="crop"
    )
    by_layer = collect(engine.attack(AttackRequest(picture, config)))
    end_to_end = collect(
        engine.attack(AttackRequest(picture, config.with_changes(method="i-fgsm", layer=None)))
    )
    assert (by_layer.snapshots[-1].adversarial == end_to_end.snapshots[-1].adversarial).all()


def test_bpda_moves_the_pose_through_the_argmax(engine, picture):
    run = collect(
        engine.attack(
            AttackRequest(picture, QUICK.with_changes(method="bpda", epsilon=4 / 255, iterations=6))
        )
    )
    assert run.scene.layer.shape == (17, 3)
    assert run.metrics[-1].pose_error_mm > 10


def test_targeted_attack_approaches_another_pictures_pose(engine, picture):
    other = next(path for path in list_samples().values() if path.stem == "dancing")
    config = AttackConfig(
        method="kaa", goal="target", target=str(other), epsilon=8 / 255, iterations=12, views=0
    )
    run = collect(engine.attack(AttackRequest(picture, config)))
    assert run.scene.target is not None
    before, after = run.metrics[0].target_error_px, run.metrics[-1].target_error_px
    assert after < 0.7 * before


def test_quantised_attack_measures_what_will_be_saved(engine, picture):
    config = QUICK.with_changes(quantise=True, epsilon=0.4 / 255)
    run = collect(engine.attack(AttackRequest(picture, config)))
    # below half a grey level nothing survives rounding, and a loop with rounding in it must see that
    assert run.metrics[-1].displacement_px == 0
    assert (run.snapshots[-1].adversarial == run.scene.crop).all()
