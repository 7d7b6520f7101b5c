from __future__ import annotations

import numpy as np
import pytest
from PIL import ExifTags, Image

from kaa_gui.core.errors import PictureError
from kaa_gui.core.pictures import decoding
from kaa_gui.core.pictures import folder as browsing
from kaa_gui.core.pictures.folder import files_in, list_pictures, load_thumbnail
from kaa_gui.core.pictures.image import load_picture


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


def test_thumbnail_looks_like_the_picture_that_opens(tmp_path):
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    ramp = np.linspace(0, 1, 240)[:, None].repeat(160, axis=1)
    Image.fromarray((255 * ramp).astype(np.uint8)).convert("RGB").save(tmp_path / "lying.jpg", exif=exif)
    Image.fromarray((65535 * ramp).astype(np.uint16)).save(tmp_path / "deep.png")
    cutout = np.zeros((240, 160, 4), np.uint8)
    cutout[60:180, 40:120] = (200, 40, 90, 255)
    Image.fromarray(cutout).save(tmp_path / "cutout.png")
    for path in tmp_path.iterdir():
        opened = Image.fromarray(load_picture(path).pixels)
        opened.thumbnail((60, 60))
        difference = load_thumbnail(path, 60).astype(int) - np.asarray(opened)
        assert np.abs(difference).max() <= 3, path.name


def test_large_jpeg_is_decoded_small_for_its_thumbnail(tmp_path, monkeypatch):
    Image.new("RGB", (1600, 800), (200, 40, 90)).save(tmp_path / "a.jpg")
    # at its full size it would be too large
    monkeypatch.setattr(decoding, "LARGEST_THUMBNAIL", 400 * 200)
    assert load_thumbnail(tmp_path / "a.jpg", 64).shape == (32, 64, 3)


def test_folders_below_are_walked_links_and_all_each_once(tmp_path):
    elsewhere, folder = tmp_path / "elsewhere", tmp_path / "set"
    hidden = folder / ".trash" / "d.jpg"
    for path in (elsewhere / "b.jpg", folder / "a.jpg", folder / "real" / "c.jpg", hidden):
        path.parent.mkdir(exist_ok=True, parents=True)
        path.touch()
    (folder / "._a.jpg").touch()
    (folder / "linked").symlink_to(elsewhere)
    (folder / "again").symlink_to(folder / "real")
    (elsewhere / "circle").symlink_to(folder)
    (folder / "itself.jpg").symlink_to(folder / "itself.jpg")
    found = sorted(path.relative_to(folder).as_posix() for path in files_in(folder, below=True))
    assert found == ["a.jpg", "linked/b.jpg", "real/c.jpg"]
    assert [path.name for path in files_in(folder)] == ["a.jpg"]


def test_folder_of_unsupported_pictures_says_so(tmp_path):
    (tmp_path / "a.jxl").touch()
    with pytest.raises(PictureError, match="JPEG XL is not supported"):
        list_pictures(tmp_path)


def test_thumbnail_of_what_is_no_picture_is_refused(tmp_path):
    (tmp_path / "a.png").write_text("no")
    with pytest.raises(PictureError, match="not a picture"):
        load_thumbnail(tmp_path / "a.png", 64)


def test_thumbnail_of_a_giant_is_refused_before_it_is_decoded(tmp_path, monkeypatch):
    Image.new("RGB", (100, 100)).save(tmp_path / "a.png")
    monkeypatch.setattr(decoding, "LARGEST_THUMBNAIL", 9999)
    with pytest.raises(PictureError, match="too large"):
        load_thumbnail(tmp_path / "a.png", 64)
