"""The ASGI entry point."""

import os

from django.core.asgi import get_asgi_application

from newsletter.serving import limit_queries

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsletter.settings")

application = get_asgi_application()
limit_queries()
