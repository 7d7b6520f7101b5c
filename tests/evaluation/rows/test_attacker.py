"""One row on the real engine: annotated and detected people, checks, failures."""

from dataclasses import replace

import numpy as np
import pytest

from kaa_gui.core.attacks.saved import in_frame
from kaa_gui.core.errors import AttackError, ConfigError, DeviceMemoryError, NoPersonError
from kaa_gui.core.pictures.image import save_png
from kaa_gui.core.pictures.sampling import apply_affine
from kaa_gui.core.skeletons import convert
from kaa_gui.core.types import AttackConfig, Person
from kaa_gui.evaluation.datasets import Entry, Source, Square, Truth
from kaa_gui.evaluation.plan.batches import groups_of
from kaa_gui.evaluation.plan.plan import Plan
from kaa_gui.evaluation.rows import attacker as work
from kaa_gui.evaluation.rows.attacker import Attacker, check_plan
from kaa_gui.evaluation.rows.columns import PIXELS, truth_errors
from kaa_gui.evaluation.rows.people import annotated_person, detected_number
from tests.evaluation import made_rows as rows

QUICK = AttackConfig(method="kaa", iterations=1, space="crop", epsilon=4 / 255)


@pytest.fixture(scope="module")
def attacker():
    return Attacker("cpu")


def person_at(x, y):
    return Person(0, 0.9, np.zeros(4, np.float32), np.array([[1.0, 0, 128 - x], [0, 1.0, 128 - y]]))


def test_annotated_square_fills_the_crop():
    person = annotated_person(Entry("a", "a", square=Square(50, 60, 40)), (256, 256))
    corners = apply_affine(person.to_crop, np.array([[30.0, 40], [70, 80], [50, 60]]))
    np.testing.assert_allclose(corners, [[0, 0], [256, 256], [128, 128]])


def test_no_annotated_square_is_one_line():
    with pytest.raises(ConfigError, match="--crops detection"):
        annotated_person(Entry("a", "a"), (256, 256))


def test_detected_person_nearest_to_the_annotation_is_taken():
    people = [person_at(10, 10), person_at(90, 55)]
    assert detected_number(Entry("a", "a", square=Square(92, 52, 80)), people, (256, 256)) == 1
    assert detected_number(Entry("a", "a"), people, (256, 256)) == 0
    with pytest.raises(NoPersonError, match="--crops annotation"):
        detected_number(Entry("a", "a", square=Square(50, 200, 40)), people, (256, 256))


def test_annotated_row_knows_its_truth_and_its_checks(attacker):
    source = Source(limit=1, crops="annotation")
    config = QUICK.with_changes(target="walk", goal="target")
    plan = Plan(source, (config,), ("jpeg75", "redetect", "transfer"))
    (job,) = plan.jobs(source.entries())
    outcome = attacker.attack(job)
    assert outcome.failure is None
    row = outcome.record
    assert row["crops"] == "annotation"
    assert row["clean_truth_px"] < 20
    assert row["clean_truth_mpjpe_mm"] < 150
    assert row["saved_truth_px"] > row["clean_truth_px"]
    assert row["target_error_before_mm"] > row["saved_target_error_mm"]
    assert len(row["target_points_mm"]) == 51
    checks = {check["check"]: check for check in outcome.checks}
    assert set(checks) == {"jpeg75", "redetect", "transfer"}
    assert checks["transfer"]["victim"] == "blazepose-regression"
    assert checks["transfer"]["target_error_mm"] is not None
    assert checks["jpeg75"]["control_displacement_px"] < 4
    assert {name.rpartition("/")[0] for name in outcome.files} == {"views"}


@pytest.mark.slow
def test_batch_gives_the_rows_of_single_attacks_whoever_is_lost_or_done(attacker, tmp_path):
    source = rows.tiny_plan(tmp_path).source
    # between the other two, in its place of the batch too
    (tmp_path / "torn.png").write_bytes(b"torn")
    config = QUICK.with_changes(views=1)
    jobs = Plan(source, (config,)).jobs(source.entries())
    assert [job.entry.key for job in jobs] == ["standing.png", "torn.png", "walking.png"]
    alone = [attacker.attack(job) for job in jobs]
    (group,) = groups_of(jobs, 4)
    together = attacker.attack_group(group)
    assert [outcome.row for outcome in together] == [job.row for job in jobs]
    for single, batched in zip(alone, together, strict=True):
        assert batched.failure == single.failure
        assert (single.record is None) == (single.entry == "torn.png")
        for name, value in (single.record or {}).items():
            expected = 3 if name == "batch" else value
            if isinstance(value, float) or (isinstance(value, list) and None not in value):
                expected = pytest.approx(value, rel=1e-3, abs=1e-3)
            assert batched.record[name] == expected, name
    (left,) = groups_of(jobs, 4, {jobs[2].row})
    (again,) = attacker.attack_group(left)
    assert (again.row, again.record, again.files) == (
        jobs[2].row,
        together[2].record,
        together[2].files,
    )


def test_what_befalls_a_whole_batch_is_said_of_each(attacker, tmp_path, monkeypatch):
    source = rows.tiny_plan(tmp_path).source
    jobs = Plan(source, (QUICK,)).jobs(source.entries())

    def full(members):
        raise DeviceMemoryError("no room")

    monkeypatch.setattr(work, "run_members", full)
    (group,) = groups_of(jobs, 2)
    outcomes = attacker.attack_group(group)
    assert [(each.row, each.failure) for each in outcomes] == [(job.row, "no room") for job in jobs]


