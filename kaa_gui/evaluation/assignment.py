"""Work a plan off on this machine's disk: its rows, those that are missing, and their order."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass, replace

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.victims import victims
from kaa_gui.engine.engine import Engine
from kaa_gui.evaluation import runner
from kaa_gui.evaluation.datasets import Fault
from kaa_gui.evaluation.layout import PICTURES
from kaa_gui.evaluation.plan.batches import groups_of, usual_batch
from kaa_gui.evaluation.plan.checks import CHECKS
from kaa_gui.evaluation.plan.plan import Job, Plan
from kaa_gui.evaluation.results.outcome import Outcome
from kaa_gui.evaluation.results.store import Store
from kaa_gui.evaluation.rows.thumbnails import picture_file
from kaa_gui.evaluation.workers import Crew


@dataclass(frozen=True, slots=True, eq=False)
class Assignment:
    """A plan with its data set read.

    Attributes:
        jobs: All rows, in the order of the tables.
        faults: Entries that cannot be used.
    """

    jobs: tuple[Job, ...]
    faults: tuple[Fault, ...]

    @classmethod
    def of(cls, plan: Plan) -> Assignment:
        """Read a plan's data set.

        Raises:
            KaaError: It cannot be read, or holds no usable entry.
        """
        entries = plan.source.entries()
        faults = tuple(entry for entry in entries if isinstance(entry, Fault))
        jobs = tuple(plan.jobs(entries))
        if not jobs:
            first = f"; the first, {faults[0].key}: {faults[0].reason}" if faults else ""
            raise ConfigError(
                f"the data set must hold a usable entry, got none ({len(faults)} damaged{first})"
            )
        return cls(jobs, faults)

    def weights(self, engine: Engine) -> dict[str, str]:
        """Return every victim that attacks or looks, with the SHA-256 of its file."""
        names = dict.fromkeys(job.config.victim for job in self.jobs)
        if any(CHECKS[check].other_victim for job in self.jobs for check in job.checks):
            names |= dict.fromkeys(victims())
        return {name: engine.victim(name).sha256 for name in names}

    def missing(self, store: Store, *, retry: bool = False) -> list[Job]:
        """Return the rows that are not on disk yet, and those that lack a check or a picture asked for later.

        The latter are attacked again, with the same outcome, for the sake of what they lack.

        Args:
            store: Store of the finished rows.
            retry: Whether failed rows are tried again.
        """
        done = store.finished(failed=False)
        failed = set() if retry else store.finished() - done
        checked = store.checked() if any(job.checks for job in self.jobs) else set()
        pictures = store.files(PICTURES)
        return [
            job
            for job in self.jobs
            if job.row not in failed and not (job.row in done and _whole(job, checked, pictures))
        ]

    def work_off(
        self,
        store: Store,
        *,
        missing: list[Job],
        hire: Callable[[], Crew],
        hear: Callable[[Outcome], object],
        batch: int = 1,
    ) -> None:
        """Have missing rows done; whatever happens, what was done stands in the tables.

        Args:
            store: Opened; it keeps every outcome before anybody hears of it.
            missing: Rows to work off.
            hire: Makes the crew; not called where nothing is missing.
            hear: Called with each outcome; raises to stop.
            batch: Most rows that are computed in one pass.
        """
        groups = groups_of(self.jobs, batch, {job.row for job in missing})
        crew = hire() if missing else None
        try:
            if crew is not None:
                for outcome in runner.kept(runner.run(groups, crew), store):
                    hear(outcome)
        finally:
            if crew is not None:
                crew.close()
            store.compact([job.row for job in self.jobs], self.faults)


def settled(plan: Plan, store: Store, engine: Engine) -> Plan:
    """Return a plan with the size of its batches: as asked for, as the store's rows have it, or as usual."""
    return replace(plan, batch=plan.batch or store.batch() or usual_batch(engine.device))


def _whole(job: Job, checked: Set[tuple[str, str]], pictures: Set[str]) -> bool:
    """Return whether a finished row has all that is asked for."""
    if job.keep_picture and picture_file(job.row) not in pictures:
        return False
    return all((job.row, check) in checked for check in job.checks)
