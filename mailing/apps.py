from importlib.util import find_spec

from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _


class MailingConfig(AppConfig):
    name = "mailing"
    verbose_name = _("Mail")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register what mail adds to other apps."""
        # Models can be imported from here on only.
        from mailing import bounces  # noqa: PLC0415
        from mailing.checks import check_address_key, check_sender  # noqa: PLC0415
        from mailing.composing.drafts import preview, too_long  # noqa: PLC0415
        from mailing.offering import OFFER  # noqa: PLC0415
        from mailing.sending import refused, stop_with_issue  # noqa: PLC0415
        from posts.signals import issue_taken_back  # noqa: PLC0415
        from posts.slots import CHECKS, OFFERS, PREVIEWS, Check, PreviewForm  # noqa: PLC0415

        if find_spec("anymail"):
            from anymail.signals import tracking  # noqa: PLC0415

            tracking.connect(bounces.on_tracking)
        checks.register(check_address_key, checks.Tags.database)
        checks.register(check_sender, checks.Tags.database)
        OFFERS.add(OFFER)
        PREVIEWS.add(PreviewForm("mail", _("Mail"), preview))
        CHECKS.add(Check("mail-size", _("An issue too long for a mail"), too_long))
        refused.connect(bounces.on_refusal, dispatch_uid="mailing")
        issue_taken_back.connect(stop_with_issue, dispatch_uid="mailing")
