"""Tables, intervals, curves and the page, from rows whose numbers are known."""

import re
import tracemalloc
from hashlib import sha256

import numpy as np
import pytest

from kaa_gui.core.errors import ConfigError
from kaa_gui.core.metrics import wilson_interval
from kaa_gui.evaluation.datasets import Source
from kaa_gui.evaluation.plan.plan import Plan, default_blocks, expand
from kaa_gui.evaluation.report import curves, write_report
from kaa_gui.evaluation.report.curves import curve_figures
from kaa_gui.evaluation.results import parquet as columns
from kaa_gui.evaluation.results.outcome import Outcome
from kaa_gui.evaluation.results.store import Store
from kaa_gui.evaluation.tables.all_tables import all_tables
from kaa_gui.evaluation.tables.statistics import bootstrap, mcnemar, share_interval
from kaa_gui.evaluation.tables.summaries import COLUMNS, grouped, summarise
from tests.evaluation import made_rows as rows

PLAN = Plan(Source("folder", "/nowhere"), expand(default_blocks()))
JOBS = PLAN.jobs(rows.entries(4))


def record(job):
    # every attack fails on picture 3, and KAA alone on picture 2 as well
    failing = {"3.png"} | ({"2.png"} if job.config.method == "kaa" else set())
    return rows.record(job, success=job.entry.key not in failing)


RECORDS = [record(job) for job in JOBS]
GROUPS = grouped(RECORDS)


def test_rates_are_those_of_the_rows():
    for each in summarise(grouped(RECORDS)).values():
        assert (each.n, each.successes) == (4, 2 if each.method == "kaa" else 3)
        assert each.sr_interval[0] < each.sr < each.sr_interval[1]
        assert each.sr_bootstrap[0] <= each.sr <= each.sr_bootstrap[1]
        assert each.rmse_interval == (1.0, 1.0)


def test_rows_that_met_the_criterion_before_are_left_out():
    changed = [{**row, "met_before": row["entry"] == "0.png"} for row in RECORDS]
    assert {(each.n, each.left_out) for each in summarise(grouped(changed)).values()} == {(3, 1)}


def test_tables_are_laid_out_as_the_slides_do():
    tables = all_tables(GROUPS, [])
    one, two = tables["table1"].table, tables["table2"].table
    labels = ["ℓ∞ KAA", "ℓ∞ KAA+ER", "ℓ2 KAA", "ℓ2 KAA+ER"]
    assert [row[0] for row in one.rows] == labels
    assert [row[0] for row in two.rows] == labels
    titles = [column.title for column in two.columns]
    assert titles == ["attack", "SR #1 walk (%)", "RMSE", "n", "SR #2 sit (%)", "RMSE", "n"]
    assert two.rows[0][1].startswith("50.0 [")
    assert "150 mm" in one.caption
    assert "2/255" in one.caption


def test_means_of_some_rows_say_of_how_many():
    # picture 0 has no iterate that succeeds, and the person of picture 1 is lost
    changed = [
        {
            **row,
            "first_success_rmse": None if row["entry"] == "0.png" else 0.5,
            "person_found": row["entry"] != "1.png",
        }
        for row in RECORDS
    ]
    tables = all_tables(grouped(changed), [])
    one = tables["table1"]
    assert [row[3] for row in one.table.rows] == ["0.50 (n = 3)"] * 4
    assert {(each["first_rmse"], each["first_n"], each["not_found"]) for each in one.records} == {(0.5, 3, 1)}
    assert "In 4 rows the detector no longer finds the person: no success" in one.table.caption
    assert "In 8 rows the detector" in tables["table2"].table.caption
    whole = all_tables(grouped({**row, "first_success_rmse": 0.5} for row in RECORDS), [])["table1"]
    assert [row[3] for row in whole.table.rows] == [0.5] * 4
    assert "no longer finds" not in whole.table.caption


def test_what_varies_is_named():
    configs = expand([{"method": "kaa", "epsilon": ["1/255", "2/255"], "seed": [0, 1]}])
    jobs = Plan(Source("folder", "/nowhere"), configs).jobs(rows.entries(2))
    summaries = summarise(grouped(rows.record(job) for job in jobs))
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
    table = all_tables(GROUPS, checks)["checks"].table
    assert [row[1:] for row in table.rows][:2] == [(50.0, 25.0, 4), (75.0, 25.0, 4)]
    assert "150 mm" in table.caption
    # a check that only some rows have says of how many
    table = all_tables(GROUPS, checks[1:])["checks"].table
    assert table.rows[0][1:] == (50.0, "0.0 (n = 3)", 4)


def test_pictures_that_occur_several_times_are_drawn_as_one():
    configs = expand([{"method": ["kaa", "kaa+er"], "seed": list(range(5))}])
    jobs = Plan(Source("folder", "/nowhere"), configs).jobs(rows.entries(4))
    tables = all_tables(grouped(record(job) for job in jobs), [])
    plain, guided = tables["table1"].records
    assert (plain["n"], plain["pictures"], plain["sr"]) == (20, 4, 0.5)
    # twenty rows say no more than four pictures
    assert (plain["sr_interval_low"], plain["sr_interval_high"]) == (0.0, 1.0)
    assert guided["sr_interval_high"] - guided["sr_interval_low"] > 0.5
    assert tables["table1"].table.rows[0][-1] == "20 (4)"
    assert "by bootstrap over the pictures, whose rows" in tables["table1"].table.caption
    (pair,) = tables["paired"].records
    assert (pair["n"], pair["pictures"], pair["p"]) == (20, 4, None)


