"""The command evaluate, and report on what it has written."""

import argparse
import json

import pytest

from kaa_gui.cli import main
from kaa_gui.commands import evaluate
from kaa_gui.evaluation import runner
from tests.evaluation import made_rows as rows

QUICK = ["--method", "kaa", "--norm", "linf", "--target", "none", "--iterations", "1", "--views", "0"]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return rows.tiny_plan(tmp_path_factory.mktemp("pictures")).source.path


@pytest.mark.slow
def test_evaluate_reports_and_does_nothing_twice(pictures, tmp_path, capsys):
    arguments = ["evaluate", "--dataset", f"folder:{pictures}", "--out", str(tmp_path), *QUICK]
    assert main([*arguments, "--keep-pictures", "--json"]) == 0
    summary = json.loads(capsys.readouterr().out)
    assert (summary["rows"], summary["failures"]) == (2, [])
    assert len(list((tmp_path / "pictures").glob("*.png"))) == 2
    before = (tmp_path / "rows.parquet").read_bytes()
    assert main(arguments) == 0
    assert "Table 1" in capsys.readouterr().out
    assert (tmp_path / "rows.parquet").read_bytes() == before
    assert main(["report", str(tmp_path), "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)["table1"]
    assert row["n"] == 2


def test_dry_run_says_how_much_and_writes_nothing(pictures, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = ["evaluate", "--dataset", f"folder:{pictures}", "--limit", "1", *QUICK, "--seed", "0,1"]
    assert main([*arguments, "--dry-run", "--json"]) == 0
    size = json.loads(capsys.readouterr().out)
    assert (size["entries"], size["attacks_per_entry"], size["rows"]) == (1, 2, 2)
    assert size["estimated_seconds"] >= 0
    assert not list(tmp_path.iterdir())


def test_plan_file_and_flags_together(tmp_path):
    plan = tmp_path / "plan.toml"
    plan.write_text('dataset = "folder:x"\nlimit = 1\n[[attacks]]\nmethod = ["kaa", "kaa+er"]\nviews = 0\n')
    parser = argparse.ArgumentParser()
    evaluate.add_arguments(parser)
    read = evaluate.plan_of(parser.parse_args(["--plan", str(plan), "--seed", "0,1,2", "--every", "2"]))
    assert len(read.configs) == 6
    assert (read.source.kind, read.source.limit, read.source.every) == ("folder", 1, 2)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "--out DIR"),
        (["--out", "x", "--dataset", "zip:a"], "KIND:PATH"),
        (["--out", "x", "--workers", "0"], "workers must be 1 or more"),
        (["--out", "x", "--checks", "xray"], "checks must be among"),
        (["--out", "x", "--plan", "missing.toml"], "missing.toml"),
        (["--out", "x", "--method", "i-fgsm"], "needs a gradient"),
        (["--out", "x", "--crops", "annotation", "--dataset", "folder:."], "holds no picture"),
        (["--out", "x", "--norm", "l7"], "norm must be linf or l2, got l7"),
        (["--out", "/proc/x"], "/proc/x: cannot be written"),
        (["--out", "x", "--threads", "0"], "threads must be 1 or more"),
        (["--out", "x", "--ray", "127.0.0.1:1"], "no Ray cluster at 127.0.0.1:1"),
    ],
)
def test_mistakes_are_one_line(arguments, words, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["evaluate", *arguments]) == 2
    error = capsys.readouterr().err.strip()
    assert words in error
    *size, message = error.splitlines()
    assert message.startswith("kaa-studio: ")
    # all else that is said is how much there would be to do
    assert all("entries" in line or "estimated time" in line for line in size)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["report/report.html", "plan.json"])
def test_files_of_others_are_refused_by_name(name, pictures, tmp_path, capsys):
    mine = tmp_path / name
    mine.parent.mkdir(exist_ok=True)
    mine.write_text("mine")
    assert main(["evaluate", "--dataset", f"folder:{pictures}", "--out", str(tmp_path), *QUICK]) == 2
    line = capsys.readouterr().err.strip().splitlines()[-1]
    assert line.startswith(f"kaa-studio: {mine} is not of an evaluation")
    assert line.endswith("--overwrite")
    assert [path.read_text() for path in tmp_path.rglob("*") if path.is_file()] == ["mine"]
    if name == "plan.json":
        assert main(["report", str(tmp_path)]) == 2
        assert "no plan of an evaluation" in capsys.readouterr().err


@pytest.mark.slow
def test_files_of_others_are_replaced_where_that_is_meant(pictures, tmp_path):
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "report.html").write_text("mine")
    (tmp_path / "plan.json").write_text("mine")
    arguments = ["evaluate", "--dataset", f"folder:{pictures}", "--out", str(tmp_path), "--overwrite", *QUICK]
    assert main(arguments) == 0
    assert "<h1>Evaluation</h1>" in (tmp_path / "report" / "report.html").read_text(encoding="utf-8")


def test_checks_may_be_written_with_spaces():
    parser = argparse.ArgumentParser()
    evaluate.add_arguments(parser)
    assert evaluate.plan_of(parser.parse_args(["--checks", "jpeg75, blur"])).checks == ("jpeg75", "blur")


def test_evaluation_without_any_row_does_not_end_well(tmp_path, capsys):
    (tmp_path / "a.png").write_bytes(b"no picture at all")
    out = tmp_path / "out"
    arguments = ["evaluate", "--dataset", f"folder:{tmp_path}", "--out", str(out), *QUICK]
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert "1 entries (0 damaged) x 1 attacks = 1 rows" in error
    assert "none of 1 attacks could be made; the first: a.png" in error
    assert (out / "report" / "report.html").exists()


def test_time_left_is_said_once_after_the_first_picture():
    jobs = rows.plan().jobs(rows.entries(3))
    pace = evaluate.Pace(jobs, 1)
    said = [pace.after_a_row() for _ in jobs]
    assert [bool(words) for words in said] == [False, True, False, False, False, False]
    assert "the other 4 rows" in said[1]
    # what failed at once says nothing of the time that others take
    pace = evaluate.Pace(jobs, 1)
    said = [pace.after_a_row(failed=number < 2) for number in range(len(jobs))]
    assert [bool(words) for words in said] == [False, False, False, True, False, False]
    assert "the other 2 rows" in said[3]


def test_interrupt_keeps_what_is_finished(pictures, tmp_path, capsys, monkeypatch):
    real = runner.run

    def interrupted(jobs, crew):
        for outcome in real(jobs, crew):
            yield outcome
            raise KeyboardInterrupt

    arguments = ["evaluate", "--dataset", f"folder:{pictures}", "--out", str(tmp_path), *QUICK]
    with monkeypatch.context() as patch:
        patch.setattr(runner, "run", interrupted)
        assert main(arguments) == 130
    assert main(["report", str(tmp_path), "--json"]) == 0
    captured = capsys.readouterr()
    assert "interrupted" in captured.err
    assert f"stopped: 1 of 2 rows are kept in {tmp_path}; the same command goes on" in captured.err
    assert json.loads(captured.out)["table1"][0]["n"] == 1
    assert main(["report", str(tmp_path)]) == 0
