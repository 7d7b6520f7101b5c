"""The command table."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.program import run


def test_table_puts_runs_side_by_side(
    written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("table", written, written) == 0
    assert "| ℓ∞ | KAA+ER | heatmap | 4/255 | 2 |" in capsys.readouterr().out
    assert run("table", written, "--kind", "runs", "--out", tmp_path / "runs.tex") == 0
    assert (tmp_path / "runs.tex").read_text().count("toprule") == 1


def test_table_refuses_what_it_cannot_do(
    written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("table", tmp_path) == 2
    assert "no run in it" in capsys.readouterr().err
    for more in (("--kind", "pie"), ("--format", "docx"), ("--out", tmp_path / "a.docx")):
        assert run("table", written, *more) == 2
        assert "must" in capsys.readouterr().err
