"""The API for programs, read only: ``/api/v1/``. ``urlpatterns`` are its addresses."""

from posts.site.api.answers import as_json, open_to_all, refused, sent
from posts.site.api.operations import urlpatterns
