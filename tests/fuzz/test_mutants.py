"""Some mutants of every quick reader: read, or refused in one line; ``python -m tests.fuzz`` makes more."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz import mutators
from tests.fuzz.child import attempt, fresh, make, mutant, seeds_in
from tests.fuzz.mutators import Files, written
from tests.fuzz.readers import READERS

CHEAP = [name for name, reader in READERS.items() if reader.cheap]


@pytest.fixture(autouse=True)
def none_that_are_huge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutators, "MANY", 1000)


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], list[Files]]:
    """Return what makes the seeds of a reader."""
    folder = tmp_path_factory.mktemp("seeds")

    @cache
    def made(name: str) -> list[Files]:
        make(READERS[name], folder / name)
        return seeds_in(folder / name)

    return made


@pytest.mark.parametrize("name", CHEAP)
def test_a_seed_is_read(name: str, seeds: Callable[[str], list[Files]], tmp_path: Path) -> None:
    for files in seeds(name):
        written(files, fresh(tmp_path / "work"))
        assert attempt(READERS[name], tmp_path / "work") == ("accepted", "")


@pytest.mark.parametrize("name", CHEAP)
@settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(number=st.integers(0, 1 << 32))
def test_a_mutant_is_read_or_refused_in_one_line(
    name: str, seeds: Callable[[str], list[Files]], tmp_path: Path, number: int
) -> None:
    written(mutant(READERS[name], seeds(name), 0, number), fresh(tmp_path / "work"))
    outcome, why = attempt(READERS[name], tmp_path / "work")
    assert outcome in ("accepted", "clear"), why


def test_a_mutant_can_be_made_again(seeds: Callable[[str], list[Files]]) -> None:
    first, again = (mutant(READERS["session"], seeds("session"), 3, 7) for _ in range(2))
    assert first == again
