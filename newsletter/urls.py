"""The addresses of the site, app by app."""

from django.conf import settings
from django.contrib import admin
from django.urls import path

from newsletter import views

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("admin/", admin.site.urls),
]

if settings.SERVE_MEDIA:
    urlpatterns.append(path("media/<path:path>", views.media, name="media"))
