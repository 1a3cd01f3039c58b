"""How material is told to a person: what an order lacks, how a line stands, what a lot holds. Words and looks only."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from mfg_desktop.queries.rows import (
    LotPick,
    LotRow,
    MovementRow,
    OrderDetail,
    OrderRow,
    ShortageRow,
    ShortOrder,
    SubOrderRow,
)
from mfg_desktop.rules.allocation import USABLE
from mfg_desktop.ui.kit import formats
from mfg_desktop.ui.kit.bars import Segment
from mfg_desktop.ui.kit.cards import Card
from mfg_desktop.ui.materials.presenter import Cover, Line, LotChoice, listed
from mfg_desktop.ui.materials.shortages_presenter import Due
from mfg_desktop.ui.theme import (
    BLOCKED_LOT,
    EXPIRED_LOT,
    MACHINE_LOOKS,
    ORDER_LOOKS,
    PRIORITY_LOOKS,
    READINESS_LOOKS,
    STOCK_LOOKS,
    Look,
    Tone,
)
from mfg_desktop.vocabulary import MachineStatus, MovementKind, Priority, Readiness, StockCategory

USABLE_LOT: Final = Look(Tone.RUNNING, "check", "Usable")
UNUSABLE_LOT: Final = Look(Tone.HELD, "blocked", "Not for use")
RESERVED_LOT: Final = Look(Tone.RELEASED, "lot", "Reserved")
EMPTY_LOT: Final = Look(Tone.PLANNED, "minus", "Used up")
MATERIAL_WORDS: Final = {
    Readiness.MISSING: "Nothing reserved",
    Readiness.PARTLY: "Partly reserved",
    Readiness.READY: "Covered",
    Readiness.NOT_NEEDED: "Not needed",
}
BLOCK_REASONS: Final = ("Wrong size", "Certificate missing", "Damaged", "Rust", "Customer complaint", "To be measured")
UNBLOCK_REASONS: Final = ("Checked, good", "Certificate came", "Sorted", "Blocked by mistake")
COUNT_REASONS: Final = ("Stocktaking", "Wrong at arrival", "Used without an issue", "Not found", "Found again")
CATEGORY_REASONS: Final = ("Quality check", "Checked, good", "Sorted out", "Wrong label")
CATEGORIES: Final[tuple[StockCategory, ...]] = tuple(StockCategory)


def order_card(order: OrderRow, zone: ZoneInfo, now: datetime) -> Card:
    """Write an order that needs material: what it makes, how its material stands, when it is due, where it runs."""
    look = READINESS_LOOKS[order.material]
    machine = MACHINE_LOOKS[order.machine_status or MachineStatus.AVAILABLE]
    return Card(
        key=order.number,
        title=order.number,
        subtitle=order.product_name,
        chip=Look(look.tone, look.icon, MATERIAL_WORDS[order.material]),
        when=formats.due(order.planned_end, zone, now=now),
        when_tone=Tone.TROUBLE if order.overdue else None,
        place=Look(machine.tone, machine.icon, order.machine) if order.machine else None,
    )


def headline(detail: OrderDetail) -> str:
    return f"{detail.row.number} · {detail.row.product_name}"


def enough_sentence(detail: OrderDetail, lines: Sequence[Line]) -> str:
    """Say what the material is enough for and what is missing, with the numbers."""
    ordered = formats.quantity(detail.row.quantity_ordered)
    if not lines:
        return "This order takes no material."
    if all(line.out >= line.row.required for line in lines):
        return f"Everything is issued: enough for all {ordered}."
    if not any(line.gap for line in lines):
        return f"Everything is reserved or issued: enough for all {ordered}."
    held = "reserved or issued" if any(line.out for line in lines) else "reserved"
    sentences = [f"What is {held} is enough for {formats.quantity(detail.makeable)} of {ordered}."]
    short = [amount(line.row.short, line) for line in lines if line.row.short]
    if short:
        few = len(short) == 1 and next(line for line in lines if line.row.short).row.short == 1
        sentences.append(f"{listed(short)} {'is' if few else 'are'} missing.")
    free = [amount(line.to_reserve, line) for line in lines if line.to_reserve]
    if free:
        sentences.append(f"{listed(free)} can still be reserved.")
    return " ".join(sentences)


def amount(quantity: Decimal, line: Line) -> str:
    """Write a quantity with what it is of: `18 m of BAR-4140-45`."""
    return f"{formats.quantity(quantity, line.row.unit)} of {line.row.material}"


def cover_look(line: Line) -> Look:
    """Write how a line stands as a chip: `Short 18 m`, `18 m to reserve`, `Covered`."""
    unit = line.row.unit
    return {
        Cover.COVERED: Look(Tone.RUNNING, "check", MATERIAL_WORDS[Readiness.READY]),
        Cover.TO_RESERVE: Look(Tone.HELD, "lot", f"{formats.quantity(line.to_reserve, unit)} to reserve"),
        Cover.SHORT: Look(Tone.TROUBLE, "alert", f"Short {formats.quantity(line.row.short, unit)}"),
    }[line.cover]


def segments(line: Line) -> tuple[Segment, ...]:
    """Give the parts of a line's bar; what is neither reserved nor missing in the whole stock stays empty."""
    row = line.row
    return (
        Segment(row.consumed, Tone.DONE, "consumed"),
        Segment(max(Decimal(0), line.out - row.consumed), Tone.RUNNING, "issued"),
        Segment(row.reserved, Tone.RELEASED, "reserved"),
        Segment(row.short, Tone.TROUBLE, "missing"),
    )


