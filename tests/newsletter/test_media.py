from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.fixture
def uploads(settings: Settings) -> Path:
    folder = Path(settings.MEDIA_ROOT)
    (folder / "images").mkdir(parents=True)
    (folder / "images" / "a.webp").write_bytes(b"RIFF")
    (folder / "images" / "a.svg").write_bytes(SVG)
    (folder / "a.html").write_bytes(b"<script>alert(1)</script>")
    (folder.parent / "secret").write_bytes(b"secret")
    return folder


@pytest.mark.usefixtures("uploads")
def test_an_uploaded_image_is_shown(client: Client) -> None:
    response = client.get("/media/images/a.webp")

    assert b"".join(response) == b"RIFF"
    assert response.headers["Content-Type"] == "image/webp"
    assert response.headers["Content-Disposition"].startswith("inline")
    assert "public" in response.headers["Cache-Control"]
    assert "Cookie" not in response.headers.get("Vary", "")


@pytest.mark.usefixtures("uploads")
@pytest.mark.parametrize("name", ["images/a.svg", "a.html"])
def test_an_uploaded_file_that_could_run_scripts_is_handed_over_as_a_download(
    client: Client, name: str
) -> None:
    response = client.get(f"/media/{name}")
    b"".join(response)  # to its end, which closes the file
    headers = response.headers

    assert headers["Content-Disposition"] == "attachment"
    assert headers["Content-Type"] == "application/octet-stream"
    assert "sandbox" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.django_db  # where nothing is, an old address may lead on
@pytest.mark.usefixtures("uploads")
@pytest.mark.parametrize(
    "path",
    [
        *("../secret", "%2e%2e/secret", "images/../../secret", "..%2fsecret", "..%5csecret"),
        *("images", "images/", "nothing.png", "%00.png", "/etc/passwd", "a" * 300),
    ],
)
def test_nothing_but_uploaded_files_is_served(client: Client, path: str) -> None:
    response = client.get(f"/media/{path}")

    assert response.status_code == 404


@pytest.mark.django_db
def test_the_icon_is_where_those_look_who_read_no_page(client: Client) -> None:
    response = client.get("/favicon.ico")

    assert response.headers["Content-Type"] == "image/svg+xml"
    assert response.content.startswith(b"<svg")
    assert response.headers["Cache-Control"] == "public, max-age=86400"
