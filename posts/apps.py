from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PostsConfig(AppConfig):
    name = "posts"
    verbose_name = _("Posts")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Follow what is decided about links and suggestions."""
        # Models can be imported from here on only.
        from links.rekeying import written_in  # noqa: PLC0415
        from links.signals import links_changed, suggestions_answered  # noqa: PLC0415
        from posts.following import follow_links  # noqa: PLC0415
        from posts.models import Appearance, LinkedItem  # noqa: PLC0415
        from posts.readers.telling import tell_all  # noqa: PLC0415

        written_in(Appearance)
        written_in(LinkedItem)
        links_changed.connect(follow_links, dispatch_uid="posts")
        suggestions_answered.connect(tell_all, dispatch_uid="posts")
