"""The catalogue of refusals is complete, speaks plainly, and survives JSON, copying and threads."""

import copy
import json
import pickle
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from mfg_desktop.exceptions import (
    CATALOGUE,
    ENTRIES,
    BusinessRuleViolationException,
    CodeEntry,
    MachineException,
    ManufacturingException,
    MaterialAllocationException,
    ProductionException,
    Severity,
    WorkOrderException,
    combine,
    refusal,
)

CODES: dict[type[ManufacturingException], str] = {
    WorkOrderException: """
        WORK_ORDER_NOT_FOUND WORK_ORDER_CANNOT_START WORK_ORDER_ALREADY_STARTED WORK_ORDER_ALREADY_COMPLETED
        WORK_ORDER_INVALID_TRANSITION WORK_ORDER_NO_MACHINE WORK_ORDER_NO_MATERIALS WORK_ORDER_INVALID_DATES
        WORK_ORDER_INVALID_QUANTITY WORK_ORDER_DUPLICATE_NUMBER WORK_ORDER_QUANTITY_SHORT WORK_ORDER_OPEN_OPERATIONS
        WORK_ORDER_OPEN_SUB_ORDERS WORK_ORDER_HAS_ISSUED_MATERIAL WORK_ORDER_NOT_EDITABLE WORK_ORDER_CHANGED_ELSEWHERE
        OPERATION_NOT_FOUND OPERATION_INVALID_SEQUENCE OPERATION_ALREADY_STARTED OPERATION_ALREADY_COMPLETED
        OPERATION_CANNOT_START OPERATION_MACHINE_CONFLICT""",
    MachineException: """
        MACHINE_NOT_FOUND MACHINE_INACTIVE MACHINE_UNDER_MAINTENANCE MACHINE_BROKEN MACHINE_RETIRED
        MACHINE_ALREADY_IN_USE MACHINE_MAINTENANCE_OVERDUE MACHINE_INVALID_STATUS MACHINE_DOWNTIME_OVERLAP
        FIXTURE_NOT_FOUND FIXTURE_NOT_AVAILABLE FIXTURE_CHECK_OVERDUE
        GAUGE_NOT_FOUND GAUGE_NOT_AVAILABLE GAUGE_CALIBRATION_OVERDUE""",
    MaterialAllocationException: """
        MATERIAL_NOT_FOUND MATERIAL_INSUFFICIENT_STOCK MATERIAL_ALREADY_ALLOCATED MATERIAL_ALLOCATION_EXCEEDED
        MATERIAL_NOT_ALLOCATED MATERIAL_NOT_ISSUED MATERIAL_RETURN_EXCEEDED MATERIAL_BOM_NOT_FOUND MATERIAL_BOM_CYCLE
        MATERIAL_INVALID_QUANTITY MATERIAL_LOT_NOT_FOUND MATERIAL_LOT_EXPIRED MATERIAL_LOT_BLOCKED""",
    ProductionException: """
        PRODUCTION_OUTPUT_INVALID PRODUCTION_QUANTITY_NEGATIVE PRODUCTION_NO_OPERATOR PRODUCTION_OPERATION_NOT_STARTED
        PRODUCTION_ALREADY_COMPLETED PRODUCTION_OUTPUT_EXCEEDS_ORDER PRODUCTION_SCRAP_REASON_REQUIRED
        PRODUCTION_ALREADY_REVERSED""",
    BusinessRuleViolationException: """
        PERMISSION_DENIED PERMISSION_MACHINE_DENIED OVERRIDE_REQUIRED OVERRIDE_DENIED
        AUTH_REQUIRED AUTH_INVALID_CREDENTIALS AUTH_LOCKED
        VALIDATION_REQUIRED_FIELD VALIDATION_INVALID_FORMAT VALIDATION_INVALID_CHOICE VALIDATION_DUPLICATE_VALUE
        VALIDATION_INVALID_TIME VALIDATION_UNKNOWN_COMMAND""",
    ManufacturingException: """
        SYSTEM_ERROR SYSTEM_DATABASE_ERROR SYSTEM_DATABASE_UNAVAILABLE SYSTEM_BUSY SYSTEM_COMMAND_ID_REUSED
        SYSTEM_SCHEMA_OUTDATED""",
}
PROMISED_DETAILS = {
    "MATERIAL_INSUFFICIENT_STOCK": ("material", "required", "available", "reserved_elsewhere", "short"),
    "PRODUCTION_OUTPUT_EXCEEDS_ORDER": ("ordered", "limit", "reported", "asked"),
    "MACHINE_ALREADY_IN_USE": ("machine", "work_order"),
    "WORK_ORDER_QUANTITY_SHORT": ("ordered", "completed", "missing"),
    "WORK_ORDER_CANNOT_START": ("current_status", "required_status"),
    "WORK_ORDER_CHANGED_ELSEWHERE": ("number", "seen_version", "version", "changed_by", "changed_at", "terminal"),
}
BLANK = re.compile(r"\{(\w+)(?::(\w+))?\}")
A_CODE = re.compile(r"[A-Z]{2,}_[A-Z_]+")
NOT_FOR_PEOPLE = re.compile(r"\b(None|True|False|null|Decimal|datetime|dict|list\(|tuple|Exception|Traceback|NaN)\b")

