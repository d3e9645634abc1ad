from django.apps import AppConfig
from django.conf import settings

from posts.sanitizing import use_engine


class NewsletterConfig(AppConfig):
    name = "newsletter"

    def ready(self) -> None:
        """Hand the settings on to what reads none itself."""
        use_engine(settings.HTML_SANITIZER)
