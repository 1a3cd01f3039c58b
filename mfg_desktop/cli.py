"""The command line: every verb works without a screen, prints for people and, with --json, for programs. Exit status: 0 done, 1 refused, 2 could not run."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from getpass import getpass
from pathlib import Path
from typing import Annotated, Any, NoReturn
from uuid import uuid4

import typer
from pydantic import ValidationError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from mfg_desktop import headless
from mfg_desktop.exceptions import CATALOGUE, ManufacturingException, refusal
from mfg_desktop.operations.people import found_plant
from mfg_desktop.queries import check as books
from mfg_desktop.service.audit import NO_TIME
from mfg_desktop.service.backup import write_backup
from mfg_desktop.service.database import Database, translated, upgrade
from mfg_desktop.service.operation_log import ManufacturingOperationLogger
from mfg_desktop.service.shop import Shop
from mfg_desktop.service.work import Actor
from mfg_desktop.settings import Settings

cli = typer.Typer(
    invoke_without_command=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="The shop-floor terminal. Without a verb it opens the window.\n\n"
    "Example: mfg-desktop --database postgresql+psycopg://floor@server/plant",
)
db = typer.Typer(help="The database's schema.\n\nExample: mfg-desktop db upgrade", rich_markup_mode=None)
audit_verbs = typer.Typer(help="The audit log.\n\nExample: mfg-desktop audit verify", rich_markup_mode=None)
cli.add_typer(db, name="db")
cli.add_typer(audit_verbs, name="audit")

DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database",
        "-d",
        help="URL of the plant's database, e.g. sqlite:////path/plant.db or postgresql+psycopg://user@host/plant.",
    ),
]
UserOption = Annotated[
    str | None, typer.Option("--user", "-u", help="Badge of the person; the PIN comes from MFG_PIN or a prompt.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object for programs.")]
TerminalOption = Annotated[str | None, typer.Option("--terminal", help="Name of this terminal in the audit log.")]


def main() -> None:
    """Run the command line and leave with its exit status; no fault reaches the person as a traceback."""
    try:
        cli()
    except ManufacturingException as refused:
        _say_refusal(refused, as_json="--json" in sys.argv)
        sys.exit(2)
    except BrokenPipeError:
        # Whoever read our output has gone; what was acknowledged is done, and nobody is left to be told more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as fault:
        report = uuid4().hex[:8].upper()
        _log(_settings()).failed(
            command=" ".join(sys.argv[1:2]),
            command_id="",
            badge="",
            terminal="",
            report=report,
            fault=fault,
            duration_ms=NO_TIME,
        )
        _say_refusal(refusal("SYSTEM_ERROR", report=report), as_json="--json" in sys.argv)
        sys.exit(2)


@cli.callback()
def window(context: typer.Context, database: DatabaseOption = None, terminal: TerminalOption = None) -> None:
    if context.invoked_subcommand is None:
        _open_window(_settings(database, terminal))


@cli.command()
def init(
    admin_badge: Annotated[str, typer.Option(help="Badge of the first administrator.")],
    admin_pin: Annotated[
        str, typer.Option(envvar="MFG_ADMIN_PIN", help="PIN of the first administrator, 6 digits or more.")
    ],
    database: DatabaseOption = None,
    admin_name: Annotated[str, typer.Option(help="Name of the first administrator.")] = "Administrator",
    plant: Annotated[str, typer.Option(help="Name of the plant.")] = "Plant",
    timezone: Annotated[str, typer.Option(help="Time zone of the plant, such as Europe/Berlin.")] = "UTC",
    as_json: JsonOption = False,
) -> None:
    """Make the schema, the roles and the first administrator.

    Example: mfg-desktop init --database sqlite:///plant.db --admin-badge ADMIN --admin-pin 240613
    """
    settings = _settings(database)
    with _told(as_json):
        upgrade(settings.database)
        with _opened(settings.database) as opened:
            found_plant(
                opened,
                admin_badge=admin_badge,
                admin_pin=admin_pin,
                admin_name=admin_name,
                plant=plant,
                timezone=timezone,
            )
    _say(
        {"database": _named(settings.database), "administrator": admin_badge},
        f"{plant} is founded. Sign in as {admin_badge}.",
        as_json,
    )


@cli.command(name="exec")
def execute(
    file: Annotated[Path | None, typer.Argument(help="File of JSON Lines; without it, standard input.")] = None,
    database: DatabaseOption = None,
    user: UserOption = None,
    terminal: TerminalOption = None,
    stop_on_error: Annotated[bool, typer.Option("--stop-on-error", help="End at the first refusal.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As always here: every answer is one JSON object.")] = False,
) -> None:
    """Carry out commands and answer questions, one JSON object per line, one answer per line.

    Example: echo '{"query": "machine.list"}' | MFG_PIN=240613 mfg-desktop exec --database sqlite:///plant.db --user ADMIN
    """
    source, sink = headless.standard_streams()
    settings = _settings(database, terminal)
    with _told(as_json=True):
        # Not "is no file": a named pipe that another program writes to is none either.
        if file is not None and (not file.exists() or file.is_dir()):
            raise refusal("VALIDATION_INVALID_CHOICE", field="file", value=str(file), reason="there is no such file")
        shop = Shop(settings.database, log=_log(settings))
        try:
            actor = _sign_in(shop, user, settings.terminal)
        except ManufacturingException:
            shop.close()
            raise
    try:
        if file is None:
            done = headless.converse(shop, actor, source, sink, stop_on_error=stop_on_error)
        else:
            with file.open("rb") as opened:
                done = headless.converse(shop, actor, opened, sink, stop_on_error=stop_on_error)
    except KeyboardInterrupt:
        raise typer.Exit(1) from None
    finally:
        shop.close()
    raise typer.Exit(0 if done else 1)


@cli.command()
def demo(
    database: DatabaseOption = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Make it again, even if there is one.")] = False,
    no_window: Annotated[bool, typer.Option("--no-window", help="Only make it.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Make a demo plant, print its badges and PINs, and open it.

    Example: mfg-desktop demo --no-window --database sqlite:///demo.db
    """
    from mfg_desktop import demo as plant

    settings = _settings(database)
    url = settings.database if database or "MFG_DATABASE" in os.environ else f"sqlite:///{_demo_file()}"
    with _told(as_json):
        made = _make_demo(url, fresh=fresh, quiet=as_json)
    people = [
        {"badge": person.badge, "name": person.name, "pin": person.pin, "roles": list(person.roles)}
        for person in plant.read_plant().people
    ]
    if as_json:
        _say({"database": _named(url), "made": made, "people": people}, "", as_json)
    else:
        typer.echo(f"Demo plant: {_named(url)}\n\n{'badge':<10} {'PIN':<8} {'roles':<28} name")
        for person in people:
            typer.echo(f"{person['badge']:<10} {person['pin']:<8} {', '.join(person['roles']):<28} {person['name']}")
    if no_window or as_json:
        return
    if not _has_screen():
        typer.echo(f"\n{NO_SCREEN}\nExample: MFG_PIN=240613 mfg-desktop exec --database {_named(url)} --user ADMIN")
        return
    _open_window(Settings(database=url))