every_entry = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.code)


class Status(StrEnum):
    IN_PROGRESS = "IN_PROGRESS"
    ON_HOLD = "ON_HOLD"


def likely_details(names: tuple[str, ...]) -> dict[str, object]:
    """Give each detail a value of the kind that its name promises."""
    values: dict[str, object] = {}
    for name in names:
        if name.endswith("status") or name == "allowed":
            values[name] = (Status.IN_PROGRESS, Status.ON_HOLD)
        elif name in {
            "until",
            "since",
            "value",
            "start",
            "end",
            "planned_start",
            "planned_end",
            "latest",
        } or name.endswith(("_at", "_start", "_end")):
            values[name] = datetime(2026, 11, 20, 14, 5, 59, tzinfo=UTC)
        elif name.startswith("next_"):
            values[name] = date(2026, 11, 20)
        elif name in {"operations", "sub_orders", "materials", "predecessors", "path", "fields", "refused"}:
            values[name] = ["10", "20", "30"]
        elif name == "days":
            values[name] = 3
        else:
            values[name] = Decimal("18.000")
    return values


@pytest.mark.parametrize("family", CODES, ids=lambda family: family.__name__)
def test_each_family_has_exactly_its_codes_in_the_order_of_the_contract(family: type[ManufacturingException]) -> None:
    listed = CODES[family].split()

    catalogued = [entry.code for entry in ENTRIES if entry.family is family]

    assert catalogued == listed


def test_no_code_stands_twice_and_the_families_follow_each_other() -> None:
    in_contract_order = [code for codes in CODES.values() for code in codes.split()]

    assert list(CATALOGUE) == in_contract_order
    assert len(ENTRIES) == len(CATALOGUE) == 77


def test_the_catalogue_cannot_be_changed_by_accident() -> None:
    with pytest.raises(TypeError):
        CATALOGUE["WORK_ORDER_NOT_FOUND"] = ENTRIES[0]  # type: ignore[index]


def test_an_order_that_is_not_released_is_refused_word_for_word() -> None:
    refused = refusal("WORK_ORDER_CANNOT_START", current_status="DRAFT", required_status="RELEASED")

    assert refused.as_error() == {
        "code": "WORK_ORDER_CANNOT_START",
        "message": "Work order cannot be started in current status",
        "details": {"current_status": "DRAFT", "required_status": "RELEASED"},
    }
    assert refused.next_step == "Start the order once it is released; it is draft now."


