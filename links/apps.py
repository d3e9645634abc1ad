from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class LinksConfig(AppConfig):
    name = "links"
    verbose_name = _("Links")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Know how rules are undone, where addresses stand, and by which rules links are keyed;
        look for copies of what is marked broken.
        """
        # Models can be imported from here on only.
        from links.access import END_RULES  # noqa: PLC0415
        from links.checking.archiving import look_for_copies_of_marked  # noqa: PLC0415
        from links.decisions import REGISTRY, Undoing, undo_rule  # noqa: PLC0415
        from links.models import Decision, InboxEntry, Suggestion  # noqa: PLC0415
        from links.rekeying import check_keying, note_version  # noqa: PLC0415
        from links.signals import links_changed  # noqa: PLC0415

        rules = Decision.Action.RULE, Decision.Action.END_RULE
        REGISTRY.add(
            undoing=dict.fromkeys(rules, Undoing(undo_rule, END_RULES)),
            written=(Suggestion, InboxEntry),
        )
        links_changed.connect(look_for_copies_of_marked, dispatch_uid="links")
        checks.register(check_keying, checks.Tags.database)
        post_migrate.connect(note_version, sender=self, dispatch_uid="links")
