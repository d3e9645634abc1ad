"""What holds for a process that answers requests, and for no command.

PostgreSQL waits for ever by default: for a lock, for the end of any query, and for the rest of a
transaction. Behind a request somebody waits, and a thread with them; a migration, an import or a
task of the worker may take its time.
"""

from __future__ import annotations

import gc
from importlib import import_module

from django.conf import settings
from django.db import connections


def limit_queries() -> None:
    """Let connections that this process opens from now on end what takes too long.

    Given to PostgreSQL at the start of a session, they cost no query and survive a rollback; what
    `DATABASE_URL` asks for itself (`?options=`) wins. Compiling a query (JIT) only pays off for
    those that take longer than anybody waits.
    """
    for database in connections.settings.values():
        if database["ENGINE"] == "newsletter.postgresql":
            limits = [f"-c {name}={value}s" for name, value in settings.DATABASE_LIMITS.items()]
            own = database["OPTIONS"].get("options", "")
            database["OPTIONS"]["options"] = " ".join(["-c jit=off", *limits, own]).strip()


def keep_what_is_loaded() -> None:
    """Load what the first request would, and leave all of it out of later collections of garbage.

    Python looks through everything once a quarter of it is new: beside all that the code comes to,
    up to 9 MB of garbage had to wait for that.
    """
    import_module(settings.ROOT_URLCONF)
    gc.collect()
    gc.freeze()
