"""One row: load the picture, cut the person out, attack, measure what would be saved."""

from __future__ import annotations

import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from threadpoolctl import threadpool_limits

from kaa_gui.budget import attack_smallest
from kaa_gui.core.attacks.saved import paste, sampler_of
from kaa_gui.core.errors import ConfigError, KaaError
from kaa_gui.core.types import AttackRequest, Event, Picture
from kaa_gui.engine import Engine, collect
from kaa_gui.evaluation.datasets import Entry
from kaa_gui.evaluation.outcome import Outcome
from kaa_gui.evaluation.people import annotated_person, check_annotated, detected_number
from kaa_gui.evaluation.plan import Job
from kaa_gui.evaluation.records import record_of
from kaa_gui.evaluation.seen import seen_by_others
from kaa_gui.evaluation.thumbnails import thumbnails
from kaa_gui.saving import measure


class Attacker:
    """Works off jobs in one process, with one engine.

    The same job gives the same record in any process with the same number of torch's threads: nothing is
    chosen by timing, and everything random is seeded by the configuration.
    """

    def __init__(self, device: str = "auto", bundle: str | Path | None = None, *, threads: int = 1) -> None:
        """Prepare; the network is loaded with the first job.

        Args:
            device: Where to compute.
            bundle: A BlazePose ``.task`` file in place of the packaged one.
            threads: Of torch, on the CPU.
        """
        self.engine = Engine(device, bundle, steady=True)
        torch.set_num_threads(threads)
        self._threads = threads
        self._loaded: tuple[str, Picture] | None = None

    def attack(self, job: Job) -> Outcome:
        """Return a job's outcome; failures are outcomes too."""
        timings: dict[str, float] = {}
        try:
            # not once at the start: libraries that are loaded later bring a BLAS of their own
            with threadpool_limits(self._threads, user_api="blas"):
                return self._attack(job, timings)
        except KaaError as error:
            return Outcome(job.row, job.entry.key, failure=str(error), timings=timings)
        except Exception:
            # one bad picture must not end an evaluation of thousands; the report shows the traceback
            return Outcome(
                job.row, job.entry.key, failure=traceback.format_exc(), defect=True, timings=timings
            )

    def request(self, job: Job) -> AttackRequest:
        """Return what to ask the engine for.

        Raises:
            KaaError: The picture cannot be read, or the person is not in it.
        """
        picture = self._picture(job.entry)
        victim = self.engine.victim(job.config.victim)
        if job.source.crops == "annotation":
            return AttackRequest(picture, job.config, 0, (annotated_person(job.entry, victim.crop_size),))
        people = self.engine.people(picture, job.config.victim)
        return AttackRequest(picture, job.config, detected_number(job.entry, people, victim.crop_size))

    def _attack(self, job: Job, timings: dict[str, float]) -> Outcome:
        redetect = job.source.crops == "detection"
        with _timed(timings, "prepare"):
            request = self.request(job)
        with _timed(timings, "attack"):
            run = collect(_events(self.engine, request))
        with _timed(timings, "measure"):
            pixels = paste(run.scene, run.snapshots[-1], sampler_of(run.scene))
            measured, pose = measure(self.engine, run, pixels, redetect=redetect)
            weights = self.engine.victim(job.config.victim).sha256
            record = record_of(job, run, measured, pose, weights=weights)
        with _timed(timings, "checks"):
            checks = seen_by_others(self.engine, job, run, pixels)
        files = thumbnails(job, run, pixels)
        return Outcome(job.row, job.entry.key, record, timings=timings, checks=checks, files=files)

    def _picture(self, entry: Entry) -> Picture:
        # rows come entry by entry, so the last picture is the one worth keeping
        if self._loaded is None or self._loaded[0] != entry.key:
            self._loaded = (entry.key, entry.load())
        return self._loaded[1]


def _events(engine: Engine, request: AttackRequest) -> Iterator[Event]:
    """Return an attack's events, the search for the smallest ε included."""
    return attack_smallest(engine, request) if request.config.smallest else engine.attack(request)


def check_plan(engine: Engine, jobs: Sequence[Job]) -> None:
    """Refuse a plan that cannot be run as a whole, before the first row.

    Raises:
        KaaError: A victim, layer, loss, mask rule or target is unknown, or a method doesn't apply.
    """
    from kaa_gui.core.attacks.losses import find_loss
    from kaa_gui.core.attacks.methods import attacked_layer, find_method
    from kaa_gui.core.attacks.references import reference_kind
    from kaa_gui.core.correlation import find_rule, resolve_rows
    from kaa_gui.core.dragged import is_dragged
    from kaa_gui.core.targets import load_target

    for config in dict.fromkeys(job.config for job in jobs):
        victim = engine.victim(config.victim)
        layer = attacked_layer(config, victim.spec, victim.layers)
        _, loss = find_loss(config.loss, layer.kind)
        if config.reference == "truth":
            reference_kind(config, loss, layer, None)
            check_annotated(jobs)
        find_rule(config.mask or find_method(config.method).mask)
        resolve_rows(config.rows, layer)
        wanted = config.target
        if wanted is not None and not is_dragged(wanted) and not Path(wanted).is_file():
            load_target(wanted)
    if jobs and jobs[0].source.crops == "annotation" and all(job.entry.square is None for job in jobs):
        raise ConfigError(f"{jobs[0].source.kind} annotates no crops; choose --crops detection")


@contextmanager
def _timed(timings: dict[str, float], stage: str) -> Iterator[None]:
    began = time.perf_counter()
    try:
        yield
    finally:
        timings[stage] = round(time.perf_counter() - began, 4)
