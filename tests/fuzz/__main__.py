"""Damage seeds of every reader of untrusted files, and count what comes of it.

A mutant is opened in a child process with limits. It is "accepted" or refused with a clear line; anything
else is a defect: an unclear message, a traceback, a hang, too much memory, a crash.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.fuzz.child import make, mutant, seeds_in
from tests.fuzz.mutators import written
from tests.fuzz.readers import READERS

OUTCOMES = ("accepted", "clear", "unclear", "traceback", "hang", "memory", "crash")
GOOD = ("accepted", "clear")
START_S, WAIT_S = 300, 40
"""Longest waits for a child to be ready, and for one mutant; its processor time is limited as well."""
SHOWN = 3
"""Defects of a kind that are told in full."""


def run_reader(
    name: str, seed: int, seconds: float, place: Path
) -> tuple[Counter[str], list[dict[str, object]]]:
    """Return how many mutants came to what, and the defects."""
    counts: Counter[str] = Counter()
    defects: list[dict[str, object]] = []
    left, number = seconds, 0
    while left > 0:
        with (place.parent / "errors.txt").open("w+") as errors:
            read, write = os.pipe()
            command = [
                sys.executable,
                "-m",
                "tests.fuzz.child",
                name,
                str(place),
                str(seed),
                str(number),
                str(left),
            ]
            child = subprocess.Popen(  # noqa: S603
                [*command, str(write)], pass_fds=[write], stdout=errors, stderr=errors
            )
            os.close(write)
            started, ready = 0.0, False
            with os.fdopen(read, "rb", buffering=0) as channel:
                lines = _Lines(channel)
                while (line := lines.next(WAIT_S if ready else START_S)) is not None and line:
                    news = json.loads(line)
                    if "ready" in news:
                        started, ready = time.monotonic(), True
                        continue
                    counts[news["outcome"]] += 1
                    number = news["number"] + 1
                    if news["outcome"] not in GOOD:
                        defects.append({"reader": name, "seed": seed, **news})
            if line is None:
                child.kill()
            code = child.wait()
            errors.seek(0)
            told = errors.read()[-3000:]
        if not ready:
            raise SystemExit(f"{name}: its seeds cannot be read\n{told}")
        left -= time.monotonic() - started
        if line is None or code != 0:
            outcome = "hang" if line is None or -code == 24 else "crash"
            counts[outcome] += 1
            defects.append(
                {"reader": name, "seed": seed, "number": number, "outcome": outcome, "why": f"{code}\n{told}"}
            )
            number += 1
    return counts, defects


class _Lines:
    """Reads lines from a pipe, each within a time."""

    def __init__(self, channel) -> None:
        self._channel, self._rest = channel, b""

    def next(self, seconds: float) -> bytes | None:
        """Return the next line; empty at the end; None where none came in time."""
        while b"\n" not in self._rest:
            if not select.select([self._channel], [], [], seconds)[0]:
                return None
            if not (data := self._channel.read(1 << 16)):
                return b""
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        return line


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20, help="for each reader (default: 20)")
    parser.add_argument(
        "--reader", action="append", choices=list(READERS), help="one reader; may be repeated"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the random numbers (default: 0)")
    parser.add_argument("--json", action="store_true", help="print one JSON object a reader")
    parser.add_argument(
        "--mutant", type=int, metavar="N", help="write mutant N of the reader to --out, and stop"
    )
    parser.add_argument("--out", type=Path, default=Path("mutant"), help="an empty folder for --mutant")
    options = parser.parse_args()
    failed = False
    memory = Path("/dev/shm")  # noqa: S108
    with tempfile.TemporaryDirectory(prefix="kaa-fuzz-", dir=memory if memory.is_dir() else None) as folder:
        for name in options.reader or READERS:
            place = Path(folder) / name
            if options.mutant is not None:
                make(READERS[name], place)
                options.out.mkdir(parents=True)
                written(mutant(READERS[name], seeds_in(place), options.seed, options.mutant), options.out)
                continue
            counts, defects = run_reader(name, options.seed, options.seconds, place)
            row = {"reader": name, "mutants": counts.total(), **{each: counts[each] for each in OUTCOMES}}
            words = [f"{key}={value}" if key != "reader" else f"{value:12}" for key, value in row.items()]
            print(json.dumps(row) if options.json else "  ".join(words), flush=True)
            shown: Counter[str] = Counter()
            for defect in defects:
                shown[str(defect["outcome"])] += 1
                if shown[str(defect["outcome"])] <= SHOWN:
                    which = f"--reader {name} --seed {options.seed} --mutant {defect['number']}"
                    print(f"{which}: {defect['outcome']}\n{defect['why']}", file=sys.stderr)
            failed |= bool(defects)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
