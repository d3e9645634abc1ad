"""The addresses of the site, app by app."""

from django.conf import settings
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from newsletter import views
from newsletter.desk import desk
from newsletter.doctor.pages import state
from newsletter.doctor.probing import readyz
from newsletter.metrics import metrics
from notices.pages import notices

handler500 = "newsletter.views.server_error"

# Below what they begin with: every other address of the site tries that alone.
of_staff: list[URLPattern | URLResolver] = [
    path("", admin.site.admin_view(desk), name="desk"),  # in the place of admin:index
    path("notices/", admin.site.admin_view(notices), name="notices"),
    path("state/", admin.site.admin_view(state), name="state"),
    # In the place of admin:view_on_site.
    path("r/<int:content_type_id>/<path:object_id>/", admin.site.admin_view(views.on_site)),
    path("", include("newsletter.passwords")),
    path("", include("newsletter.factors.urls")),
    path("", admin.site.urls),
]
urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("metrics", metrics, name="metrics"),
    path("readyz", readyz, name="readyz"),
    path(".well-known/security.txt", views.security, name="security"),
    path("favicon.ico", views.favicon, name="favicon"),
    path("admin/", include(of_staff)),
    path("", include("mailing.urls")),
    path("", include("posts.urls")),
]

if settings.SERVE_MEDIA:
    urlpatterns.append(path("media/<path:path>", views.media, name="media"))