def test_attacks_are_compared_on_the_same_pictures():
    pairs = all_tables(GROUPS, [])["paired"]
    # KAA+ER wins on picture 2 as well, for each norm and goal
    assert len(pairs.records) == 6
    for pair in pairs.records:
        assert (pair["both"], pair["only_first"], pair["only_second"], pair["neither"]) == (2, 1, 0, 1)
        assert (pair["sr_difference"], pair["p"], pair["n"]) == (0.25, 1.0, 4)
        assert pair["sr_difference_low"] == 0
        assert pair["rmse_difference"] == 0
    assert pairs.table.rows[0][:3] == ("ℓ∞ KAA+ER, non-target", "ℓ∞ KAA", "25.0 [0.0, 75.0]")
    assert "150 mm" in pairs.table.caption
    # only what both have is compared; the random mask is a baseline too
    configs = expand([{"method": "kaa"}, {"method": "kaa+er", "mask": ["relational", "random"]}])
    jobs = Plan(Source("folder", "/nowhere"), configs).jobs(rows.entries(4))[1:]
    records = [rows.record(job, mask_used=job.config.mask or "everywhere") for job in jobs]
    pairs = all_tables(grouped(records), [])["paired"]
    assert [(pair["first"], pair["second"], pair["n"]) for pair in pairs.records] == [
        ("ℓ∞ KAA+ER, mask relational, non-target", "ℓ∞ KAA", 3),
        ("ℓ∞ KAA+ER, mask random, non-target", "ℓ∞ KAA", 3),
        ("ℓ∞ KAA+ER, mask relational, non-target", "ℓ∞ KAA+ER, mask random", 4),
    ]


@pytest.mark.parametrize(
    ("dataset", "entries", "pictures"),
    [
        ("coco", ["a.jpg#1", "a.jpg#2", "b.jpg#3"], 2),
        (
            "h36m",
            ["S9/Walk_1.54138969_000001.jpg", "S9/Walk_1.54138969_000006.jpg", "S9/Sit.2_000001.jpg#4"],
            2,
        ),
        ("video", [f"a.mp4#{number}" for number in range(9)], 3),
        ("folder", ["a-1.png", "a-2.png"], 2),
    ],
)
def test_what_is_no_independent_evidence(dataset, entries, pictures):
    (job,) = rows.plan(methods=("kaa",)).jobs(rows.entries(1))
    base = {**rows.record(job), "dataset": dataset}
    # of people in one picture the picture is the same
    digests = [sha256(entry.partition("#")[0].encode()).hexdigest() for entry in entries]
    records = [
        {**base, "entry": entry, "picture_sha256": None if dataset == "video" else digest}
        for entry, digest in zip(entries, digests, strict=True)
    ]
    ((_, summary),) = summarise(grouped(records)).items()
    assert (summary.n, summary.pictures) == (len(entries), pictures)


def test_difference_has_the_sign_of_print_and_no_negative_zero():
    changed = [
        {**row, "success": not row["success"], "saved_perturbation_rmse": 0.999}
        if row["method"] == "kaa+er"
        else row
        for row in RECORDS
    ]
    line = all_tables(grouped(changed), [])["paired"].table.rows[0]
    # a spreadsheet would run what begins with a hyphen
    assert line[2] == "−25.0 [−100.0, 50.0]"
    assert line[6] == "0.00 [0.00, 0.00]"


def test_interval_of_a_rate_goes_by_what_is_independent():
    wins = np.array([1.0, 1, 0, 1])
    assert share_interval(wins, np.arange(4)) == wilson_interval(3, 4)
    assert share_interval(wins, np.array([0, 0, 1, 1])) == bootstrap(wins, [0, 0, 1, 1])
    # a bootstrap that sees no difference is no evidence that there is none
    assert share_interval(np.ones(8), np.arange(8) // 2) == wilson_interval(4, 4)
    assert np.isnan(share_interval(wins, np.zeros(4))).all()


def test_mcnemar_is_exact():
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(0, 6) == pytest.approx(2 / 2**6)
    assert mcnemar(3, 5) == mcnemar(5, 3)


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
    firsts = {key: members.first for key, members in GROUPS.items()}
    figures = curve_figures([lost, *RECORDS[1:]], firsts)
    assert list(figures) == ["curves-non-target", "curves-walk", "curves-sit"]
    assert len(figures["curves-walk"].figure.axes) == 3
    assert "n = 4 rows" in figures["curves-walk"].caption
    assert "below 150 mm" in figures["curves-walk"].caption


def stored(folder, records):
    store = Store(folder)
    with store.opened(PLAN):
        for job, row in zip(JOBS, records, strict=False):
            files = {f"views/{job.row}.jpg": b"not really a picture"}
            store.add(Outcome(job.row, job.entry.key, row, files=files))
        store.add(Outcome("f" * 16, "<script>.png", failure="nobody <b>found</b>"))
    return store


def test_memory_of_a_report_is_that_of_its_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr(columns, "BATCH", 100)
    store = Store(tmp_path)
    with store.opened(PLAN):
        store.compact([])

    def peak(count):
        many = [{**RECORDS[number % 48], "row": f"{number:016x}"} for number in range(count)]
        columns.write_table(tmp_path / "rows.parquet", columns.table_of(many))
        del many
        tracemalloc.start()
        try:
            assert sum(map(len, grouped(store.stream("rows", COLUMNS)).values())) == count
            curve_figures(store.stream("rows", curves.COLUMNS), {})
            assert len(store.chosen({f"{number:016x}" for number in (3, count - 1)})) == 2
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    # a row read whole takes 10,000 bytes
    assert peak(4800) - peak(2400) < 2400 * 1000


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