@db.command(name="upgrade")
def db_upgrade(database: DatabaseOption = None, as_json: JsonOption = False) -> None:
    """Bring the schema up to this program.

    Example: mfg-desktop db upgrade --database sqlite:///plant.db
    """
    settings = _settings(database)
    with _told(as_json):
        upgrade(settings.database)
        with _opened(settings.database) as opened:
            revision = opened.revision()
    _say({"database": _named(settings.database), "revision": revision}, f"The schema is at {revision}.", as_json)


@cli.command()
def check(database: DatabaseOption = None, user: UserOption = None, as_json: JsonOption = False) -> None:
    """Check whether stock, totals and clocks add up.

    Example: mfg-desktop check --database sqlite:///plant.db
    """
    settings = _settings(database)
    with _told(as_json), _shop(settings, user) as shop, shop.database.reading(seconds=3600) as connection:
        found = books.problems(connection)
    _say({"problems": found}, "\n".join(found) if found else "Everything adds up.", as_json, ok=not found)


@audit_verbs.command(name="verify")
def audit_verify(database: DatabaseOption = None, user: UserOption = None, as_json: JsonOption = False) -> None:
    """Check the audit log, and name the first entry that was changed, removed or put in.

    Example: mfg-desktop audit verify --database sqlite:///plant.db
    """
    settings = _settings(database)
    with _told(as_json), _shop(settings, user) as shop, _progress("Reading the audit log", quiet=as_json) as progress:
        found = shop.verify(progress)
    intact = found.problem is None
    told = {
        "intact": intact,
        "entries": found.entries,
        "broken_at": found.broken_at,
        "problem": found.problem,
        "newest_hash": found.newest_hash,
    }
    sentence = (
        f"All {found.entries} entries are as they were written."
        if intact
        else f"Entry {found.broken_at}: {found.problem}."
    )
    _say(told, sentence, as_json, ok=intact)


