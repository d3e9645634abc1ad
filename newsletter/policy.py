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
    # Issues show images where their authors found them.
    "img-src": [SELF, "https:"],
    "object-src": [NONE],
    "base-uri": [NONE],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
}
