"""Production settings to make a folder of static files in less time."""

from newsletter.settings import *  # noqa: F403

# Style sheets alone are compressed.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = ("js", "map", "svg", "txt", "md", "woff2", "webp", "png")
