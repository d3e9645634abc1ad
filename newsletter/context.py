"""What every template may use, error pages among them: nothing here asks the database."""

from django.conf import settings
from django.http import HttpRequest

from posts.publishing import composing


def site(_request: HttpRequest) -> dict[str, object]:
    """Return the site's name, description and address as `site`; and whether it is `read_only`."""
    return {"site": composing.site(), "read_only": settings.READ_ONLY}
