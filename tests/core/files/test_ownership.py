"""What may be replaced: what is ours and as it was written, never what is read."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path

import pytest

from kaa_gui.core.errors import KaaError, OutputError, PictureError
from kaa_gui.core.files.ownership import check_output, check_replaceable, recorded


def drawn(path: Path, **changes: object) -> Path:
    """Write a figure with one picture, and the file beside it that says so."""
    picture = path.with_name(f"{path.stem}-img0.png")
    path.write_bytes(b"figure")
    picture.write_bytes(b"picture")
    entries = [
        {"file": each.name, "sha256": hashlib.sha256(each.read_bytes()).hexdigest()}
        for each in (path, picture)
    ]
    content = {**entries[0], "program": "KAA Studio", "kind": "overview", "pictures": entries[1:], **changes}
    path.with_name(f"{path.name}.json").write_text(json.dumps(content))
    return path


def test_a_new_file_may_be_written(tmp_path: Path) -> None:
    check_output(tmp_path / "a.csv")
    check_output(tmp_path / "a.pdf", figure=True, inputs=[tmp_path / "missing", None, ""])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a.pdf", "a.pdf.json"])
@pytest.mark.parametrize("content", ["", "mine", "{}", '{"program": "KAA Studio"}', "[" * 100_000])
def test_what_is_not_ours_stays_unless_that_is_meant(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(OutputError, match=f"{name} is there already.*--overwrite"):
        check_output(tmp_path / "a.pdf", figure=True)
    check_output(tmp_path / "a.pdf", figure=True, overwrite=True)


def test_a_figure_of_ours_may_be_drawn_over(tmp_path: Path) -> None:
    path = drawn(tmp_path / "a.pgf")
    assert recorded(path) == {"a.pgf", "a.pgf.json", "a-img0.png"}
    check_output(path, figure=True)
    # one that was worked on since may not
    path.write_bytes(b"edited")
    with pytest.raises(OutputError, match="is not as it was drawn"):
        check_output(path, figure=True)
    check_output(path, figure=True, overwrite=True)
    # nor may a table at its place
    with pytest.raises(OutputError, match="is there already"):
        check_output(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"file": "other.pgf"},
        {"program": "Another"},
        {"sha256": 5},
        {"pictures": [{"file": "a-img0.png"}]},
        {"pictures": None},
    ],
)
def test_a_file_that_only_looks_like_ours_tells_nothing(tmp_path: Path, changes: dict[str, object]) -> None:
    assert recorded(drawn(tmp_path / "a.pgf", **changes)) == set()


def test_what_lies_elsewhere_is_never_ours(tmp_path: Path) -> None:
    (tmp_path / "mine").write_bytes(b"picture")
    (tmp_path / "figures").mkdir()
    entry = {"file": "../mine", "sha256": hashlib.sha256(b"picture").hexdigest()}
    path = drawn(tmp_path / "figures" / "a.pgf", pictures=[entry])
    assert recorded(path) == {"a.pgf", "a.pgf.json"}


def spellings(path: Path) -> list[Path]:
    """Return other paths to a file: round about, relative, and by links where there are such."""
    folder = path.parent
    (folder / "sub").mkdir()
    found = [path, folder / "sub" / ".." / path.name, Path(os.path.relpath(path))]
    if sys.platform != "win32":
        (folder / "symbolic").symlink_to(path)
        (folder / "folder").symlink_to(folder)
        (folder / "hard").hardlink_to(path)
        found += [folder / "symbolic", folder / "folder" / path.name, folder / "hard"]
    other_case = path.with_name(path.name.swapcase())
    return [*found, *([other_case] if other_case.exists() else [])]


def test_what_is_read_is_never_replaced_by_whatever_path(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"mine")
    for path in spellings(tmp_path / "a.png"):
        with pytest.raises(OutputError, match="is read and would be replaced") as caught:
            check_output(path, inputs=[tmp_path / "a.png"], overwrite=True)
        assert "\n" not in str(caught.value)
        with pytest.raises(OutputError, match="is read"):
            check_replaceable([tmp_path / "a.png"], inputs=[path], ours=["a.png"])


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "a.png").mkdir()
    with pytest.raises(PictureError, match="cannot be written"):
        check_output(tmp_path / "a.png", overwrite=True)


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links")
def test_a_link_to_nowhere_is_somebodys(tmp_path: Path) -> None:
    (tmp_path / "a.csv").symlink_to(tmp_path / "missing")
    with pytest.raises(KaaError, match="is there already"):
        check_output(tmp_path / "a.csv")
