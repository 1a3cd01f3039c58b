"""Replays the reports of a real machine shop through the service, and tells what the rules accepted and what they refused.

By hand: `python -m tests.replay [--database URL] [FILE]`. The file is by default ../shared/data/machine-shop-2012.csv
beside the project (README.md there tells its columns), the database a SQLite file that is gone afterwards.

How a line of the file becomes commands:

- A person, a machine, a product (which takes no material) and an order are made from whatever the file names.
- Lines are taken in the order of their ends, for that is when a worker reports; the file's times are the plant's.
- SETUP and PRODUCTION: the order is brought to its machine at the line's start, or as soon as the order and the machine
  have done what was reported before, since a machine does one thing at a time: what runs there is put on hold, the
  order is held, moved, resumed and started. Then its pieces are reported at the line's end. A set-up without a piece
  reports none.
- `held_for_review` is reported as rework: such pieces count nowhere until somebody has decided what they are.
- BREAKDOWN: the machine is BROKEN from the line's start to its end.
- After the last line of an order it is completed, if the rules let it be.

What a rule refuses is counted by its code, and nothing is bent to make it pass. Exit status: 0 when the totals of the
orders are those of the accepted lines, the books add up and the audit log is as it was written; otherwise 1.
"""

import argparse
import csv
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from mfg_desktop import headless
from mfg_desktop.exceptions import ManufacturingException
from mfg_desktop.operations.people import found_plant
from mfg_desktop.queries import check
from mfg_desktop.service.audit import Verified
from mfg_desktop.service.database import Database, upgrade
from mfg_desktop.service.shop import Shop
from mfg_desktop.service.work import Actor

REAL = Path(__file__).resolve().parents[1].parent / "shared" / "data" / "machine-shop-2012.csv"
SUPERVISOR, PIN = "REPLAY", "240613"
DEPARTMENT = "SHOP"
TYPES = (
    ("Turning", "CNC_LATHE"),
    ("Milling", "CNC_MILLING"),
    ("Grinding", "GRINDING"),
    ("Lapping", "GRINDING"),
    ("Quality", "INSPECTION"),
)
"""What the name of a machine tells of its type; the first word that is in it counts."""


@dataclass(frozen=True, slots=True)
class Line:
    """One report of the file."""

    place: int
    order: str
    part: str
    ordered: str
    machine: str
    worker: str
    report: str
    good: Decimal
    held_for_review: Decimal
    start: datetime
    end: datetime


Moment = tuple[datetime, int, Line, Callable[[Line], None]]
"""When something of a line happens, the line's place in the file, and what it is."""


@dataclass(slots=True)
class Told:
    """What came of the replay."""

    lines: int = 0
    accepted: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    completed: int = 0
    not_completed: Counter[str] = field(default_factory=Counter)
    good: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    rework: defaultdict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    """Pieces of the accepted lines, by order."""
    differences: list[str] = field(default_factory=list)
    """Orders whose totals are not those of their accepted lines."""
    problems: list[str] = field(default_factory=list)
    verified: Verified | None = None

    @property
    def is_sound(self) -> bool:
        intact = self.verified is not None and self.verified.problem is None
        return intact and not self.differences and not self.problems


def read_lines(file: Path) -> list[Line]:
    """Read the reports, in the order of the file."""
    with file.open(encoding="utf-8", newline="") as opened:
        return [
            Line(
                place=place,
                order=row["work_order"],
                part=row["part"],
                ordered=row["quantity"],
                machine=row["machine"],
                worker=row["worker"],
                report=row["report"],
                good=Decimal(row["good"]),
                held_for_review=Decimal(row["held_for_review"]),
                start=datetime.fromisoformat(row["start"]),
                end=datetime.fromisoformat(row["end"]),
            )
            for place, row in enumerate(csv.DictReader(opened), start=2)
        ]


def replay(database: Database, lines: Sequence[Line]) -> Told:
    """Make the shop of the file in a migrated database without a plant, live through its reports, and look at the books."""
    found_plant(database, admin_badge=SUPERVISOR, admin_pin=PIN, plant="Machine shop of 2012")
    shop = Shop(database)
    walk = Walk(shop, shop.sign_in(SUPERVISOR, PIN, terminal="replay"))
    walk.furnish(lines)
    walk.run(lines)
    walk.look()
    return walk.told


class Refused(Exception):
    """A rule said no; the argument is its code."""


