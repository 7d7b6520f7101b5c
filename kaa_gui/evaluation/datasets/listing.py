"""Read lists in COCO's style (Lin et al. 2014): pictures, people, and what their joints are called.

A list says itself what its numbers mean: ``categories`` name the joints and the kind of thing, ``width`` and
``height`` the size of the picture that was annotated. All of it is read, none of it is assumed.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kaa_gui.core.errors import PictureError
from kaa_gui.core.skeletons import Skeleton
from kaa_gui.evaluation.datasets.entry import (
    FARTHEST,
    Fault,
    Square,
    dictionaries,
    first_of,
    picture_path,
    read_json,
    shortened,
)
from kaa_gui.evaluation.datasets.raster import picture_from_list

MARGIN = 1.25
"""Side of the square by the longer side of the annotated box."""
LEAST_KNOWN = 6
"""Joints that a list must share with the skeleton; a face or a hand has fewer."""
_PEOPLE = re.compile(
    r"\b(adults?|athletes?|body|boys?|child(ren)?|dancers?|girls?|humans?|m[ae]n|pedestrians?|people|persons?|"
    r"players?|wom[ae]n)\b"
)
_JOINED = re.compile(r"\b([lr])(ankle|ear|elbow|eye|foot|hip|knee|shoulder|wrist)\b")
_SIDES = {"left": "left", "l": "left", "right": "right", "r": "right"}


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """A person as the list holds them.

    Attributes:
        key: Name of the picture and of the person in it.
        record: The annotation.
        picture: What is listed of the picture; empty where nothing is.
        names: Of the joints as the list's category has them; empty where it names none.
        folder: Of the pictures.
        cameras: The list's cameras by their identifiers.
    """

    key: str
    record: Mapping[str, Any]
    picture: Mapping[str, Any]
    names: tuple[str, ...]
    folder: Path
    cameras: Mapping[object, object]

    def path(self) -> Path:
        """Return the path of the picture.

        Raises:
            ValueError: No picture is listed for it, or there is no such file.
            KeyError: It names no picture.
        """
        name = self.picture.get("file_name")
        if name is None:
            raise ValueError(f"no picture is listed under its image_id, {self.record['image_id']!r}")
        return picture_path(self.folder, name)

    def size(self) -> tuple[float, float] | None:
        """Return the width and height that were annotated, pixels; None where the list doesn't say."""
        try:
            width, height = (float(self.picture[name]) for name in ("width", "height"))
        except (KeyError, TypeError, ValueError, OverflowError):
            return None
        return (width, height) if 0 < width <= FARTHEST and 0 < height <= FARTHEST else None

    @property
    def countless(self) -> bool:
        """Whether it is a crowd, or has no key point."""
        count = self.record.get("num_keypoints")
        return _flag(self.record.get("iscrowd")) or not (count is None or _flag(count))

    def camera(self) -> object:
        """Return what the list says of the picture's camera, or None."""
        own = first_of(self.picture, ("cam_param", "camera_param", "camera_params", "camera", "cam"))
        if isinstance(own, dict):
            return own
        name = first_of(self.picture, ("camera_id", "cam_id", "cam_idx")) if own is None else own
        return _found(self.cameras, name)

    def to_picture(self) -> NDArray[np.float64] | None:
        """Return the map from the list's pixels to those of the picture as it is loaded, ``(2, 3)``.

        Raises:
            ValueError: They are not the same picture.
        """
        size = self.size()
        return None if size is None else picture_from_list(self.path(), size)

    def square(self, to_picture: NDArray[np.float64] | None) -> Square:
        """Return the square around the annotated box, in the picture.

        Raises:
            ValueError: The box is empty or not finite.
            KeyError: There is none.
        """
        square = box_square(self.record["bbox"])
        if to_picture is None:
            return square
        x, y = to_picture @ (square.x, square.y, 1.0)
        return Square(float(x), float(y), square.side * math.sqrt(abs(np.linalg.det(to_picture[:, :2]))))


@dataclass(frozen=True, slots=True)
class _Category:
    """A kind of thing.

    Attributes:
        title: Its name, for messages.
        person: Whether it is one.
        names: Of its joints.
    """

    title: str
    person: bool
    names: tuple[str, ...] = ()


