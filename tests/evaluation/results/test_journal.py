"""The journal: read while it is written, on any disk, and never half."""

import sqlite3

import pytest

from kaa_gui.core.errors import PictureError
from kaa_gui.evaluation.results import journal as journals
from kaa_gui.evaluation.results.journal import Journal, is_remote
from tests.evaluation import made_rows as rows
from tests.evaluation.results.killed import outcomes

ROWS = [outcome.row for outcome in outcomes() if outcome.record is not None]


@pytest.fixture(params=["here", "elsewhere"])
def journal(request, tmp_path, monkeypatch):
    """Return a journal on this machine's disk, and one on another's, which allows no shared memory."""
    monkeypatch.setattr(journals, "is_remote", lambda path: request.param == "elsewhere")
    journal = Journal(tmp_path)
    yield journal
    journal.close()


def mode_of(path):
    with sqlite3.connect(path) as connection:
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    connection.close()
    return mode


def test_others_read_what_is_being_written(journal, tmp_path):
    reader = Journal(tmp_path)
    assert reader.keys("rows") == []
    for outcome in outcomes():
        journal.add(outcome.records())
        assert reader.keys("rows") == journal.keys("rows")
    assert sorted(record["row"] for record in reader.records("rows")) == sorted(ROWS)
    assert reader.rows_as_they_came() == ROWS
    assert mode_of(journal.path) == ("wal" if not journals.is_remote(tmp_path) else "delete")


def test_whoever_reads_it_ends_with_what_was_there(journal, tmp_path):
    for outcome in outcomes():
        journal.add(outcome.records())
    reader = Journal(tmp_path)
    with reader.kept_open():
        assert len(reader.keys("rows")) == len(ROWS)
        journal.remove()
        assert len(list(reader.records("rows"))) == len(ROWS)
    assert reader.keys("rows") == []
    assert not list(tmp_path.iterdir())


def test_row_that_is_done_is_no_failure_any_more(journal):
    (failed,) = [outcome for outcome in outcomes() if outcome.record is None]
    journal.add(failed.records())
    assert journal.keys("failures") == [(failed.row,)]
    (job,) = [job for job in rows.plan().jobs(rows.entries(3)) if job.row == failed.row]
    journal.add(rows.outcome(job).records())
    assert journal.keys("failures") == []
    assert journal.keys("rows") == [(failed.row,)]


def test_full_disk_is_one_line_and_leaves_no_half(journal, monkeypatch):
    first, second, *_ = outcomes()
    journal.add(first.records())
    (pages,) = journal._connection.execute("PRAGMA page_count").fetchone()
    journal._connection.execute(f"PRAGMA max_page_count = {pages}")
    large = {"rows": [{**second.record, "loss": "x" * 100_000}], "checks": second.records()["checks"]}
    with pytest.raises(PictureError, match=r"cannot be written.*full"):
        journal.add(large)
    assert journal.keys("rows") == journal.keys("timings") == [(first.row,)]
    assert {row for row, *_ in journal.keys("checks")} == {first.row}


def test_folder_that_is_gone_is_one_line(tmp_path):
    with pytest.raises(PictureError, match="cannot be written"):
        Journal(tmp_path / "gone").add(outcomes()[0].records())


def test_disk_without_shared_memory_does_without(tmp_path, monkeypatch):
    real = journals._connected

    class Connection(sqlite3.Connection):
        def execute(self, statement, *values):
            if statement.endswith("WAL"):
                raise sqlite3.OperationalError("locking protocol")
            return super().execute(statement, *values)

    monkeypatch.setattr(sqlite3, "connect", _with_factory(sqlite3.connect, Connection))
    journal = Journal(tmp_path)
    journal.add(outcomes()[0].records())
    journal.close()
    monkeypatch.undo()
    assert journals._connected is real
    assert mode_of(journal.path) == "delete"
    assert len(journal.keys("rows")) == 1


def _with_factory(real, factory):
    return lambda *arguments, **options: real(*arguments, factory=factory, **options)


@pytest.mark.parametrize(
    ("place", "remote"),
    [("home/me/out", False), ("home/shared/out", True), ("home/ssh", True), ("mnt/a disk/out", True)],
)
def test_disk_of_another_machine_is_known(tmp_path, place, remote):
    root = tmp_path.resolve()
    mounts = tmp_path / "mountinfo"
    lines = [
        ("/", "ext4"),
        (f"{root}/home", "ext4"),
        (f"{root}/home/shared", "nfs4"),
        (f"{root}/home/ssh", "fuse.sshfs"),
        (f"{root}/mnt/a\\040disk", "cifs"),
    ]
    mounts.write_text("".join(f"1 1 0:1 / {at} rw,relatime shared:1 - {kind} x rw\n" for at, kind in lines))
    assert is_remote(root / place / "unfinished.sqlite", mounts) is remote


def test_system_that_tells_of_no_disks_has_its_own(tmp_path):
    assert not is_remote(tmp_path / "unfinished.sqlite", tmp_path / "missing")
