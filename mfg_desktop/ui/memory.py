"""What this terminal remembers of its window from one day to the next: a small file beside its data.

It is a convenience and no record: a file that is lost or broken leaves a window as on its first day. To remember
another thing, give it a name of its own, and read it with what to do when nothing is known.
"""

import json
import logging
import os
from pathlib import Path

_log = logging.getLogger(__name__)

Plain = str | int | bool | list["Plain"] | dict[str, "Plain"] | None


class Memory:
    """Names with plain values. Without a file it lasts as long as the window."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self._known = _read(file) if file is not None else {}

    def recall(self, name: str, otherwise: Plain = None) -> Plain:
        """Give what was kept under a name."""
        return self._known.get(name, otherwise)

    def keep(self, name: str, value: Plain) -> None:
        """Remember a value; a disk that is full or read-only costs the memory, not the work."""
        if self._known.get(name) == value:
            return
        self._known[name] = value
        if self._file is None:
            return
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            growing = self._file.with_name(f"{self._file.name}.{os.getpid()}")
            growing.write_text(json.dumps(self._known, ensure_ascii=False, indent=1), encoding="utf-8")
            # Put in its place whole: a terminal that is switched off here keeps the old one.
            growing.replace(self._file)
        except OSError as trouble:
            _log.warning("what the window remembers could not be written: %s", trouble)


def _read(file: Path) -> dict[str, Plain]:
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as trouble:
        _log.warning("what the window remembers could not be read: %s", trouble)
        return {}
    return known if isinstance(known, dict) else {}