def enough_for(line: Line) -> str:
    """Write how far what a line has reaches: `32 of 50 m: enough for 64 of 100`."""
    row, ordered = line.row, formats.quantity(line.ordered)
    told = f"{formats.quantity(line.held)} of {formats.quantity(row.required, row.unit)}"
    if row.enough_for >= line.ordered:
        return f"{told}: enough for all {ordered}"
    return f"{told}: enough for {formats.quantity(row.enough_for)} of {ordered}"


def sub_order(order: SubOrderRow, unit: str, zone: ZoneInfo, now: datetime) -> str:
    """Write what a sub order will bring: `WO-2026-00012 · 30 pcs · due Wed 14:00 · released`."""
    parts = [order.number, formats.quantity(order.quantity - order.quantity_completed, unit)]
    if order.planned_end is not None:
        parts.append(formats.due(order.planned_end, zone, now=now))
    return " · ".join((*parts, ORDER_LOOKS[order.status].word.lower()))


def figures(line: Line) -> list[tuple[str, str, Tone | None]]:
    """Give the numbers of a line, each with its word and the tone it has in the bar."""
    row = line.row
    told: list[tuple[str, str, Tone | None]] = [
        ("consumed", formats.quantity(row.consumed), Tone.DONE),
        ("issued", formats.quantity(line.out), Tone.RUNNING),
        ("reserved", formats.quantity(row.reserved), Tone.RELEASED),
    ]
    return told + ([("missing", formats.quantity(row.short), Tone.TROUBLE)] if row.short else [])


def is_expired(pick: LotPick, now: datetime) -> bool:
    return pick.expires_at is not None and pick.expires_at <= now


def lot_look(pick: LotPick, now: datetime) -> Look | None:
    """Give what is wrong with a lot."""
    if pick.blocked:
        return BLOCKED_LOT
    if pick.category is StockCategory.QUARANTINE:
        return STOCK_LOOKS[StockCategory.QUARANTINE]
    return EXPIRED_LOT if is_expired(pick, now) else None


def lot_words(pick: LotPick, unit: str, zone: ZoneInfo) -> str:
    """Write what a lot holds for a line: `18 m · 5 Oct`, `12 m issued · 5 Oct`, or what is free in the next one."""
    out = pick.issued - pick.returned
    parts = [formats.quantity(pick.reserved, unit)] if pick.reserved else []
    parts += [f"{formats.quantity(out, unit)} issued"] if out else []
    parts = parts or [f"{formats.quantity(pick.available, unit)} free"]
    return " · ".join((*parts, lot_date(pick, zone)))


def lot_date(pick: LotPick, zone: ZoneInfo) -> str:
    """Write the day that decides which lot goes first: when it expires, else when it came."""
    return f"exp. {formats.day(pick.expires_at, zone)}" if pick.expires_at else formats.day(pick.received_at, zone)


def holds(pick: LotPick) -> bool:
    """Say whether a lot is reserved or issued for its line, not only next in turn."""
    return pick.reserved > 0 or pick.issued > pick.returned