@dataclass(slots=True)
class Listing:
    """A list that has been read.

    Attributes:
        path: The file.
        folder: Of the pictures.
        content: The whole of it.
    """

    path: Path
    folder: Path
    content: Mapping[str, Any]
    _pictures: dict[object, Mapping[str, Any]] = field(default_factory=dict)
    _categories: dict[object, _Category] = field(default_factory=dict)
    _cameras: dict[object, object] = field(default_factory=dict)

    @classmethod
    def of(cls, path: Path, images: Path | None) -> Listing:
        """Read a list.

        Raises:
            PictureError: The file is none.
        """
        content = read_json(path)
        if not isinstance(content, dict) or "annotations" not in content:
            raise PictureError(f"{path.name}: no COCO annotation: images and annotations are missing")
        listing = cls(path, images or path.parent, content)
        for picture in dictionaries(content.get("images", []), "images", path):
            for name in _identifiers(picture.get("id")):
                listing._pictures.setdefault(name, picture)
        for each in dictionaries(content.get("categories") or [], "categories", path):
            for name in _identifiers(each.get("id")):
                listing._categories.setdefault(name, _category(each))
        cameras = content.get("cameras")
        named = list(cameras.items()) if isinstance(cameras, dict) else []
        if isinstance(cameras, list):
            named = [(first_of(each, ("id", "name")), each) for each in cameras if isinstance(each, dict)]
        for identifier, camera in named:
            for name in _identifiers(identifier):
                listing._cameras.setdefault(name, camera)
        return listing

    def people(self) -> Iterator[Listed | Fault]:
        """Yield every annotated person.

        Things of other kinds are left out; one item, the first, says so.
        """
        records = dictionaries(self.content["annotations"], "annotations", self.path)
        others = Counter(
            category.title
            for record in records
            if (category := self._category(record)) is not None and not category.person
        )
        if others:
            kinds = ", ".join(f"{count} of {title}" for title, count in others.most_common(5))
            yield Fault(
                f"{self.path.name}: other categories",
                f"annotations of no person are left out: {kinds}; name a category person if it is one",
            )
        for number, record in enumerate(records):
            category = self._category(record)
            if category is not None and not category.person:
                continue
            picture = _found(self._pictures, record.get("image_id")) or {}
            key = f"{picture.get('file_name')}#{record.get('id', number)}"
            names = () if category is None else category.names
            yield Listed(key, record, picture, names, self.folder, self._cameras)

    def _category(self, record: Mapping[str, Any]) -> _Category | None:
        """Return the category of an annotation; None where the list doesn't say."""
        if not self._categories:
            return None
        if record.get("category_id") is None:
            kinds = set(self._categories.values())
            kinds = kinds if len(kinds) == 1 else {kind for kind in kinds if kind.person}
            return next(iter(kinds)) if len(kinds) == 1 else None
        listed = _found(self._categories, record["category_id"])
        return listed or _Category(f"category {shortened(record['category_id'])}, which is not listed", False)


def _category(record: Mapping[str, Any]) -> _Category:
    title = shortened(record.get("name", record.get("id")))
    said = [str(record[name]) for name in ("name", "supercategory") if record.get(name)]
    kind = " ".join(said).lower().replace("_", " ")
    names = record.get("keypoints")
    listed = names if isinstance(names, list) else ()
    # a category without a name says nothing against a person
    person = not said or bool(_PEOPLE.search(kind))
    return _Category(title, person, tuple(shortened(name) for name in listed))


def _identifiers(value: object) -> list[object]:
    """Return an identifier as it is written, and as a number where it is one: tools write 7, 7.0 and "7"."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return []
    try:
        number = float(value)
        plain = int(value) if isinstance(value, int) else int(number) if number.is_integer() else number
    except (ValueError, OverflowError):
        return [(type(value), value)]
    return [(type(value), value), plain]


def _found(values: Mapping[object, Any], identifier: object) -> Any:
    return next((values[name] for name in _identifiers(identifier) if name in values), None)


def _flag(value: object) -> bool:
    """Whether a value is true, however it is written."""
    if isinstance(value, str):
        return value.strip().lower() not in ("", "0", "0.0", "false", "no")
    return bool(value)


def box_square(box: Any) -> Square:
    """Return the square around a box x, y, width, height.

    Raises:
        ValueError: The box is empty or not finite.
    """
    x, y, width, height = (float(value) for value in box)
    if width <= 0 or height <= 0:
        raise ValueError(f"bbox must be x, y and a positive width and height, got {box}")
    return Square(x + width / 2, y + height / 2, MARGIN * max(width, height))


def joint_order(
    names: tuple[str, ...], skeleton: Skeleton, aliases: Mapping[str, str], source: str
) -> tuple[int, ...] | None:
    """Return which listed joint each of a skeleton is, -1 where it is not listed; None for all in order.

    Args:
        names: Of the list; joints that the skeleton doesn't have are left out.
        skeleton: Wanted.
        aliases: Name of the list -> joint, for names of its own kind.
        source: Of the list, for messages.

    Raises:
        PictureError: Too few are known, or one is named twice.
    """
    if not names:
        return None
    plain = [joint_name(name) for name in names]
    known = [aliases.get(name, name) for name in plain]
    order = tuple(known.index(joint) if joint in known else -1 for joint in skeleton.joints)
    found = [known[index] for index in order if index >= 0]
    shown = ", ".join(names[:30])
    if twice := [joint for joint in found if known.count(joint) > 1]:
        raise PictureError(f"{source}: key points must be named once, got {twice[0]} twice among {shown}")
    if len(found) < LEAST_KNOWN:
        raise PictureError(
            f"{source}: key points must be a person's, such as left_knee; known are "
            f"{', '.join(found) or 'none'} of {shown}; rename them in categories"
        )
    return None if order == tuple(range(len(names))) else order


def joint_name(text: str) -> str:
    """Return a joint's name as skeletons have it: ``LKnee``, ``knee.R`` and ``Left Knee`` alike."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", text)
    parts = re.findall(r"[a-z]+", _JOINED.sub(r"\1_\2", words.lower()))
    sides = {_SIDES[part] for part in parts if part in _SIDES}
    return "_".join([*sides, *(part for part in parts if part not in _SIDES)])


def ordered(values: NDArray[Any], order: tuple[int, ...] | None, count: int, filler: float) -> NDArray[Any]:
    """Return a list's joints in the order of a skeleton, ``filler`` where it has none.

    Args:
        values: ``(N, ...)``, in the order of the list.
        order: As :func:`joint_order` returns it.
        count: N, as the list's names say.
        filler: For joints that are not listed.

    Raises:
        ValueError: There are more or fewer than were named.
    """
    if len(values) != count:
        raise ValueError(f"expected {count} joints, got {len(values)}")
    if order is None:
        return values
    placed = values[np.array(order)]
    placed[np.array(order) < 0] = filler
    return placed
