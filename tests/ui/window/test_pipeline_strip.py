from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from PySide6.QtCore import QPointF, Qt

from kaa_gui.ui.window.pipeline import PipelineStrip
from tests.ui import values


@pytest.fixture
def strip(qtbot) -> PipelineStrip:
    strip = PipelineStrip()
    qtbot.addWidget(strip)
    strip.resize(900, strip.sizeHint().height())
    strip.show()
    strip.show_scene(values.scene())
    return strip


@pytest.mark.parametrize("layer", values.LAYERS, ids=lambda layer: layer.name)
@pytest.mark.parametrize("width", [360, 900, 2000])
def test_click_on_a_layer_asks_for_it(strip, qtbot, layer, width):
    strip.resize(width, strip.height())
    with qtbot.waitSignal(strip.layerPicked) as picked:
        qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=strip.place_of(layer).toPoint())
    assert picked.args == [layer.name]
    assert layer.name in strip.tip_at(strip.place_of(layer))


def test_step_without_a_gradient_says_why(strip):
    argmax = next(box for box in strip._boxes if box.name == "argmax")
    tip = strip.tip_at(argmax.rectangle.center())
    assert "no gradient" in tip
    assert "The largest cell jumps." in tip
    assert "argmax (no gradient)" in strip.accessibleDescription()
    others = [box for box in strip._boxes if box is not argmax]
    assert not any("no gradient" in strip.tip_at(box.rectangle.center()) for box in others)


def test_boxes_stand_in_order_beside_each_other(strip):
    edges = [(box.rectangle.left(), box.rectangle.right()) for box in strip._boxes]
    assert all(right < left for (_, right), (left, _) in itertools.pairwise(edges))
    heatmap = strip.place_of(values.LAYERS[-1])
    assert all(strip.place_of(layer).x() < heatmap.x() for layer in values.LAYERS[:-1])


def test_k_follows_what_is_asked_for_and_the_keys_move_it(strip, qtbot):
    assert strip.layer == values.LAYERS[5]
    strip.show_layer("encoder.2")
    assert strip.layer == values.LAYERS[2]
    with qtbot.waitSignal(strip.layerPicked) as picked:
        qtbot.keyClick(strip, Qt.Key.Key_Right)
    assert picked.args == ["encoder.3"]
    strip.show_layer(0)
    with qtbot.waitSignal(strip.layerPicked) as picked:
        qtbot.keyClick(strip, Qt.Key.Key_Left)
    assert picked.args == ["stem"]
    strip.show_layer(None)
    assert strip.layer == values.LAYERS[-1]
    assert "k is heatmap" in strip.accessibleDescription()


def test_route_of_another_shape_has_a_place_for_every_layer(strip):
    scene = values.scene()
    spec = replace(scene.spec, pipeline=("image", "network", "2D and 3D coordinates"), breaks=())
    ends = tuple(
        replace(scene.layers[-1], index=5 + n, name=name, kind="coordinates")
        for n, name in enumerate(("landmarks", "world"))
    )
    layers = (*scene.layers[:-1], *ends)
    strip.show_scene(replace(scene, spec=spec, layers=layers, layer=ends[0]))
    for layer in layers:
        assert strip.layer_at(strip.place_of(layer)) == layer
    strip.show_scene(replace(scene, spec=replace(spec, pipeline=("black box",)), layers=layers))
    assert all(strip.layer_at(strip.place_of(layer)) == layer for layer in layers)


def test_nothing_is_said_beside_the_boxes(strip, qtbot):
    assert strip.tip_at(QPointF(890, 2)) == ""
    with qtbot.assertNotEmitted(strip.layerPicked):
        qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=QPointF(890, 2).toPoint())


def test_larger_text_makes_larger_boxes(strip):
    before = strip.sizeHint().height()
    font = strip.font()
    font.setPointSize(2 * font.pointSize())
    strip.setFont(font)
    assert strip.sizeHint().height() > before
    words = [strip.fontMetrics().horizontalAdvance(box.name) for box in strip._boxes]
    assert all(box.rectangle.width() > width for box, width in zip(strip._boxes, words, strict=True))