def issue_choice(choice: LotChoice, unit: str, zone: ZoneInfo) -> str:
    if choice.pick is None:
        return f"As reserved · {formats.quantity(choice.most, unit)}"
    kind = "reserved" if choice.pick.reserved else "free"
    quantity = formats.quantity(choice.pick.reserved or choice.pick.available, unit)
    return f"{choice.pick.lot} · {quantity} {kind} · {lot_date(choice.pick, zone)}"


def return_choice(choice: LotChoice, unit: str, zone: ZoneInfo) -> str:
    if choice.pick is None:
        return f"Last issued first · {formats.quantity(choice.most, unit)}"
    return f"{choice.pick.lot} · {formats.quantity(choice.most, unit)} · {lot_date(choice.pick, zone)}"


def issue_preview(line: Line, quantity: Decimal | None) -> tuple[str, Tone]:
    """Say what issuing this quantity does."""
    if not quantity:
        return "Type how much leaves the store.", Tone.PLANNED
    unit, after = line.row.unit, line.out + quantity
    told = f"Issued then: {formats.quantity(after)} of {formats.quantity(line.row.required, unit)}."
    over = after - line.row.required
    if over > 0:
        return (
            f"{told} That is {formats.quantity(over, unit)} more than required; a second person has to override it.",
            Tone.HELD,
        )
    left = max(Decimal(0), line.row.reserved - quantity)
    return f"{told} {formats.quantity(left, unit)} stay reserved.", Tone.RUNNING


def return_preview(line: Line, quantity: Decimal | None) -> tuple[str, Tone]:
    """Say what returning this quantity does."""
    if not quantity:
        return "Type how much comes back.", Tone.PLANNED
    unit, most = line.row.unit, line.returnable
    if quantity > most:
        return f"Only {formats.quantity(most, unit)} are issued and not used.", Tone.HELD
    left = line.out - quantity
    return f"Issued then: {formats.quantity(left)} of {formats.quantity(line.row.required, unit)}.", Tone.RUNNING


# ---------------------------------------------------------------------- stock


def lot_state(row: LotRow) -> Look:
    """Write whether a lot may be used, and if not, why."""
    if row.blocked:
        return BLOCKED_LOT
    if row.expired:
        return EXPIRED_LOT
    if not row.on_hand:
        return EMPTY_LOT
    if row.category not in USABLE:
        return UNUSABLE_LOT
    return USABLE_LOT if row.available else RESERVED_LOT


def lot_note(row: LotRow) -> str:
    """Write why a lot may not be used."""
    return f"Blocked: {row.block_reason}" if row.blocked and row.block_reason else ""


_MOVED: Final = {
    MovementKind.RECEIPT: "Received",
    MovementKind.ISSUE: "Issued",
    MovementKind.BACKFLUSH: "Issued by output",
    MovementKind.RETURN: "Returned",
    MovementKind.PRODUCED: "Produced",
    MovementKind.SCRAPPED: "Scrapped",
    MovementKind.ADJUSTMENT: "Adjusted",
    MovementKind.REVERSAL: "Reversed",
}


def movement_word(row: MovementRow) -> str:
    return _MOVED[MovementKind(row.kind)]


def movement_about(row: MovementRow) -> str:
    """Write what a movement was for: the order, the reason."""
    return " · ".join(part for part in (row.work_order, row.reason) if part)


def movement_quantity(quantity: Decimal) -> str:
    """Write what came with a plus and what went with a minus."""
    return f"+{formats.quantity(quantity)}" if quantity > 0 else f"−{formats.quantity(-quantity)}"


def movement_tone(row: MovementRow) -> Tone:
    return Tone.RUNNING if row.quantity > 0 else Tone.HELD


def difference(quantity: Decimal, unit: str) -> str:
    """Write by how much a count differs: `+2 m`, `−2 m`, `none`."""
    return f"{movement_quantity(quantity)} {unit}" if quantity else "none"


def count_preview(row: LotRow, counted: Decimal) -> tuple[str, Tone]:
    """Say what a count makes of a lot."""
    if counted < row.reserved:
        reserved = formats.quantity(row.reserved, row.unit)
        return f"{reserved} are reserved, more than was counted: an order has to give some of it back first.", Tone.HELD
    told = f"Lot {row.lot} will hold {formats.quantity(counted, row.unit)}."
    return f"{told} Not reserved: {formats.quantity(counted - row.reserved, row.unit)}.", Tone.RELEASED


