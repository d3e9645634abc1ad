"""Addresses of mail. Stable: those in mails that were sent work for ever."""

from django.urls import URLPattern

app_name = "mailing"

urlpatterns: list[URLPattern] = []
