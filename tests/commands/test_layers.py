"""The command layers."""

from __future__ import annotations

import json

import pytest

from tests.commands.program import run


def test_layers_prints_the_route(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("layers", "--json", "--device", "cpu") == 0
    layers = json.loads(capsys.readouterr().out)
    assert [layer["index"] for layer in layers] == list(range(19))
    assert set(layers[0]) == {"index", "name", "shape", "outputs"}
    assert layers[-1] == {"index": 18, "name": "heatmap", "shape": [39, 64, 64], "outputs": 159_744}
    assert run("layers", "--victim", "blazepose-regression", "--device", "cpu") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 28
    assert "world" in lines[-1]