class Walk:
    """The supervisor who types the reports in, one after the other."""

    def __init__(self, shop: Shop, actor: Actor) -> None:
        self.shop = shop
        self.actor = actor
        self.told = Told()
        self.last: dict[str, datetime] = {}
        """When the newest thing happened at a machine or to an order."""
        self.status: dict[str, str] = {}
        """Of every order, as the shop answered last."""
        self.place: dict[str, str] = {}
        """The machine that an order was brought to."""
        self.running: dict[str, str] = {}
        """The order that runs on a machine."""
        self.broken: set[int] = set()
        """Places of the breakdowns that were accepted, and so are to end."""

    def do(self, command: str, at: datetime, **fields: object) -> Mapping[str, Any]:
        return self._say({"command": command, "at": at.isoformat(), **fields})

    def _say(self, line: dict[str, object]) -> Mapping[str, Any]:
        answer = headless.answer(self.shop, self.actor, line)
        if not answer["success"]:
            raise Refused(answer["error"]["code"])
        data: Mapping[str, Any] = answer["data"]
        return data

    # What the file names

    def furnish(self, lines: Sequence[Line]) -> None:
        """Make people, machines, products and released orders, the day before the first report."""
        at = min(line.start for line in lines) - timedelta(days=1)
        self.do("department.create", at, code=DEPARTMENT, name="Machine shop")
        for worker in _each(line.worker for line in lines):
            self.do("user.create", at, badge=worker, name=worker, roles=["OPERATOR"], departments=[DEPARTMENT])
        for machine in _each(line.machine for line in lines):
            kind = next((kind for word, kind in TYPES if word in machine), "OTHER")
            self.do("machine.create", at, machine=machine, type=kind, department=DEPARTMENT)
        for part in _each(line.part for line in lines):
            self.do("product.create", at, stock_code=part, name=part, type="FINISHED", unit="pcs")
            self.do("bom.set", at, product=part, lines=[])
        by_order: dict[str, list[Line]] = {}
        for line in lines:
            by_order.setdefault(line.order, []).append(line)
        for number, own in by_order.items():
            first, last = min(line.start for line in own), max(line.end for line in own)
            self.do(
                "work_order.create",
                at,
                number=number,
                product=own[0].part,
                quantity=own[0].ordered,
                planned_start=first.isoformat(),
                planned_end=max(last, first + timedelta(minutes=1)).isoformat(),
                department=DEPARTMENT,
            )
            self._move(number, "plan", at)
            self._move(number, "release", at)

    # What it reports

    def run(self, lines: Sequence[Line]) -> None:
        self.told.lines = len(lines)
        last = {line.order: line for line in sorted(lines, key=lambda line: (line.end, line.place))}
        for _, _, line, act in sorted(self._moments(lines), key=lambda moment: moment[:2]):
            try:
                act(line)
            except Refused as refused:
                self.told.refused[str(refused)] += 1
            if line is last[line.order] and act != self._break:
                self._complete(line)

    def _moments(self, lines: Sequence[Line]) -> Iterator[Moment]:
        for line in lines:
            if line.report == "BREAKDOWN":
                yield line.start, line.place, line, self._break
                yield line.end, line.place, line, self._mend
            else:
                yield line.end, line.place, line, self._report

    def _report(self, line: Line) -> None:
        self._bring(line)
        if line.good or line.held_for_review or line.report == "PRODUCTION":
            self.do(
                "work_order.record_output",
                line.end,
                number=line.order,
                good=str(line.good),
                rework=str(line.held_for_review),
                operator=line.worker,
            )
            self.last[line.order] = line.end
            self.told.good[line.order] += line.good
            self.told.rework[line.order] += line.held_for_review
        self.told.accepted[line.report] += 1

    def _break(self, line: Line) -> None:
        data = self.do("machine.set_status", line.start, machine=line.machine, status="BROKEN", reason="broke down")
        self._happened(line.start, line.machine)
        if data["work_order"] is not None:
            self._stopped(data["work_order"], "ON_HOLD", line.start)
        self.broken.add(line.place)

    def _mend(self, line: Line) -> None:
        if line.place not in self.broken:
            return
        self.do("machine.set_status", line.end, machine=line.machine, status="AVAILABLE")
        self._happened(line.end, line.machine)
        self.told.accepted[line.report] += 1

    def _bring(self, line: Line) -> None:
        """Have the order of a line run on its machine, and give way to it what stands there."""
        number, machine = line.order, line.machine
        if self.running.get(machine) == number:
            return
        before, busy = self.place.get(number), self.running.get(machine)
        at = max([line.start, *(self.last[thing] for thing in (number, machine, before, busy) if thing in self.last)])
        if busy is not None:
            self._move(busy, "hold", at, reason=f"{number} takes its turn on {machine}")
        if self.status[number] == "IN_PROGRESS":
            self._move(number, "hold", at, reason=f"goes on at {machine}")
        if before != machine:
            self.do("work_order.update", at, number=number, machine=machine)
            self._happened(at, number)
            self.place[number] = machine
        if self.status[number] == "ON_HOLD":
            self._move(number, "resume", at)
        self._move(number, "start", at)
        self._happened(at, machine)
        self.running[machine] = number

    def _complete(self, line: Line) -> None:
        try:
            self._move(line.order, "complete", line.end)
        except Refused as refused:
            self.told.not_completed[str(refused)] += 1
        else:
            self.told.completed += 1

    def _move(self, number: str, action: str, at: datetime, **fields: object) -> None:
        data = self.do(f"work_order.{action}", at, number=number, **fields)
        self._stopped(number, data["status"], at)

    def _stopped(self, number: str, status: str, at: datetime) -> None:
        """Keep where an order stands; what does not run any more leaves its machine."""
        self.status[number] = status
        self._happened(at, number)
        machine = self.place.get(number)
        if machine is not None and self.running.get(machine) == number:
            del self.running[machine]
            self._happened(at, machine)

    def _happened(self, at: datetime, thing: str) -> None:
        self.last[thing] = at

    # What came of it

    def look(self) -> None:
        """Hold every order against its accepted lines, and look at the books and the audit log."""
        for number in self.status:
            order = self._say({"query": "work_order.get", "number": number})
            rework = sum((Decimal(output["rework"]) for output in order["outputs"]), Decimal(0))
            good, to_rework = self.told.good[number], self.told.rework[number]
            if Decimal(order["quantity_completed"]) != good or rework != to_rework:
                self.told.differences.append(
                    f"{number}: {order['quantity_completed']} good and {rework} to rework,"
                    f" but its lines give {good} and {to_rework}."
                )
        with self.shop.database.reading(seconds=600) as connection:
            self.told.problems = check.problems(connection)
        self.told.verified = self.shop.verify()