@cli.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; an older backup there is replaced.", dir_okay=False)],
    database: DatabaseOption = None,
    user: UserOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write the whole plant, as it is at this moment, into one SQLite file that the program can open.

    Example: mfg-desktop backup monday.db --database postgresql+psycopg://floor@server/plant
    """
    settings = _settings(database)
    with _told(as_json), _shop(settings, user) as shop:
        rows = write_backup(shop.database, file)
    _say({"file": str(file), "rows": rows}, f"{rows} rows are in {file}.", as_json)


@cli.command()
def codes(as_json: JsonOption = False) -> None:
    """Print the catalogue of codes.

    Example: mfg-desktop codes --json
    """
    rows = [
        {
            "code": entry.code,
            "class": entry.family.__name__,
            "severity": entry.severity.value,
            "message": entry.message,
            "next_step": entry.next_step,
            "overridable": entry.overridable,
        }
        for entry in CATALOGUE.values()
    ]
    _say({"codes": rows}, "\n".join(f"{row['code']:<36} {row['message']}" for row in rows), as_json)


# ---------------------------------------------------------------------- what the verbs share


def _settings(database: str | None = None, terminal: str | None = None) -> Settings:
    given = {name: value for name, value in (("database", database), ("terminal", terminal)) if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]
    except ValidationError as fault:
        problem = fault.errors(include_url=False, include_input=False)[0]
        raise refusal(
            "VALIDATION_INVALID_FORMAT",
            field=".".join(str(part) for part in problem["loc"]) or "settings",
            reason=problem["msg"],
        ) from None


def _named(url: str) -> str:
    """Show a database URL without its password."""
    return make_url(url).render_as_string(hide_password=True)


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    database = Database(url)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def _shop(settings: Settings, user: str | None) -> Iterator[Shop]:
    shop = Shop(settings.database, log=_log(settings))
    try:
        if user is not None:
            _sign_in(shop, user, settings.terminal)
        yield shop
    finally:
        shop.close()


def _log(settings: Settings) -> ManufacturingOperationLogger:
    try:
        return ManufacturingOperationLogger(settings.log_folder)
    except OSError:
        # A terminal whose disk is full or read-only still has to work; the audit log is in the database.
        return ManufacturingOperationLogger()


def _sign_in(shop: Shop, user: str | None, terminal: str) -> Actor:
    if user is None:
        raise refusal("AUTH_REQUIRED", terminal=terminal)
    pin = os.environ.get("MFG_PIN")
    if pin is None and _can_be_asked():
        pin = getpass(f"PIN of {user}: ")
    if pin is None:
        raise refusal("AUTH_REQUIRED", terminal=terminal)
    return shop.sign_in(user, pin, terminal=terminal)


def _can_be_asked() -> bool:
    """Tell whether somebody sits at a keyboard; the lines may come from a file all the same."""
    try:
        with open("/dev/tty", "rb"):
            return True
    except OSError:
        return sys.stdin.isatty()


@contextmanager
def _told(as_json: bool) -> Iterator[None]:
    """Turn what stops a verb into its code, its sentence and exit status 2."""
    try:
        yield
    except ManufacturingException as refused:
        _say_refusal(refused, as_json)
        raise typer.Exit(2) from None
    except DBAPIError as fault:
        _say_refusal(translated(fault), as_json)
        raise typer.Exit(2) from None
    except OSError as fault:
        _say_refusal(refusal("SYSTEM_ERROR", report=fault.strerror or type(fault).__name__), as_json)
        raise typer.Exit(2) from None


def _say_refusal(refused: ManufacturingException, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"success": False, "error": refused.as_error()}))
    typer.echo(f"{refused.code}: {refused.message}\n{refused.next_step}", err=True)


def _say(data: dict[str, Any], sentence: str, as_json: bool, *, ok: bool = True) -> None:
    typer.echo(json.dumps({"success": ok, "data": data}) if as_json else sentence)
    if not ok:
        raise typer.Exit(1)


@contextmanager
def _progress(title: str, *, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _demo_file() -> Path:
    from platformdirs import user_data_path

    return user_data_path("mfg_desktop", appauthor=False) / "demo.db"


def _make_demo(url: str, *, fresh: bool, quiet: bool) -> bool:
    """Make the demo plant where there is none yet; tells whether it did."""
    parsed = make_url(url)
    path = Path(parsed.database) if parsed.get_backend_name() == "sqlite" and parsed.database else None
    if path is not None and fresh:
        path.unlink(missing_ok=True)
    if path is None or path.exists():
        upgrade(url)
        with _opened(url) as opened:
            if _has_plant(opened):
                if fresh:
                    raise refusal("VALIDATION_DUPLICATE_VALUE", field="database", value=_named(url))
                return False
            _fill_demo(opened, quiet=quiet)
            return True
    # Made beside its place without waiting for the disk, and put there when it is whole.
    path.parent.mkdir(parents=True, exist_ok=True)
    growing = path.with_name(path.name + ".making")
    growing.unlink(missing_ok=True)
    upgrade(f"sqlite:///{growing.absolute()}")
    database = Database(f"sqlite:///{growing.absolute()}", lasting=False)
    try:
        _fill_demo(database, quiet=quiet)
    finally:
        database.close()
    growing.replace(path)
    return True


def _has_plant(database: Database) -> bool:
    from sqlalchemy import text

    with database.engine.connect() as connection:
        return connection.execute(text("SELECT 1 FROM plant_setting")).first() is not None


def _fill_demo(database: Database, *, quiet: bool) -> None:
    from mfg_desktop import demo as plant

    badge, pin = plant.FIRST_ADMINISTRATOR
    found_plant(database, admin_badge=badge, admin_pin=pin, plant="Plant Nord", timezone="Europe/Berlin")
    shop = Shop(database)
    if quiet or not sys.stderr.isatty():
        plant.make(shop, datetime.now(UTC))
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Making the demo plant")
        plant.make(
            shop,
            datetime.now(UTC),
            lambda title, done, total: bar.update(task, description=title, completed=done, total=total),
        )


NO_SCREEN = "There is no screen here. Use the headless terminal: mfg-desktop exec --help"


def _has_screen() -> bool:
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return not sys.platform.startswith("linux") or any(os.environ.get(name) for name in names)


def _open_window(settings: Settings) -> NoReturn:
    if not _has_screen():
        typer.echo(NO_SCREEN, err=True)
        raise typer.Exit(2)
    from mfg_desktop.app import run

    raise typer.Exit(run(settings))
