"""The ASGI entry point."""

import os

from django.core.asgi import get_asgi_application

from newsletter.serving import keep_what_is_loaded, limit_queries

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsletter.settings")

application = get_asgi_application()
limit_queries()
keep_what_is_loaded()
