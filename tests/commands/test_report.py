"""The command report."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands.program import failed, run


def test_report_without_an_evaluation_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "holds no evaluation" in failed(run("report", tmp_path), capsys)
