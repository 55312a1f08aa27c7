"""The index over the words: FTS5 on SQLite, ``tsvector`` with GIN on PostgreSQL. Words are folded
and stemmed before they are written, so that neither database does it in its own way.
"""

from django.db import migrations

COLUMNS = "words, stems"
SQLITE = (
    f"""CREATE VIRTUAL TABLE search_words USING fts5({COLUMNS}, content='search_entry',
        content_rowid='id', tokenize="unicode61 remove_diacritics 0", prefix='1 2 3')""",
    f"""CREATE TRIGGER search_entry_insert AFTER INSERT ON search_entry BEGIN
        INSERT INTO search_words(rowid, {COLUMNS}) VALUES (NEW.id, NEW.words, NEW.stems); END""",
    f"""CREATE TRIGGER search_entry_delete AFTER DELETE ON search_entry BEGIN
        INSERT INTO search_words(search_words, rowid, {COLUMNS})
        VALUES ('delete', OLD.id, OLD.words, OLD.stems); END""",
    f"""CREATE TRIGGER search_entry_update AFTER UPDATE OF {COLUMNS} ON search_entry BEGIN
        INSERT INTO search_words(search_words, rowid, {COLUMNS})
        VALUES ('delete', OLD.id, OLD.words, OLD.stems);
        INSERT INTO search_words(rowid, {COLUMNS}) VALUES (NEW.id, NEW.words, NEW.stems); END""",
)
POSTGRESQL = (
    """ALTER TABLE search_entry ADD COLUMN lexemes tsvector GENERATED ALWAYS AS (
        array_to_tsvector(array_remove(array_remove(
        string_to_array(words || ' ' || stems, ' '), ''), '|'))) STORED""",
    "CREATE INDEX search_entry_lexemes ON search_entry USING gin (lexemes)",
)


def make(apps, schema_editor):
    for statement in POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE:
        schema_editor.execute(statement, params=None)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("ALTER TABLE search_entry DROP COLUMN lexemes")
        return
    for act in ("insert", "delete", "update"):
        schema_editor.execute(f"DROP TRIGGER search_entry_{act}")
    schema_editor.execute("DROP TABLE search_words")


class Migration(migrations.Migration):
    dependencies = [("search", "0001_initial")]
    operations = [migrations.RunPython(make, drop)]
