"""What anybody may have written into a results' folder: set aside, named, and gone on without; or refused."""

import json
import os
import sqlite3
from contextlib import closing

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from kaa_gui.cli import main
from kaa_gui.core.errors import ConfigError, KaaError, PictureError
from kaa_gui.evaluation.layout import JOURNAL_FILE, PARTS, PLAN_FILE
from kaa_gui.evaluation.report import write_report
from kaa_gui.evaluation.results.store import DAMAGED, Store
from tests.evaluation import made_rows as rows
from tests.evaluation.results.killed import part_of

PLAN = rows.plan()
JOBS = PLAN.jobs(rows.entries(2))
ORDER = [job.row for job in JOBS]
ROW = "0123456789abcdef"
DEEP = "[" * 100_000 + "]" * 100_000


def fill(folder):
    store = Store(folder)
    with store.opened(PLAN):
        for job in JOBS:
            if job.row not in store.finished():
                store.add(rows.outcome(job))
        store.compact(ORDER)
    return store, {name: store.read(name) for name in ("rows", "checks", "timings", "failures")}


@pytest.fixture
def finished(tmp_path):
    """Return a finished folder and its tables."""
    folder = tmp_path / "out"
    return folder, fill(folder)[1]


def record(**changes):
    return {**rows.record(JOBS[0]), "row": ROW, **changes}


def part(**changes):
    return json.dumps({"row": ROW, "entry": "x", "record": record(), **changes})


def check(**changes):
    return {**rows.outcome(JOBS[0]).checks[0], "row": ROW, **changes}


BAD_PARTS = {
    "no object": "[]",
    "row a list": part(row=[]),
    "row null": part(row=None),
    "row another": part(row="f" * 16),
    "row of another": part(record=record(row="f" * 16)),
    "row a path": part(row=f"../../{ROW}", record=record(row=f"../../{ROW}")),
    "record a text": part(record="a"),
    "record of nothing": part(record={"row": ROW}),
    "nothing done": part(record=None),
    "failure a number": part(record=None, failure=1),
    "number a text": part(record=record(saved_pose_error_mm="abc")),
    "number huge": part(record=record(saved_pose_error_mm=1e300)),
    "whole number huge": part(record=record(seed=10**30)),
    "digits by the thousand": part(record=record(seed=0)).replace('"seed": 0', f'"seed": {"9" * 5000}'),
    "no number": part(record=record(epsilon=0.5)).replace("0.5", "NaN"),
    "flag a text": part(record=record(success="yes")),
    "flag missing": part(record=record(success=None)),
    "unknown method": part(record=record(method="magic")),
    "unknown norm": part(record=record(norm="l7")),
    "digest a text": part(record=record(picture_sha256="zz")),
    "list a number": part(record=record(trajectory_rmse=1.0)),
    "list of texts": part(record=record(trajectory_rmse=["a"] * 3)),
    "lists of other lengths": part(record=record(trajectory_rmse=[1.0])),
    "column a list": part(record=record(loss=["mse"])),
    "check a number": part(checks=[check(check=1)]),
    "check unknown": part(checks=[check(check="xray")]),
    "check of another row": part(checks=[check(row="f" * 16)]),
    "checks a number": part(checks=1),
    "timing a text": part(timings={"attack": "long"}),
    "timings a list": part(timings=[1]),
    "unknown field": part(surprise=1),
    "deep": part(entry="").replace('""', DEEP, 1),
    "not text": b"\xff\xfe\x00",
    "torn": part()[:-9],
}


@pytest.mark.parametrize("content", BAD_PARTS.values(), ids=BAD_PARTS)
def test_damaged_part_is_set_aside_and_gone_on_without(finished, content):
    folder, tables = finished
    (folder / PARTS).mkdir()
    bad = folder / PARTS / f"{ROW}.json"
    bad.write_bytes(content if isinstance(content, bytes) else content.encode())
    store, found = fill(folder)
    assert found == tables
    assert store.set_aside == [bad.with_name(f"{bad.name}{DAMAGED}")]
    assert store.set_aside[0].read_bytes()
    assert not bad.exists()


