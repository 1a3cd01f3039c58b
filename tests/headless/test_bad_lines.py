"""Whatever stands in a line, it gets an answer with a code, changes nothing, and the next line works."""

import json
from collections.abc import Callable, Mapping

import pytest

from mfg_desktop.queries import check
from tests.factories import Floor
from tests.headless.terminal import Line, Process, contents, converse

MACHINES = {"query": "machine.list"}
FORMAT, CHOICE, MISSING = "VALIDATION_INVALID_FORMAT", "VALIDATION_INVALID_CHOICE", "VALIDATION_REQUIRED_FIELD"
UNKNOWN = "VALIDATION_UNKNOWN_COMMAND"
MEGABYTE = "x" * 1_000_000
ORDER = '"product":"GEAR","planned_start":"2026-03-02","planned_end":"2026-03-03"'


def created(quantity: str) -> bytes:
    """Write a line that orders `quantity`, as it stands."""
    return f'{{"command":"work_order.create",{ORDER},"quantity":{quantity}}}\n'.encode()


def counted(number: str) -> bytes:
    """Write a line where a whole number is due."""
    return f'{{"command":"machine.create","machine":"M","type":"OTHER","tool_count":{number}}}\n'.encode()


def coded(code: str) -> bytes:
    """Write a line where a short text is due."""
    return f'{{"command":"department.create","code":{code},"name":"Warehouse"}}\n'.encode()


def nested(depth: int, before: str = "", after: str = "") -> bytes:
    return f"{before}{'[' * depth}{']' * depth}{after}\n".encode()


