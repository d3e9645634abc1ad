"""What every template may use, error pages among them: nothing here asks the database."""

from django.http import HttpRequest

from posts.publishing import composing


def site(_request: HttpRequest) -> dict[str, object]:
    """Return the site's name, description and address as `site`."""
    return {"site": composing.site()}
