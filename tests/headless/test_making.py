"""The settings of a routing's steps, from the headless terminal: JSON of plain values is kept as it is, and what no database could keep is refused."""

import pytest

from tests.factories import Floor
from tests.headless.terminal import converse


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ('{"rpm": 1e400}', None),
        ('{"rpm": ' + "9" * 300 + "}", None),
        ('{"rpm": NaN}', "VALIDATION_INVALID_FORMAT"),
        ('{"rpm": {"deep": 1}}', "VALIDATION_INVALID_FORMAT"),
        ('{"rpm": 1, "rpm": 2}', "VALIDATION_INVALID_FORMAT"),
        ('{"\\ud800": 1}', "VALIDATION_INVALID_FORMAT"),
        ('{"text": "\\u0000"}', "VALIDATION_INVALID_FORMAT"),
        ('"rpm"', "VALIDATION_INVALID_FORMAT"),
    ],
)
def test_settings_that_no_database_could_keep_are_refused(floor: Floor, settings: str, code: str | None) -> None:
    process = {"command": "process.create", "process_code": "MILL", "name": "Milling", "machine_type": "OTHER"}
    steps = f'[{{"sequence": 10, "process": "MILL", "parameters": {settings}}}]'
    line = f'{{"command": "workflow.create", "product": "GEAR", "version": "A", "steps": {steps}}}'

    _, answer, asked = converse(floor, process, line, {"query": "workflow.list"})

    assert (answer["success"], answer.get("error", {}).get("code")) == (code is None, code)
    assert len(asked["data"]["rows"]) == (1 if code is None else 0)
