"""Camera, scene and light transport: a picture from surfaces.

Pictures are path-traced with Mitsuba 3 on the CPU (variant ``scalar_rgb``): true soft shadows and
indirect light, no graphics driver involved, and the same seed gives the same pixels.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import mitsuba as mi
import numpy as np
from body import Array
from numpy.typing import NDArray
from surface import Part, Strands, Surface, hair_material

mi.set_variant("scalar_rgb")
MM = 1000.0
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


@dataclass(frozen=True, slots=True)
class Camera:
    """A pinhole camera.

    Attributes:
        position: Metres, in the world.
        target: The point in the picture's centre.
        width: Pixels.
        height: Pixels.
        fov: Vertical field of view, degrees.
    """

    position: tuple[float, float, float]
    target: tuple[float, float, float]
    width: int = 960
    height: int = 1280
    fov: float = 32.0

    @property
    def intrinsics(self) -> Array:
        """K, ``(3, 3)``; whole-numbered pixel coordinates are pixel centres."""
        focal = self.height / 2 / np.tan(np.radians(self.fov) / 2)
        return np.array([[focal, 0, (self.width - 1) / 2], [0, focal, (self.height - 1) / 2], [0, 0, 1]])

    @property
    def rotation(self) -> Array:
        """R, ``(3, 3)``: rows are the camera's x (right), y (down) and z (away) in the world."""
        away = np.subtract(self.target, self.position)
        away = away / np.linalg.norm(away)
        right = np.cross(away, [0, 0, 1])
        right = right / np.linalg.norm(right)
        return np.stack([right, np.cross(away, right), away])

    @property
    def translation_mm(self) -> Array:
        """t, ``(3,)``, millimetres: camera coordinates are R X + t."""
        return -self.rotation @ np.asarray(self.position) * MM

    def to_camera_mm(self, points: Array) -> Array:
        """Return world points (metres) in camera coordinates (millimetres)."""
        return np.asarray(points) @ self.rotation.T * MM + self.translation_mm

    def project(self, points_mm: Array) -> Array:
        """Return the pixels of points in camera coordinates."""
        image = points_mm @ self.intrinsics.T
        return image[..., :2] / image[..., 2:]


def load_scene(camera: Camera, surfaces: list[Surface], lights: list[dict], samples: int) -> mi.Scene:
    """Build the scene.

    Args:
        camera: Where to look from.
        surfaces: All that is seen.
        lights: Mitsuba's descriptions of light sources.
        samples: Light paths a pixel.
    """
    scene: dict = {
        "type": "scene",
        "integrator": {
            "type": "aov",
            "aovs": "albedo:albedo,normal:sh_normal",
            "image": {"type": "path", "max_depth": 5},
        },
        "sensor": {
            "type": "perspective",
            "fov": camera.fov,
            "fov_axis": "y",
            "near_clip": 0.05,
            "to_world": mi.ScalarTransform4f().look_at(
                origin=list(camera.position), target=list(camera.target), up=[0, 0, 1]
            ),
            "film": {
                "type": "hdrfilm",
                "width": camera.width,
                "height": camera.height,
                "rfilter": {"type": "gaussian", "stddev": 0.45},
                "pixel_format": "rgb",
                "component_format": "float32",
            },
            "sampler": {"type": "independent", "sample_count": samples},
        },
    }
    for number, light in enumerate(lights):
        scene[f"light{number}"] = light
    with tempfile.TemporaryDirectory() as folder:
        for number, surface in enumerate(surfaces):
            path = Path(folder) / str(number)
            scene[f"surface{number}"] = (
                _strands(path, surface) if isinstance(surface, Strands) else _mesh(path, surface)
            )
        return mi.load_dict(scene)


def _mesh(path: Path, part: Part) -> dict:
    """Write a surface as a binary PLY file and describe it; colours become ``vertex_color``."""
    columns = {name: part.vertices[:, i] for i, name in enumerate("xyz")}
    if part.uv is not None:
        columns |= {"s": part.uv[:, 0], "t": part.uv[:, 1]}
    if part.colours is not None:
        columns |= {name: part.colours[:, i] for i, name in enumerate("rgb")}
    vertices = np.zeros(len(part.vertices), [(name, "<f4") for name in columns])
    for name, values in columns.items():
        vertices[name] = values
    faces = np.zeros(len(part.faces), [("count", "u1"), ("corners", "<i4", (3,))])
    faces["count"], faces["corners"] = 3, part.faces
    header = [
        "ply",
        "format binary_little_endian 1.0",
        f"element vertex {len(vertices)}",
        *(f"property float {name}" for name in columns),
        f"element face {len(faces)}",
        "property list uchar int vertex_indices",
        "end_header",
        "",
    ]
    path.write_bytes("\n".join(header).encode() + vertices.tobytes() + faces.tobytes())
    return {
        "type": "ply",
        "filename": str(path),
        "face_normals": not part.smooth,
        "bsdf": part.material,
    }


