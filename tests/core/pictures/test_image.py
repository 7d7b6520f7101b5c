"""Reading pictures of every kind, refusing what is none, and writing whole files or nothing."""

from __future__ import annotations

import contextlib
import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image

from kaa_gui.core.errors import PictureError
from kaa_gui.core.painted import painted_text
from kaa_gui.core.pictures import decoding
from kaa_gui.core.pictures.decoding import MAX_PIXELS
from kaa_gui.core.pictures.formats import FORMATS, SUFFIXES, prepare
from kaa_gui.core.pictures.image import (
    load_picture,
    load_region,
    picture_from_array,
    save_png,
    save_region,
)
from kaa_gui.core.pictures.sampling import CropSampler

RAMP = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3) * 3


def saved(folder: Path, pixels: np.ndarray | Image.Image, name: str, **options: object) -> Path:
    picture = Image.fromarray(pixels) if isinstance(pixels, np.ndarray) else pixels
    picture.save(folder / name, **options)
    return folder / name


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.ppm", "a.tga", "a.tif"])
def test_load_picture_reads_lossless_formats_exactly(tmp_path: Path, name: str) -> None:
    picture = load_picture(saved(tmp_path, RAMP, name))
    np.testing.assert_array_equal(picture.pixels, RAMP)
    assert (picture.name, picture.path) == (name, str(tmp_path / name))


def test_load_picture_reads_lossless_webp_exactly(tmp_path: Path) -> None:
    np.testing.assert_array_equal(load_picture(saved(tmp_path, RAMP, "a.webp", lossless=True)).pixels, RAMP)


@pytest.mark.parametrize(("mode", "name"), [("L", "a.png"), ("L", "a.jpg"), ("1", "a.png"), ("LA", "a.png")])
def test_load_picture_reads_grey_as_three_equal_channels(tmp_path: Path, mode: str, name: str) -> None:
    grey = Image.new(mode, (5, 3), {"1": 1, "LA": (200, 255)}.get(mode, 200))
    pixels = load_picture(saved(tmp_path, grey, name)).pixels
    assert pixels.shape == (3, 5, 3)
    assert (pixels == (255 if mode == "1" else 200)).all()


@pytest.mark.parametrize("name", ["a.png", "a.tif", "a.pgm"])
@pytest.mark.parametrize("top", [65535, 200])
def test_load_picture_scales_sixteen_bits_to_eight(tmp_path: Path, name: str, top: int) -> None:
    values = np.linspace(0, top, 12).reshape(3, 4).round().astype(np.uint16)
    if name.endswith(".pgm"):
        (tmp_path / name).write_bytes(b"P5 4 3 65535\n" + values.astype(">u2").tobytes())
        path = tmp_path / name
    else:
        path = saved(tmp_path, values, name)
    pixels = load_picture(path).pixels
    np.testing.assert_allclose(pixels[..., 0], values / 257, atol=0.51)
    assert (pixels == pixels[..., :1]).all()


def test_load_picture_reads_sixteen_bit_colour(tmp_path: Path) -> None:
    values = RAMP.astype(np.uint16) * 257
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    (tmp_path / "deep.png").write_bytes(png(6, 4, depth=16, colour=2, data=zlib.compress(rows)))
    np.testing.assert_array_equal(load_picture(tmp_path / "deep.png").pixels, RAMP)


def test_load_picture_reads_float_tiff(tmp_path: Path) -> None:
    values = np.array([[0, 0.5, 1.0, np.nan]], np.float32)
    pixels = load_picture(saved(tmp_path, values, "a.tif")).pixels
    np.testing.assert_array_equal(pixels[0, :, 0], [0, 128, 255, 0])


def test_load_picture_reads_cmyk_jpeg(tmp_path: Path) -> None:
    path = saved(tmp_path, Image.new("RGB", (16, 16), (200, 40, 90)).convert("CMYK"), "a.jpg", quality=95)
    np.testing.assert_allclose(load_picture(path).pixels.mean(axis=(0, 1)), (200, 40, 90), atol=4)


def test_load_picture_lays_alpha_over_white(tmp_path: Path) -> None:
    with_alpha = np.zeros((1, 3, 4), np.uint8)
    with_alpha[0, :, 3] = 0, 128, 255
    pixels = load_picture(saved(tmp_path, with_alpha, "a.png")).pixels
    np.testing.assert_array_equal(pixels[0, :, 0], [255, 127, 0])


def test_load_picture_reads_palettes_with_transparency(tmp_path: Path) -> None:
    palette = Image.fromarray(np.array([[0, 1, 2]], np.uint8), mode="P")
    palette.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    pixels = load_picture(saved(tmp_path, palette, "a.png", transparency=1)).pixels
    np.testing.assert_array_equal(pixels[0], [[255, 0, 0], [255, 255, 255], [0, 0, 255]])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_load_picture_turns_pictures_upright(tmp_path: Path, orientation: int, name: str) -> None:
    # what the camera stored so that the orientation's rule gives RAMP again
    stored = {
        1: RAMP,
        2: RAMP[:, ::-1],
        3: RAMP[::-1, ::-1],
        4: RAMP[::-1],
        5: RAMP.transpose(1, 0, 2),
        6: np.rot90(RAMP, 1),
        7: np.rot90(RAMP, 2).transpose(1, 0, 2),
        8: np.rot90(RAMP, -1),
    }[orientation]
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    path = saved(tmp_path, np.ascontiguousarray(stored), name, exif=exif)
    np.testing.assert_array_equal(load_picture(path).pixels, RAMP)