NO_COMMAND: Mapping[str, tuple[Line, str]] = {
    "no JSON": (b"start WO-1\n", FORMAT),
    "half an object": (b'{"query":"machine.list"\n', FORMAT),
    "two objects": (b'{"query":"machine.list"}{"query":"machine.list"}\n', FORMAT),
    "a list": (b'[{"query":"machine.list"}]\n', FORMAT),
    "a text": (b'"machine.list"\n', FORMAT),
    "a number": (b"5\n", FORMAT),
    "null": (b"null\n", FORMAT),
    "an empty object": (b"{}\n", FORMAT),
    "command and query": (b'{"command":"work_order.start","query":"machine.list"}\n', FORMAT),
    "a field twice": (b'{"query":"stock.list","lot":"B-1","lot":"B-2"}\n', FORMAT),
    "invalid UTF-8": (b'{"query":"machine.\xff\xfe"}\n', FORMAT),
    "UTF-16": ('{"query":"machine.list"}\n'.encode("utf-16-be"), FORMAT),
    "NUL": (b"\x00\n", FORMAT),
    "control character": (b'{"query":"machine\x01.list"}\n', FORMAT),
    "100,000 brackets": (b"[" * 100_000 + b"\n", FORMAT),
    "100,000 closed brackets": (nested(100_000), FORMAT),
    "100,000 brackets as a command": (nested(100_000, '{"command":', "}"), FORMAT),
    "60 brackets as a command": (nested(60, '{"command":', "}"), FORMAT),
    "5,000 brackets as a word": (nested(5_000, '{"query":"stock.list","category":', "}"), FORMAT),
    "20 brackets as a command": (nested(20, '{"command":', "}"), UNKNOWN),
    "20 brackets as a word": (nested(20, '{"query":"stock.list","category":', "}"), CHOICE),
    "a line of 20 MB": (b'{"query":"' + b"x" * 20_000_000 + b'"}\n', FORMAT),
    "unknown command": ({"command": "work_order.explode"}, UNKNOWN),
    "unknown query": ({"query": "work_order.explode"}, UNKNOWN),
    "a question as a command": ({"command": "machine.list"}, UNKNOWN),
    "a number as a command": ({"command": 5}, UNKNOWN),
    "null as a query": ({"query": None}, UNKNOWN),
    "an object as a command": ({"command": {}}, UNKNOWN),
    "a megabyte as a command": ({"command": MEGABYTE}, UNKNOWN),
    "a lone surrogate as a command": (b'{"command":"\\ud800"}\n', UNKNOWN),
}
FIELDS: Mapping[str, tuple[Line, str]] = {
    "unknown field": ({"command": "department.create", "code": "W", "name": "W", "colour": "red"}, FORMAT),
    "unknown field of a query": ({"query": "machine.list", "colour": "red"}, FORMAT),
    "Python's name of a field": ({"query": "audit.list", "from_": "2026-01-01"}, FORMAT),
    "a megabyte as a field": ({"command": "department.create", "code": "W", "name": "W", MEGABYTE: 1}, FORMAT),
    "a lone surrogate as a field": (b'{"command":"department.create","code":"W","name":"W","\\udfff":1}\n', FORMAT),
    "NUL as a field": (b'{"command":"department.create","code":"W","name":"W","\\u0000":1}\n', FORMAT),
    "a field is missing": ({"command": "department.create", "code": "W"}, MISSING),
    "empty text": ({"command": "department.create", "code": " ", "name": "W"}, MISSING),
    "a number for text": (coded("5"), FORMAT),
    "true for text": (coded("true"), FORMAT),
    "null for text": (coded("null"), FORMAT),
    "a list for text": (coded('["W"]'), FORMAT),
    "an object for text": (coded('{"a":1}'), FORMAT),
    "text of 61 characters": (coded(f'"{"x" * 61}"'), FORMAT),
    "text of 1 MB": (coded(f'"{MEGABYTE}"'), FORMAT),
    "text with NUL": (coded('"a\\u0000b"'), FORMAT),
    "text with escape": (coded('"a\\u001b[31mb"'), FORMAT),
    "text with a line break": (coded('"a\\nb"'), FORMAT),
    "text with a lone surrogate": (coded('"a\\ud800b"'), FORMAT),
    "text for a list": ({"command": "role.set_operations", "role": "R", "operations": "work_order.get"}, FORMAT),
    "text for an object": ({"command": "bom.set", "product": "GEAR", "lines": ["BAR"]}, FORMAT),
    "an object for a list": ({"command": "bom.set", "product": "GEAR", "lines": {}}, FORMAT),
    "text for true": ({"command": "work_order.allocate", "number": "N", "allow_partial": "true"}, FORMAT),
    "1 for true": ({"command": "work_order.allocate", "number": "N", "allow_partial": 1}, FORMAT),
    "an unknown word": ({"command": "machine.create", "machine": "M", "type": "LOOM"}, CHOICE),
    "a word in small letters": ({"command": "machine.create", "machine": "M", "type": "other"}, CHOICE),
    "NUL as a word": (b'{"command":"machine.create","machine":"M","type":"\\u0000"}\n', CHOICE),
    "a command id that is none": ({**MACHINES, "query": "machine.list", "command_id": "1"}, FORMAT),
    "no time": ({"command": "work_order.start", "number": "N", "at": "yesterday"}, FORMAT),
    "seconds for a time": ({"command": "work_order.start", "number": "N", "at": 1767225600}, FORMAT),
    "the year 1": ({"command": "work_order.start", "number": "N", "at": "0001-01-01T00:00:00"}, FORMAT),
    "a cursor that is none": ({"query": "work_order.list", "after": "nowhere"}, FORMAT),
    "no rows": ({"query": "audit.list", "limit": 0}, FORMAT),
    "less than no rows": ({"query": "stock.list", "limit": -1}, FORMAT),
    "all rows at once": ({"query": "work_order.list", "limit": 1_000_000}, FORMAT),
}
NUMBERS: Mapping[str, tuple[Line, str]] = {
    "1e400": (created("1e400"), FORMAT),
    "1e1000000": (created("1e1000000"), FORMAT),
    "1e1000000 as text": (created('"1e1000000"'), FORMAT),
    "1e99999999999999999999": (created("1e99999999999999999999"), FORMAT),
    "1e-400": (created("1e-400"), FORMAT),
    "10**5000": (created("1" + "0" * 5000), FORMAT),
    "10**10": (created("10000000000"), FORMAT),
    "NaN": (created("NaN"), FORMAT),
    "NaN as text": (created('"NaN"'), FORMAT),
    "Infinity": (created("Infinity"), FORMAT),
    "-Infinity": (created("-Infinity"), FORMAT),
    "four places": (created("1.0001"), FORMAT),
    "true": (created("true"), FORMAT),
    "no number": (created('"many"'), FORMAT),
    "null": (created("null"), FORMAT),
    "a list": (created("[1]"), FORMAT),
    "an object": (created("{}"), FORMAT),
    "0": (created("0"), "WORK_ORDER_INVALID_QUANTITY"),
    "below zero": (created("-5"), "WORK_ORDER_INVALID_QUANTITY"),
    "whole: 1.0": (counted("1.0"), FORMAT),
    "whole: 1e3": (counted("1e3"), FORMAT),
    "whole: true": (counted("true"), FORMAT),
    "whole: text": (counted('"5"'), FORMAT),
    "whole: 10**10": (counted("10000000000"), FORMAT),
    "whole: 10**5000": (counted("1" + "0" * 5000), FORMAT),
    "a maintenance in the year 2.7 million": (
        {
            "command": "machine.create",
            "machine": "M",
            "type": "OTHER",
            "last_maintenance": "2026-01-01",
            "maintenance_interval_days": 1_000_000_000,
        },
        FORMAT,
    ),
}


