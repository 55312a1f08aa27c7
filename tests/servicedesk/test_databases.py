"""The settings of the connections to the database."""

from pathlib import Path

from servicedesk.databases import database, read_only

FOLDER = Path("/srv/mesa")


def test_without_an_address_the_database_is_a_file_that_the_reader_opens_read_only() -> None:
    found = database("", FOLDER)

    assert found["NAME"] == FOLDER / "mesa.sqlite3"
    assert "PRAGMA foreign_keys=ON" in found["OPTIONS"]["init_command"]
    reader = read_only(found)
    assert reader["NAME"] == "file:///srv/mesa/mesa.sqlite3?mode=ro"
    assert reader["OPTIONS"]["init_command"] == "PRAGMA query_only=ON;"


def test_postgresql_plans_few_orders_of_joins_and_compiles_nothing() -> None:
    found = database("postgres://mesa:secret@db:5433/mesa?sslmode=require", FOLDER)

    assert (found["HOST"], found["PORT"], found["NAME"]) == ("db", 5433, "mesa")
    assert found["OPTIONS"] == {
        "sslmode": "require",
        "options": "-c join_collapse_limit=4 -c jit=off",
    }


def test_settings_of_the_address_hold_but_for_the_reader_that_never_writes() -> None:
    # of two settings of one name PostgreSQL takes the last
    found = database(
        "postgres://db/mesa?options=-c%20jit%3Don%20-c%20default_transaction_read_only%3Doff",
        FOLDER,
    )

    assert found["OPTIONS"]["options"].endswith("-c jit=on -c default_transaction_read_only=off")
    assert read_only(found)["OPTIONS"]["options"].endswith(
        "-c default_transaction_read_only=off -c default_transaction_read_only=on"
    )