def _each(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _by_number(counted: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counted.items(), key=lambda item: (-item[1], item[0]))


def report_of(told: Told) -> str:
    """Say what came of the replay, for people."""
    verified = told.verified
    assert verified is not None
    good, rework = sum(told.good.values(), Decimal(0)), sum(told.rework.values(), Decimal(0))
    return "\n".join(
        [
            f"{told.lines} lines.",
            f"Accepted: {told.accepted.total()}, with {good} good pieces and {rework} to rework.",
            *(f"  {count:5} {kind}" for kind, count in sorted(told.accepted.items())),
            f"Refused: {told.refused.total()}.",
            *(f"  {count:5} {code}" for code, count in _by_number(told.refused)),
            f"Orders: {len(told.good)}, {told.completed} of them completed.",
            *(f"  {count:5} {code}" for code, count in _by_number(told.not_completed)),
            *(told.differences or ["The totals of all orders are those of their accepted lines."]),
            *(told.problems or ["Everything adds up."]),
            f"Entry {verified.broken_at}: {verified.problem}."
            if verified.problem
            else f"All {verified.entries} entries of the audit log are as they were written.",
        ]
    )


def main() -> int:
    """Replay a file from the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.replay", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("file", nargs="?", type=Path, default=REAL, help=f"the reports, by default {REAL.name}")
    parser.add_argument("--database", help="URL of an empty database; without it, a file that is gone afterwards")
    wanted = parser.parse_args()
    if not wanted.file.is_file():
        print(f"There is no file {wanted.file}.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="mfg-replay-") as folder:
        url = wanted.database or f"sqlite:///{folder}/replay.db"
        try:
            upgrade(url)
            database = Database(url, lasting=wanted.database is not None)
            try:
                told = replay(database, read_lines(wanted.file))
            finally:
                database.close()
        except ManufacturingException as refused:
            print(f"{refused.code}: {refused.message}\n{refused.next_step}", file=sys.stderr)
            return 2
    print(report_of(told))
    return 0 if told.is_sound else 1


if __name__ == "__main__":
    sys.exit(main())
