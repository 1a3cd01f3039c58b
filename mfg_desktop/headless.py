"""The headless terminal: JSON Lines in, JSON Lines out, one answer per line before the next line is read."""

import json
import re
import sys
from decimal import Decimal
from typing import Any, BinaryIO

from mfg_desktop.exceptions import ManufacturingException, refusal
from mfg_desktop.operations import COMMANDS, command_from
from mfg_desktop.queries import as_data, question_from
from mfg_desktop.service.shop import Shop
from mfg_desktop.service.work import Actor

LONGEST_LINE = 16_000_000
"""A line above this many bytes is refused unread; a bulk of orders stays well below."""

DEEPEST = 50
"""No command is nested deeper. Python's own limit differs from version to version, and the answer must not."""

UNKNOWN = "unknown"
"""The name under which the audit log has every command that there is not."""
_A_NAME = re.compile(r"[a-z_]{1,30}\.[a-z_]{1,29}")


def converse(shop: Shop, actor: Actor, source: BinaryIO, sink: BinaryIO, *, stop_on_error: bool = False) -> bool:
    """Answer every line of `source` in `sink`, each before the next is read. Tells whether all succeeded; with `stop_on_error` ends at the first refusal."""
    all_done = True
    number = 0
    while line := source.readline(LONGEST_LINE + 1):
        number += 1
        too_long = len(line) > LONGEST_LINE
        while too_long and not line.endswith(b"\n") and (line := source.readline(LONGEST_LINE)):
            pass
        if not too_long and not line.strip():
            continue
        answer = (
            _refused(refusal("VALIDATION_INVALID_FORMAT", field="line", line=number, reason="is too long"))
            if too_long
            else _answer(shop, actor, line, number)
        )
        sink.write(answer.encode() + b"\n")
        sink.flush()
        if not answer.startswith('{"success":true'):
            all_done = False
            if stop_on_error:
                break
    return all_done


def answer(shop: Shop, actor: Actor, fields: dict[str, Any]) -> dict[str, Any]:
    """Carry out one command or answer one question given as plain fields, in the form of success and data or error."""
    try:
        if "query" in fields:
            return {"success": True, "data": as_data(shop.ask(question_from(fields), actor))}
        try:
            command = command_from(fields)
        except ManufacturingException as refused:
            _write_down(shop, actor, fields, refused)
            raise
        return {"success": True, "data": shop.perform(command, actor).data}
    except ManufacturingException as refused:
        return {"success": False, "error": refused.as_error()}


def _write_down(shop: Shop, actor: Actor, fields: dict[str, Any], refused: ManufacturingException) -> None:
    """Leave an entry of a command that could not be read."""
    name = fields.get("command")
    if isinstance(name, str) and name in COMMANDS:
        shop.refuse(name, actor, refused, given=fields)
        return
    # Nobody knows what stands in such a line: it names no thing and no terminal, and its name is only repeated where it reads like one. It may be a PIN.
    said = name if isinstance(name, str) and _A_NAME.fullmatch(name) else "***"
    unknown = refusal("VALIDATION_UNKNOWN_COMMAND", field="command", value=said)
    shop.refuse(UNKNOWN, actor, unknown, given={"command_id": fields.get("command_id")})


def _answer(shop: Shop, actor: Actor, line: bytes, number: int) -> str:
    try:
        fields = _read(line)
    # ArithmeticError: an exponent that no Decimal can have.
    except (ValueError, ArithmeticError, RecursionError, MemoryError):
        return _refused(refusal("VALIDATION_INVALID_FORMAT", field="line", line=number, reason="is no JSON object"))
    if not isinstance(fields, dict) or not ("command" in fields) ^ ("query" in fields):
        reason = "is no JSON object" if not isinstance(fields, dict) else "must hold either a command or a query"
        return _refused(refusal("VALIDATION_INVALID_FORMAT", field="line", line=number, reason=reason))
    return _written(answer(shop, actor, fields))


def _read(line: bytes) -> Any:
    def unknown(name: str) -> None:
        raise ValueError(f"{name} is no number")

    fields = json.loads(
        line.decode("utf-8-sig"), parse_float=Decimal, parse_constant=unknown, object_pairs_hook=_once_each
    )
    if line.count(b"[") + line.count(b"{") > DEEPEST and _is_too_deep(fields):
        raise ValueError("it is nested too deep")
    return fields


def _is_too_deep(value: object) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        inside: list[object] = []
        for one in level:
            if isinstance(one, dict):
                inside.extend(one.values())
            elif isinstance(one, list):
                inside.extend(one)
        level = inside
    return bool(level)


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # A field given twice would leave the reader and the writer of the file with different ideas of what was done.
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a field stands twice")
    return fields


def _refused(error: ManufacturingException) -> str:
    return _written({"success": False, "error": error.as_error()})


def _written(told: dict[str, Any]) -> str:
    # Escaped where it is not ASCII: a terminal of any encoding, and a text that is no Unicode at all, gets through.
    return json.dumps(told, separators=(",", ":"))


def standard_streams() -> tuple[BinaryIO, BinaryIO]:
    return sys.stdin.buffer, sys.stdout.buffer
