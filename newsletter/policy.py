"""What a browser may load and run on our pages: one policy for the public site and the admin."""

from typing import Any

from csp.constants import NONCE, NONE, SELF

DIRECTIVES: dict[str, Any] = {
    "default-src": [NONE],
    # A nonce stands in the header only where a page asks for one (`request.csp_nonce`).
    "script-src": [SELF, NONCE],
    "style-src": [SELF, NONCE],
    "font-src": [SELF],
    "connect-src": [SELF],
    "manifest-src": [SELF],
    "object-src": [NONE],
    "base-uri": [NONE],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
}


def image_sources(*, mirrored: bool, bucket: str) -> dict[str, Any]:
    """Where images may come from: anywhere, unless they are mirrored, and from our bucket."""
    elsewhere = [] if mirrored else ["https:"]
    return {"img-src": [SELF, *elsewhere, *([bucket] if bucket else [])]}
