"""Who stands at the terminal: badge and PIN, and the lock after five wrong ones."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import SecretStr
from sqlalchemy import Connection, bindparam, select, update

from mfg_desktop.exceptions import ManufacturingException, refusal
from mfg_desktop.tables import Person

WRONG_PINS = 5
LOCKED_FOR = timedelta(minutes=15)

# 64 MB and two passes in one lane: about 0.15 s, several times what OWASP asks for. The library's own choice takes every core of a terminal for 0.2 s.
_HASHER = PasswordHasher(time_cost=2, parallelism=1)
# Checked in place of a hash that is not there, so that the answer takes as long for an unknown badge as for a wrong PIN.
_NOBODY = _HASHER.hash("no such person")

_BY_BADGE = select(
    Person.id, Person.badge, Person.name, Person.pin_hash, Person.active, Person.failed_pins, Person.locked_until
).where(Person.badge == bindparam("badge"))
_BY_BADGE_LOCKED = _BY_BADGE.with_for_update()
_SET_FAILED = (
    update(Person)
    .where(Person.id == bindparam("person"))
    .values(failed_pins=bindparam("failed"), locked_until=bindparam("until"), version=Person.version + 1)
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the database knows of a badge, and whether the PIN fits it."""

    badge: str
    fits: bool


def hash_pin(pin: SecretStr) -> str:
    return _HASHER.hash(pin.get_secret_value())


def check(connection: Connection, badge: str, pin: SecretStr) -> Credentials:
    """Compare badge and PIN; takes about 0.15 s, so never inside a transaction that holds locks."""
    person = connection.execute(_BY_BADGE, {"badge": badge}).first()
    known = person is not None and person.active and person.pin_hash is not None
    fits = False
    with suppress(VerificationError, InvalidHashError):
        fits = _HASHER.verify(person.pin_hash if person is not None and known else _NOBODY, pin.get_secret_value())
    return Credentials(badge, fits and known)


def admit(connection: Connection, credentials: Credentials, now: datetime) -> tuple[int, str] | ManufacturingException:
    """Admit the person, or give the refusal; counts wrong PINs and locks the badge, inside the transaction given."""
    person = connection.execute(_BY_BADGE_LOCKED, {"badge": credentials.badge}).first()
    if person is None or not person.active:
        return refusal("AUTH_INVALID_CREDENTIALS", badge=credentials.badge)
    if person.locked_until is not None and person.locked_until > now:
        return refusal("AUTH_LOCKED", badge=credentials.badge, until=person.locked_until)
    if credentials.fits:
        if person.failed_pins or person.locked_until is not None:
            connection.execute(_SET_FAILED, {"person": person.id, "failed": 0, "until": None})
        return person.id, person.name
    failed = (0 if person.locked_until is not None else person.failed_pins) + 1
    until = now + LOCKED_FOR if failed >= WRONG_PINS else None
    connection.execute(_SET_FAILED, {"person": person.id, "failed": failed, "until": until})
    if until is not None:
        return refusal("AUTH_LOCKED", badge=credentials.badge, until=until)
    return refusal("AUTH_INVALID_CREDENTIALS", badge=credentials.badge)