@pytest.mark.parametrize("lines", [NO_COMMAND, FIELDS, NUMBERS], ids=["no command", "fields", "numbers"])
def test_a_bad_line_is_answered_with_its_code_and_changes_nothing(
    floor: Floor, lines: Mapping[str, tuple[Line, str]]
) -> None:
    before = contents(floor.url)

    answers = converse(floor, *(part for line, _ in lines.values() for part in (line, MACHINES)))

    codes = [answer["error"]["code"] for answer in answers[::2]]
    assert dict(zip(lines, codes, strict=True)) == {name: code for name, (_, code) in lines.items()}
    assert [answer["success"] for answer in answers[1::2]] == [True] * len(lines)
    assert contents(floor.url) == before
    with floor.shop.database.reading() as connection:
        assert check.problems(connection) == []
    assert floor.shop.verify().problem is None


def test_an_order_beyond_what_stock_can_count_is_refused(floor: Floor) -> None:
    bar = {"component": "BAR", "quantity": 1_000_000_000, "scrap_percentage": 999}

    answers = converse(floor, {"command": "bom.set", "product": "GEAR", "lines": [bar]}, created("1000000000"))

    assert answers[0]["success"]
    assert answers[1]["error"]["code"] == "MATERIAL_INVALID_QUANTITY"
    assert answers[1]["error"]["details"]["material"] == "BAR"


def test_a_long_refused_value_is_not_repeated(floor: Floor) -> None:
    answers = converse(floor, {"command": MEGABYTE}, coded(f'"{MEGABYTE}"'), {"query": "machine.list", MEGABYTE: 1})

    assert [len(str(answer)) < 2000 for answer in answers] == [True, True, True]


def test_a_refused_command_is_in_the_audit_log_though_it_could_not_be_read(floor: Floor) -> None:
    converse(floor, {"command": "work_order.start", "number": 5})

    newest = floor.ask("audit.list", limit=1).rows[0]
    assert (newest.action_type, newest.level, newest.details["code"]) == ("BUSINESS_RULE_VIOLATION", "WARNING", FORMAT)


def test_what_an_unreadable_command_tells_of_itself_is_in_the_audit_log(floor: Floor) -> None:
    identity = "5b1f0a52-3c0e-4a53-9d7a-0f6a7d7c1a11"
    line = {"command": "stock.receive", "material": "BAR", "lot": "B-7", "quantity": "many"}

    converse(floor, {**line, "command_id": identity, "terminal": "Gate 3"}, {**line, "lot": "\0", "terminal": "\0"})
    odd, told = floor.ask("audit.list", limit=2).rows
    done = converse(floor, {**line, "command_id": identity, "quantity": 1})

    assert (told.command_id, told.terminal, told.entity_type, told.entity) == (
        identity,
        "Gate 3",
        "StockLot",
        "BAR/B-7",
    )
    assert (odd.terminal, odd.entity_type, odd.entity) == (floor.actor.terminal, None, None)
    assert done[0]["success"], "what could not be read has not used up the identity"


def test_a_command_that_there_is_not_is_in_the_audit_log_without_what_it_says_of_itself(floor: Floor) -> None:
    identity = "5b1f0a52-3c0e-4a53-9d7a-0f6a7d7c1a11"
    line = {"command": "work_order.explode", "number": "WO-1", "terminal": "Gate 3", "command_id": identity}
    newest = floor.ask("audit.list", limit=1).rows[0].sequence

    converse(floor, line, {"query": "work_order.explode"}, b"start WO-1\n", {"command": 5}, {"command": "\ud800"})
    *odd, told = (row for row in floor.ask("audit.list").rows if row.sequence > newest)

    assert (told.action_type, told.level, told.badge, told.command_id) == (
        "BUSINESS_RULE_VIOLATION",
        "WARNING",
        floor.actor.badge,
        identity,
    )
    assert (told.terminal, told.entity_type, told.entity) == (floor.actor.terminal, None, None)
    assert told.details == {"command": "unknown", "code": UNKNOWN, "field": "command", "value": "work_order.explode"}
    assert [row.details["value"] for row in odd] == ["***", "***"]


def test_a_command_that_could_not_be_read_has_its_line_in_the_operation_log(
    floor: Floor, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "mfg_desktop.operations"):
        converse(floor, {"command": "work_order.plan", "terminal": "Gate 3"}, {"command": "work_order.explode"})

    lines = [json.loads(record.getMessage()) for record in caplog.records]
    assert [(line["command"], line["terminal"], line["ok"], line["code"]) for line in lines] == [
        ("work_order.plan", "Gate 3", False, MISSING),
        ("unknown", floor.actor.terminal, False, UNKNOWN),
    ]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_bad_line_writes_a_traceback(start: Callable[..., Process], database_url: str) -> None:
    every = {**NO_COMMAND, **FIELDS, **NUMBERS}

    status, answers, err = start(database_url).end(line for line, _ in every.values())

    assert (status, err) == (1, "")
    assert [answer["error"]["code"] for answer in answers] == [code for _, code in every.values()]
