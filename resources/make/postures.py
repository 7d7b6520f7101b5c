"""Postures by name, for the samples and for the library of target poses."""

from __future__ import annotations

from posture import Arm, Bend, Leg, Posture, Stance

WALK = Posture(
    pelvis=Bend(3, 1, -6),
    spine=Bend(3, -2, 12),
    head=Bend(-3, 0, -4),
    left_leg=Stance(forward=0.31, out=0.08, toe_out=6, pitch=6, knee=6),
    right_leg=Stance(forward=-0.31, out=0.08, toe_out=8, pitch=-34, toes=30, knee=26),
    left_arm=Arm(lift=26, plane=-68, elbow=14, pronation=25),
    right_arm=Arm(lift=30, plane=70, elbow=34, pronation=30, curl=18),
)
STAND = Posture(
    pelvis=Bend(2, 2, 4),
    spine=Bend(2, -5, -4),
    head=Bend(2, 2, 4),
    left_leg=Stance(forward=0.0, out=0.09, toe_out=9, knee=3),
    right_leg=Stance(forward=0.07, out=0.14, toe_out=16, knee=11),
    left_arm=Arm(lift=9, plane=10, elbow=16, pronation=40),
    right_arm=Arm(lift=11, plane=0, elbow=22, pronation=35, curl=20),
)
SIT = Posture(
    pelvis=Bend(-8),
    spine=Bend(16, 2, 0),
    head=Bend(-8, 0, 6),
    left_leg=Stance(forward=0.42, out=0.15, toe_out=12),
    right_leg=Stance(forward=0.36, out=0.14, toe_out=10),
    left_arm=Arm(lift=26, plane=70, elbow=52, pronation=70, curl=12),
    right_arm=Arm(lift=24, plane=72, elbow=56, pronation=70, curl=12),
    seat=0.53,
)
REACH = Posture(
    pelvis=Bend(2, 3, 6),
    spine=Bend(0, 9, 10),
    head=Bend(-14, -2, -4),
    left_leg=Stance(forward=-0.16, out=0.10, toe_out=14, pitch=-14, toes=14, knee=6),
    right_leg=Stance(forward=0.12, out=0.10, toe_out=8, knee=4),
    left_arm=Arm(lift=16, plane=-30, elbow=26, pronation=35),
    right_arm=Arm(lift=138, plane=55, elbow=16, pronation=60, curl=8),
)
DANCE = Posture(
    pelvis=Bend(2, 6, 10),
    spine=Bend(-4, -12, -8),
    head=Bend(-6, 8, 8),
    left_leg=Stance(forward=0.02, out=0.10, toe_out=18, knee=6),
    right_leg=Stance(forward=0.16, out=0.30, toe_out=24, pitch=-28, toes=26, knee=30),
    left_arm=Arm(lift=142, plane=12, twist=20, elbow=34, pronation=60, curl=10, spread=4),
    right_arm=Arm(lift=118, plane=15, twist=60, elbow=58, pronation=30, curl=10, spread=4),
)
HAND_ON_HIP = Posture(
    pelvis=Bend(2, -3, 0),
    spine=Bend(0, 4, 0),
    head=Bend(4, 0, -14),
    left_leg=Stance(forward=0.05, out=0.17, toe_out=18, knee=8),
    right_leg=Stance(forward=0.0, out=0.12, toe_out=10, knee=3),
    left_arm=Arm(lift=44, plane=-25, twist=60, elbow=98, pronation=20, wrist=30, curl=14),
    right_arm=Arm(lift=12, plane=0, elbow=18, pronation=30),
)
TALK = Posture(
    pelvis=Bend(2, 2, 0),
    spine=Bend(3, -4, 4),
    head=Bend(3, -2, 2),
    left_leg=Stance(forward=0.02, out=0.12, toe_out=12, knee=4),
    right_leg=Stance(forward=0.10, out=0.12, toe_out=12, knee=10),
    left_arm=Arm(lift=12, plane=20, elbow=24, pronation=35),
    right_arm=Arm(lift=26, plane=50, twist=10, elbow=78, pronation=-15, curl=16),
)
T_POSE = Posture(
    left_leg=Stance(out=0.1),
    right_leg=Stance(out=0.1),
    left_arm=Arm(lift=90, elbow=3, pronation=90, curl=4),
    right_arm=Arm(lift=90, elbow=3, pronation=90, curl=4),
)
ARMS_UP = Posture(
    pelvis=Bend(1),
    spine=Bend(-4),
    head=Bend(-4),
    left_leg=Stance(out=0.13, toe_out=10),
    right_leg=Stance(out=0.13, toe_out=10),
    left_arm=Arm(lift=160, plane=12, elbow=12, pronation=50, curl=6, spread=3),
    right_arm=Arm(lift=160, plane=12, elbow=12, pronation=50, curl=6, spread=3),
)
KNEEL = Posture(
    pelvis=Bend(2),
    spine=Bend(4),
    head=Bend(4),
    left_leg=Stance(forward=0.42, out=0.11, toe_out=6),
    right_leg=Leg(flexion=-2, abduction=3, twist=2, knee=107.5, ankle=20, toes=50),
    left_arm=Arm(lift=32, plane=68, elbow=48, pronation=65, curl=12),
    right_arm=Arm(lift=10, plane=20, elbow=20, pronation=35),
    seat=0.48,
)
