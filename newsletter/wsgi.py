"""The WSGI entry point: `gunicorn newsletter.wsgi`."""

import logging
import os

from django.core.wsgi import get_wsgi_application

from newsletter.logs import NO_HTTP, Rarely
from newsletter.serving import keep_what_is_loaded, limit_queries
from newsletter.slots import Slots

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsletter.settings")

django = get_wsgi_application()
from newsletter.shortcut import Shortcut  # noqa: E402 (it knows models, which are loaded now)

application = Slots(Shortcut(django), threads=4)
limit_queries()
logging.getLogger(NO_HTTP[0]).addFilter(Rarely())
keep_what_is_loaded()
