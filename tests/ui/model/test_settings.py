"""Settings that anybody may have written: whatever they hold, something is returned."""

from __future__ import annotations

import os

import pytest
from PySide6.QtCore import QSettings

from kaa_gui.ui.files.formats import RecentFiles
from kaa_gui.ui.model.settings import settings_in, stored_object, stored_whole


@pytest.fixture
def settings(tmp_path) -> QSettings:
    return settings_in(tmp_path / "window.ini")


def test_settings_are_kept_in_the_file(tmp_path, settings):
    settings.setValue("a", "b")
    settings.sync()
    assert (tmp_path / "window.ini").is_file()
    assert settings_in(tmp_path / "window.ini").value("a") == "b"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in the file system")
def test_a_pipe_of_their_name_is_left_alone(tmp_path):
    os.mkfifo(tmp_path / "window.ini")
    settings = settings_in(tmp_path / "window.ini")
    settings.setValue("a", "b")
    settings.sync()
    assert (tmp_path / "window.ini").is_fifo()
    assert settings_in(tmp_path / "window.ini").value("a") == "b"


@pytest.mark.parametrize("text", ["1" * 5000, "[" * 100_000, '{"a":' * 5000, "[]," * 9, 'x"\ud800', None, 5])
def test_a_setting_that_is_none_is_an_empty_object(text):
    assert stored_object(text) == {}


@pytest.mark.parametrize("value", ["1" * 5000, "-1", "1e3", "²", "", None, [1], "99999999999"])
def test_a_setting_that_is_no_whole_number_is_none(settings, value):
    settings.setValue("a", value)
    assert stored_whole(settings, "a") is None


def test_recent_files_with_names_that_no_disk_takes_are_left_out(tmp_path, settings):
    (tmp_path / "a.png").write_bytes(b"")
    settings.setValue("recent", ["x" * 5000, str(tmp_path / "a.png"), "a\0b", 5])
    assert RecentFiles(settings).paths() == [tmp_path / "a.png"]
