"""The database writes the history: triggers that record every changed row, and refuse what may never change.

They are made from the columns that the database really has, so a migration that adds a table or a column calls `write_history` again and is done.
Secret columns are masked. A change outside a command, whoever makes it, is refused; so is UPDATE or DELETE of what is only ever added.
"""

from collections.abc import Callable

from sqlalchemy import Connection, inspect, text

SECRETS = {"person": ("pin_hash",)}

NOT_WATCHED = frozenset(
    {
        "manufacturing_audit_log",
        "manufacturing_audit_change",
        "audit_chain_head",
        "audit_context",
        "order_number_series",
        "alembic_version",
    }
)
"""The audit's own tables, and the counter of order numbers, which tells nothing that the order does not."""

ADDED_ONLY = (
    "manufacturing_audit_log",
    "manufacturing_audit_change",
    "stock_movement",
    "production_output",
    "output_scrap",
)

KEPT_UNIQUE = {
    "manufacturing_audit_log": (
        (("entry",), ""),
        (("terminal", "counter"), ""),
        (("command_id",), " AND level = 'INFO' AND NEW.level = 'INFO'"),
    ),
    "production_output": ((("reverses_id",), ""),),
}
"""What may not come twice in them, and for which rows: a second one must not take the place of the first."""

OUTSIDE = "This row may only change through a command"
FINAL = "This row may never be changed or removed"

_POSTGRES_FUNCTIONS = (
    """
    CREATE FUNCTION mfg_audit_line() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        told text := current_setting('mfg.entry', true);
        was jsonb;
        is_now jsonb;
        secret text;
        row_key text;
    BEGIN
        -- To empty a table at a stroke fires for no row, so no line could tell what was lost.
        IF told IS NULL OR told = '' OR TG_OP = 'TRUNCATE' THEN
            RAISE EXCEPTION '%%: %%', TG_TABLE_NAME, '{outside}' USING ERRCODE = 'MF001';
        END IF;
        IF TG_OP = 'INSERT' THEN
            is_now := jsonb_strip_nulls(to_jsonb(NEW));
            row_key := NEW.id::text;
        ELSIF TG_OP = 'DELETE' THEN
            was := jsonb_strip_nulls(to_jsonb(OLD));
            row_key := OLD.id::text;
        ELSE
            SELECT jsonb_object_agg(o.key, o.value), jsonb_object_agg(n.key, n.value) INTO was, is_now
            FROM jsonb_each(to_jsonb(OLD)) o JOIN jsonb_each(to_jsonb(NEW)) n USING (key)
            WHERE o.value IS DISTINCT FROM n.value;
            IF was IS NULL THEN
                RETURN NULL;
            END IF;
            row_key := NEW.id::text;
        END IF;
        FOREACH secret IN ARRAY coalesce(TG_ARGV, '{}') LOOP
            IF was ? secret THEN was := jsonb_set(was, ARRAY[secret], '"***"'); END IF;
            IF is_now ? secret THEN is_now := jsonb_set(is_now, ARRAY[secret], '"***"'); END IF;
        END LOOP;
        INSERT INTO manufacturing_audit_change (entry, table_name, row_key, old, new)
        VALUES (told, TG_TABLE_NAME, row_key, was::text, is_now::text);
        RETURN NULL;
    END $$
    """.replace("{outside}", OUTSIDE),
    """
    CREATE FUNCTION mfg_added_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '%%: %%', TG_TABLE_NAME, '{final}' USING ERRCODE = 'MF002';
    END $$
    """.replace("{final}", FINAL),
    # One field of the text that is hashed: its length, then itself, so that no two entries can read the same. The cast makes it immutable through and
    # through: only so does PostgreSQL write it into the statement instead of calling it for every field, which took most of the time of an entry.
    """
    CREATE FUNCTION mfg_frame(value text) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT CASE WHEN value IS NULL THEN '-;' ELSE length(value)::text || ':' || value || ';' END $$
    """,
    # Writes one entry at the end of its terminal's chain. The head's row lock is the last lock that a command takes and is held for one round trip.
    """
    CREATE FUNCTION mfg_write_entry(
        p_entry text, p_at timestamptz, p_happened_at timestamptz, p_badge text, p_approver text, p_terminal text, p_command_id text,
        p_command text, p_digest text, p_answer text, p_action_type text, p_level text, p_entity_type text, p_entity text, p_message text,
        p_details text, p_touched text, p_duration_ms numeric
    ) RETURNS bigint LANGUAGE plpgsql AS $$
    DECLARE
        v_sequence bigint;
        v_counter bigint;
        v_previous text;
        v_anchor text;
        v_changes text;
        v_hash text;
    BEGIN
        SELECT counter + 1, hash INTO v_counter, v_previous FROM audit_chain_head WHERE terminal = p_terminal FOR UPDATE;
        IF NOT FOUND THEN
            INSERT INTO audit_chain_head (terminal, counter, hash) VALUES (p_terminal, 0, '') ON CONFLICT DO NOTHING;
            SELECT counter + 1, hash INTO v_counter, v_previous FROM audit_chain_head WHERE terminal = p_terminal FOR UPDATE;
        END IF;
        SELECT hash INTO v_anchor FROM manufacturing_audit_log ORDER BY sequence DESC LIMIT 1;
        v_anchor := coalesce(v_anchor, '');
        v_sequence := nextval(pg_get_serial_sequence('manufacturing_audit_log', 'sequence'));
        SELECT encode(sha256(convert_to(coalesce(string_agg(
            mfg_frame(table_name) || mfg_frame(row_key) || mfg_frame(old) || mfg_frame(new), '' ORDER BY id), ''), 'UTF8')), 'hex')
        INTO v_changes FROM manufacturing_audit_change WHERE entry = p_entry;
        v_hash := encode(sha256(convert_to(
            mfg_frame(v_sequence::text) || mfg_frame(p_entry)
            || mfg_frame(to_char(p_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'))
            || mfg_frame(to_char(p_happened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'))
            || mfg_frame(p_badge) || mfg_frame(p_approver) || mfg_frame(p_terminal) || mfg_frame(v_counter::text) || mfg_frame(p_command_id)
            || mfg_frame(p_command) || mfg_frame(p_digest) || mfg_frame(p_answer) || mfg_frame(p_action_type) || mfg_frame(p_level)
            || mfg_frame(p_entity_type) || mfg_frame(p_entity) || mfg_frame(p_message) || mfg_frame(p_details) || mfg_frame(p_touched)
            || mfg_frame(p_duration_ms::numeric(18, 3)::text) || mfg_frame(v_previous) || mfg_frame(v_anchor) || mfg_frame(v_changes),
            'UTF8')), 'hex');
        INSERT INTO manufacturing_audit_log (
            sequence, entry, at, happened_at, badge, approver, terminal, counter, command_id, command, digest, answer, action_type, level,
            entity_type, entity, message, details, touched, duration_ms, previous_hash, anchor_hash, changes_hash, hash
        ) VALUES (
            v_sequence, p_entry, p_at, p_happened_at, p_badge, p_approver, p_terminal, v_counter, p_command_id, p_command, p_digest, p_answer,
            p_action_type, p_level, p_entity_type, p_entity, p_message, p_details, p_touched, p_duration_ms, v_previous, v_anchor, v_changes, v_hash
        );
        UPDATE audit_chain_head SET counter = v_counter, hash = v_hash WHERE terminal = p_terminal;
        RETURN v_sequence;
    END $$
    """,
)

