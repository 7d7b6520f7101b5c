"""Make a row: load the picture, cut the person out, attack, measure what would be saved."""

from __future__ import annotations

import time
import traceback
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import torch
from threadpoolctl import threadpool_limits

from kaa_gui.core.attacks.saved import paste, sampler_of
from kaa_gui.core.errors import ConfigError, KaaError
from kaa_gui.core.types import AttackRequest, Picture, Run
from kaa_gui.core.untrusted.paths import is_file
from kaa_gui.engine.batch import Member, prepare_member, run_members
from kaa_gui.engine.engine import Engine, collect
from kaa_gui.engine.smallest_epsilon import attack_as_asked
from kaa_gui.evaluation.datasets import Entry
from kaa_gui.evaluation.plan.batches import Group
from kaa_gui.evaluation.plan.plan import Job
from kaa_gui.evaluation.results.outcome import Outcome
from kaa_gui.evaluation.rows.columns import record_of
from kaa_gui.evaluation.rows.people import annotated_person, check_annotated, detected_number
from kaa_gui.evaluation.rows.run_checks import seen_by_others
from kaa_gui.evaluation.rows.thumbnails import thumbnails
from kaa_gui.runs.saving import measure

_Done = TypeVar("_Done")
_Timings = dict[str, float]


class Attacker:
    """Works off jobs in one process, with one engine.

    The same group gives the same records in any process with the same number of torch's threads: nothing is
    chosen by timing, and everything random is seeded by the configuration.
    """

    def __init__(self, device: str = "auto", bundle: str | Path | None = None, *, threads: int = 1) -> None:
        """Prepare; the network is loaded with the first job.

        Args:
            device: Device to compute on.
            bundle: A BlazePose ``.task`` file in place of the packaged one.
            threads: Number of threads of torch, on the CPU.
        """
        self.engine = Engine(device, bundle, steady=True)
        torch.set_num_threads(threads)
        self._threads = threads
        self._loaded: OrderedDict[str, Picture] = OrderedDict()
        self._room = 1

    def attack_group(self, group: Group) -> list[Outcome]:
        """Return the outcomes of a group's wanted rows; failures are outcomes too."""
        self._room = len(group.jobs)
        if len(group.jobs) == 1:
            return [self.attack(group.jobs[0])]
        # not once at the start: libraries that are loaded later bring a BLAS of their own
        with threadpool_limits(self._threads, user_api="blas"):
            return self._attack_together(group)

    def attack(self, job: Job) -> Outcome:
        """Return a job's outcome; failures are outcomes too."""
        timings: _Timings = {}
        with threadpool_limits(self._threads, user_api="blas"):
            return _or_failure(job, timings, lambda: self._attack(job, timings))

    def request(self, job: Job) -> AttackRequest:
        """Return what to ask the engine for.

        Raises:
            KaaError: The picture cannot be read, or the person is not in it.
        """
        picture = self._picture(job.entry)
        victim = self.engine.victim(job.config.victim)
        if job.source.crops == "annotation":
            person = annotated_person(job.entry, victim.crop_size)
            return AttackRequest(picture, job.config, 0, (person,), redetect=False)
        people = self.engine.people(picture, job.config.victim)
        return AttackRequest(picture, job.config, detected_number(job.entry, people, victim.crop_size))

    def _attack(self, job: Job, timings: _Timings) -> Outcome:
        with _timed(timings, "prepare"):
            request = self.request(job)
        with _timed(timings, "attack"):
            run = collect(attack_as_asked(self.engine, request))
        return self._measured(job, run, timings, batch=1)

    def _attack_together(self, group: Group) -> list[Outcome]:
        """Attack all members of a group in one pass; a lost one's place is held by another."""
        jobs, timings = group.jobs, [_Timings() for _ in group.jobs]
        members = [
            _or_failure(job, times, lambda job=job, times=times: self._member(job, times))
            for job, times in zip(jobs, timings, strict=True)
        ]
        began = time.perf_counter()
        places = [member if isinstance(member, Member) else None for member in members]
        # what befalls all of them, e.g. a lack of memory, is said of each
        ends = _or_failure(jobs[0], {}, lambda: run_members(places))
        share = round((time.perf_counter() - began) / len(jobs), 4)
        outcomes = []
        for number, (job, times) in enumerate(zip(jobs, timings, strict=True)):
            if job.row in group.wanted:
                times["attack"] = round(times.get("attack", 0.0) + share, 4)
                end = members[number]
                if isinstance(end, Member):
                    end = ends if isinstance(ends, Outcome) else ends[number]
                outcomes.append(self._ended(job, end, times, batch=len(jobs)))
        return outcomes

    def _member(self, job: Job, timings: _Timings) -> Member:
        with _timed(timings, "prepare"):
            request = self.request(job)
        with _timed(timings, "attack"):
            return prepare_member(self.engine, request)

    def _ended(self, job: Job, end: object, timings: _Timings, *, batch: int) -> Outcome:
        """Return the outcome of what became of a member."""
        if isinstance(end, Outcome):
            return replace(end, row=job.row, entry=job.entry.key, timings=timings)
        if isinstance(end, Run):
            return _or_failure(job, timings, lambda: self._measured(job, end, timings, batch=batch))
        return Outcome(job.row, job.entry.key, failure=str(end), timings=timings)

    def _measured(self, job: Job, run: Run, timings: _Timings, *, batch: int) -> Outcome:
        redetect = job.source.crops == "detection"
        with _timed(timings, "measure"):
            pixels = paste(run.scene, run.snapshots[-1], sampler_of(run.scene))
            measured, pose = measure(self.engine, run, pixels, redetect=redetect)
            weights = self.engine.victim(job.config.victim).sha256
            record = record_of(job, run, measured, pose, weights=weights, batch=batch)
        with _timed(timings, "checks"):
            checks = seen_by_others(self.engine, job, run, pixels)
        files = thumbnails(job, run, pixels)
        return Outcome(job.row, job.entry.key, record, timings=timings, checks=checks, files=files)

    def _picture(self, entry: Entry) -> Picture:
        # rows come entry by entry, so the last pictures are those worth keeping
        if entry.key not in self._loaded:
            self._loaded[entry.key] = entry.load()
        self._loaded.move_to_end(entry.key)
        while len(self._loaded) > self._room:
            self._loaded.popitem(last=False)
        return self._loaded[entry.key]


def _or_failure(job: Job, timings: _Timings, work: Callable[[], _Done]) -> _Done | Outcome:
    """Return what work brings, or the outcome of a job that failed over it."""
    try:
        return work()
    except KaaError as error:
        return Outcome(job.row, job.entry.key, failure=str(error), timings=timings)
    except Exception:
        # one bad picture must not end an evaluation of thousands; the report shows the traceback
        return Outcome(job.row, job.entry.key, failure=traceback.format_exc(), defect=True, timings=timings)


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
    from kaa_gui.core.targets.library import load_target

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
        if wanted is not None and not is_dragged(wanted) and not is_file(Path(wanted)):
            load_target(wanted)
    if jobs and jobs[0].source.crops == "annotation" and all(job.entry.square is None for job in jobs):
        raise ConfigError(f"{jobs[0].source.kind} annotates no crops; choose --crops detection")


@contextmanager
def _timed(timings: _Timings, stage: str) -> Iterator[None]:
    began = time.perf_counter()
    try:
        yield
    finally:
        timings[stage] = round(time.perf_counter() - began, 4)