def test_part_that_is_no_file_is_set_aside(finished):
    folder, tables = finished
    (folder / PARTS).mkdir()
    os.mkfifo(folder / PARTS / f"{ROW}.json")
    (folder / PARTS / f"{'f' * 16}.json").mkdir()
    store, found = fill(folder)
    assert found == tables
    assert len(store.set_aside) == 2


@pytest.mark.parametrize("absolute", [False, True])
def test_part_names_no_file_elsewhere(tmp_path, finished, absolute):
    folder, tables = finished
    (folder / PARTS).mkdir()
    victim = tmp_path / "mine.json"
    victim.write_text("mine")
    named = (
        str(victim.with_suffix("")) if absolute else os.path.relpath(victim.with_suffix(""), folder / PARTS)
    )
    (folder / PARTS / "a.json").write_text(json.dumps({"row": named, "entry": "x", "failure": "no person"}))
    store, found = fill(folder)
    assert victim.read_text() == "mine"
    assert found == tables
    assert [path.name for path in store.set_aside] == [f"a.json{DAMAGED}"]


def test_names_of_what_is_set_aside_do_not_collide(finished):
    folder, _ = finished
    names = set()
    for _ in range(3):
        (folder / PARTS).mkdir(exist_ok=True)
        (folder / PARTS / "a.json").write_text("{")
        names |= set(fill(folder)[0].set_aside)
    assert len(names) == 3
    assert all(path.exists() for path in names)


def changed(table, **columns):
    for name, values in columns.items():
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, [values])
    return table


BAD_TABLES = {
    "row no identifier": lambda table: changed(table, row=["../x"] * 4),
    "row of two lines": lambda table: changed(table, row=[f"{ROW}\n"] * 4),
    "row missing": lambda table: changed(table, row=pa.array([None] * 4, pa.string())),
    "row a number": lambda table: changed(table, row=[1, 2, 3, 4]),
    "no row": lambda table: table.drop_columns(["row"]),
    "no victim": lambda table: table.drop_columns(["victim"]),
    "success a text": lambda table: changed(table, success=["yes"] * 4),
    "success missing": lambda table: changed(table, success=pa.array([None] * 4, pa.bool_())),
    "method unknown": lambda table: changed(table, method=["magic"] * 4),
    "epsilon a text": lambda table: changed(table, epsilon=["a"] * 4),
    "epsilon no number": lambda table: changed(table, epsilon=[float("nan")] * 4),
    "trajectory missing": lambda table: changed(
        table, trajectory_rmse=pa.array([None] * 4, pa.list_(pa.float64()))
    ),
    "trajectories of other lengths": lambda table: changed(table, trajectory_rmse=[[1.0]] * 4),
    "no text": lambda table: changed(
        table, entry=pa.Array.from_buffers(pa.string(), 4, pa.array([b"\xff"] * 4).buffers())
    ),
    "another table": lambda table: pa.table({"a": [1]}),
    "nothing": lambda table: pa.table({}),
}


@pytest.mark.parametrize("change", BAD_TABLES.values(), ids=BAD_TABLES)
def test_damaged_table_is_set_aside_and_its_rows_are_computed_again(finished, change, capsys):
    folder, tables = finished
    path = folder / "rows.parquet"
    pq.write_table(change(pq.read_table(path)), path)
    assert main(["report", str(folder)]) == 2
    _one_line(capsys.readouterr().err)
    store, found = fill(folder)
    assert found == tables
    assert [each.name for each in store.set_aside] == [f"rows.parquet{DAMAGED}"]


def test_what_a_library_says_of_a_torn_table_is_one_line(finished, capsys):
    folder, tables = finished
    whole = (folder / "rows.parquet").read_bytes()
    for torn in (
        b"",
        whole[:100],
        whole[:-100],
        whole[:4000] + bytes(500) + whole[4500:],
        b"\x1b[31m\r\n" * 99,
    ):
        (folder / "rows.parquet").write_bytes(torn)
        assert main(["report", str(folder)]) == 2
        _one_line(capsys.readouterr().err)
    assert fill(folder)[1] == tables


