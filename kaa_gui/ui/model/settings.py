"""Parse JSON settings defensively; users may edit them."""

from __future__ import annotations

import json
from typing import Any


def stored_object(text: object) -> dict[str, Any]:
    """Return the JSON object that a setting holds; an empty one where it is none."""
    try:
        found = json.loads(text)  # type: ignore[arg-type]
    except (TypeError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