def _strands(path: Path, hair: Strands) -> dict:
    """Write strands as B-spline curves and describe them."""
    first = 2 * hair.points[:, :1] - hair.points[:, 1:2]
    last = 2 * hair.points[:, -1:] - hair.points[:, -2:-1]
    # a B-spline does not reach its outer control points: add one at each end
    points = np.concatenate([first, hair.points, last], axis=1)
    radii = hair.radius * np.interp(np.arange(points.shape[1]), [1, points.shape[1] - 2], [1, 0.35])
    lines = np.concatenate([points, np.broadcast_to(radii[:, None], (*points.shape[:2], 1))], axis=2)
    blocks = ("\n".join(" ".join(f"{value:.6f}" for value in row) for row in strand) for strand in lines)
    path.write_text("\n\n".join(blocks) + "\n")
    return {"type": "bsplinecurve", "filename": str(path), "bsdf": hair_material(hair.colour)}


def expose(scene: mi.Scene, seed: int, exposure: float) -> NDArray[np.uint8]:
    """Render and develop a picture.

    Args:
        scene: From :func:`load_scene`.
        seed: Of the light paths.
        exposure: Factor on the light.

    Returns:
        ``(H, W, 3)`` uint8 sRGB.
    """
    layers = np.array(mi.render(scene, seed=seed))
    if not np.isfinite(layers).all():
        raise ValueError("light must be finite: is there a degenerate triangle?")
    light = denoise(layers[..., :3], layers[..., 3:6], layers[..., 6:9]) * exposure
    # curves act on each channel and strengthen colours: take a little back
    light = 0.86 * light + 0.14 * (light @ _LUMINANCE)[..., None]
    # a gentle shoulder keeps highlights from clipping (Hable's curve, normalised at white = 4)
    toned = _shoulder(light) / _shoulder(np.array(4.0))
    toned = np.clip(toned, 0, 1)
    display = np.where(toned <= 0.0031308, 12.92 * toned, 1.055 * toned ** (1 / 2.4) - 0.055)
    return np.round(display * 255).astype(np.uint8)


def denoise(light: Array, albedo: Array, normals: Array, *, radius: int = 4) -> Array:
    """Smooth what path tracing left of noise, without crossing edges.

    The light is divided by the surface's colour, so that textures stay, and averaged over neighbours of
    the same orientation and colour and of similar brightness (a cross bilateral filter).

    Args:
        light: ``(H, W, 3)`` radiance.
        albedo: ``(H, W, 3)`` colour of the surfaces.
        normals: ``(H, W, 3)`` of the surfaces.
        radius: Of the neighbourhood, pixels.

    Returns:
        ``(H, W, 3)`` radiance.
    """
    colour = np.maximum(albedo, 0.02)
    received = np.minimum(light / colour, 20.0)
    brightness = np.log(_blur(received.mean(axis=2)) + 0.05)
    guide = np.concatenate([albedo / 0.05, normals / 0.12, brightness[..., None] / 0.10], axis=2)
    total = np.zeros_like(received)
    weights = np.zeros(received.shape[:2])
    for down in range(-radius, radius + 1):
        for right in range(-radius, radius + 1):
            distance = ((guide - _shift(guide, down, right)) ** 2).sum(axis=2)
            weight = np.exp(-distance / 2 - (down**2 + right**2) / (2 * (radius / 1.8) ** 2))
            total += weight[..., None] * _shift(received, down, right)
            weights += weight
    return total / weights[..., None] * colour


def _shift(image: Array, down: int, right: int) -> Array:
    """Return the picture moved, its border repeated."""
    rows = np.clip(np.arange(image.shape[0]) + down, 0, image.shape[0] - 1)
    columns = np.clip(np.arange(image.shape[1]) + right, 0, image.shape[1] - 1)
    return image[rows][:, columns]


def _blur(image: Array) -> Array:
    return sum(_shift(image, down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)) / 9


def _shoulder(x: Array) -> Array:
    return (x * (0.22 * x + 0.03) + 0.002) / (x * (0.22 * x + 0.3) + 0.06) - 0.002 / 0.06
