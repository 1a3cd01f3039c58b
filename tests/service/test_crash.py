"""A terminal that is killed in the middle of its work: nothing it was answered is lost, and what it was not answered is in once or not at all.

Run as a program (`python -m tests.service.test_crash URL NUMBER`) this file is the terminal: for each line it reads it forks a child that reports one
good piece after the other, and tells each command's identity before it is sent (`?`) and once it is answered (`!`).
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from uuid import uuid4

import pytest

from mfg_desktop.operations import command_from
from mfg_desktop.service.shop import Shop
from mfg_desktop.service.work import Actor
from mfg_desktop.vocabulary import PersonId
from tests.factories import ADMIN
from tests.service.stories import Desk

KILLS = 20
ROOT = Path(__file__).parents[2]


def say(line: str) -> None:
    # In one piece and unbuffered: what was said before the end has arrived.
    os.write(1, f"{line}\n".encode())


def report_piece_after_piece(url: str, number: str) -> None:
    shop, actor = Shop(url), Actor(PersonId(0), ADMIN, ADMIN, (), "Press 1")
    while True:
        once = str(uuid4())
        say(f"? {once}")
        shop.perform(
            command_from({"command": "work_order.record_output", "number": number, "good": 1, "command_id": once}),
            actor,
        )
        say(f"! {once}")


def main() -> None:
    url, number = sys.argv[1:]
    # Opened once before the first child: what a driver takes to load is not what is killed here.
    Shop(url).close()
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            report_piece_after_piece(url, number)
        say(f"pid {child}")
        os.waitpid(child, 0)
        say("gone")


@pytest.fixture
def press(database_url: str, desk: Desk) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Give a running order with its material, and the terminal that reports on it."""
    number = desk.order(status="IN_PROGRESS", quantity=2000)
    desk.do("work_order.issue", number=number)
    with subprocess.Popen(
        [sys.executable, "-m", "tests.service.test_crash", database_url, number],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as terminal:
        yield number, terminal
        assert terminal.stdin is not None
        terminal.stdin.close()


def test_nothing_answered_is_lost_when_a_terminal_is_killed_twenty_times(
    desk: Desk, press: tuple[str, subprocess.Popen[str]]
) -> None:
    number, terminal = press
    assert terminal.stdin is not None
    assert terminal.stdout is not None
    chance, asked, answered = Random(2026), list[str](), set[str]()

    for _ in range(KILLS):
        terminal.stdin.write("go\n")
        terminal.stdin.flush()
        child, pieces, asked_before, before = 0, chance.randint(0, 4), len(asked), len(answered)
        for line in terminal.stdout:
            word, _, told = line.strip().partition(" ")
            if word == "pid":
                child = int(told)
            elif word == "?":
                asked.append(told)
            elif word == "!":
                answered.add(told)
            if child and len(asked) > asked_before and len(answered) - before >= pieces:
                break
        # Somewhere in the next command: while it is sent, while it waits for its lock, while it commits.
        time.sleep(chance.uniform(0, 0.03))
        os.kill(child, signal.SIGKILL)
        for line in terminal.stdout:
            word, _, told = line.strip().partition(" ")
            if word == "?":
                asked.append(told)
            elif word == "!":
                answered.add(told)
            elif word == "gone":
                break
        # The order's lock is free once the database has ended what the killed terminal had begun.
        desk.do("work_order.record_output", number=number, good=0, rework=1)
        done = {entry.command_id for entry in desk.entries() if entry.command_id in asked}
        assert answered <= done, "an answered command is lost"
        assert done - answered <= {asked[-1]}, "more than the last one is in without an answer"
        assert desk.detail(number).row.quantity_completed == len(done)
        # The terminal starts again and sends what it had no answer to; it counts once.
        desk.do("work_order.record_output", number=number, good=1, command_id=asked[-1])
        answered.add(asked[-1])
        assert desk.detail(number).row.quantity_completed == len(answered)

    assert len(answered) > KILLS, "the terminal was at work"
    assert desk.faults() == []
    assert desk.shop.verify().broken_at is None


if __name__ == "__main__":
    main()
