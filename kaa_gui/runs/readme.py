"""Write the README beside a run's files, so that they can be read without this program."""

from __future__ import annotations

README_FILE = "README.txt"

README = """\
A run of KAA Studio: one adversarial attack on the pose of one person in one picture.

clean.png              the picture as opened, 8-bit RGB, upright
adversarial.png        the attacked picture at full resolution, 8-bit RGB
region.png             the painted region, if there is one: white pixels may change (--region-mask takes it)
figure.pdf             an overview
run.json               configuration, seed, versions, hashes, every iteration's numbers, and what was
                       measured of adversarial.png through the whole pipeline
perturbation.npz       arrays; read them with numpy.load(..., allow_pickle=False)

Arrays of perturbation.npz. H x W is the crop that the network sees, K and J the joints in 2D and 3D; a
joint's name is in run.json, under "joints".

perturbation           (H, W, 3) float32, grey levels (0-255), before rounding
clean_crop             (H, W, 3) uint8
adversarial_crop       (H, W, 3) uint8, the last iterate, rounded inside the ball
saved_crop             (H, W, 3) uint8, adversarial.png in the frame of clean_crop; the pose found in it, in
                       the same frame, is saved_; missing where the person is no longer found
mask                   (H, W, 3) bool, C: where the attack may change the crop
to_crop                (2, 3) float64, affine map from pixels of the picture to pixels of the crop
person_box             (4,) float32, x, y, width, height in pixels of the picture
clean_keypoints        (K, 2) float32, x right and y down, pixels of the crop; also attacked_, target_,
                       saved_
clean_scores           (K,) float32 in [0, 1]; also attacked_, target_, saved_
clean_points_mm        (J, 3) float32, millimetres from the root, x right, y down, z away from the camera;
                       also attacked_, target_, saved_; NaN where unknown
activation             (h, w) float32, layer k for the last iterate, maximum over its channels
clean_activation       (h, w) float32, the same for the clean crop
jacobian_maximum       (H, W, 3) float32, max over the outputs p of J = dF^k/dx, output units per unit of
                       intensity; the mask with the threshold alpha keeps min(max_p J, -min_p J) > alpha
jacobian_minimum       (H, W, 3) float32, min over the outputs p
inside                 (H, W) bool, pixels of the crop that lie on the picture, and in the region; fractions
                       of the mask count these

Arrays that a run has no use for are missing. In run.json every name that ends in _px is in pixels of the
crop, in _mm in millimetres; RMSE is in grey levels over the crop; epsilon is a fraction of the intensity
range (l-infinity) or a Euclidean length over the crop with intensities in [0, 1] (l2).

`kaa-studio figure KIND FOLDER --out FILE` draws this run, `kaa-studio table FOLDER` tabulates it.
"""
