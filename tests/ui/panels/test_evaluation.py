"""The panel of evaluations: it orders, fills while rows come in, stops, and opens a row live."""

import threading
from dataclasses import replace

import pytest

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.types import AttackConfig
from kaa_gui.ui.model.evaluation_order import EvaluatedRow, EvaluationNews
from kaa_gui.ui.panels.evaluation_panel import EvaluationPanel, recall
from tests.ui import fakes


class Evaluations:
    """A service that brings rows through a gate."""

    def __init__(self, error=None):
        self.orders, self.gate, self.error, self.stopped = [], threading.Event(), error, False
        self.gate.set()

    def __call__(self, order, listen):
        self.orders.append(order)
        if self.error is not None:
            raise self.error
        try:
            listen(EvaluationNews((row("old.png"),), 1, 3))
            for number in (2, 3):
                while not self.gate.wait(0.01):
                    listen(EvaluationNews((), None, 3))
                listen(EvaluationNews((row(f"{number}.png", success=number == 2),), number, 3))
        except BaseException:
            self.stopped = True
            raise
        return "report.html"


def row(entry, *, success=True):
    config = AttackConfig(method="kaa", epsilon=6 / 255, iterations=7)
    picture = fakes.picture(entry)
    return EvaluatedRow(entry, "ℓ∞ KAA", "non-target", success, 200.0, 1.5, "", config, 1, lambda: picture)


@pytest.fixture
def service():
    return Evaluations()


@pytest.fixture
def engine(service):
    engine = fakes.FakeEngine()
    engine.evaluations = service
    return engine


@pytest.fixture
def panel(window):
    window.docks.reveal("evaluation")
    window.evaluation.panel.folder.setText("results")
    return window.evaluation.panel


def test_rows_come_in_and_the_report_can_be_opened(qtbot, window, panel, service):
    panel.press.click()
    qtbot.waitUntil(lambda: not window.evaluation.running)
    assert len(panel.rows) == 3
    assert panel.words.text() == "3 of 3 rows, 2 successes"
    assert panel.report.isEnabled()
    assert panel.press.text() == "Evaluate"
    assert service.orders[0].dataset == "samples"
    assert service.orders[0].config is None


def test_damaged_entries_are_counted(panel):
    panel.take(EvaluationNews((row("a.png"),), 1, 3, 12))
    assert panel.words.text() == "1 of 3 rows, 1 successes; 12 damaged entries left out"


def test_stopping_keeps_what_is_there(qtbot, window, panel, service):
    service.gate.clear()
    panel.press.click()
    qtbot.waitUntil(lambda: len(panel.rows) == 1)
    assert panel.press.text() == "Stop"
    assert not panel.folder.isEnabled()
    panel.press.click()
    assert not window.evaluation.running
    qtbot.waitUntil(lambda: service.stopped)
    assert "1 rows are kept" in panel.words.text()
    # nothing of it arrives any more, and another one can begin
    service.gate.set()
    panel.press.click()
    qtbot.waitUntil(lambda: not window.evaluation.running)
    assert len(panel.rows) == 3


def test_row_opens_as_a_live_attack(qtbot, window, panel, engine):
    panel.press.click()
    qtbot.waitUntil(lambda: not window.evaluation.running)
    before = len(engine.requests)
    panel.table.activated.emit(panel.table.model().index(0, 0))
    qtbot.waitUntil(lambda: len(engine.requests) > before)
    request = engine.requests[-1]
    assert request.picture.name == "old.png"
    assert (request.config.epsilon, request.config.iterations, request.person) == (6 / 255, 7, 1)
    assert window.state.parameters.config.method == "kaa"


