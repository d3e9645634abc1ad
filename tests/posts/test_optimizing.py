"""What the database knows of its tables."""

import pytest
from django.db import connection

from posts.optimizing import analyze, optimize
from tests.builders import make_post

pytestmark = pytest.mark.django_db


def test_the_database_looks_at_its_tables() -> None:
    make_post()
    analyze()
    optimize.enqueue()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT idx FROM sqlite_stat1 WHERE tbl = 'posts_citation'")
            assert ("posts_source_page",) in cursor.fetchall()
        else:
            cursor.execute("SELECT attname FROM pg_stats WHERE tablename = 'posts_citation'")
            assert ("source_id",) in cursor.fetchall()
