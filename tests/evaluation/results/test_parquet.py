"""Tables on disk grow in the order of the plan, a few rows in memory at a time."""

import random

import pytest

from kaa_gui.evaluation.results import parquet as columns
from kaa_gui.evaluation.results.parquet import Added, joined, merge_into, read_table, table_of, write_table

ROWS = [f"{number:016d}" for number in range(40)]


def records(rows, generation):
    # later versions know a column more, and lists may be empty
    more = {"loss": "mse"} if generation else {}
    return [
        {
            "row": row,
            "seed": generation,
            "trajectory_rmse": [1.0] * int(row),
            "check": "blur",
            "victim": "v",
            "success": True,
            "control_success": False,
            "person_found": True,
            **more,
        }
        for row in rows
    ]


@pytest.mark.parametrize("seed", range(6))
def test_rows_merged_bit_by_bit_are_those_joined_at_once(tmp_path, monkeypatch, seed):
    monkeypatch.setattr(columns, "BATCH", 7)
    draw = random.Random(seed)
    old, new = draw.sample(ROWS, 25), draw.sample(ROWS, 15)
    # rows of an earlier plan are in no order of this one
    order = {row: place for place, row in enumerate(ROWS[:-5])}
    path = tmp_path / "checks.parquet"
    put(path, records(old, 0), order)
    first = read_table(path)
    assert first.equals(joined("checks", None, table_of(records(old, 0)), order))
    put(path, records(new, 1), order)
    assert read_table(path).equals(joined("checks", first, table_of(records(new, 1)), order))
    before = path.read_bytes()
    put(path, [], order)
    assert path.read_bytes() == before


def test_table_in_another_order_is_put_in_that_of_the_plan(tmp_path):
    path = tmp_path / "checks.parquet"
    write_table(path, table_of(records(ROWS[::-1][1:], 0)))
    put(path, records(ROWS[-1:], 0), {row: place for place, row in enumerate(ROWS)})
    assert read_table(path).column("row").to_pylist() == ROWS


def put(path, new, order):
    merge_into(path, Added.of("checks", table_of(new)) if new else Added([], None, pytest.fail), order)
