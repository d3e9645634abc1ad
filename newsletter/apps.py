from typing import cast

from allauth.account import apps as accounts
from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin import apps
from django.db.models.signals import post_migrate, pre_migrate

from posts.sanitizing import Engine, use_engine


class NewsletterConfig(AppConfig):
    name = "newsletter"

    def ready(self) -> None:
        """Hand the settings on to what reads none itself; register the checks."""
        # They ask models, which can be imported from here on only.
        from newsletter import checks, migrating, notifying  # noqa: F401, PLC0415

        notifying.register()
        # Of each app: this one has no tables, and is not told.
        pre_migrate.connect(migrating.use_disk, dispatch_uid="newsletter")
        post_migrate.connect(migrating.use_memory, dispatch_uid="newsletter")

        use_engine(cast(Engine, settings.HTML_SANITIZER))


class StaffConfig(apps.AdminConfig):
    """Django's admin with a site of our own, in the place of `django.contrib.admin`."""

    default = False
    default_site = "newsletter.staff.StaffSite"


class FactorAccountsConfig(accounts.AccountConfig):
    """Rows of allauth's that its second factors need: without its middleware, which would cost
    every public page something (``newsletter.factors.adapter.with_request``)."""

    default = False

    def ready(self) -> None:
        """Ask for nothing: none of its pages are there."""
