"""Create the audit log."""

import sqlalchemy as sa
from alembic import op

from mfg_desktop.tables.base import Fixed, Key, UtcTime
from mfg_desktop.tables.history import drop_history, write_history

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "manufacturing_audit_log",
        sa.Column("sequence", Key, autoincrement=True, nullable=False),
        sa.Column("entry", sa.String(length=36), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("happened_at", UtcTime(), nullable=False),
        sa.Column("badge", sa.String(length=60), nullable=True),
        sa.Column("approver", sa.String(length=60), nullable=True),
        sa.Column("terminal", sa.String(length=200), nullable=False),
        sa.Column("counter", Key, nullable=False),
        sa.Column("command_id", sa.String(length=36), nullable=False),
        sa.Column("command", sa.String(length=60), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("action_type", sa.String(length=60), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "INFO",
                "WARNING",
                "ERROR",
                "CRITICAL",
                name="level",
                native_enum=False,
                create_constraint=True,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("entity_type", sa.String(length=60), nullable=True),
        sa.Column("entity", sa.String(length=200), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("touched", sa.Text(), nullable=False),
        sa.Column("duration_ms", Fixed(3), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("anchor_hash", sa.String(length=64), nullable=False),
        sa.Column("changes_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("pk_manufacturing_audit_log")),
        sa.UniqueConstraint("entry", name=op.f("uq_manufacturing_audit_log_entry")),
        sa.UniqueConstraint("terminal", "counter", name=op.f("uq_manufacturing_audit_log_terminal_counter")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_manufacturing_audit_log_done",
        "manufacturing_audit_log",
        ["command_id"],
        unique=True,
        sqlite_where=sa.text("level = 'INFO'"),
        postgresql_where=sa.text("level = 'INFO'"),
    )
    op.create_index(
        "ix_manufacturing_audit_log_action_type_sequence",
        "manufacturing_audit_log",
        ["action_type", "sequence"],
        unique=False,
    )
    op.create_index("ix_manufacturing_audit_log_at", "manufacturing_audit_log", ["at"], unique=False)
    op.create_index(
        "ix_manufacturing_audit_log_badge_sequence", "manufacturing_audit_log", ["badge", "sequence"], unique=False
    )
    op.create_index(
        "ix_manufacturing_audit_log_command_id_sequence",
        "manufacturing_audit_log",
        ["command_id", "sequence"],
        unique=False,
    )
    op.create_index(
        "ix_manufacturing_audit_log_entity_sequence", "manufacturing_audit_log", ["entity", "sequence"], unique=False
    )
    op.create_index(
        "ix_manufacturing_audit_log_entity_type_entity_sequence",
        "manufacturing_audit_log",
        ["entity_type", "entity", "sequence"],
        unique=False,
    )
    op.create_index(
        "ix_manufacturing_audit_log_level_sequence", "manufacturing_audit_log", ["level", "sequence"], unique=False
    )
    op.create_table(
        "manufacturing_audit_change",
        sa.Column("id", Key, autoincrement=True, nullable=False),
        sa.Column("entry", sa.String(length=36), nullable=False),
        sa.Column("table_name", sa.String(length=60), nullable=False),
        sa.Column("row_key", sa.String(length=60), nullable=False),
        sa.Column("old", sa.Text(), nullable=True),
        sa.Column("new", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["entry"],
            ["manufacturing_audit_log.entry"],
            name=op.f("fk_manufacturing_audit_change_entry"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manufacturing_audit_change")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_manufacturing_audit_change_entry_id", "manufacturing_audit_change", ["entry", "id"], unique=False
    )
    op.create_index(
        "ix_manufacturing_audit_change_table_name_row_key",
        "manufacturing_audit_change",
        ["table_name", "row_key"],
        unique=False,
    )
    op.create_table(
        "audit_chain_head",
        sa.Column("terminal", sa.String(length=200), nullable=False),
        sa.Column("counter", Key, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("terminal", name=op.f("pk_audit_chain_head")),
    )
    op.create_table(
        "audit_context",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry", sa.String(length=36), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_context")),
    )
    op.execute("INSERT INTO audit_context (id, entry) VALUES (1, NULL)")
    write_history(op.get_bind())


def downgrade() -> None:
    drop_history(op.get_bind())
    op.drop_table("audit_context")
    op.drop_table("audit_chain_head")
    op.drop_table("manufacturing_audit_change")
    op.drop_table("manufacturing_audit_log")
