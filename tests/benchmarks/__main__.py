"""How fast the shop is: against the same work written by hand, on both databases, and part by part.

    python -m tests.benchmarks                    # some minutes
    python -m tests.benchmarks --quick            # 30 rounds
    python -m tests.benchmarks --orders 100000    # a plant of many years
    python -m tests.benchmarks --bare             # and the board without its indexes
    python -m tests.benchmarks --json             # for programs

It ends with 1 when something is slower than it may be, or when the shop and the hand no longer send the same statements. The server and the
files are its own, and wait for the disk as a plant's do.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy import text

from mfg_desktop.queries.check import problems
from mfg_desktop.service.database import Database
from mfg_desktop.service.operation_log import ManufacturingOperationLogger
from mfg_desktop.service.shop import Shop
from tests.benchmarks.alone import ALONE, alone
from tests.benchmarks.by_hand import ByHand
from tests.benchmarks.costs import audit_costs, log_cost
from tests.benchmarks.plans import bare_ratio, plans, share
from tests.benchmarks.plant import fill
from tests.benchmarks.race import LIFE, MEASURED, PAGE, STEPS, Measures, lives, race, supply
from tests.factories import Floor, prepare
from tests.postgres import running

AIM, LIMIT = 1.5, 2.0
"""What the shop should take of the time by hand, and what it may."""
INDEXED = 0.9
"""The part of the statements on big tables that must find their rows by an index."""
LOG_LINE = 10.0
"""Milliseconds that a line of the operation log may take."""


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="30 rounds instead of 200")
    parser.add_argument("--bare", action="store_true", help="ask for the board without indexes too")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument(
        "--orders", type=int, default=10_000, help="orders that the plant has already (default: %(default)s)"
    )
    wanted = parser.parse_args()
    rounds = 30 if wanted.quick else 200
    with tempfile.TemporaryDirectory(prefix="mfg-bench-") as folder, running(durable=True) as cluster:
        log = ManufacturingOperationLogger(Path(folder) / "log")
        figures = _on_postgres(cluster.create_database(), wanted.orders, rounds, bare=wanted.bare)
        figures["sqlite"] = _on_sqlite(f"sqlite:///{Path(folder) / 'plant.db'}", wanted.orders, max(30, rounds // 4))
        log.close()
        figures["log_line_ms"] = log_cost(Path(folder) / "lines", 2000)
    figures["faults"] = _faults(figures)
    print(json.dumps(figures, indent=2) if wanted.json else _told(figures))
    return 1 if figures["faults"] else 0


def _opened(url: str, orders: int) -> tuple[Floor, float]:
    """Make a plant with so many orders, and open it at a terminal; gives the seconds that filling it took."""
    prepare(url)
    # Waiting for the disk while the plant is filled would measure nothing.
    database = Database(url, lasting=False)
    started = time.perf_counter()
    fill(database, orders)
    seconds = time.perf_counter() - started
    database.close()
    floor = Floor(url)
    supply(floor)
    return floor, seconds


def _on_postgres(url: str, orders: int, rounds: int, *, bare: bool) -> dict[str, Any]:
    floor, seconds = _opened(url, orders)
    hand = ByHand(url)
    shop, by_hand, differences = race(floor, hand, rounds)
    costs = audit_costs(hand, 30)
    hand.connection.execute("ANALYZE")
    hand.close()
    rest = alone(floor, max(30, rounds // 4))
    explained = plans(floor)
    figures = {
        "orders": orders,
        "rounds": rounds,
        "seconds_to_fill": seconds,
        "problems": _problems(floor.shop),
        "shop": _figures(shop | rest),
        "by_hand": _figures(by_hand),
        "ratio": {name: shop[name].median / by_hand[name].median for name in shop},
        "undisturbed": {name: shop[name].undisturbed / by_hand[name].undisturbed for name in shop},
        "differences": differences,
        "audit_ms": costs,
        "indexed": share(explained),
        "statements": len(explained),
        "whole": [asdict(plan) for plan in explained if plan.whole],
        "bare": bare_ratio(floor, rounds) if bare else None,
    }
    floor.close()
    return figures


def _on_sqlite(url: str, orders: int, rounds: int) -> dict[str, Any]:
    floor, seconds = _opened(url, orders)
    measures = lives(floor, rounds) | alone(floor, max(30, rounds // 4))
    figures = {
        "rounds": rounds,
        "seconds_to_fill": seconds,
        "problems": _problems(floor.shop),
        "shop": _figures(measures),
    }
    with floor.shop.database.engine.connect() as connection:
        figures["journal"] = connection.execute(text("PRAGMA journal_mode")).scalar_one()
    floor.close()
    return figures


def _problems(shop: Shop) -> list[str]:
    with shop.database.reading(seconds=600) as connection:
        return problems(connection)


def _figures(measures: Measures) -> dict[str, dict[str, float]]:
    return {
        name: {
            "median_ms": times.median,
            "p95_ms": times.p95,
            "undisturbed_ms": times.undisturbed,
            "cpu_ms": times.cpu_median,
            "statements": times.statements,
            "trips": times.trips,
        }
        for name, times in measures.items()
    }


def _faults(figures: dict[str, Any]) -> list[str]:
    """Name what is slower than it may be, and what makes the comparison worthless."""
    found = [
        f"{name} takes {worse:.2f} x the time by hand"
        for name in MEASURED
        if (worse := max(figures["ratio"][name], figures["undisturbed"][name])) > LIMIT
    ]
    found += figures["differences"]
    found += [
        f"the books do not add up: {problem}" for problem in (*figures["problems"], *figures["sqlite"]["problems"])
    ]
    if figures["indexed"] < INDEXED:
        found.append(f"only {figures['indexed']:.0%} of the statements on big tables run on an index")
    if figures["log_line_ms"] > LOG_LINE:
        found.append(f"a line of the operation log takes {figures['log_line_ms']:.1f} ms")
    return found


def _told(figures: dict[str, Any]) -> str:
    rows: list[tuple[str, ...]] = [
        (
            "",
            "shop",
            "p95",
            "cpu",
            "by hand",
            "p95",
            "cpu",
            "ratio",
            "undisturbed",
            "statements",
            "trips",
            "SQLite",
            "p95",
        )
    ]
    for name in (*STEPS, LIFE, PAGE):
        ours, theirs, alone = figures["shop"][name], figures["by_hand"][name], figures["sqlite"]["shop"][name]
        rows.append(
            (
                name,
                *(f"{side[key]:.2f}" for side in (ours, theirs) for key in ("median_ms", "p95_ms", "cpu_ms")),
                f"{figures['ratio'][name]:.2f}",
                f"{figures['undisturbed'][name]:.2f}",
                *(f"{ours[key]}/{theirs[key]}" for key in ("statements", "trips")),
                f"{alone['median_ms']:.2f}",
                f"{alone['p95_ms']:.2f}",
            )
        )
    others: list[tuple[str, ...]] = [
        ("the shop alone", "PostgreSQL", "p95", "cpu", "statements", "SQLite", "p95", "cpu")
    ]
    for name in ALONE:
        ours, alone_ = figures["shop"][name], figures["sqlite"]["shop"][name]
        others.append(
            (
                name,
                *(f"{ours[key]:.2f}" for key in ("median_ms", "p95_ms", "cpu_ms")),
                f"{ours['statements']}",
                *(f"{alone_[key]:.2f}" for key in ("median_ms", "p95_ms", "cpu_ms")),
            )
        )
    lines = [
        f"{figures['orders']} orders, {figures['rounds']} rounds, milliseconds (medians); statements and trips: shop/by hand",
        *_table(rows),
        "",
        *_table(others),
        "",
    ]
    parts = [
        ("audit inside PostgreSQL", "lines", "entry"),
        *((step, *(f"{ms:.2f}" for ms in cost.values())) for step, cost in figures["audit_ms"].items()),
    ]
    lines += [*_table(parts), ""]
    lines.append(
        f"{figures['indexed']:.1%} of {figures['statements']} statements on big tables run on an index. The others:"
    )
    lines += [
        f"  {plan['asked_by']}: all of {', '.join(plan['whole'])}: {plan['statement'][:150]}"
        for plan in figures["whole"]
    ]
    if figures["bare"] is not None:
        lines.append(f"Without its indexes the board page takes {figures['bare']:.1f} x as long.")
    lines.append(f"A line of the operation log takes {figures['log_line_ms']:.3f} ms.")
    lines.append(
        f"Filled in {figures['seconds_to_fill']:.0f} s (PostgreSQL) and {figures['sqlite']['seconds_to_fill']:.0f} s (SQLite,"
        f" journal {figures['sqlite']['journal']}). Aim {AIM}, limit {LIMIT}."
    )
    return "\n".join([*lines, *(f"FAULT: {fault}" for fault in figures["faults"])])


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]


if __name__ == "__main__":
    sys.exit(main())
