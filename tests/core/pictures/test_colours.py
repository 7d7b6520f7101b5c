from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from kaa_gui.core.pictures.folder import load_thumbnail
from kaa_gui.core.pictures.image import load_picture

PIXELS = np.random.default_rng(0).integers(0, 256, (12, 20, 3), dtype=np.uint8)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped() -> bytes:
    """Return the profile of sRGB with the primaries red and blue exchanged."""
    data = bytearray(SRGB)
    tags = {}
    for number in range(struct.unpack_from(">I", data, 128)[0]):
        at = 132 + 12 * number
        tags[bytes(data[at : at + 4])] = at
    red, blue = tags[b"rXYZ"], tags[b"bXYZ"]
    data[red : red + 4], data[blue : blue + 4] = data[blue : blue + 4], data[red : red + 4]
    return bytes(data)


def write(path, pixels, profile, **options):
    Image.fromarray(pixels).save(path, icc_profile=profile, **options)
    return path


@pytest.mark.parametrize("alpha", [False, True])
def test_colours_are_converted_to_srgb(tmp_path, alpha):
    opaque = [np.full((12, 20, 1), 255, np.uint8)] if alpha else []
    pixels = np.dstack([PIXELS[..., ::-1], *opaque])
    path = write(tmp_path / "a.png", pixels, swapped())
    picture = load_picture(path)
    np.testing.assert_allclose(picture.pixels.astype(int), PIXELS, atol=1)
    assert picture.colours is not None
    assert picture.colours.converted
    np.testing.assert_allclose(load_thumbnail(path, 20).astype(int), PIXELS, atol=1)


def test_raw_colours_are_the_numbers_of_the_file(tmp_path):
    picture = load_picture(write(tmp_path / "a.png", PIXELS, swapped()), raw_colours=True)
    np.testing.assert_array_equal(picture.pixels, PIXELS)
    assert picture.colours is not None
    assert not picture.colours.converted


def test_picture_in_srgb_stays_as_it_is_to_the_last_bit(tmp_path):
    picture = load_picture(write(tmp_path / "a.png", PIXELS, SRGB))
    np.testing.assert_array_equal(picture.pixels, PIXELS)
    assert picture.colours is not None
    assert (picture.colours.converted, picture.colours.fault) == (False, "")
    assert load_picture(write(tmp_path / "b.png", PIXELS, None)).colours is None


@pytest.mark.parametrize("profile", [b"no profile", SRGB[:200], b"\0" * 4000])
def test_broken_profile_is_passed_over_and_said(tmp_path, profile):
    picture = load_picture(write(tmp_path / "a.png", PIXELS, profile))
    np.testing.assert_array_equal(picture.pixels, PIXELS)
    assert picture.colours is not None
    assert "passed over" in picture.colours.fault


def test_profile_for_other_colours_is_passed_over(tmp_path):
    # a printing press has no use for it
    path = tmp_path / "a.jpg"
    Image.new("CMYK", (8, 8), (10, 20, 30, 0)).save(path, icc_profile=swapped())
    picture = load_picture(path)
    assert picture.colours is not None
    assert "it is for RGB pictures" in picture.colours.fault


def test_grey_pictures_may_have_a_profile_for_colours(tmp_path):
    # the three primaries together are white in either order
    picture = load_picture(write(tmp_path / "a.png", PIXELS[..., 0], swapped()))
    np.testing.assert_allclose(picture.pixels.astype(int), PIXELS[..., :1].repeat(3, axis=2), atol=1)


def test_damage_anywhere_in_a_profile_is_survived(tmp_path):
    random = np.random.default_rng(1)
    for _ in range(60):
        data = bytearray(swapped())
        for at in random.integers(0, len(data), 4):
            data[at] = random.integers(256)
        buffer = io.BytesIO()
        Image.fromarray(PIXELS).save(buffer, "PNG", icc_profile=bytes(data))
        (tmp_path / "a.png").write_bytes(buffer.getvalue())
        assert load_picture(tmp_path / "a.png").pixels.shape == PIXELS.shape
