"""Settings of the workers that tests start: the site's, and a periodic task that leaves traces."""

import os

from newsletter.settings import *  # noqa: F403
from tasks.backends.redis import RedisBackend

if "ONLY_THE_BELL" in os.environ:
    # Who does not hear it sleeps for longer than any test waits.
    RedisBackend.poll_interval = 3600

PERIODIC_TASKS = {"tests.tasks.samples.note_the_period": 24 * 3600}
