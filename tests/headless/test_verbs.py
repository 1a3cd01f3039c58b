"""The verbs of the command line: each does its work without a screen, tells people and programs, and leaves what it may not touch."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from mfg_desktop.exceptions import CATALOGUE
from mfg_desktop.service.database import REVISION, upgrade
from tests.factories import ADMIN, ADMIN_PIN, Floor
from tests.headless.terminal import CommandLine, contents, forge, read, written

INIT = ("init", "--admin-badge", ADMIN, "--admin-pin", ADMIN_PIN)
VERBS = (("init",), ("exec",), ("demo",), ("db", "upgrade"), ("check",), ("audit", "verify"), ("backup",), ("codes",))
GROUPS = ((), ("db",), ("audit",))


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_every_verb_speaks_to_programs(command_line: CommandLine, verb: tuple[str, ...]) -> None:
    assert "--json" in command_line(*verb, "--help").out


def test_exec_is_for_programs_whether_it_is_said_or_not(command_line: CommandLine, database_url: str) -> None:
    said = command_line("exec", "--json", "-d", database_url, "-u", ADMIN, stdin=written({"query": "x"}), pin=ADMIN_PIN)

    assert (said.status, said.error["code"]) == (1, "VALIDATION_UNKNOWN_COMMAND")


@pytest.mark.parametrize("verb", [*VERBS, *GROUPS], ids=" ".join)
def test_the_help_of_every_verb_has_an_example(command_line: CommandLine, verb: tuple[str, ...]) -> None:
    said = command_line(*verb, "--help")

    assert said.status == 0
    assert "Example: " in said.out
    assert f"mfg-desktop {' '.join(verb)}" in said.out


def test_every_verb_of_the_first_part_is_in_the_help(command_line: CommandLine) -> None:
    said = command_line("--help")

    assert said.status == 0
    assert [
        verb for verb in ("init", "exec", "demo", "db", "check", "audit", "backup", "codes") if verb not in said.out
    ] == []


def test_a_verb_that_is_none_could_not_run(command_line: CommandLine) -> None:
    said = command_line("explode")

    assert said.status == 2
    assert "Traceback" not in said.err


# init and db upgrade


def test_init_founds_a_plant_where_its_administrator_may_sign_in(
    command_line: CommandLine, empty_database_url: str
) -> None:
    founded = command_line(*INIT, "-d", empty_database_url, "--plant", "Plant Süd", "--timezone", "Europe/Berlin")
    signed_in = command_line(
        "exec", "-d", empty_database_url, "-u", ADMIN, stdin=written({"query": "machine.list"}), pin=ADMIN_PIN
    )

    assert (founded.status, founded.err) == (0, "")
    assert "Plant Süd" in founded.out
    assert read(signed_in.out) == {"success": True, "data": {"rows": [], "next": None}}


def test_init_twice_is_refused_and_loses_nothing(command_line: CommandLine, database_url: str) -> None:
    before = contents(database_url, without=())

    said = command_line(*INIT, "-d", database_url, "--json")

    assert said.status == 2
    assert said.error["code"] == "VALIDATION_DUPLICATE_VALUE"
    assert contents(database_url, without=()) == before


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--admin-pin", "1234"), "VALIDATION_INVALID_FORMAT"),
        (("--admin-pin", "12345x"), "VALIDATION_INVALID_FORMAT"),
        (("--admin-badge", " "), "VALIDATION_REQUIRED_FIELD"),
        (("--timezone", "Mars/Olympus"), "VALIDATION_INVALID_CHOICE"),
    ],
)
@pytest.mark.parametrize("empty_database_url", ["sqlite"], indirect=True)
def test_init_refuses_what_cannot_be(
    command_line: CommandLine, empty_database_url: str, words: tuple[str, ...], code: str
) -> None:
    said = command_line(*INIT, *words, "-d", empty_database_url, "--json")

    assert (said.status, said.error["code"]) == (2, code)


def test_db_upgrade_brings_an_old_schema_up_and_may_be_repeated(
    command_line: CommandLine, empty_database_url: str
) -> None:
    upgrade(empty_database_url, "0003")

    first = command_line("db", "upgrade", "-d", empty_database_url, "--json")
    second = command_line("db", "upgrade", "-d", empty_database_url, "--json")
    founded = command_line(*INIT, "-d", empty_database_url, "--json")

    assert [said.data["revision"] for said in (first, second)] == [REVISION, REVISION]
    assert founded.data["administrator"] == ADMIN


def test_db_upgrade_leaves_the_rows_of_a_plant(command_line: CommandLine, database_url: str) -> None:
    before = contents(database_url, without=())

    said = command_line("db", "upgrade", "-d", database_url)

    assert said.status == 0
    assert REVISION in said.out
    assert contents(database_url, without=()) == before


# check


def live(floor: Floor) -> str:
    """Live through enough that every look of the check has something to look at; give the order that runs."""
    running = floor.order(status="IN_PROGRESS", quantity=10)
    floor.do("work_order.issue", number=running)
    floor.do("work_order.record_output", number=running, good=3, scrapped=1, scrap_reason="chatter")
    floor.do("work_order.hold", number=floor.order(status="RELEASED", quantity=20, machine="CNC-2"), reason="waiting")
    for _ in range(2):
        floor.do("machine.set_status", machine="CNC-2", status="BROKEN", reason="spindle")
        floor.do("machine.set_status", machine="CNC-2", status="AVAILABLE")
    floor.do("work_order.hold", number=running, reason="break")
    floor.do("work_order.resume", number=running)
    floor.do("work_order.start", number=running)
    return running


def test_check_finds_nothing_in_an_honest_book(command_line: CommandLine, floor: Floor) -> None:
    live(floor)

    said = command_line("check", "-d", floor.url)
    for_programs = command_line("check", "-d", floor.url, "--json")

    assert (said.status, said.out) == (0, "Everything adds up.\n")
    assert for_programs.data == {"problems": []}


@pytest.mark.parametrize(
    ("forged", "named"),
    [
        pytest.param("UPDATE stock_lot SET on_hand = on_hand + 1 WHERE lot = 'B-2'", "Lot B-2 of BAR", id="lot"),
        pytest.param(
            "UPDATE stock_lot SET reserved = reserved + 1 WHERE lot = 'B-2'", "Lot B-2 of BAR", id="reserved of a lot"
        ),
        pytest.param("UPDATE work_order_material SET issued = issued + 1 WHERE id = 1", "BAR of WO-", id="line"),
        pytest.param(
            "UPDATE work_order SET quantity_completed = quantity_completed + 1 WHERE id = 1", "WO-", id="total"
        ),
        pytest.param("UPDATE work_order SET quantity_scrapped = quantity_scrapped + 1 WHERE id = 1", "WO-", id="scrap"),
        pytest.param("DELETE FROM output_scrap", "Output 1", id="reasons of scrap"),
        pytest.param(
            "UPDATE work_clock SET ended_at = '2199-01-01 00:00:00.000000' WHERE work_order_id = 1 AND kind = 'HOLD'",
            "clocks of an order overlap",
            id="clocks of an order",
        ),
        pytest.param(
            "UPDATE work_clock SET ended_at = '2199-01-01 00:00:00.000000' WHERE id = 1",
            "Machine CNC-1 ran two works at once",
            id="clocks of a machine",
        ),
        pytest.param(
            "UPDATE machine_downtime SET ended_at = '2199-01-01 00:00:00.000000' WHERE id = 1",
            "Downtimes of machine CNC-2 overlap",
            id="downtimes",
        ),
        pytest.param(
            "UPDATE machine SET status = 'AVAILABLE', running_order = NULL WHERE code = 'CNC-1'",
            "Machine CNC-1",
            id="machine",
        ),
        pytest.param(
            "INSERT INTO manufacturing_audit_change (entry, table_name, row_key) VALUES ('nobody', 'machine', '1')",
            "belongs to no entry",
            id="audit line",
        ),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_check_finds_a_cooked_book(command_line: CommandLine, floor: Floor, forged: str, named: str) -> None:
    live(floor)
    with closing(sqlite3.connect(floor.url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{name}"')
        assert connection.execute(forged).rowcount > 0

    said = command_line("check", "-d", floor.url)
    for_programs = command_line("check", "-d", floor.url, "--json")

    assert said.status == for_programs.status == 1
    assert named in said.out
    answer = read(for_programs.out)
    assert not answer["success"]
    assert answer["data"]["problems"] == said.out.splitlines()


@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
def test_check_finds_every_cooked_book_on_a_shared_database(command_line: CommandLine, floor: Floor) -> None:
    live(floor)
    forge(
        floor.url,
        "UPDATE stock_lot SET on_hand = on_hand + 1 WHERE lot = 'B-2'",
        "UPDATE work_order_material SET issued = issued + 1 WHERE id = 1",
        "UPDATE work_order SET quantity_completed = quantity_completed + 1 WHERE id = 1",
        "UPDATE work_clock SET ended_at = '2199-01-01' WHERE id = 1",
        "UPDATE machine_downtime SET ended_at = '2199-01-01' WHERE id = 1",
    )

    said = command_line("check", "-d", floor.url)

    named = ("Lot B-2 of BAR", "BAR of WO-", "good and", "ran two works at once", "Downtimes of machine CNC-2 overlap")
    assert said.status == 1
    assert [words for words in named if words not in said.out] == []


# audit verify


def test_audit_verify_passes_an_honest_log(command_line: CommandLine, floor: Floor) -> None:
    live(floor)
    newest = floor.ask("audit.list", limit=1).rows[0]

    said = command_line("audit", "verify", "-d", floor.url, "--json")

    assert said.status == 0
    assert said.data["intact"] is True
    assert said.data["newest_hash"] == newest.hash
    assert said.data["broken_at"] is None
    assert said.data["entries"] > 20


@pytest.mark.parametrize(
    ("forged", "after"),
    [
        pytest.param("UPDATE manufacturing_audit_log SET message = 'x' WHERE sequence = {it}", 0, id="sentence"),
        pytest.param("UPDATE manufacturing_audit_log SET badge = 'OP-1' WHERE sequence = {it}", 0, id="person"),
        pytest.param(
            "UPDATE manufacturing_audit_change SET new = '{{}}'"
            " WHERE entry = (SELECT entry FROM manufacturing_audit_log WHERE sequence = {it})",
            0,
            id="line",
        ),
        pytest.param(
            "DELETE FROM manufacturing_audit_change"
            " WHERE entry = (SELECT entry FROM manufacturing_audit_log WHERE sequence = {it})",
            0,
            id="lines removed",
        ),
        pytest.param("DELETE FROM manufacturing_audit_log WHERE sequence = {it}", 1, id="entry removed"),
    ],
)
def test_audit_verify_names_the_first_entry_that_is_not_as_it_was(
    command_line: CommandLine, floor: Floor, forged: str, after: int
) -> None:
    floor.do("stock.adjust", material="BAR", lot="B-2", quantity=-1, reason="counted")
    floor.do("stock.adjust", material="BAR", lot="B-2", quantity=1, reason="found")
    it = floor.ask("audit.list", limit=2).rows[1].sequence
    lines = (
        "DELETE FROM manufacturing_audit_change"
        f" WHERE entry = (SELECT entry FROM manufacturing_audit_log WHERE sequence = {it})"
    )
    removed = [lines] if after else []
    forge(floor.url, *removed, forged.format(it=it))

    said = command_line("audit", "verify", "-d", floor.url)
    for_programs = command_line("audit", "verify", "-d", floor.url, "--json")

    assert said.status == for_programs.status == 1
    assert said.out.startswith(f"Entry {it + after}: ")
    assert read(for_programs.out)["data"]["broken_at"] == it + after
    assert read(for_programs.out)["data"]["intact"] is False


# backup


def test_a_backup_is_the_whole_plant_and_works_as_one(command_line: CommandLine, floor: Floor, tmp_path: Path) -> None:
    live(floor)
    file = tmp_path / "monday.db"
    url = f"sqlite:///{file}"

    said = command_line("backup", file, "-d", floor.url, "--json")

    assert said.status == 0
    assert contents(url, without=()) == contents(floor.url, without=())
    assert said.data["rows"] == sum(len(rows) for rows in contents(url, without=()).values())
    goes_on = command_line(
        "exec",
        "-d",
        url,
        "-u",
        ADMIN,
        stdin=written({"command": "stock.receive", "material": "BAR", "lot": "B-9", "quantity": 1})
        + written({"query": "work_order.list"}),
        pin=ADMIN_PIN,
    )
    assert (goes_on.status, len(goes_on.out.splitlines())) == (0, 2)
    assert command_line("check", "-d", url).status == 0
    assert command_line("audit", "verify", "-d", url).status == 0
    with closing(sqlite3.connect(file)) as connection, pytest.raises(sqlite3.DatabaseError):
        connection.execute("UPDATE machine SET brand = 'x'")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_backup_replaces_only_an_older_backup(command_line: CommandLine, floor: Floor, tmp_path: Path) -> None:
    file = tmp_path / "monday.db"
    command_line("backup", file, "-d", floor.url)
    floor.do("department.create", code="WARE", name="Warehouse")

    said = command_line("backup", file, "-d", floor.url)

    assert (said.status, said.err) == (0, "")
    assert contents(f"sqlite:///{file}", without=()) == contents(floor.url, without=())
    assert sorted(path.name for path in tmp_path.glob("monday*")) == ["monday.db"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_backup_over_the_plant_itself_is_refused(command_line: CommandLine, database_url: str) -> None:
    before = contents(database_url, without=())

    said = command_line("backup", database_url.removeprefix("sqlite:///"), "-d", database_url, "--json")

    assert (said.status, said.error["code"]) == (2, "VALIDATION_INVALID_CHOICE")
    assert contents(database_url, without=()) == before


def test_a_backup_over_a_foreign_file_is_refused(command_line: CommandLine, database_url: str, tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Ms Novak", encoding="utf-8")

    said = command_line("backup", letter, "-d", database_url, "--json")

    assert (said.status, said.error["code"]) == (2, "VALIDATION_INVALID_CHOICE")
    assert letter.read_text(encoding="utf-8") == "Dear Ms Novak"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_backup_into_no_folder_is_refused_with_a_code(
    command_line: CommandLine, database_url: str, tmp_path: Path
) -> None:
    said = command_line("backup", tmp_path / "nowhere" / "monday.db", "-d", database_url, "--json")

    assert (said.status, said.error["code"]) == (2, "VALIDATION_INVALID_CHOICE")
    assert said.error["details"]["reason"] == "there is no such folder"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_backup_over_somebody_elses_database_is_refused(
    command_line: CommandLine, database_url: str, tmp_path: Path
) -> None:
    mail = tmp_path / "mail.db"
    with closing(sqlite3.connect(mail)) as connection:
        connection.execute("CREATE TABLE letter (sentence TEXT)")
    before = mail.read_bytes()

    said = command_line("backup", mail, "-d", database_url, "--json")

    assert (said.status, said.error["code"]) == (2, "VALIDATION_INVALID_CHOICE")
    assert mail.read_bytes() == before


def test_a_backup_is_made_of_a_plant_in_any_folder(command_line: CommandLine, tmp_path: Path) -> None:
    hall = tmp_path / "Hall #2 100%"
    hall.mkdir()
    url = f"sqlite:///{hall}/plant.db"
    command_line(*INIT, "-d", url)

    said = command_line("backup", hall / "monday.db", "-d", url)

    assert (said.status, said.err) == (0, "")
    assert contents(f"sqlite:///{hall}/monday.db", without=()) == contents(url, without=())


# what the verbs share


@pytest.mark.parametrize("verb", [("check",), ("audit", "verify"), ("backup", "out.db")], ids=" ".join)
@pytest.mark.parametrize("empty_database_url", ["sqlite"], indirect=True)
def test_a_verb_refuses_a_database_without_a_schema(
    command_line: CommandLine,
    empty_database_url: str,
    verb: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)

    said = command_line(*verb, "-d", empty_database_url, "--json")

    assert (said.status, said.error["code"]) == (2, "SYSTEM_SCHEMA_OUTDATED")
    assert "mfg-desktop db upgrade" in said.err
    assert not (tmp_path / "out.db").exists()


@pytest.mark.parametrize("verb", [("check",), ("audit", "verify")], ids=" ".join)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_verb_that_is_given_a_badge_asks_for_its_pin(
    command_line: CommandLine, database_url: str, verb: tuple[str, ...]
) -> None:
    wrong = command_line(*verb, "-d", database_url, "-u", ADMIN, "--json", pin="000000")
    right = command_line(*verb, "-d", database_url, "-u", ADMIN, "--json", pin=ADMIN_PIN)

    assert (wrong.status, wrong.error["code"]) == (2, "AUTH_INVALID_CREDENTIALS")
    assert right.status == 0


def test_the_database_may_be_named_in_the_environment(
    command_line: CommandLine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MFG_DATABASE", database_url)

    said = command_line("check", "--json")

    assert said.data == {"problems": []}


def test_codes_prints_the_whole_catalogue(command_line: CommandLine) -> None:
    for_people = command_line("codes")
    for_programs = command_line("codes", "--json")

    rows = for_programs.data["codes"]
    assert [row["code"] for row in rows] == list(CATALOGUE)
    assert [line.split()[0] for line in for_people.out.splitlines()] == list(CATALOGUE)
    assert {tuple(row) for row in rows} == {("code", "class", "severity", "message", "next_step", "overridable")}
    assert [row["class"] for row in rows if row["code"] == "MACHINE_BROKEN"] == ["MachineException"]
    assert [row["code"] for row in rows if not (row["message"] and row["next_step"])] == []


def test_a_database_that_is_no_database_is_refused_with_a_code(command_line: CommandLine, tmp_path: Path) -> None:
    letter = tmp_path / "letter.db"
    letter.write_text("Dear Ms Novak, " * 100, encoding="utf-8")

    said = command_line("check", "-d", f"sqlite:///{letter}", "--json")

    assert said.status == 2
    assert said.error["code"] == "SYSTEM_DATABASE_ERROR"
    assert letter.read_text(encoding="utf-8").startswith("Dear Ms Novak")
