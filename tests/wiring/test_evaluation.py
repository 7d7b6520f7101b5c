"""The window's evaluations: the command's folder, a process of their own, news for whoever still waits."""

import json
from dataclasses import replace

import numpy as np
import pytest

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.types import AttackConfig
from kaa_gui.evaluation.datasets import Source
from kaa_gui.evaluation.plan.checks import CHECKS
from kaa_gui.evaluation.plan.plan import Plan
from kaa_gui.evaluation.results.store import Store
from kaa_gui.evaluation.rows.people import annotated_person
from kaa_gui.ui.model.evaluation_order import EvaluationOrder
from kaa_gui.wiring import evaluation as wiring_evaluation
from kaa_gui.wiring.evaluation import dataset_kinds, evaluate
from tests.evaluation import made_rows as rows


class LeftError(Exception):
    pass


@pytest.fixture
def order(tmp_path):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    path = rows.tiny_plan(pictures).source.path
    config = AttackConfig(method="kaa", iterations=1, views=0)
    return EvaluationOrder(f"folder:{path}", str(tmp_path / "out"), config, limit=1)


def test_what_failed_is_known_again(order, engine, tmp_path):
    path = tmp_path / "damaged"
    path.mkdir()
    (path / "torn.png").write_bytes(b"torn")
    order = replace(order, dataset=f"folder:{path}")
    for known in (False, True):
        heard = []
        evaluate(order, heard.append, engine=engine, bundle=None)
        (row,) = [row for news in heard for row in news.rows]
        assert (row.entry, row.success) == ("torn.png", None)
        assert row.failure.startswith("torn.png: not a picture")
        # at once, with the first look at the folder
        assert (row in heard[1].rows) == known


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


def test_damaged_entries_are_told(tmp_path, engine):
    rows.tiny_plan(tmp_path)
    people = [
        {"id": 1, "image_id": 1, "bbox": [10, 10, 100, 200], "keypoints": [0, 0, 0] * 17},
        {"id": 2, "image_id": 9, "bbox": [10, 10, 100, 200], "keypoints": [0, 0, 0] * 17},
    ]
    (picture,) = tmp_path.glob("**/standing.png")
    listing = picture.parent / "list.json"
    images = [{"id": 1, "file_name": "standing.png"}]
    listing.write_text(json.dumps({"images": images, "annotations": people}))

    def listen(news):
        assert (news.total, news.damaged) == (1, 1)
        raise LeftError

    config = AttackConfig(method="kaa", iterations=1, views=0)
    with pytest.raises(LeftError):
        evaluate(
            EvaluationOrder(f"coco:{listing}", str(tmp_path / "out"), config),
            listen,
            engine=engine,
            bundle=None,
        )


def test_pictures_that_lie_elsewhere_are_named(tmp_path, engine):
    listing = tmp_path / "list.json"
    content = {
        "images": [{"id": 1, "file_name": "standing.png"}],
        "annotations": [{"id": 2, "image_id": 1, "bbox": [10, 10, 100, 200], "keypoints": [0, 0, 0] * 17}],
    }
    listing.write_text(json.dumps(content))
    order = EvaluationOrder(f"coco:{listing}", str(tmp_path / "out"))
    with pytest.raises(ConfigError, match=r"got none \(1 damaged; the first, .*standing.png is not in"):
        evaluate(order, lambda _news: None, engine=engine, bundle=None)


def test_every_kind_of_data_set_is_offered():
    kinds = dataset_kinds()
    assert {"samples", "folder", "coco", "mpii", "h36m", "video"} <= set(kinds)
    assert {name for name, kind in kinds.items() if kind.images} == {"coco", "mpii", "h36m"}


@pytest.mark.slow
def test_pictures_folder_crops_and_checks_become_the_plan(tmp_path, engine):
    path = rows.tiny_plan(tmp_path).source.path
    listing = tmp_path / "lists" / "list.json"
    listing.parent.mkdir()
    content = {
        "images": [{"id": 1, "file_name": "standing.png"}],
        "annotations": [{"id": 2, "image_id": 1, "bbox": [10, 10, 100, 200], "keypoints": [0, 0, 0] * 17}],
    }
    listing.write_text(json.dumps(content))
    config = AttackConfig(method="kaa", iterations=1, views=0)
    order = EvaluationOrder(
        f"coco:{listing}",
        str(tmp_path / "out"),
        config,
        None,
        path,
        "annotation",
        defences=True,
        transfer=True,
    )
    evaluate(order, lambda _news: None, engine=engine, bundle=None)
    plan = Store(tmp_path / "out").plan()
    assert (plan.source.images, plan.source.crops) == (path, "annotation")
    assert set(plan.checks) == set(CHECKS)
    (record,) = Store(tmp_path / "out").read("rows") or Store(tmp_path / "out").read("failures")
    assert "standing" in record["entry"]


def test_rows_know_where_the_data_set_says_people_stand(engine, tmp_path):
    path = rows.tiny_plan(tmp_path).source.path
    pictures = sorted(tmp_path.glob("**/*.png"))
    boxes = [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 20, 30, 40], "num_keypoints": 17}]
    annotations = [box | {"keypoints": [20, 30, 2] * 17, "iscrowd": 0, "area": 1200} for box in boxes]
    images = [{"id": 1, "file_name": pictures[0].name}]
    file = tmp_path / "people.json"
    file.write_text(json.dumps({"images": images, "annotations": annotations, "categories": [{"id": 1}]}))
    source = Source("coco", str(file), images=str(path), crops="annotation")
    (job,) = Plan(source, (AttackConfig(),)).jobs(source.entries())
    row = wiring_evaluation._row(job, None, "lost")
    expected = annotated_person(job.entry, (256, 256))
    np.testing.assert_array_equal(row.annotated((256, 256)).to_crop, expected.to_crop)
    detected = replace(job, source=replace(source, crops="detection"))
    assert wiring_evaluation._row(detected, None, "lost").annotated is None
