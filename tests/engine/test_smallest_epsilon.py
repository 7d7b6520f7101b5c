"""A configuration is attacked at its ε, or searched for the smallest ε that succeeds, by whoever asks."""

from __future__ import annotations

import numpy as np
import pytest

from kaa_gui.core.attacks.saved import found_again, paste, remeasure, sampler_of
from kaa_gui.core.types import AttackConfig, AttackRequest, Scene, Snapshot
from kaa_gui.engine import smallest_epsilon
from kaa_gui.engine.engine import collect
from kaa_gui.engine.smallest_epsilon import attack_as_asked, most_runs, radii, run_as_asked

QUICK = AttackConfig(method="kaa", iterations=3, space="crop")


@pytest.fixture
def judged_by_radius(monkeypatch):
    """Success from three grey levels on; returns the levels that were judged."""
    levels = []

    def judge(engine, run):
        levels.append(round(run.snapshots[-1].config.epsilon * 255))
        return levels[-1] >= 3

    monkeypatch.setattr(smallest_epsilon, "_succeeds", judge)
    return levels


def test_without_a_search_it_is_the_plain_attack_and_nothing_is_judged(engine, walking, judged_by_radius):
    request, watched = AttackRequest(walking, QUICK), []

    def watch(events):
        watched.append(1)
        yield from events

    plain = collect(engine.attack(request))
    for run in (run_as_asked(engine, request, watch=watch), collect(attack_as_asked(engine, request))):
        assert (run.snapshots[-1].adversarial == plain.snapshots[-1].adversarial).all()
        assert [values.iteration for values in run.metrics] == [0, 1, 2, 3]
    assert (watched, judged_by_radius, most_runs(QUICK)) == ([1], [], 1)


def test_both_ways_of_asking_search_alike(engine, walking, judged_by_radius):
    config = QUICK.with_changes(epsilon=4 / 255, iterations=1, smallest=True)
    request = AttackRequest(walking, config)
    run = run_as_asked(engine, request)
    assert judged_by_radius == [4, 2, 3]
    assert len(judged_by_radius) <= most_runs(config)
    shown = collect(attack_as_asked(engine, request))
    assert judged_by_radius == [4, 2, 3] * 2
    assert run.snapshots[-1].config == shown.snapshots[-1].config
    assert (run.snapshots[-1].adversarial == shown.snapshots[-1].adversarial).all()
    # the run that was found, not the search: that is what a folder holds
    assert [values.iteration for values in run.metrics] == [0, 1]


@pytest.mark.slow
def test_smallest_epsilon_succeeds_and_is_smaller(engine, walking):
    config = QUICK.with_changes(epsilon=8 / 255, iterations=6, success_mm=40.0, views=1, smallest=True)
    run = run_as_asked(engine, AttackRequest(walking, config), rounds=3)
    levels = run.snapshots[-1].config.epsilon * 255
    assert levels == pytest.approx(round(levels))
    assert levels < 8
    pixels = paste(run.scene, run.snapshots[-1], sampler_of(run.scene))
    victim = engine.victim(config.victim)
    saved, _ = remeasure(victim, run.scene, pixels, config, person=found_again(victim, run.scene, pixels))
    assert saved.success


def test_smallest_epsilon_returns_the_failure_at_the_largest(engine, walking):
    request = AttackRequest(walking, QUICK.with_changes(epsilon=0.01 / 255, iterations=1, smallest=True))
    run = run_as_asked(engine, request, rounds=2)
    assert not run.snapshots[-1].metrics.success
    assert run.snapshots[-1].config.epsilon == request.config.epsilon


@pytest.mark.parametrize(
    ("norm", "epsilon", "works", "tried"),
    [
        ("linf", 8 / 255, 3, [8, 4, 2, 3]),
        ("linf", 1 / 255, 1, [1]),
        # nothing works
        ("linf", 4 / 255, 9, [4, 1, 2]),
        ("l2", 128 / 255, 5.5, [128, 64, 32, 16, 8, 4, 6, 5]),
    ],
)
def test_radii_are_bisected_on_the_grid_of_the_norm(norm, epsilon, works, tried):
    search, found = radii(AttackConfig(norm=norm, epsilon=epsilon)), []
    try:
        found.append(next(search) * 255)
        while True:
            found.append(search.send(found[-1] >= works) * 255)
    except StopIteration:
        pass
    assert found == pytest.approx(tried)


def test_a_largest_radius_that_fails_does_not_end_the_search():
    search, found, works = radii(AttackConfig(epsilon=20 / 255)), [], {5, 6, 7, 8, 9}
    try:
        found.append(round(next(search) * 255))
        while True:
            found.append(round(search.send(found[-1] in works) * 255))
    except StopIteration:
        pass
    assert found == [20, 1, 2, 4, 8, 6, 5]
    assert len(found) <= most_runs(AttackConfig(epsilon=20 / 255, smallest=True))


def test_a_search_shows_every_iterate_and_ends_on_the_smallest_success(engine, walking, judged_by_radius):
    request = AttackRequest(walking, QUICK.with_changes(epsilon=4 / 255, iterations=2, smallest=True))
    events = list(attack_as_asked(engine, request))
    assert judged_by_radius == [4, 2, 3]
    assert [type(event) for event in events] == [Scene] + [Snapshot] * 10
    snapshots = events[1:]
    assert [shot.iteration for shot in snapshots] == [*range(9), 8]
    assert [shot.metrics.iteration for shot in snapshots] == [*range(9), 8]
    assert [shot.iterations for shot in snapshots] == [2, 2, 2, 5, 5, 5, 8, 8, 8, 8]
    assert [shot.final for shot in snapshots] == [False] * 9 + [True]
    assert snapshots[-1].config.epsilon == pytest.approx(3 / 255)


def test_a_search_takes_up_live_changes_but_not_of_epsilon(engine, walking, monkeypatch):
    monkeypatch.setattr(smallest_epsilon, "_succeeds", lambda engine, run: False)
    request = AttackRequest(walking, QUICK.with_changes(epsilon=4 / 255, iterations=2, smallest=True))
    events = attack_as_asked(engine, request)
    next(events), next(events)
    changed = events.send(request.config.with_changes(epsilon=9 / 255, iterations=3))
    assert (changed.iterations, changed.config.epsilon) == (3, 4 / 255)
    radii_shown = [shot.config.epsilon * 255 for shot in events]
    assert set(np.round(radii_shown)) == {1, 2, 4}
