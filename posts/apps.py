from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_delete, post_migrate, post_save, pre_delete
from django.utils.translation import gettext_lazy as _


class PostsConfig(AppConfig):
    name = "posts"
    verbose_name = _("Issues")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Follow what is decided or deleted; say how decisions about items are undone, and where
        addresses stand."""
        self._register()
        self._follow_decisions()
        self._follow_rows()
        self._follow_migrations()

    # Models can be imported from here on only.

    def _register(self) -> None:
        from links.decisions import REGISTRY, Undoing  # noqa: PLC0415
        from posts.access import HIDE_ITEMS  # noqa: PLC0415
        from posts.following import HIDDEN, undo_hiding  # noqa: PLC0415
        from posts.models import Appearance, LinkedItem  # noqa: PLC0415
        from posts.searching.checks import check_index  # noqa: PLC0415

        REGISTRY.add(
            undoing=dict.fromkeys(HIDDEN, Undoing(undo_hiding, HIDE_ITEMS)),
            written=(Appearance, LinkedItem),
        )
        checks.register(check_index, checks.Tags.database)

    def _follow_decisions(self) -> None:
        from links.signals import (  # noqa: PLC0415
            links_changed,
            links_united,
            suggestions_answered,
        )
        from posts.following import follow_links, follow_posts  # noqa: PLC0415
        from posts.publishing import counting  # noqa: PLC0415
        from posts.readers.telling import tell_all  # noqa: PLC0415
        from posts.reviewing import end_overtaken  # noqa: PLC0415
        from posts.signals import pages_outdated, review_overtaken  # noqa: PLC0415

        links_changed.connect(follow_links, dispatch_uid="posts")
        links_united.connect(counting.recount_links, dispatch_uid="posts")
        pages_outdated.connect(follow_posts, dispatch_uid="posts")
        suggestions_answered.connect(tell_all, dispatch_uid="posts")
        review_overtaken.connect(end_overtaken, dispatch_uid="posts")

    def _follow_rows(self) -> None:
        from posts.mirroring import follow_missing  # noqa: PLC0415
        from posts.models import Image, Picture, Post  # noqa: PLC0415
        from posts.publishing import counting, translations  # noqa: PLC0415
        from posts.resizing import follow_image  # noqa: PLC0415
        from posts.searching import building  # noqa: PLC0415
        from posts.signals import images_missing  # noqa: PLC0415

        pre_delete.connect(counting.note_share, sender=Post, dispatch_uid="posts")
        pre_delete.connect(building.forget, sender=Post, dispatch_uid="posts search")
        post_delete.connect(counting.discount, sender=Post, dispatch_uid="posts")
        post_delete.connect(translations.unlink, sender=Post, dispatch_uid="posts translations")
        images_missing.connect(follow_missing, dispatch_uid="posts")
        post_save.connect(follow_image, sender=Image, dispatch_uid="posts")
        post_save.connect(follow_image, sender=Picture, dispatch_uid="posts")

    def _follow_migrations(self) -> None:
        from posts.publication import move_after_migrate  # noqa: PLC0415
        from posts.searching import building  # noqa: PLC0415

        post_migrate.connect(building.prepare, sender=self, dispatch_uid="posts search")
        post_migrate.connect(move_after_migrate, sender=self, dispatch_uid="posts")
