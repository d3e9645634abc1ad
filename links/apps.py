from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LinksConfig(AppConfig):
    name = "links"
    verbose_name = _("Links")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Know how decisions about rules are undone."""
        # Models can be imported from here on only.
        import links.rulemaking  # noqa: F401, PLC0415
