"""What holds for a process that answers requests, and for no command.

PostgreSQL waits for ever by default: for a lock, for the end of any query, and for the rest of a
transaction. Behind a request somebody waits, and a thread with them; a migration, an import or a
task of the worker may take its time. SQLite keeps pages for each connection, of which a server has
one for each thread that works: what the system keeps of its file is as quick.
"""

from __future__ import annotations

from django.conf import settings
from django.db import connections

from newsletter.databases import PAGES_KEPT, PAGES_KEPT_BY_SERVERS


def limit_queries() -> None:
    """Let connections that this process opens from now on end what takes too long, and keep little.

    Given to PostgreSQL at the start of a session, they cost no query and survive a rollback; what
    `DATABASE_URL` asks for itself (`?options=`) wins. Compiling a query (JIT) only pays off for
    those that take longer than anybody waits.
    """
    for database in connections.settings.values():
        if database["ENGINE"] == "django.db.backends.sqlite3":
            given = database["OPTIONS"].get("init_command", "")
            fewer = given.replace(PAGES_KEPT, PAGES_KEPT_BY_SERVERS)
            database["OPTIONS"]["init_command"] = fewer
        if database["ENGINE"] == "django.db.backends.postgresql":
            limits = [f"-c {name}={value}s" for name, value in settings.DATABASE_LIMITS.items()]
            own = database["OPTIONS"].get("options", "")
            database["OPTIONS"]["options"] = " ".join(["-c jit=off", *limits, own]).strip()
