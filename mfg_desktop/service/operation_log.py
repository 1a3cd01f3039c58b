"""The operation log beside the audit trail: one JSON line per command, for whoever looks after the terminals. It never holds a secret."""

import json
import logging
import traceback
from datetime import UTC, datetime
from decimal import Decimal
from logging.handlers import RotatingFileHandler
from pathlib import Path

_JSON = json.JSONEncoder(ensure_ascii=False)
LOGGER = logging.getLogger("mfg_desktop.operations")
# Without this the standard library writes warnings to the screen of whoever has set up no log.
LOGGER.addHandler(logging.NullHandler())


class ManufacturingOperationLogger:
    """Writes what was done, by whom, at which terminal, how it ended and how many milliseconds it took."""

    def __init__(self, folder: Path | None = None) -> None:
        """Write to `operations.jsonl` in `folder`, five files of 5 MB; without a folder only to the standard logger."""
        self._handler: logging.Handler | None = None
        LOGGER.setLevel(logging.INFO)
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            self._handler = RotatingFileHandler(
                folder / "operations.jsonl", maxBytes=5_000_000, backupCount=5, encoding="utf-8", delay=True
            )
            self._handler.setFormatter(logging.Formatter("%(message)s"))
            LOGGER.addHandler(self._handler)
            LOGGER.propagate = False

    def done(
        self, *, command: str, command_id: str, badge: str, terminal: str, entity: str | None, duration_ms: Decimal
    ) -> None:
        self._write(
            logging.INFO,
            command=command,
            command_id=command_id,
            badge=badge,
            terminal=terminal,
            entity=entity,
            ok=True,
            duration_ms=duration_ms,
        )

    def refused(
        self, *, command: str, command_id: str, badge: str, terminal: str, code: str, duration_ms: Decimal
    ) -> None:
        self._write(
            logging.WARNING,
            command=command,
            command_id=command_id,
            badge=badge,
            terminal=terminal,
            ok=False,
            code=code,
            duration_ms=duration_ms,
        )

    def failed(
        self,
        *,
        command: str,
        command_id: str,
        badge: str,
        terminal: str,
        report: str,
        fault: BaseException,
        duration_ms: Decimal,
    ) -> None:
        """Keep a fault of the program with the report number that the person was shown."""
        # The statement's values may hold what a person typed; the trace without them is enough to find the fault.
        trace = "".join(traceback.format_tb(fault.__traceback__))
        self._write(
            logging.ERROR,
            command=command,
            command_id=command_id,
            badge=badge,
            terminal=terminal,
            ok=False,
            report=report,
            fault=type(fault).__name__,
            trace=trace,
            duration_ms=duration_ms,
        )

    def close(self) -> None:
        if self._handler is not None:
            LOGGER.removeHandler(self._handler)
            self._handler.close()
            self._handler = None

    def _write(self, level: int, *, duration_ms: Decimal, **fields: object) -> None:
        if not LOGGER.isEnabledFor(level):
            return
        line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "level": logging.getLevelName(level),
            **fields,
            "duration_ms": str(duration_ms),
        }
        # Made here: who called is the same for every line, and to find it out takes as long as the rest.
        LOGGER.handle(logging.LogRecord(LOGGER.name, level, __file__, 0, _JSON.encode(line), None, None))