def test_row_of_an_annotated_crop_opens_as_just_that_crop(qtbot, window, panel, engine):
    (known,) = window.state.scene.people[:1]
    sizes = []

    def annotated(size):
        sizes.append(size)
        return known

    window.evaluation.open_row(replace(row("old.png"), person=0, annotated=annotated))
    qtbot.waitUntil(lambda: engine.requests[-1].picture.name == "old.png")
    assert engine.requests[-1].people == (known,)
    assert sizes == [window.state.scene.crop.shape[:2]]
    # a change goes on with the same person, another picture looks for its own
    window.controls.fields["seed"].box.setValue(3)
    qtbot.waitUntil(lambda: engine.requests[-1].config.seed == 3)
    assert engine.requests[-1].people == (known,)
    window.conductor.open(fakes.picture("other.png"))
    qtbot.waitUntil(lambda: engine.requests[-1].picture.name == "other.png")
    assert engine.requests[-1].people is None


def test_failure_is_told_in_one_line(qtbot, window, panel, service):
    service.error = ConfigError("dataset must be KIND:PATH")
    panel.press.click()
    qtbot.waitUntil(lambda: bool(window.notifications.shown))
    assert [notice.line for notice in window.notifications.shown] == ["dataset must be KIND:PATH"]
    assert panel.words.text() == "Failed, 0 rows are kept: dataset must be KIND:PATH"
    assert not window.evaluation.running


def test_only_what_is_complete_can_be_ordered(window, panel):
    panel.folder.setText("")
    assert not panel.press.isEnabled()
    panel.folder.setText("results")
    assert panel.press.isEnabled()
    panel.offer(fakes.DATASET_KINDS)
    panel.kind.setCurrentText("coco")
    assert not panel.press.isEnabled()
    panel.path.setText("list.json")
    panel.limit.setValue(5)
    panel.plan.setCurrentIndex(1)
    order = panel.order()
    assert (order.dataset, order.folder, order.limit) == ("coco:list.json", "results", 5)
    assert order.config == window.state.parameters.config


def test_pictures_elsewhere_crops_and_checks_are_ordered(qtbot, window, panel, service):
    qtbot.waitUntil(lambda: panel.kind.findData("coco") >= 0)
    # samples lie where they lie; a folder annotates nothing
    assert not panel.images.isEnabled()
    panel.kind.setCurrentText("folder")
    assert not panel.images.isEnabled()
    assert not panel.crops.isEnabled()
    panel.kind.setCurrentText("coco")
    panel.path.setText("list.json")
    panel.images.setText("val2017")
    panel.crops.setCurrentIndex(1)
    panel.defences.click()
    panel.press.click()
    qtbot.waitUntil(lambda: not window.evaluation.running)
    (order,) = service.orders
    assert (order.dataset, order.images, order.crops) == ("coco:list.json", "val2017", "annotation")
    assert (order.defences, order.transfer) == (True, False)
    # what does not apply is not ordered, whatever the field still says
    panel.kind.setCurrentText("folder")
    assert (panel.order().images, panel.order().crops) == (None, "detection")


def test_order_is_remembered(qtbot, window, panel, settings):
    qtbot.waitUntil(lambda: panel.kind.findData("coco") >= 0)
    panel.kind.setCurrentText("coco")
    panel.path.setText("list.json")
    panel.images.setText("val2017")
    panel.crops.setCurrentIndex(1)
    panel.transfer.click()
    panel.limit.setValue(5)
    wanted = panel.order()
    window.close()
    again = EvaluationPanel()
    qtbot.addWidget(again)
    recall(again, settings)
    again.offer(fakes.DATASET_KINDS)
    assert again.order() == wanted
    settings.setValue("evaluation/limit", "many")
    settings.setValue("evaluation/kind", "gone")
    recall(again, settings)
    again.offer(fakes.DATASET_KINDS)
    assert again.limit.value() == 5


def test_closing_in_the_middle_leaves_no_thread(qtbot, window, panel, service):
    service.gate.clear()
    panel.press.click()
    qtbot.waitUntil(lambda: len(panel.rows) == 1)
    # the fixture closes the window and looks for threads