BAD_PLANS = {
    "deep": lambda plan: json.dumps(plan).replace('"/nowhere"', DEEP),
    "digits by the thousand": lambda plan: json.dumps(plan | {"views": 7}).replace("7", "7" * 5000),
    "source a text": lambda plan: json.dumps(plan | {"source": "x"}),
    "source of numbers": lambda plan: json.dumps(plan | {"source": {"kind": "folder", "path": 5}}),
    "path missing": lambda plan: json.dumps(plan | {"source": {"kind": "folder"}}),
    "configs a number": lambda plan: json.dumps(plan | {"configs": 1}),
    "configs of texts": lambda plan: json.dumps(plan | {"configs": ["x"]}),
    "views null": lambda plan: json.dumps(plan | {"views": None}),
    "views without end": lambda plan: json.dumps(plan | {"views": 7}).replace("7", "Infinity"),
    "weights a list": lambda plan: json.dumps(plan | {"weights": [1]}),
    "weights of numbers": lambda plan: json.dumps(plan | {"weights": {"a": 1}}),
    "torn": lambda plan: json.dumps(plan)[:-3],
    "no object": lambda plan: "[]",
}


@pytest.mark.parametrize("change", BAD_PLANS.values(), ids=BAD_PLANS)
def test_damaged_plan_is_set_aside_where_there_are_rows(finished, change, capsys):
    folder, tables = finished
    content = json.loads((folder / PLAN_FILE).read_text())
    (folder / PLAN_FILE).write_text(change(content))
    assert main(["report", str(folder)]) == 2
    _one_line(capsys.readouterr().err)
    assert Store(folder).batch() is None
    store, found = fill(folder)
    assert found == tables
    assert [path.name for path in store.set_aside] == [f"{PLAN_FILE}{DAMAGED}"]


def unfinished(folder):
    """Leave a journal behind, as a killed process does."""
    store = Store(folder)
    with store.opened(PLAN):
        for job in JOBS:
            store.add(rows.outcome(job))
    return folder / JOURNAL_FILE


