"""Attack as a configuration asks: at its ε, or in search of the smallest ε that succeeds.

The one place that decides by ``config.smallest``: :func:`attack_as_asked` shows every iterate,
:func:`run_as_asked` returns the end.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import replace

from kaa_gui.core.attacks.loop import advance
from kaa_gui.core.attacks.saved import measured_unsaved
from kaa_gui.core.types import (
    GREY_LEVELS,
    AttackConfig,
    AttackRequest,
    CorrelationField,
    Event,
    Run,
    Scene,
    Snapshot,
)
from kaa_gui.engine.engine import Engine, collect

ROUNDS = 7
"""Bisections under l2: the answer is known to 1/128 of the largest ε."""


def run_as_asked(
    engine: Engine,
    request: AttackRequest,
    *,
    watch: Callable[[Iterable[Event]], Iterator[Event]] = iter,
    rounds: int = ROUNDS,
) -> Run:
    """Return the finished run of a request; of a search, the one at the smallest ε that succeeds.

    The search bisects below the configured ε; where that fails, it first scans upwards from the smallest
    radius, doubling. Success is judged on the 8-bit picture put through the whole pipeline, so under l∞ only
    whole grey levels are tried. Success need not grow with ε: this is *a* smallest
    ε in the sense of the bisection, i.e. the run succeeds, and the last one tried below it does not.

    Args:
        engine: Engine to attack with.
        request: With ``smallest``, its ε is the largest one tried.
        watch: Passes each run's events on, e.g. to a progress bar.
        rounds: Number of bisections, at most.

    Returns:
        The run; of a search the successful one with the smallest ε, or that at the largest ε if it fails.
    """
    if not request.config.smallest:
        return collect(watch(engine.attack(request)))
    search = _Search(engine, request, rounds)
    while not search.over(collect(watch(engine.attack(search.request)))):
        pass
    return search.best


def attack_as_asked(
    engine: Engine, request: AttackRequest, *, rounds: int = ROUNDS
) -> Generator[Event, AttackConfig | None, None]:
    """Attack as :func:`run_as_asked` does, showing every iterate; those of a search are numbered on.

    Yields:
        What an attack yields; of a search, last comes the end of the successful run with the smallest ε. Of a
        configuration sent into a search, step and iterations are taken up; ε is what is searched.
    """
    if not request.config.smallest:
        yield from engine.attack(request)
        return
    search, offset = _Search(engine, request, rounds), 0
    while not search.over(run := (yield from _shown(engine, search.request, offset))):
        offset = run.snapshots[-1].iterations + 1
    yield replace(search.best.snapshots[-1], final=True)


def most_runs(config: AttackConfig, *, rounds: int = ROUNDS) -> int:
    """Return how many runs a configuration asks for, at most."""
    return 1 + 2 * rounds if config.smallest else 1


def radii(config: AttackConfig, *, rounds: int = ROUNDS) -> Generator[float, bool, None]:
    """Yield the radii to try; each wants to be told whether it succeeded."""
    # whole grey levels under l∞, fractions of the largest length under l2
    unit = 1 / GREY_LEVELS if config.norm == "linf" else config.epsilon / 2**rounds
    low, high = 0, round(config.epsilon / unit)
    if not (yield config.epsilon):
        # success need not grow with ε: a smaller ball may hold what the largest one lost
        tries = (2**power for power in range(rounds) if 2**power < high)
        for number in tries:
            if (yield number * unit):
                low, high = number // 2, number
                break
        else:
            return
    for _ in range(rounds):
        if high - low <= 1:
            return
        middle = (low + high) // 2
        if (yield middle * unit):
            high = middle
        else:
            low = middle


class _Search:
    """The state of a search.

    Attributes:
        request: Request to run next.
    """

    def __init__(self, engine: Engine, request: AttackRequest, rounds: int) -> None:
        self._engine, self._tries = engine, radii(request.config, rounds=rounds)
        self.request = _at(request, next(self._tries))
        self._best: Run | None = None

    @property
    def best(self) -> Run:
        """The successful run with the smallest ε so far, else the run at the largest ε."""
        if self._best is None:
            raise ValueError("a search begins with a run")
        return self._best

    def over(self, run: Run) -> bool:
        """Take up the run that was asked for; return whether it was the last."""
        succeeds = _succeeds(self._engine, run)
        if succeeds or self._best is None:
            self._best = run
        try:
            self.request = _at(self.request, self._tries.send(succeeds))
        except StopIteration:
            return True
        return False


def _at(request: AttackRequest, epsilon: float) -> AttackRequest:
    return replace(request, config=request.config.with_changes(epsilon=epsilon))


def _shown(engine: Engine, request: AttackRequest, offset: int) -> Generator[Event, AttackConfig | None, Run]:
    """Pass one run's events on, its iterates numbered from ``offset``; scene and field of the first only."""
    events, changed = engine.attack(request), None
    scene, field, last = None, None, None
    while (event := advance(events, changed)) is not None:
        changed = None
        if isinstance(event, Snapshot):
            last = _numbered(event, offset)
            changed = yield last
            if changed is not None:
                changed = changed.with_changes(epsilon=request.config.epsilon)
            continue
        if isinstance(event, Scene):
            scene = event
        elif isinstance(event, CorrelationField):
            field = event
        if offset == 0:
            yield event
    if scene is None or last is None:
        raise ValueError("an attack yields a Scene first and at least one Snapshot")
    return Run(scene, field, (last,), ())


def _numbered(snapshot: Snapshot, offset: int) -> Snapshot:
    number = snapshot.iteration + offset
    return replace(
        snapshot,
        iteration=number,
        iterations=snapshot.iterations + offset,
        metrics=replace(snapshot.metrics, iteration=number),
        final=False,
    )


def _succeeds(engine: Engine, run: Run) -> bool:
    """Judge a run by the picture that would be saved."""
    return measured_unsaved(engine.victim(run.scene.spec.name), run).success
