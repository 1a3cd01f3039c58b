"""Where a list goes on: the sort key of the last row, written so that nobody reads or builds it by hand."""

import base64
import binascii
import json
from datetime import datetime
from typing import Any

from mfg_desktop.exceptions import refusal


def cursor(*key: object) -> str:
    """Write the sort key of the last row."""
    plain = [part.isoformat() if isinstance(part, datetime) else part for part in key]
    return base64.urlsafe_b64encode(json.dumps(plain).encode()).decode().rstrip("=")


def place(after: str, *kinds: type) -> tuple[Any, ...]:
    """Read a sort key; refuses with VALIDATION_INVALID_FORMAT what was not written by `cursor`."""
    try:
        parts = json.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
        if not isinstance(parts, list) or len(parts) != len(kinds):
            raise ValueError
        return tuple(_read(part, kind) for part, kind in zip(parts, kinds, strict=True))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        raise refusal("VALIDATION_INVALID_FORMAT", field="after", reason="is not a place in this list") from None


def _read(part: Any, kind: type) -> Any:
    if kind is datetime:
        moment = datetime.fromisoformat(part)
        if moment.tzinfo is None:
            raise ValueError
        return moment
    if type(part) is not kind or (isinstance(part, int) and abs(part) > 2**53):
        raise ValueError
    return part