def lot_facts(row: LotRow, zone: ZoneInfo) -> list[tuple[str, str]]:
    """Give the facts of a lot that say something."""
    told = [
        ("On hand", formats.quantity(row.on_hand, row.unit)),
        ("Reserved", formats.quantity(row.reserved, row.unit)),
        ("Available", formats.quantity(row.available, row.unit)),
        ("Location", row.location or ""),
        ("Received", formats.day(row.received_at, zone)),
        ("Expires", formats.day(row.expires_at, zone) if row.expires_at else ""),
        ("Unit cost", f"{row.unit_cost:.2f} per {row.unit}" if row.unit_cost is not None else ""),
    ]
    return [(name, text) for name, text in told if text]


# ---------------------------------------------------------------------- shortages

DUE_WORDS: Final = {Due.TODAY: "Due today", Due.WEEK: "Due this week", Due.ALL: "All open orders"}
NOTHING_SHORT: Final = {
    Due.TODAY: (
        "Nothing is short today",
        "Stock can give what the orders due today, and the late ones, still need. Later orders may yet be short.",
    ),
    Due.WEEK: (
        "Nothing is short this week",
        "Stock can give what the orders due by Sunday, and the late ones, still need. Later orders may yet be short.",
    ),
    Due.ALL: ("Nothing is short", "Stock can give everything that open orders still need."),
}
_HURRY: Final = (Priority.URGENT, Priority.HIGH, Priority.MEDIUM, Priority.LOW)


def shortage_sentence(row: ShortageRow) -> str:
    """Say what is needed, what there is and what is on its way: `50 m still needed, 30 m available: 20 m short.`"""
    told = f"{formats.quantity(row.missing, row.unit)} still needed, none available."
    if row.available:
        have, short = formats.quantity(row.available, row.unit), formats.quantity(row.short, row.unit)
        told = f"{formats.quantity(row.missing, row.unit)} still needed, {have} available: {short} short."
    if not row.coming:
        return told
    enough = "" if row.coming >= row.short else f", {formats.quantity(row.short - row.coming, row.unit)} too few"
    return f"{told} Open orders are to make {formats.quantity(row.coming, row.unit)}{enough}."


def shortage_segments(row: ShortageRow) -> tuple[Segment, ...]:
    """Give the parts of what is still needed: available, on its way, and what nobody has or makes."""
    coming = min(row.coming, row.short)
    return (
        Segment(row.available, Tone.RUNNING, "available"),
        Segment(coming, Tone.RELEASED, "coming"),
        Segment(row.short - coming, Tone.TROUBLE, "short"),
    )


def coming(row: ShortageRow) -> str:
    return formats.quantity(row.coming, row.unit) if row.coming else formats.NOTHING


def most_urgent(row: ShortageRow) -> Look:
    """Give the highest priority among the orders behind a shortage, with how many have it: `Urgent 3`."""
    priorities = [order.priority for order in row.orders]
    highest = next(priority for priority in _HURRY if priority in priorities)
    look = PRIORITY_LOOKS[highest]
    return Look(look.tone, look.icon, f"{look.word} · {priorities.count(highest)}")


def short_order_card(order: ShortOrder, unit: str, zone: ZoneInfo, now: datetime) -> Card:
    """Write an order that is left short: how much, of how much, and when it is due."""
    held = order.required - order.missing
    late = order.planned_end < now
    return Card(
        key=order.number,
        title=order.number,
        subtitle=f"{order.product} · {ORDER_LOOKS[order.status].word.lower()}",
        chip=Look(Tone.TROUBLE, "alert", f"Short {formats.quantity(order.short, unit)}"),
        when=formats.due(order.planned_end, zone, now=now),
        when_tone=Tone.TROUBLE if late else None,
        segments=(
            Segment(held, Tone.RUNNING, "reserved or issued"),
            Segment(order.missing - order.short, Tone.RELEASED, "to be had"),
            Segment(order.short, Tone.TROUBLE, "short"),
        ),
        total=order.required,
        figure=formats.quantity(order.required - order.short),
        figure_rest=f"of {formats.quantity(order.required, unit)} covered",
        place=PRIORITY_LOOKS[order.priority] if order.priority in (Priority.URGENT, Priority.HIGH) else None,
    )