_POSTGRES_DROPS = (
    "DROP FUNCTION IF EXISTS mfg_audit_line() CASCADE",
    "DROP FUNCTION IF EXISTS mfg_added_only() CASCADE",
    "DROP FUNCTION IF EXISTS mfg_write_entry CASCADE",
    "DROP FUNCTION IF EXISTS mfg_frame(text) CASCADE",
)


def write_history(connection: Connection) -> None:
    """Make the triggers of every table that there is now, in place of those before."""
    drop_history(connection)
    tables = inspect(connection).get_table_names()
    if connection.dialect.name == "postgresql":
        for statement in _POSTGRES_FUNCTIONS:
            connection.exec_driver_sql(statement)
    for table in sorted(tables):
        if table not in NOT_WATCHED:
            for statement in _watch(connection, table):
                connection.exec_driver_sql(statement)
        if table in ADDED_ONLY:
            for statement in _keep(connection, table):
                connection.exec_driver_sql(statement)


def drop_history(connection: Connection) -> None:
    """Remove every trigger and function of the history."""
    if connection.dialect.name == "postgresql":
        for statement in _POSTGRES_DROPS:
            connection.exec_driver_sql(statement)
        return
    names = (
        connection.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'mfg\\_%' ESCAPE '\\'")
        )
        .scalars()
        .all()
    )
    for name in names:
        connection.exec_driver_sql(f'DROP TRIGGER "{name}"')


