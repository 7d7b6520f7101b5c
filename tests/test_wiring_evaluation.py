"""The window's evaluations: the command's folder, a process of their own, news for whoever still waits."""

import pytest

from kaa_gui.core.types import AttackConfig
from kaa_gui.ui.evaluation_order import EvaluationOrder
from kaa_gui.wiring_evaluation import dataset_kinds, evaluate
from tests.evaluation import rows


class LeftError(Exception):
    pass


@pytest.fixture
def order(tmp_path):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    path = rows.tiny_plan(pictures).source.path
    config = AttackConfig(method="kaa", iterations=1, views=0)
    return EvaluationOrder(f"folder:{path}", str(tmp_path / "out"), config, limit=1)


@pytest.mark.slow
def test_rows_are_told_and_known_again(order, engine):
    heard = []
    report = evaluate(order, heard.append, engine=engine, bundle=None)
    assert report.endswith("report.html")
    (row,) = [row for news in heard for row in news.rows]
    assert (row.entry, row.attack, row.goal) == ("standing.png", "ℓ∞ KAA", "non-target")
    assert row.load().name == "standing.png"
    assert (heard[-1].done, heard[-1].total) == (1, 1)
    again = []
    evaluate(order, again.append, engine=engine, bundle=None)
    assert [each.entry for news in again for each in news.rows] == ["standing.png"]


def test_whoever_leaves_stops_the_evaluation(order, engine):
    def listen(news):
        # the first look for an outcome
        if news.done is None:
            raise LeftError

    with pytest.raises(LeftError):
        evaluate(order, listen, engine=engine, bundle=None)


def test_every_kind_of_data_set_is_offered():
    assert {"samples", "folder", "coco", "mpii", "h36m", "video"} <= set(dataset_kinds())
