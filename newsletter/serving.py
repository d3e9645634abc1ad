"""What holds for a process that answers requests, and for no command.

PostgreSQL waits for ever by default: for a lock, for the end of any query, and for the rest of a
transaction. Behind a request somebody waits, and a thread with them; a migration, an import or a
task of the worker may take its time.
"""

from __future__ import annotations

from django.conf import settings
from django.db import connections


def limit_queries() -> None:
    """Let connections that this process opens from now on end what takes too long.

    Given to PostgreSQL at the start of a session, they cost no query and survive a rollback; what
    `DATABASE_URL` asks for itself (`?options=`) wins. Compiling a query (JIT) only pays off for
    those that take longer than anybody waits.
    """
    for database in connections.settings.values():
        if database["ENGINE"] == "django.db.backends.postgresql":
            limits = [f"-c {name}={value}s" for name, value in settings.DATABASE_LIMITS.items()]
            own = database["OPTIONS"].get("options", "")
            database["OPTIONS"]["options"] = " ".join(["-c jit=off", *limits, own]).strip()
