"""`migrations/schema.sql` is the sum of the migrations, and the index says where each function stands."""

import re

import asyncpg
import pytest

from tests.databases import as_an_administrator
from tests.house import schema


async def test_the_schema_file_is_the_sum_of_the_migrations(database: str) -> None:
    url = as_an_administrator(database)
    session = await asyncpg.connect(url)
    version = session.get_server_version().major
    await session.close()
    if version != 18:
        pytest.skip("it is written by Postgres 18, and others print some things otherwise")
    assert schema.dump(url) == schema.SCHEMA.read_text(), "`make schema` writes it anew"


def test_the_index_tells_of_every_function_where_it_stands_and_who_calls_it() -> None:
    page = schema.INDEX.read_text()
    assert page == schema.with_index(page), "`make schema` writes it anew"


def test_every_function_has_a_comment() -> None:
    assert [each.name for each in schema.functions().values() if len(each.says) < 10] == []


def test_every_function_is_called() -> None:
    """By a module, a trigger, another function, a test of the ledger, or an operator's page."""
    pages = "".join(path.read_text() for path in (schema.ROOT / "docs").glob("*.md"))
    for_operators = set(re.findall(r"`(\w+)\(", pages)) | {"allow_product_role"}
    unused = [name for name in schema.functions() if not any(schema.callers(name)) and name not in for_operators]
    assert unused == []


def test_a_function_stands_once_until_there_is_a_release() -> None:
    """From the first release on, a later file may say a function anew; then this test goes."""
    sources = [path.read_text() for path in sorted(schema.MIGRATIONS.glob("0*.sql"))]
    names = [
        re.sub(r"\s+", " ", signature)
        for source in sources
        for signature in re.findall(r"^CREATE (?:OR REPLACE )?FUNCTION (\w+\s*\([^)]*\))", source, re.MULTILINE)
    ]
    assert sorted({name for name in names if names.count(name) > 1}) == []
