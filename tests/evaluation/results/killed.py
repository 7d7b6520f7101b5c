"""Kill -9 at every step of writing results, or at any moment, and go on: run by :mod:`test_kills`.

Prints a line of JSON a kill: rows that were safe by then, rows that were computed when it went on, what the
folder holds in the end, and its files. The first line is that of a folder whose writer was never killed.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from pathlib import Path

from kaa_gui.evaluation.datasets import Fault
from kaa_gui.evaluation.layout import PARTS, TABLES
from kaa_gui.evaluation.results import journal
from kaa_gui.evaluation.results.outcome import Outcome
from kaa_gui.evaluation.results.store import Store
from tests.evaluation import made_rows as rows

PLAN = rows.plan()
JOBS = PLAN.jobs(rows.entries(3))
FAULT = Fault("torn.png", "picture torn.png is not in the folder")
STEPS = ("open", "os.rename", "os.remove", "os.mkdir", "tempfile.mkstemp", "sqlite3.connect")


def outcomes():
    failed = Outcome(JOBS[2].row, JOBS[2].entry.key, failure="nobody found")
    return [failed if job is JOBS[2] else rows.outcome(job) for job in JOBS]


def part_of(outcome):
    """Return what earlier versions wrote of an outcome."""
    names = ("row", "entry", "record", "failure", "defect", "timings", "checks")
    return json.dumps({name: getattr(outcome, name) for name in names})


def with_parts(folder, some):
    """Make a folder as earlier versions left it when they were killed."""
    (folder / PARTS).mkdir(parents=True)
    (folder / "plan.json").write_text(json.dumps(PLAN.as_json() | {"weights": {}}))
    for outcome in some:
        (folder / PARTS / f"{outcome.row}.json").write_text(part_of(outcome))


def fill(folder, hear):
    store = Store(folder)
    with store.opened(PLAN):
        for outcome in outcomes():
            if outcome.row not in store.finished():
                store.add(outcome)
                hear(outcome.row)
        store.compact([job.row for job in JOBS], [FAULT])
    return {name: store.read(name) for name in TABLES}


class Executioner:
    """Kills this process at one of its steps towards the disk."""

    def __init__(self, number: int) -> None:
        self.folder, self.left, self.real = sys.argv[1], number, journal._connected
        sys.addaudithook(self.hear)
        journal._connected = self.connected

    def connected(self, *arguments):
        connection = self.real(*arguments)
        # every statement is a step as well
        connection.set_trace_callback(lambda statement: self.step())
        return connection

    def hear(self, event: str, arguments: tuple) -> None:
        if event in STEPS and self.folder in str(arguments[0]):
            self.step()

    def step(self) -> None:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def in_child(work, moment=None):
    """Return what a function writes to a pipe in a process of its own, and whether that was killed.

    Args:
        work: Takes the pipe.
        moment: Seconds between the first that is heard and a kill; None lets it end.
    """
    reading, writing = os.pipe()
    if not (child := os.fork()):
        try:
            os.close(reading)
            work(writing)
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as file:
        content = b"" if moment is None else file.read(16)
        if moment is not None:
            # no wait for a condition: the point is that it may be doing anything
            time.sleep(moment)
            os.kill(child, signal.SIGKILL)
        content += file.read()
    status = os.waitpid(child, 0)[1]
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        sys.exit("a child failed")
    return content.decode(), os.WIFSIGNALED(status)


def rows_in(said):
    return [said[place : place + 16] for place in range(0, len(said), 16)]


def killed_at(number, work):
    """Return the rows that a function reported before it was killed at a step, and whether it came so far."""

    def doomed(pipe):
        Executioner(number)
        work(lambda row: os.write(pipe, row.encode()))

    said, killed = in_child(doomed)
    return rows_in(said), killed


def resume(folder):
    """Return what a folder comes to, in a process that nobody kills."""

    def work(pipe):
        computed: list[str] = []
        tables = fill(folder, computed.append)
        files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
        os.write(pipe, json.dumps({"computed": computed, "tables": tables, "files": files}).encode())

    return json.loads(in_child(work)[0])


def say(**content):
    sys.stdout.write(json.dumps(content) + "\n")


def at_steps(base, begin, stride):
    for number in range(0, 10_000, stride):
        folder, safe, killed = base / str(number), [], False
        if begin == "parts":
            with_parts(folder, outcomes()[:3])
            safe = [outcome.row for outcome in outcomes()[:3]]
        if begin == "report":
            # a report puts together what was killed before
            safe, _ = killed_at(60, lambda hear, folder=folder: fill(folder, hear))
        if number:
            work = Store(folder).settle if begin == "report" else None
            said, killed = killed_at(
                number, lambda hear, folder=folder, work=work: work() if work else fill(folder, hear)
            )
            safe += said
        say(safe=safe, **resume(folder))
        if number and not killed:
            return


def at_moments(base, times):
    draw = random.Random(0)
    for number in range(times):
        folder, safe = base / str(number), []

        def work(pipe, folder=folder):
            fill(folder, lambda row: os.write(pipe, row.encode()))

        if number:
            for _ in range(2):
                safe += rows_in(in_child(work, draw.random() * 0.1)[0])
        say(safe=safe, **resume(folder))


if __name__ == "__main__":
    if sys.argv[2] == "moments":
        at_moments(Path(sys.argv[1]), int(sys.argv[3]))
    else:
        at_steps(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
