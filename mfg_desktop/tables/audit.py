"""The audit log: one entry per command, one line per changed row, hash-chained and append-only."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from mfg_desktop.tables.base import CODE, NAME, Base, Fixed, Key, UtcTime, key, word
from mfg_desktop.vocabulary import AuditLevel

HASH = String(64)
ENTRY = String(36)


class ManufacturingAuditLog(Base):
    __tablename__ = "manufacturing_audit_log"
    __table_args__ = (
        UniqueConstraint("entry"),
        UniqueConstraint("terminal", "counter"),
        Index(
            "uq_manufacturing_audit_log_done",
            "command_id",
            unique=True,
            sqlite_where=text("level = 'INFO'"),
            postgresql_where=text("level = 'INFO'"),
        ),
        {
            "comment": "What was done and what was refused: one entry per command, each carrying the hash of the one before it.",
            "sqlite_autoincrement": True,
        },
    )

    sequence: Mapped[int] = mapped_column(
        Key, primary_key=True, autoincrement=True, comment="Number of the entry, in the order of writing."
    )
    entry: Mapped[str] = mapped_column(ENTRY, comment="Identity of the entry (UUID), named by its lines.")
    at: Mapped[datetime] = mapped_column(UtcTime, comment="When it was entered, by the database's clock.")
    happened_at: Mapped[datetime] = mapped_column(
        UtcTime, comment="When it happened by the person's word; the same as entered, but for late entries."
    )
    badge: Mapped[str | None] = mapped_column(CODE, comment="Badge of the person who acted.")
    approver: Mapped[str | None] = mapped_column(CODE, comment="Badge of the second person who lifted a refusal.")
    terminal: Mapped[str] = mapped_column(NAME, comment="Terminal at which it was entered.")
    counter: Mapped[int] = mapped_column(Key, comment="Number of the entry at its terminal, from 1 without gaps.")
    command_id: Mapped[str] = mapped_column(
        ENTRY, comment="Identity of the command (UUID): the same command is done once."
    )
    command: Mapped[str] = mapped_column(CODE, comment="Name of the command.")
    digest: Mapped[str | None] = mapped_column(HASH, comment="SHA-256 of the command's content, to know it again.")
    answer: Mapped[str | None] = mapped_column(Text, comment="What the command was answered, JSON.")
    action_type: Mapped[str] = mapped_column(CODE, comment="What kind of action it was.")
    level: Mapped[AuditLevel] = mapped_column(
        word(AuditLevel, "level"), comment="INFO done, WARNING a rule refused, ERROR and CRITICAL a fault."
    )
    entity_type: Mapped[str | None] = mapped_column(CODE, comment="Kind of thing it was about.")
    entity: Mapped[str | None] = mapped_column(NAME, comment="Natural key of the thing it was about.")
    message: Mapped[str] = mapped_column(Text, comment="One sentence that tells it.")
    details: Mapped[str] = mapped_column(Text, comment="The numbers of the case, JSON.")
    touched: Mapped[str] = mapped_column(
        Text, comment="The things it changed, a JSON list of kind and key, for the other terminals."
    )
    duration_ms: Mapped[Decimal] = mapped_column(Fixed(3), comment="Time the command took, in milliseconds.")
    previous_hash: Mapped[str] = mapped_column(
        HASH, comment="Hash of the entry before it at the same terminal; empty for the first."
    )
    anchor_hash: Mapped[str] = mapped_column(
        HASH, comment="Hash of the newest entry of any terminal when it was written; empty for the first."
    )
    changes_hash: Mapped[str] = mapped_column(HASH, comment="SHA-256 over its lines.")
    hash: Mapped[str] = mapped_column(HASH, comment="SHA-256 over the entry, its lines and the hashes before it.")


class ManufacturingAuditChange(Base):
    __tablename__ = "manufacturing_audit_change"
    __table_args__ = (
        {
            "comment": "One changed row of one entry, before and after, written by the database's own triggers.",
            "sqlite_autoincrement": True,
        },
    )

    id: Mapped[int] = key()
    entry: Mapped[str] = mapped_column(
        ENTRY,
        ForeignKey("manufacturing_audit_log.entry", deferrable=True, initially="DEFERRED"),
        comment="The entry it belongs to.",
    )
    table_name: Mapped[str] = mapped_column(CODE, comment="Table of the changed row.")
    row_key: Mapped[str] = mapped_column(CODE, comment="Number of the changed row.")
    old: Mapped[str | None] = mapped_column(Text, comment="Changed fields before, a JSON object; empty for a new row.")
    new: Mapped[str | None] = mapped_column(
        Text, comment="Changed fields after, a JSON object; empty for a removed row."
    )


class AuditChainHead(Base):
    __tablename__ = "audit_chain_head"
    __table_args__ = ({"comment": "The newest audit entry of each terminal: the end of its chain."},)

    terminal: Mapped[str] = mapped_column(NAME, primary_key=True, comment="The terminal.")
    counter: Mapped[int] = mapped_column(Key, comment="How many entries it has written.")
    hash: Mapped[str] = mapped_column(HASH, comment="Hash of the newest one.")


class AuditContext(Base):
    __tablename__ = "audit_context"
    __table_args__ = (
        {
            "comment": "The entry under which the running transaction writes its lines, where the database has no setting of its own for it (SQLite)."
        },
    )

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False, comment="Always 1.")
    entry: Mapped[str | None] = mapped_column(
        ENTRY, comment="The entry; empty between commands, and then every change is refused."
    )
