from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _


class PostsConfig(AppConfig):
    name = "posts"
    verbose_name = _("Issues")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Follow what is decided or deleted; say how decisions about items are undone, and where
        addresses stand."""
        # Models can be imported from here on only.
        from django.db.models.signals import (  # noqa: PLC0415
            post_delete,
            post_migrate,
            post_save,
            pre_delete,
        )

        from links.decisions import REGISTRY, Undoing  # noqa: PLC0415
        from links.signals import (  # noqa: PLC0415
            links_changed,
            links_united,
            suggestions_answered,
        )
        from posts.access import HIDE_ITEMS  # noqa: PLC0415
        from posts.following import (  # noqa: PLC0415
            HIDDEN,
            follow_links,
            follow_posts,
            undo_hiding,
        )
        from posts.mirroring import follow_missing  # noqa: PLC0415
        from posts.models import (  # noqa: PLC0415
            Appearance,
            Image,
            LinkedItem,
            Picture,
            Post,
        )
        from posts.publication import move_after_migrate  # noqa: PLC0415
        from posts.publishing import counting, translations  # noqa: PLC0415
        from posts.readers.telling import tell_all  # noqa: PLC0415
        from posts.resizing import follow_image  # noqa: PLC0415
        from posts.reviewing import end_overtaken  # noqa: PLC0415
        from posts.searching import building  # noqa: PLC0415
        from posts.searching.checks import check_index  # noqa: PLC0415
        from posts.signals import (  # noqa: PLC0415
            images_missing,
            pages_outdated,
            review_overtaken,
        )

        REGISTRY.add(
            undoing=dict.fromkeys(HIDDEN, Undoing(undo_hiding, HIDE_ITEMS)),
            written=(Appearance, LinkedItem),
        )
        links_changed.connect(follow_links, dispatch_uid="posts")
        links_united.connect(counting.recount_links, dispatch_uid="posts")
        pages_outdated.connect(follow_posts, dispatch_uid="posts")
        suggestions_answered.connect(tell_all, dispatch_uid="posts")
        pre_delete.connect(counting.note_share, sender=Post, dispatch_uid="posts")
        checks.register(check_index, checks.Tags.database)
        pre_delete.connect(building.forget, sender=Post, dispatch_uid="posts search")
        post_migrate.connect(building.prepare, sender=self, dispatch_uid="posts search")
        post_delete.connect(counting.discount, sender=Post, dispatch_uid="posts")
        images_missing.connect(follow_missing, dispatch_uid="posts")
        post_delete.connect(translations.unlink, sender=Post, dispatch_uid="posts translations")
        post_save.connect(follow_image, sender=Image, dispatch_uid="posts")
        post_save.connect(follow_image, sender=Picture, dispatch_uid="posts")
        review_overtaken.connect(end_overtaken, dispatch_uid="posts")
        post_migrate.connect(move_after_migrate, sender=self, dispatch_uid="posts")
