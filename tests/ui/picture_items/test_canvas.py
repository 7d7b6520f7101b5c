from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QRectF, Qt

from kaa_gui.ui.picture_items.canvas import Canvas, PictureBox


@pytest.fixture
def pair(qtbot) -> Iterator[tuple[PictureBox, PictureBox]]:
    boxes: list[PictureBox] = []
    canvases = []  # qtbot holds them by weak references only
    for width, height in ((400, 300), (250, 420)):
        box = PictureBox()
        canvas = Canvas(box)
        qtbot.addWidget(canvas)
        canvas.resize(width, height)
        with qtbot.waitExposed(canvas):
            canvas.show()
        box.set_extent(256, 256)
        box.show_whole()
        boxes.append(box)
        canvases.append(canvas)
    first, second = boxes
    second.setXLink(first)
    second.setYLink(first)
    yield first, second
    canvases.clear()


def same_view(first: PictureBox, second: PictureBox) -> bool:
    a, b = first.viewRect(), second.viewRect()
    return (
        a.center().x() == pytest.approx(b.center().x(), abs=1e-3)
        and a.center().y() == pytest.approx(b.center().y(), abs=1e-3)
        and min(a.width(), a.height()) == pytest.approx(min(b.width(), b.height()), rel=1e-4)
    )


def test_whole_picture_is_seen(pair):
    for box in pair:
        assert box.viewRect().adjusted(-0.01, -0.01, 0.01, 0.01).contains(QRectF(0, 0, 256, 256))


def test_linked_boxes_keep_centre_and_magnification_both_ways(pair):
    first, second = pair
    first.zoom(0.4)
    first.pan(0.3, -0.2)
    assert same_view(first, second)
    second.zoom(0.7)
    second.pan(-0.1, 0.2)
    assert same_view(first, second)


def _sees_the_whole(box: PictureBox) -> bool:
    seen = box.viewRect()
    fits = min(seen.width(), seen.height()) == pytest.approx(256, rel=1e-3)
    return fits and seen.adjusted(-0.01, -0.01, 0.01, 0.01).contains(QRectF(0, 0, 256, 256))


def test_whole_picture_stays_whole_when_a_pane_was_a_sliver_for_a_moment(qtbot, pair):
    first, second = pair
    for box, other in ((first, second), (second, first)):
        canvas = box.scene().views()[0]
        for size in ((1500, 60), (80, 1500), (300, 300)):
            canvas.resize(*size)
            qtbot.wait(5)
            assert _sees_the_whole(other)
        assert _sees_the_whole(box)
    # a part that was chosen stays chosen
    first.zoom(0.5)
    canvas.resize(400, 200)
    qtbot.waitUntil(lambda: same_view(first, second))
    assert not _sees_the_whole(second)
    second.show_whole()
    assert _sees_the_whole(first)
    canvas.resize(260, 330)
    qtbot.waitUntil(lambda: _sees_the_whole(second))


def test_detached_box_neither_leads_nor_follows(pair):
    first, second = pair
    before = second.viewRect()
    first.detached = True
    first.zoom(0.3)
    assert second.viewRect() == before
    second.zoom(0.5)
    assert not same_view(first, second)


@pytest.mark.parametrize("key", [Qt.Key.Key_Plus, Qt.Key.Key_Minus, Qt.Key.Key_Left, Qt.Key.Key_Down])
def test_keys_move_and_zero_resets(pair, key):
    box = pair[0]
    before = box.viewRect()
    assert box.handle_key(key)
    assert box.viewRect() != before
    assert box.handle_key(Qt.Key.Key_0)
    assert box.viewRect().center() == QRectF(0, 0, 256, 256).center()
    assert not box.handle_key(Qt.Key.Key_A)


def test_zoom_has_limits(pair):
    box = pair[0]
    for _ in range(60):
        box.zoom(0.5)
    assert min(box.viewRect().width(), box.viewRect().height()) >= 2
