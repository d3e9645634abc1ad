"""Settings of the workers that tests start: the site's, and a periodic task that leaves traces."""

from newsletter.settings import *  # noqa: F403

PERIODIC_TASKS = {"tests.tasks.samples.note_the_period": 24 * 3600}
