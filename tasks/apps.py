from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TasksConfig(AppConfig):
    name = "tasks"
    verbose_name = _("Background work")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Check at the start that each periodic task is one."""
        # Tasks and models can be imported from here on only.
        from tasks import checks  # noqa: F401, PLC0415
