"""What single parts take: the audit inside the database, and a line of the operation log."""

import time
from decimal import Decimal
from pathlib import Path
from statistics import median
from uuid import uuid4

from mfg_desktop.service.operation_log import ManufacturingOperationLogger
from tests.benchmarks.by_hand import ByHand
from tests.benchmarks.race import STEPS, LineByHand

FUNCTIONS = {"mfg_audit_line": "lines", "mfg_write_entry": "entry"}
"""The functions of the history, and what they write."""


def audit_costs(hand: ByHand, rounds: int) -> dict[str, dict[str, float]]:
    """Measure for each step the milliseconds in the triggers that write its lines, and in the function that writes its entry with both its hashes.

    PostgreSQL keeps the time of each function itself; that adds a little to each call.
    """
    hand.connection.execute("SET track_functions = 'all'")
    line = LineByHand(hand, "CNC-2")
    took: dict[str, dict[str, list[float]]] = {step: {part: [] for part in FUNCTIONS.values()} for step in STEPS}
    before = _spent(hand)
    for _ in range(rounds):
        for step in STEPS:
            line.step(step)
            after = _spent(hand)
            for function, part in FUNCTIONS.items():
                took[step][part].append(after.get(function, 0.0) - before.get(function, 0.0))
            before = after
    hand.connection.execute("RESET track_functions")
    return {step: {part: median(times) for part, times in parts.items()} for step, parts in took.items()}


def _spent(hand: ByHand) -> dict[str, float]:
    hand.connection.execute("SELECT pg_stat_force_next_flush()")
    hand.connection.execute("SELECT pg_stat_clear_snapshot()")
    rows = hand.connection.execute("SELECT funcname, total_time FROM pg_stat_user_functions").fetchall()
    return dict(rows)


def log_cost(folder: Path, lines: int) -> float:
    """Measure the milliseconds that a line of the operation log takes."""
    log = ManufacturingOperationLogger(folder)
    took = []
    for _ in range(lines):
        started = time.perf_counter()
        log.done(
            command="work_order.start",
            command_id=str(uuid4()),
            badge="OP-1",
            terminal="T1",
            entity="WO-2026-00001",
            duration_ms=Decimal("3.125"),
        )
        took.append((time.perf_counter() - started) * 1000)
    log.close()
    return median(took)