def _watch(connection: Connection, table: str) -> list[str]:
    secrets = SECRETS.get(table, ())
    if connection.dialect.name == "postgresql":
        masked = ", ".join(f"'{column}'" for column in secrets)
        return [
            (
                f"CREATE TRIGGER mfg_audit AFTER INSERT OR UPDATE OR DELETE ON {table}"
                f" FOR EACH ROW EXECUTE FUNCTION mfg_audit_line({masked})"
            ),
            f"CREATE TRIGGER mfg_empty BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION mfg_audit_line()",
        ]
    columns = [column["name"] for column in inspect(connection).get_columns(table)]

    # SQLite 3.38 to 3.40 call their JSON functions unsafe in a trigger of an untrusted schema; so the object is put together by hand.
    def written(side: str, column: str) -> str:
        value = f'{side}."{column}"'
        if column in secrets:
            return "'\"***\"'"
        text = value
        for plain, escaped in (
            ("'\\'", "'\\\\'"),
            ("'\"'", "'\\\"'"),
            ("char(10)", "'\\n'"),
            ("char(13)", "'\\r'"),
            ("char(9)", "'\\t'"),
        ):
            text = f"replace({text}, {plain}, {escaped})"
        return f"CASE typeof({value}) WHEN 'text' THEN '\"' || {text} || '\"' WHEN 'null' THEN 'null' ELSE {value} END"

    def fields(side: str, told: Callable[[str], str]) -> str:
        parts = " || ".join(f"CASE WHEN {told(c)} THEN ',\"{c}\":' || {written(side, c)} ELSE '' END" for c in columns)
        return f"'{{' || ltrim({parts}, ',') || '}}'"

    def whole(side: str) -> str:
        return fields(side, lambda c: f'{side}."{c}" IS NOT NULL')

    def changed(side: str) -> str:
        return fields(side, lambda c: f'OLD."{c}" IS NOT NEW."{c}"')

    differs = " OR ".join(f'OLD."{c}" IS NOT NEW."{c}"' for c in columns)
    outside = f"SELECT RAISE(ABORT, '{table}: {OUTSIDE}') WHERE (SELECT entry FROM audit_context WHERE id = 1) IS NULL;"
    into = "INSERT INTO manufacturing_audit_change (entry, table_name, row_key, old, new) SELECT entry,"
    context = "FROM audit_context WHERE id = 1;"
    return [
        f"CREATE TRIGGER mfg_insert_{table} AFTER INSERT ON {table} BEGIN {outside} {into} '{table}', NEW.id, NULL, {whole('NEW')} {context} END",
        (
            f"CREATE TRIGGER mfg_update_{table} AFTER UPDATE ON {table} WHEN {differs} BEGIN {outside} "
            f"{into} '{table}', NEW.id, {changed('OLD')}, {changed('NEW')} {context} END"
        ),
        f"CREATE TRIGGER mfg_delete_{table} AFTER DELETE ON {table} BEGIN {outside} {into} '{table}', OLD.id, {whole('OLD')}, NULL {context} END",
    ]


def _keep(connection: Connection, table: str) -> list[str]:
    if connection.dialect.name == "postgresql":
        return [
            f"CREATE TRIGGER mfg_keep BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION mfg_added_only()",
            f"CREATE TRIGGER mfg_keep_all BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION mfg_added_only()",
        ]
    key = "sequence" if table == "manufacturing_audit_log" else "id"
    say = f"SELECT RAISE(ABORT, '{table}: {FINAL}');"
    # INSERT OR REPLACE removes the row it replaces without firing the DELETE trigger where recursive triggers are off.
    stop = f"BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE"
    return [
        f"CREATE TRIGGER mfg_keep_update_{table} BEFORE UPDATE ON {table} BEGIN {say} END",
        f"CREATE TRIGGER mfg_keep_delete_{table} BEFORE DELETE ON {table} BEGIN {say} END",
        f"CREATE TRIGGER mfg_keep_insert_{table} {stop} {key} = NEW.{key}) BEGIN {say} END",
        *(
            # In the database's own words, so that an ordinary second row is told by the name of its constraint as ever.
            f"CREATE TRIGGER mfg_keep_{'_'.join(columns)}_{table} {stop} {_same(columns)}{only})"
            f" BEGIN SELECT RAISE(ABORT, 'UNIQUE constraint failed: {', '.join(f'{table}.{one}' for one in columns)}'); END"
            for columns, only in KEPT_UNIQUE.get(table, ())
        ),
    ]


def _same(columns: tuple[str, ...]) -> str:
    return " AND ".join(f"{column} = NEW.{column}" for column in columns)