def test_load_picture_ignores_damaged_exif(tmp_path: Path) -> None:
    path = saved(
        tmp_path, Image.new("RGB", (8, 8), "white"), "a.jpg", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff\1"
    )
    assert load_picture(path).pixels.min() == 255


def test_load_picture_takes_the_first_frame_of_an_animation(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    path = saved(tmp_path, frames[0], "a.gif", save_all=True, append_images=frames[1:])
    assert (load_picture(path).pixels == (255, 0, 0)).all()


def test_load_picture_reads_one_pixel(tmp_path: Path) -> None:
    assert load_picture(saved(tmp_path, np.full((1, 1, 3), 7, np.uint8), "a.png")).pixels.tolist() == [
        [[7] * 3]
    ]


def test_load_picture_hashes_the_pixels_and_locks_them(tmp_path: Path) -> None:
    png_picture = load_picture(saved(tmp_path, RAMP, "a.png"))
    bmp_picture = load_picture(saved(tmp_path, RAMP, "b.bmp"))
    other = load_picture(saved(tmp_path, RAMP.reshape(6, 4, 3), "c.png"))
    assert png_picture.sha256 == bmp_picture.sha256 == picture_from_array(RAMP, "clipboard").sha256
    assert png_picture.sha256 != other.sha256
    with pytest.raises(ValueError, match="read-only"):
        png_picture.pixels[0, 0] = 1


def png(width: int, height: int, *, depth: int = 8, colour: int = 2, data: bytes = b"") -> bytes:
    """Return a PNG file put together by hand, so that its header may lie."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def refused(path: Path | str) -> str:
    with pytest.raises(PictureError) as caught:
        load_picture(path)
    message = str(caught.value)
    assert "\n" not in message
    assert Path(path).name in message
    return message


def test_load_picture_refuses_a_huge_picture_before_decoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    side = int(MAX_PIXELS**0.5) + 1
    (tmp_path / "huge.png").write_bytes(png(side, side))
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("it was decoded"))
    message = refused(tmp_path / "huge.png")
    assert f"{side} x {side}" in message
    assert "200 megapixels" in message


@pytest.mark.parametrize("size", [(2**31 - 1, 2**31 - 1), (10**6, 100), (0, 5)])
def test_load_picture_survives_lying_headers(tmp_path: Path, size: tuple[int, int]) -> None:
    (tmp_path / "liar.png").write_bytes(png(*size, data=zlib.compress(b"\0" * 100)))
    refused(tmp_path / "liar.png")


@pytest.mark.parametrize("form", ["PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP"])
def test_load_picture_refuses_truncated_files(tmp_path: Path, form: str) -> None:
    buffer = io.BytesIO()
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).save(buffer, form)
    for share in (0.02, 0.5):
        (tmp_path / "cut.img").write_bytes(buffer.getvalue()[: int(share * buffer.tell())])
        refused(tmp_path / "cut.img")


@pytest.mark.parametrize(
    "content",
    [b"", b"hello", b"\x89PNG\r\n"],
)
def test_load_picture_refuses_what_is_no_picture(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.png").write_bytes(content)
    assert "not a picture" in refused(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\xff\x0a" + bytes(60), "JPEG XL is not supported"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL is not supported"),
        (b"%PDF-1.7", "PDF is not supported"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "PostScript is not supported"),
        (b"\n<!DOCTYPE html><html>", "a web page is not supported"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0isommp42", "a video is not supported"),
    ],
)
def test_load_picture_names_what_is_unsupported(tmp_path: Path, content: bytes, kind: str) -> None:
    # whatever the file is called
    (tmp_path / "a.png").write_bytes(content)
    assert f"{kind}; save it as PNG or JPEG" in refused(tmp_path / "a.png")


@pytest.mark.skipif("HEIF" in FORMATS, reason="HEIC can be read here")
def test_load_picture_says_how_heic_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.heic").write_bytes(b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic")
    assert "pip install pillow-heif" in refused(tmp_path / "a.heic")


@pytest.mark.skipif("HEIF" not in FORMATS, reason="needs the extra heic")
def test_load_picture_reads_heic(tmp_path: Path) -> None:
    prepare()
    path = saved(tmp_path, np.full((32, 48, 3), (200, 40, 90), np.uint8), "a.heic")
    np.testing.assert_allclose(load_picture(path).pixels.mean(axis=(0, 1)), (200, 40, 90), atol=4)


def test_what_suffixes_promise_can_be_read() -> None:
    prepare()
    registered = Image.registered_extensions()
    assert {registered[suffix] for suffix in SUFFIXES} == set(FORMATS)


def test_load_picture_is_the_same_in_strips(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 7
    pixels = np.random.default_rng(0).integers(0, 256, (13, 9, 4), dtype=np.uint8)
    path = saved(tmp_path, pixels, "a.png", exif=exif)
    deep = saved(tmp_path, np.linspace(0, 65535, 117).astype(np.uint16).reshape(13, 9), "b.tif")
    whole, grey = load_picture(path).pixels, load_picture(deep).pixels
    monkeypatch.setattr(decoding, "STRIP_PIXELS", 20)
    np.testing.assert_array_equal(load_picture(path).pixels, whole)
    np.testing.assert_array_equal(load_picture(deep).pixels, grey)


def test_load_picture_takes_no_more_memory_than_there_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "large.png").write_bytes(png(4000, 3000))
    monkeypatch.setattr(decoding, "memory_at_hand", lambda: 150e6)
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("it was decoded"))
    assert "4000 x 3000 pixels take 0.1 GB of memory" in refused(tmp_path / "large.png")


def test_load_picture_refuses_paths_that_hold_no_file(tmp_path: Path) -> None:
    assert "no such file" in refused(tmp_path / "missing.png")
    assert "folder" in refused(tmp_path)
    (tmp_path / "file").touch()
    assert "no such file" in refused(tmp_path / "file" / "below.png")
    refused(tmp_path / ("long" * 100))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_load_picture_does_not_wait_for_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    assert "regular file" in refused(tmp_path / "pipe.png")


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_load_picture_reads_or_refuses_any_damage(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    forms = ["PNG", "JPEG", "JPEG2000", "BMP", "GIF", "TIFF", "WEBP", "PPM", "TGA"]
    form = data.draw(st.sampled_from([*forms, "AVIF"] if "AVIF" in FORMATS else forms))
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    extra = {"exif": exif} if form in ("PNG", "JPEG", "TIFF", "WEBP") else {}
    Image.fromarray(RAMP).save(buffer, form, **extra)
    damaged = bytearray(buffer.getvalue())
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "damaged.img"
    path.write_bytes(damaged)
    # whatever else it raised would fail the test
    with contextlib.suppress(PictureError):
        picture = load_picture(path)
        assert picture.pixels.ndim == 3
        assert picture.pixels.dtype == np.uint8


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_picture_from_array_refuses_other_arrays(pixels: np.ndarray) -> None:
    with pytest.raises(PictureError, match="clipboard: a picture must be uint8"):
        picture_from_array(pixels, "clipboard")


def test_picture_from_array_keeps_its_own_copy() -> None:
    pixels = RAMP.copy()
    picture = picture_from_array(pixels, "frame")
    pixels[:] = 0
    np.testing.assert_array_equal(picture.pixels, RAMP)


def test_picture_from_array_refuses_too_many_pixels() -> None:
    with pytest.raises(PictureError, match="megapixels"):
        picture_from_array(np.broadcast_to(np.zeros(3, np.uint8), (1, MAX_PIXELS + 1, 3)), "frame")


def test_save_png_is_read_back_exactly(tmp_path: Path) -> None:
    save_png(tmp_path / "a.png", RAMP)
    np.testing.assert_array_equal(load_picture(tmp_path / "a.png").pixels, RAMP)
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_a_very_large_picture_is_opened_cropped_and_pasted_in_bounded_memory(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    rows = zlib.compress((b"\0" + b"\x55\xaa\xff" * 12_000) * 9_000, 1)
    (tmp_path / "large.png").write_bytes(png(12_000, 9_000, data=rows))
    del rows
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    picture = load_picture(tmp_path / "large.png")
    assert picture.pixels.shape == (9_000, 12_000, 3)
    to_crop = np.array([[256 / 9_000, 0, -40.0], [0, 256 / 9_000, 0]])
    sampler = CropSampler.build(to_crop, (256, 256), (9_000, 12_000))
    assert (sampler.crop(picture.pixels) == (0x55, 0xAA, 0xFF)).all()
    change = np.full((256, 256, 3), -2, np.float32)
    pasted = sampler.paste(picture.pixels, change, limit=2, allowed=change < 0)
    assert pasted[4_500, 6_000].tolist() == [0x53, 0xA8, 0xFD]
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    # the picture itself, the pasted one, and two copies while a file is decoded
    assert grown_mb < 4 * picture.pixels.nbytes / 2**20


def test_region_is_written_as_it_is_read(tmp_path: Path) -> None:
    bitmap = np.hypot(*(np.indices((50, 70)) - 30)) < 12
    save_region(bitmap, tmp_path / "shirt.png")
    assert load_region(tmp_path / "shirt.png") == painted_text(bitmap)
    np.testing.assert_array_equal(load_picture(tmp_path / "shirt.png").pixels[..., 0], 255 * bitmap)
    # what is lighter than the middle, in any channel, is white
    coloured = saved(
        tmp_path, np.where(bitmap[..., None], [0, 0, 200], [120, 90, 0]).astype(np.uint8), "c.png"
    )
    assert load_region(coloured) == painted_text(bitmap)
    with pytest.raises(PictureError, match="cannot be written"):
        save_region(bitmap, tmp_path / "missing" / "shirt.png")