@every_entry
def test_a_sentence_names_only_the_details_of_its_row(entry: CodeEntry) -> None:
    named = {blank[1] for sentence in (entry.message, entry.next_step) for blank in BLANK.finditer(sentence)}

    assert named <= {*entry.details, *entry.optional}
    assert not set(entry.details) & set(entry.optional)


@every_entry
def test_an_optional_detail_stands_only_in_an_optional_part(entry: CodeEntry) -> None:
    always_said = re.sub(r"\[[^\[\]]*\]", "", entry.message + entry.next_step)

    assert not {blank[1] for blank in BLANK.finditer(always_said)} & set(entry.optional)


@every_entry
def test_a_blank_is_read_in_a_manner_that_exists(entry: CodeEntry) -> None:
    manners = {blank[2] for blank in BLANK.finditer(entry.message + entry.next_step)}

    assert manners <= {None, "words", "any", "days", "chain"}


@every_entry
@pytest.mark.parametrize("known", ["all", "always there", "none"])
def test_every_sentence_fills_and_stays_plain(entry: CodeEntry, known: str) -> None:
    names = {"all": entry.details + entry.optional, "always there": entry.details, "none": ()}[known]

    refused = refusal(entry.code, **likely_details(names))

    for sentence in (refused.message, refused.next_step):
        assert sentence
        assert sentence[0].isupper() or sentence[0] in "“0123456789"
        assert not set(sentence) & set("[]{}")
        assert not A_CODE.search(sentence)
        assert not NOT_FOR_PEOPLE.search(sentence)
        assert not re.search(r"  |\.\.| [.,;:]|,\.|18\.000", sentence)
    assert refused.next_step.endswith((".", "?"))
    assert ("unknown" in refused.message + refused.next_step) <= (known == "none")
    json.dumps(refused.as_error(), allow_nan=False)


@every_entry
def test_a_refusal_belongs_to_the_family_of_its_code(entry: CodeEntry) -> None:
    refused = refusal(entry.code)

    assert type(refused) is entry.family
    assert refused.entry is entry
    assert refused.severity is entry.severity


def test_a_code_in_the_wrong_family_is_a_fault() -> None:
    with pytest.raises(TypeError, match="MachineException"):
        WorkOrderException("MACHINE_BROKEN", machine="M-1")


@pytest.mark.parametrize(("code", "names"), PROMISED_DETAILS.items())
def test_the_details_of_the_contract_are_always_there(code: str, names: tuple[str, ...]) -> None:
    assert CATALOGUE[code].details == names


@every_entry
def test_every_validation_names_its_field(entry: CodeEntry) -> None:
    assert "field" in entry.details or not entry.code.startswith("VALIDATION_")


def test_only_what_the_contract_allows_may_be_overridden() -> None:
    overridable = {entry.code for entry in ENTRIES if entry.overridable}

    assert overridable == {"MACHINE_MAINTENANCE_OVERDUE", "MATERIAL_NOT_ISSUED", "MATERIAL_ALLOCATION_EXCEEDED"}


def test_only_faults_of_the_system_are_louder_than_a_warning() -> None:
    louder = {entry.code: entry.severity for entry in ENTRIES if entry.severity is not Severity.WARNING}

    assert louder == {
        "SYSTEM_ERROR": Severity.CRITICAL,
        "SYSTEM_DATABASE_ERROR": Severity.ERROR,
        "SYSTEM_DATABASE_UNAVAILABLE": Severity.ERROR,
        "SYSTEM_SCHEMA_OUTDATED": Severity.ERROR,
    }


