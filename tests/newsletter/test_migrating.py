"""SQLite needs no memory of the size of its tables while they are made anew."""

from tests.newsletter.production import run_python

STORES = """
import django
django.setup()
from django.core.management.sql import emit_pre_migrate_signal
from django.db import connection
from newsletter import migrating

def show():
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA temp_store")
        print(cursor.fetchone()[0])

show()
emit_pre_migrate_signal(verbosity=0, interactive=False, db="default", plan=[])
show()
migrating.use_memory("default")
show()
"""
MEMORY, AS_THE_SYSTEM_SAYS = "2", "0"


def test_what_migrations_need_beside_the_tables_is_kept_on_the_disk() -> None:
    done = run_python("-c", STORES, DEBUG="true", DATABASE_URL="sqlite://:memory:")

    assert done.stdout.split() == [MEMORY, AS_THE_SYSTEM_SAYS, MEMORY], done.stderr
