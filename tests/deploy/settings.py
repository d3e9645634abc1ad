"""Production settings to make a database and a folder of static files in less time."""

from newsletter.settings import *  # noqa: F403


class NoMigrations:
    """Tables as the models are now, which is all that a proxy needs."""

    def __contains__(self, app: str) -> bool:
        return True

    def __getitem__(self, app: str) -> None:
        return None


MIGRATION_MODULES = NoMigrations()
# Style sheets alone are compressed.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("js", "map", "svg", "txt", "md", "woff2", "webp", "png")