def test_damaged_journal_is_set_aside_and_its_whole_records_kept(tmp_path):
    whole = fill(tmp_path / "whole")[1]
    path = unfinished(tmp_path / "out")
    pages = path.read_bytes()
    size, kept = 4096, []
    assert len(pages) > 6 * size
    for number in range(len(pages) // size):
        for damage in (bytes(size), b"\xa5" * size):
            path.write_bytes(pages[: number * size] + damage + pages[(number + 1) * size :])
            store = Store(tmp_path / "out")
            with store.opened(PLAN):
                assert [each.name for each in store.set_aside] == [f"{JOURNAL_FILE}{DAMAGED}"]
                kept.append(len(store.finished()))
                for job in JOBS:
                    if job.row not in store.finished():
                        store.add(rows.outcome(job))
                store.compact(ORDER)
            # a check that is lost is asked for again, seconds are not
            assert store.read("rows") == whole["rows"]
            for left in (tmp_path / "out").glob("*.parquet"):
                left.unlink()
            store.set_aside[0].unlink()
    # a page is worth a row or two, unless it is one that leads to all others
    assert sum(number >= len(JOBS) - 2 for number in kept) > 0.7 * len(kept)
    assert 0 in kept


def run(statement, *values):
    """Return what changes a journal."""

    def change(path):
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(statement, values)

    return change


_RECORD = "UPDATE records SET record = ? WHERE name = 'rows'"
_ROW = "UPDATE records SET row = ?, record = replace(record, ?, ?) WHERE row = ?"
BAD_JOURNALS = {
    "no database": lambda path: path.write_bytes(b"mine" * 1000),
    "torn": lambda path: path.write_bytes(path.read_bytes()[:5000]),
    "another table": run("CREATE TABLE mine (a)"),
    "another name": run("ALTER TABLE records RENAME TO mine"),
    "a view": run("CREATE VIEW mine AS SELECT * FROM records"),
    "a trigger": run("CREATE TRIGGER mine AFTER INSERT ON records BEGIN DELETE FROM records; END"),
    "a record deep": run(_RECORD, DEEP),
    "a record no object": run(_RECORD, "[]"),
    "a record a number": run(_RECORD, 5),
    "a record missing": run(_RECORD, None),
    "a record of bytes": run(_RECORD, b"\xff"),
    "a row elsewhere": run(_ROW, f"../{ROW}", ORDER[0], f"../{ROW}", ORDER[0]),
    "another row": run(_ROW, ROW, "", "", ORDER[0]),
    "a number": run(_ROW, 5, "", "", ORDER[0]),
    "an unknown table": run("INSERT INTO records VALUES ('mine', 'a', 'b', 'c', '{}')"),
}


@pytest.mark.parametrize("damage", BAD_JOURNALS.values(), ids=BAD_JOURNALS)
def test_journal_of_another_kind_is_set_aside(tmp_path, damage):
    whole = fill(tmp_path / "whole")[1]
    path = unfinished(tmp_path / "out")
    damage(path)
    store, found = fill(tmp_path / "out")
    assert found == whole
    assert [each.name for each in store.set_aside] == [f"{JOURNAL_FILE}{DAMAGED}"]
    assert store.set_aside[0].exists()
    assert not path.exists()


def test_damaged_journal_leaves_the_rows_of_the_table(finished):
    folder, tables = finished
    (folder / JOURNAL_FILE).write_bytes(b"mine" * 1000)
    store = Store(folder)
    with pytest.raises(PictureError, match=f"{JOURNAL_FILE}: not a readable journal"):
        store.finished()
    with store.opened(PLAN):
        assert store.finished() == set(ORDER)
        store.compact(ORDER)
    assert {name: store.read(name) for name in tables} == tables


FOREIGN = (
    "plan.json",
    "rows.parquet",
    "failures.parquet",
    JOURNAL_FILE,
    f"parts/{ROW}.json",
    f"views/{ROW}.jpg",
    f"pictures/{ROW}.png",
    "report/report.html",
    "report/tables.md",
    "report/table1.csv",
    "report/curves-sit.pdf",
)


@pytest.mark.parametrize("name", FOREIGN)
def test_nothing_foreign_is_replaced(tmp_path, name):
    mine, content = tmp_path / name, '{"mine": 1}'
    mine.parent.mkdir(exist_ok=True)
    mine.write_text(content)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ConfigError, match="is not of an evaluation") as refused, Store(tmp_path).opened(PLAN):
        pass
    assert str(mine) in str(refused.value)
    assert "--overwrite" in str(refused.value)
    assert mine.read_text() == content
    assert sorted(tmp_path.rglob("*")) == before
    store = Store(tmp_path)
    with store.opened(PLAN, overwrite=True):
        for job in JOBS:
            store.add(rows.outcome(job))
        store.compact(ORDER)
    assert store.plan().source == PLAN.source
    assert [row["row"] for row in store.read("rows")] == ORDER


def test_foreign_files_of_other_names_stay(tmp_path):
    for name in ("README.txt", "report/notes.txt", "table1.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("mine")
    fill(tmp_path)
    assert {path.read_text() for path in (tmp_path / "README.txt", tmp_path / "table1.csv")} == {"mine"}


def test_unfinished_folder_of_earlier_versions_goes_on(tmp_path):
    whole = fill(tmp_path / "whole")[1]
    folder = tmp_path / "out"
    (folder / PARTS).mkdir(parents=True)
    (folder / PLAN_FILE).write_text(json.dumps(PLAN.as_json()))
    for job in JOBS[:3]:
        (folder / PARTS / f"{job.row}.json").write_text(part_of(rows.outcome(job)))
    assert Store(folder).batch() == 1
    assert write_report(store := Store(folder)).exists()
    assert store.finished() == set(ORDER[:3])
    store, found = fill(folder)
    assert found == whole
    assert not store.set_aside
    assert not (folder / PARTS).exists()


def _one_line(error):
    (line,) = error.splitlines()
    assert line.isprintable()
    assert len(line) < 1000


def test_folder_that_cannot_be_written_is_one_line(finished, monkeypatch):
    folder, _ = finished
    unfinished(folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    monkeypatch.setattr(os, "access", lambda path, mode: not str(path).startswith(str(folder)))
    with pytest.raises(KaaError, match="cannot be written"):
        write_report(Store(folder))
    with pytest.raises(KaaError, match="cannot be written"), Store(folder).opened(PLAN):
        pass
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
