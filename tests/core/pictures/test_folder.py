from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from kaa_gui.core.errors import PictureError
from kaa_gui.core.pictures import folder as browsing
from kaa_gui.core.pictures.folder import list_pictures, load_thumbnail


def test_pictures_of_a_folder_come_in_natural_order_and_nothing_else(tmp_path):
    for name in (
        "frame10.png",
        "frame2.JPG",
        "notes.txt",
        ".hidden.png",
        "a.webp",
        "frame2" + "9" * 40 + ".png",
    ):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "below").mkdir()
    names = [path.name for path in list_pictures(tmp_path)]
    assert names[:3] == ["a.webp", "frame2.JPG", "frame10.png"]
    assert len(names) == 4


@pytest.mark.parametrize("name", ["", "missing"])
def test_folder_without_pictures_is_refused_in_one_line(tmp_path, name):
    with pytest.raises(PictureError, match=r"choose another folder|cannot be read"):
        list_pictures(tmp_path / name)


def test_folder_that_is_too_full_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(browsing, "MOST_PICTURES", 2)
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(b"")
    with pytest.raises(PictureError, match="divide it up"):
        list_pictures(tmp_path)


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P", "CMYK"])
def test_thumbnail_fits_and_keeps_its_shape(tmp_path, mode):
    path = tmp_path / ("a.jpg" if mode == "CMYK" else "a.png")
    Image.new(mode, (400, 200)).save(path)
    thumbnail = load_thumbnail(path, 64)
    assert thumbnail.shape == (32, 64, 3)
    assert thumbnail.dtype == np.uint8


def test_thumbnail_of_what_is_no_picture_is_refused(tmp_path):
    (tmp_path / "a.png").write_text("no")
    with pytest.raises(PictureError, match="cannot be read"):
        load_thumbnail(tmp_path / "a.png", 64)


def test_thumbnail_of_a_giant_is_refused_before_it_is_decoded(tmp_path, monkeypatch):
    Image.new("RGB", (100, 100)).save(tmp_path / "a.png")
    monkeypatch.setattr(browsing, "LARGEST_THUMBNAIL", 9999)
    with pytest.raises(PictureError, match="too large"):
        load_thumbnail(tmp_path / "a.png", 64)
