"""Open mutant after mutant with one reader, within limits, and tell the parent of each by a line of JSON.

The parent starts it with the reader's name, the seed's folder, the seed of the random numbers, the number of
the first mutant, the seconds left, and the descriptor to write to.
"""

from __future__ import annotations

import faulthandler
import gc
import json
import os
import shutil
import sys
import time
import traceback
import warnings
from pathlib import Path
from random import Random

from kaa_gui.core.errors import KaaError
from tests.fuzz.mutators import Files, mutated, written
from tests.fuzz.readers import READERS, Reader

CPU_S = 10
"""Of a processor, for one mutant."""
MEMORY = 1 << 30
"""Bytes that a mutant may take beyond what the seeds took."""
LONGEST = 2000
"""Characters of a message."""
LIMITED = sys.platform.startswith("linux")


def attempt(reader: Reader, folder: Path) -> tuple[str, str]:
    """Open what lies in a folder: return what came of it, and why."""
    try:
        # a warning would be a line more
        with warnings.catch_warnings(action="error"):
            value = reader.read(folder)
    except KaaError as error:
        line = str(error)
        clear = len(line) <= LONGEST and line.isprintable() and bool(line.strip())
        return ("clear" if clear else "unclear"), line
    except MemoryError:
        return "memory", traceback.format_exc()
    except KeyboardInterrupt:
        raise
    except BaseException:
        # libraries in Rust panic with what is no Exception
        return "traceback", traceback.format_exc()
    # faults in a list are lines as well
    bad = (
        next((line for line in value if not line.isprintable() or len(line) > LONGEST), None)
        if value
        else None
    )
    return ("accepted", "") if bad is None else ("unclear", repr(bad))


def mutant(reader: Reader, seeds: list[Files], seed: int, number: int) -> Files:
    """Return a mutant by its number."""
    random = Random(f"{reader.name}:{seed}:{number}")
    files = random.choice(seeds)
    targets = [name for name in sorted(files) if any(Path(name).match(each) for each in reader.targets)]
    return mutated(files, targets, random)


def seeds_in(place: Path) -> list[Files]:
    """Return the seeds below a folder, each the files of one folder."""
    return [
        {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        for folder in sorted(place.iterdir())
    ]


def make(reader: Reader, place: Path) -> None:
    """Write a reader's seeds, each into a folder of its own, unless they are there."""
    if place.exists():
        return
    part = place.with_suffix(".part")
    for number, maker in enumerate(reader.makers):
        (folder := part / f"{number:02d}").mkdir(parents=True)
        maker(folder)
    part.rename(place)


def fresh(folder: Path) -> Path:
    """Return a folder, emptied."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def main(*arguments: str) -> None:
    name, place, seed, first, seconds, channel = arguments
    # the limits of a process, which not every system has
    import resource

    def peak() -> int:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    faulthandler.enable()
    reader = READERS[name]
    out = os.fdopen(int(channel), "w", buffering=1)
    make(reader, Path(place))
    seeds = seeds_in(Path(place))
    work = Path(place).with_name(f"{name}-work")
    for files in seeds:
        written(files, fresh(work))
        outcome, why = attempt(reader, work)
        if outcome != "accepted":
            raise AssertionError(f"{name}: a seed is {outcome}: {why}")
    gc.collect()
    base = peak()
    if LIMITED:
        status = Path("/proc/self/statm").read_text().split()
        mapped = int(status[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (mapped + 3 * MEMORY, resource.RLIM_INFINITY))
    out.write(json.dumps({"ready": True}) + "\n")
    end, number = time.monotonic() + float(seconds), int(first)
    while time.monotonic() < end:
        files = mutant(reader, seeds, int(seed), number)
        written(files, fresh(work))
        spent = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
        if LIMITED:
            resource.setrlimit(resource.RLIMIT_CPU, (int(spent) + 1 + CPU_S, resource.RLIM_INFINITY))
        del files
        before = max(base, peak())
        outcome, why = attempt(reader, work)
        took = sum(resource.getrusage(resource.RUSAGE_SELF)[:2]) - spent
        if took > CPU_S:
            outcome = "hang"
        if peak() - before > MEMORY:
            outcome = "memory"
        out.write(json.dumps({"number": number, "outcome": outcome, "why": why}) + "\n")
        if outcome == "memory":
            # its peak would hide the next one's
            return
        number += 1
    shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
