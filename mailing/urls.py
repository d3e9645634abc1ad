"""Addresses of mail. Stable: those in mails that were sent work for ever."""

from django.urls import include, path, register_converter
from django.urls.converters import StringConverter

from mailing.site import events, leaving, previewing, reader, subscribing

app_name = "mailing"


class KeyConverter(StringConverter):
    """The key of a reader: base64url, longer than any word of ours."""

    regex = "[A-Za-z0-9_-]{20,40}"


register_converter(KeyConverter, "mail_key")

of_readers = [
    path("style.css", previewing.style, name="style"),
    path("move/<str:token>/", reader.move, name="move"),
    path("<mail_key:key>/", reader.reader, name="reader"),
    path("<mail_key:key>/leave/", leaving.leave, name="leave"),
    path("<mail_key:key>/pause/", reader.pause, name="pause"),
    path("<mail_key:key>/back/", reader.come_back, name="come-back"),
    path("<mail_key:key>/address/", reader.address, name="address"),
    path("<mail_key:key>/renew/", reader.renew, name="renew"),
    path("<mail_key:key>/data/", reader.data, name="data"),
    path("<mail_key:key>/erase/", reader.erase, name="erase"),
    path("events/<slug:provider>/", events.events, name="events"),
]
# Below what they begin with: every other address of the site tries these two alone.
urlpatterns = [
    path(
        "subscribe/",
        include(
            [
                path("", subscribing.subscribe, name="subscribe"),
                path("asked/", subscribing.asked, name="asked"),
                path("<str:token>/", subscribing.confirm, name="confirm"),
            ]
        ),
    ),
    path("mail/", include(of_readers)),
]