@pytest.mark.parametrize(
    ("refused", "message", "next_step"),
    [
        (
            refusal("MATERIAL_LOT_BLOCKED", lot="L-204", material="BAR-20", reason="cracks at the ends."),
            "Lot L-204 is blocked: cracks at the ends.",
            "Pick another lot or ask Quality.",
        ),
        (
            refusal(
                "MATERIAL_NOT_ALLOCATED",
                material="BAR-20",
                required=Decimal("50.000"),
                allocated=Decimal("32.000"),
                short=Decimal("18.000"),
                unit="m",
            ),
            "Only 32 of 50 m BAR-20 is allocated.",
            "Allocate the material, or order 18 m more.",
        ),
        (
            refusal("MACHINE_MAINTENANCE_OVERDUE", machine="DMU-50", next_maintenance=date(2026, 11, 21), days=1),
            "Maintenance of machine DMU-50 was due on 21 Nov 2026, 1 day ago.",
            "Have the maintenance done and recorded, choose another machine, or call for an override.",
        ),
        (
            refusal(
                "WORK_ORDER_ALREADY_STARTED",
                number="WO-2026-00017",
                current_status=Status.IN_PROGRESS,
                moved_by="Zoë Şahin",
                moved_at=datetime(2026, 11, 22, 14, 5, 59, tzinfo=ZoneInfo("Europe/Berlin")),
                terminal="T2",
            ),
            "Work order WO-2026-00017 is already started: Zoë Şahin moved it last, on 22 Nov 2026 14:05 at terminal T2.",
            "Open the order to see where it stands, then report output or put it on hold.",
        ),
        (
            refusal(
                "WORK_ORDER_INVALID_TRANSITION", current_status="COMPLETED", required_status=["PLANNED", "IN_PROGRESS"]
            ),
            "Work order cannot take this step while it is completed.",
            "Take this step when the order is planned or in progress.",
        ),
        (
            refusal("MATERIAL_BOM_CYCLE", product="A", path=["A", "B", "A"]),
            "The bill of materials of A leads back to itself: A > B > A.",
            "Take the product out of its own bill of materials.",
        ),
        (
            refusal("AUTH_LOCKED", until=datetime(2026, 11, 22, 14, 5, tzinfo=UTC)),
            "This badge is locked until 22 Nov 2026 14:05 UTC after too many wrong PINs.",
            "Wait until then, or ask an administrator for a new PIN.",
        ),
        (
            refusal("SYSTEM_SCHEMA_OUTDATED", found="0005", needed="0007"),
            "The database at version 0005 does not fit this program, which needs version 0007.",
            "Run “mfg-desktop db upgrade”, then start again.",
        ),
    ],
    ids=lambda value: value.code if isinstance(value, ManufacturingException) else "",
)
def test_a_refusal_speaks_to_a_machinist(refused: ManufacturingException, message: str, next_step: str) -> None:
    assert (refused.message, refused.next_step) == (message, next_step)


def test_a_megabyte_with_control_characters_is_cut_and_cleaned_in_the_sentence() -> None:
    refused = refusal("VALIDATION_INVALID_CHOICE", field="priority", value="\x1b[31m\n{field}\0" + "x" * 1_000_000)

    assert len(refused.message) < 150
    assert refused.message.isprintable()


def test_a_long_list_is_cut_in_the_sentence_and_whole_in_the_details() -> None:
    sub_orders = [f"WO-{counter}" for counter in range(12)]

    refused = refusal("WORK_ORDER_OPEN_SUB_ORDERS", number="WO-1", sub_orders=sub_orders)

    assert refused.message.endswith("WO-6, WO-7 and 4 more.")
    assert refused.as_error()["details"] == {"number": "WO-1", "sub_orders": sub_orders}