def test_unusable_pictures_are_failures_with_reasons(attacker, tmp_path):
    save_png(tmp_path / "empty.png", np.full((64, 64, 3), 128, np.uint8))
    (tmp_path / "torn.png").write_bytes(b"torn")
    source = Source("folder", str(tmp_path))
    outcomes = [attacker.attack(job) for job in Plan(source, (QUICK,)).jobs(source.entries())]
    assert all(outcome.record is None and not outcome.defect for outcome in outcomes)
    assert "torn.png" in outcomes[1].failure
    assert "\n" not in outcomes[0].failure


def test_defect_of_ours_is_a_failure_with_its_traceback(attacker):
    entry = Entry("a", None)
    (job,) = Plan(Source("folder", "x"), (QUICK,)).jobs([entry])
    outcome = attacker.attack(job)
    assert outcome.defect
    assert "Traceback" in outcome.failure


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"method": "i-fgsm"}, AttackError),
        ({"method": "nonsense"}, ConfigError),
        ({"layer": "nonsense"}, ConfigError),
        ({"loss": "nonsense"}, ConfigError),
        ({"mask": "nonsense"}, ConfigError),
        ({"victim": "nonsense"}, ConfigError),
        ({"goal": "target", "target": "nonsense"}, ConfigError),
    ],
)
def test_plan_that_cannot_run_is_refused_at_once(attacker, changes, error):
    jobs = Plan(Source(), (QUICK.with_changes(**changes),)).jobs(Source(limit=1).entries())
    with pytest.raises(error):
        check_plan(attacker.engine, jobs)


def test_plan_without_annotated_joints_has_no_truth_to_leave(attacker):
    config = QUICK.with_changes(reference="truth")
    jobs = Plan(Source("folder", "x"), (config,)).jobs([Entry("a", "a")])
    with pytest.raises(ConfigError, match=r"folder has none; take coco, mpii, h36m or samples"):
        check_plan(attacker.engine, jobs)
    config = config.with_changes(layer=3)
    with pytest.raises(ConfigError, match="reference truth needs a heatmap layer"):
        check_plan(attacker.engine, Plan(Source(), (config,)).jobs(Source(limit=1).entries()))


@pytest.mark.parametrize("loss", [None, "mse"])
def test_row_that_leaves_the_truth_says_of_how_many_joints(attacker, loss):
    source = Source(limit=1, crops="annotation")
    config = QUICK.with_changes(reference="truth", loss=loss)
    (job,) = Plan(source, (config,)).jobs(source.entries())
    outcome = attacker.attack(job)
    assert outcome.failure is None
    # the annotation has a joint of the victim's for each limb, and no feet, hands or face
    assert 8 <= outcome.record["reference_joints"] <= 17
    assert outcome.record["reference"] == "truth"
    (other,) = Plan(source, (config.with_changes(reference=None),)).jobs(source.entries())
    plain = attacker.attack(other).record
    assert plain["reference_joints"] is None
    assert plain["final_loss"] != pytest.approx(outcome.record["final_loss"], rel=1e-3)


def test_person_without_a_seen_joint_is_a_failure_in_one_line(attacker):
    source = Source(limit=1, crops="annotation")
    (entry,) = source.entries()
    hidden = Truth.build(entry.truth.skeleton, entry.truth.keypoints, seen=np.zeros(17))
    entry = replace(entry, key="hidden", truth=hidden)
    (job,) = Plan(source, (QUICK.with_changes(reference="truth"),)).jobs([entry])
    outcome = attacker.attack(job)
    assert not outcome.defect
    assert outcome.failure.startswith("reference truth: no joint of person 0")


def test_annotation_crops_of_a_folder_are_refused(attacker):
    source = Source("folder", "x", crops="annotation")
    with pytest.raises(ConfigError, match="annotates no crops"):
        check_plan(attacker.engine, Plan(source, (QUICK,)).jobs([Entry("a", "a")]))


def test_truth_is_compared_in_the_pictures_own_axes(finished):
    scene = finished.scene
    pose = in_frame(scene.clean, scene.person.to_crop, PIXELS)
    flat = convert(pose.keypoints, pose.skeleton, pose.skeleton_3d)
    truth = Truth.build(pose.skeleton_3d, flat, pose.points_mm)
    exact = truth_errors("clean", truth, scene, scene.clean)
    assert exact["clean_truth_px"] == pytest.approx(0, abs=1e-3)
    assert exact["clean_truth_mpjpe_mm"] == pytest.approx(0, abs=1e-2)
    # 2D is compared where it is, 3D root to root
    moved = Truth.build(truth.skeleton, truth.keypoints + np.array([3, 4]), truth.points_mm + 700)
    shifted = truth_errors("clean", moved, scene, scene.clean)
    assert shifted["clean_truth_px"] == pytest.approx(5, abs=1e-3)
    assert shifted["clean_truth_mpjpe_mm"] == pytest.approx(0, abs=1e-2)
    assert truth_errors("clean", None, scene, scene.clean)["clean_truth_px"] is None
