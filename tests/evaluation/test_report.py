"""Tables, intervals, curves and the page, from rows whose numbers are known."""

import re

import numpy as np
import pytest

from kaa_gui.core.errors import ConfigError
from kaa_gui.evaluation.datasets import Source
from kaa_gui.evaluation.outcome import Outcome
from kaa_gui.evaluation.plan import Plan, default_blocks, expand
from kaa_gui.evaluation.report import write_report
from kaa_gui.evaluation.report.curves import curve_figures
from kaa_gui.evaluation.statistics import bootstrap
from kaa_gui.evaluation.store import Store
from kaa_gui.evaluation.summaries import summarise
from kaa_gui.evaluation.tables import all_tables
from tests.evaluation import rows

PLAN = Plan(Source("folder", "/nowhere"), expand(default_blocks()))
JOBS = PLAN.jobs(rows.entries(4))


def record(job):
    # every attack fails on picture 3, and KAA alone on picture 2 as well
    failing = {"3.png"} | ({"2.png"} if job.config.method == "kaa" else set())
    return rows.record(job, success=job.entry.key not in failing)


RECORDS = [record(job) for job in JOBS]


def test_rates_are_those_of_the_rows():
    for each in summarise(RECORDS).values():
        assert (each.n, each.successes) == (4, 2 if each.method == "kaa" else 3)
        assert each.sr_interval[0] < each.sr < each.sr_interval[1]
        assert each.sr_bootstrap[0] <= each.sr <= each.sr_bootstrap[1]
        assert each.rmse_interval == (1.0, 1.0)


def test_rows_that_met_the_criterion_before_are_left_out():
    changed = [{**row, "met_before": row["entry"] == "0.png"} for row in RECORDS]
    assert {(each.n, each.left_out) for each in summarise(changed).values()} == {(3, 1)}


def test_tables_are_laid_out_as_the_slides_do():
    tables = all_tables(RECORDS, [])
    one, two = tables["table1"].table, tables["table2"].table
    labels = ["ℓ∞ KAA", "ℓ∞ KAA+ER", "ℓ2 KAA", "ℓ2 KAA+ER"]
    assert [row[0] for row in one.rows] == labels
    assert [row[0] for row in two.rows] == labels
    titles = [column.title for column in two.columns]
    assert titles == ["attack", "SR #1 walk (%)", "RMSE", "n", "SR #2 sit (%)", "RMSE", "n"]
    assert two.rows[0][1].startswith("50.0 [")
    assert "150 mm" in one.caption
    assert "2/255" in one.caption


def test_what_varies_is_named():
    configs = expand([{"method": "kaa", "epsilon": ["1/255", "2/255"], "seed": [0, 1]}])
    jobs = Plan(Source("folder", "/nowhere"), configs).jobs(rows.entries(2))
    summaries = summarise([rows.record(job) for job in jobs])
    assert [each.label for each in summaries.values()] == ["ℓ∞ KAA, ε 1/255", "ℓ∞ KAA, ε 2/255"]
    assert {each.n for each in summaries.values()} == {4}


def test_checks_are_rates_of_the_same_rows():
    checks = [
        {
            "row": row["row"],
            "check": "jpeg50",
            "victim": row["victim"],
            "person_found": True,
            "success": row["success"] and row["entry"] == "0.png",
            "control_success": False,
        }
        for row in RECORDS
    ]
    table = all_tables(RECORDS, checks)["checks"].table
    assert [row[1:] for row in table.rows][:2] == [(50.0, 25.0), (75.0, 25.0)]


def test_bootstrap_is_seeded_and_draws_whole_pictures():
    values = [0.0] * 10 + [1.0] * 10
    one_each = [str(number) for number in range(20)]
    two_pictures = ["a"] * 10 + ["b"] * 10
    assert bootstrap(values, one_each) == bootstrap(values, one_each)
    low, high = bootstrap(values, one_each)
    assert 0.2 < low < 0.5 < high < 0.8
    assert bootstrap(values, two_pictures) == (0.0, 1.0)
    assert np.isnan(bootstrap([float("nan")], ["a"])).all()


def test_curves_cover_each_goal_and_survive_lost_people():
    lost = {**RECORDS[0], "trajectory_pose_mm": [0.0, None, 5.0], "trajectory_rmse": [0.0, 0.5, 1.0]}
    figures = curve_figures([lost, *RECORDS[1:]])
    assert list(figures) == ["curves-non-target", "curves-walk", "curves-sit"]
    assert len(figures["curves-walk"][1].axes) == 3


def stored(folder, records):
    store = Store(folder)
    with store.opened(PLAN):
        for job, row in zip(JOBS, records, strict=False):
            files = {f"views/{job.row}.jpg": b"not really a picture"}
            store.add(Outcome(job.row, job.entry.key, row, files=files))
        store.add(Outcome("f" * 16, "<script>.png", failure="nobody <b>found</b>"))
    return store


def test_page_is_self_contained_and_escapes_names(tmp_path):
    page = write_report(stored(tmp_path, RECORDS)).read_text(encoding="utf-8")
    fetched = re.findall(r'(?:src|href)="(?!data:|#)[^"]*"|url\((?!#)[^)]*\)|@import', page)
    assert not fetched
    assert "<script" not in page
    assert "&lt;script&gt;.png" in page
    assert page.count('class="view lost"') > 0
    names = {path.name for path in (tmp_path / "report").iterdir()}
    assert {"table1.csv", "table1.tex", "table2.csv", "tables.md", "curves-sit.pdf", "report.html"} <= names


def test_report_is_the_same_every_time(tmp_path):
    # of one goal: the figures take most of the time
    store = stored(tmp_path, RECORDS[:4])
    first = write_report(store).read_bytes()
    assert write_report(store).read_bytes() == first


def test_report_of_an_unfinished_evaluation_shows_what_is_there(tmp_path):
    page = write_report(stored(tmp_path, RECORDS[:3])).read_text(encoding="utf-8")
    assert "3 rows" in page


def test_report_of_nothing_is_one_line(tmp_path):
    store = Store(tmp_path)
    with store.opened(PLAN):
        store.compact([])
        with pytest.raises(ConfigError, match="no finished row"):
            write_report(store)
