from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class LinksConfig(AppConfig):
    name = "links"
    verbose_name = _("Links")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Know how decisions about rules are undone, and by which rules links are keyed."""
        # Models can be imported from here on only.
        import links.decisions.rules  # noqa: PLC0415
        import links.rekeying.checks  # noqa: PLC0415
        import links.rekeying.uniting  # noqa: F401, PLC0415
        from links.models import InboxEntry, Suggestion  # noqa: PLC0415
        from links.rekeying import note_version, written_in  # noqa: PLC0415

        written_in(Suggestion)
        written_in(InboxEntry)
        post_migrate.connect(note_version, sender=self, dispatch_uid="links")
