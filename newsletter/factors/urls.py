"""Addresses of signing in, below those of staff: sessions are there alone."""

from django.contrib import admin
from django.urls import path

from newsletter.factors import mine, pages

_of_staff = admin.site.admin_view

urlpatterns = [
    path("factor/", pages.factor, name="factor"),
    path("passkey/", pages.passkey, name="passkey"),
    path("factors/", _of_staff(mine.factors), name="factors"),
    path("factors/add/", mine.add_factor, name="add_factor"),
    path("factors/confirm/", _of_staff(mine.confirm_password), name="confirm_password"),
    path("factors/codes/", _of_staff(mine.renew_codes), name="renew_codes"),
    path("factors/sessions/", _of_staff(mine.end_sessions), name="end_sessions"),
    path("factors/<int:pk>/remove/", _of_staff(mine.remove_factor), name="remove_factor"),
]