@pytest.mark.parametrize(
    ("value", "in_json"),
    [
        (Decimal("0.300"), "0.3"),
        (Decimal("32.000"), "32"),
        (Decimal("1.2E+3"), "1200"),
        (Decimal("-0.000"), "0"),
        (Decimal("0E+999999"), "0"),
        (Decimal("-1.50"), "-1.5"),
        (Decimal("1E+999999"), "1.000000E+999999"),
        (Decimal("1E-999999"), "1.000000E-999999"),
        (Decimal("NaN"), "NaN"),
        (Decimal("sNaN"), "sNaN"),
        (float("inf"), "inf"),
        (10**5000, "1.000000E+5000"),
        (7, 7),
        (True, True),
        (None, None),
        (Status.ON_HOLD, "ON_HOLD"),
        (UUID(int=5), "00000000-0000-0000-0000-000000000005"),
        (datetime(2026, 11, 22, 14, 5, 59, tzinfo=UTC), "2026-11-22T14:05:59+00:00"),
        (date(2026, 11, 22), "2026-11-22"),
        ((Decimal("1.0"), "a"), ["1", "a"]),
        ({"b", "a"}, ["a", "b"]),
        ({Status.ON_HOLD: {"deep": (Decimal("2.50"),)}}, {"ON_HOLD": {"deep": ["2.5"]}}),
        (refusal("SYSTEM_BUSY"), refusal("SYSTEM_BUSY").as_error()),
    ],
    ids=lambda value: repr(value)[:30] if not isinstance(value, int) else "integer",
)
def test_details_become_plain_json(value: object, in_json: object) -> None:
    error = refusal("MATERIAL_INVALID_QUANTITY", material="BAR-20", quantity=value).as_error()

    assert error["details"] == {"material": "BAR-20", "quantity": in_json}
    assert json.loads(json.dumps(error, allow_nan=False)) == error
    assert len(json.dumps(error)) < 500


def test_several_violations_are_one_refusal_in_which_the_first_speaks() -> None:
    overdue = refusal("MACHINE_MAINTENANCE_OVERDUE", machine="M-1", next_maintenance=date(2026, 11, 1), days=21)
    no_machine = refusal("WORK_ORDER_NO_MACHINE", number="WO-1")
    short = refusal("MATERIAL_NOT_ALLOCATED", material="BAR-20", required=Decimal(50), allocated=0, short=50)

    refused = combine([no_machine, combine([overdue, short])])

    assert type(refused) is WorkOrderException
    assert refused.violations == (no_machine, overdue, short)
    assert refused.message == no_machine.message
    assert refused.details == {
        "number": "WO-1",
        "violations": [no_machine.as_error(), overdue.as_error(), short.as_error()],
    }
    assert "violations" not in no_machine.details
    json.dumps(refused.as_error())


def test_a_single_violation_stays_itself() -> None:
    alone = refusal("WORK_ORDER_NO_MACHINE", number="WO-1")

    assert combine([alone]) is alone
    assert alone.violations == (alone,)


def test_nothing_cannot_be_combined() -> None:
    with pytest.raises(ValueError, match="without a violation"):
        combine([])


def test_an_override_helps_only_when_every_violation_allows_it() -> None:
    overdue = refusal("MACHINE_MAINTENANCE_OVERDUE", machine="M-1", next_maintenance=date(2026, 11, 1), days=21)
    not_issued = refusal("MATERIAL_NOT_ISSUED", material="BAR-20", required=5, issued=0, short=5)
    broken = refusal("MACHINE_BROKEN", machine="M-1")

    assert combine([overdue, not_issued]).overridable
    assert not combine([overdue, broken]).overridable


@pytest.mark.parametrize("crossing", [copy.copy, copy.deepcopy, lambda refused: pickle.loads(pickle.dumps(refused))])
def test_a_refusal_crosses_threads_and_processes_whole(crossing: object) -> None:
    assert callable(crossing)
    refused = combine(
        [
            refusal("MATERIAL_LOT_BLOCKED", lot="L-204", material="BAR-20", reason="cracks"),
            refusal("MATERIAL_INVALID_QUANTITY", material="BAR-20", quantity=Decimal("-1.000")),
        ]
    )

    arrived = crossing(refused)

    assert type(arrived) is MaterialAllocationException
    assert arrived.as_error() == refused.as_error()
    assert [violation.as_error() for violation in arrived.violations] == refused.details["violations"]


def test_a_log_line_shows_code_and_sentence() -> None:
    assert str(refusal("MACHINE_BROKEN", machine="M-1")) == "MACHINE_BROKEN: Machine M-1 is broken."
