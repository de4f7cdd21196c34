"""What every answer has: the fields of security, and a validator that saves sending it again."""

from __future__ import annotations

import hashlib

from ..requests import Request
from ..responses import Response

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
FIELDS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


def finished(request: Request, response: Response) -> Response:
    """The answer with its fields; 304 if the client has these very bytes (RFC 9110, 13.1.2)."""
    for name, value in FIELDS.items():
        response.headers[name] = value
    if response.status != 200 or response.body is None:
        return response
    response.headers["cache-control"] = "no-cache"  # keep it, and ask whether it is still right
    etag = hashlib.sha256(response.body).hexdigest()[:20]
    response.headers["etag"] = f'"{etag}"'
    return _not_modified(response) if _has(request, etag) else response


def _has(request: Request, etag: str) -> bool:
    from werkzeug.http import parse_etags

    return parse_etags(request.headers.get("if-none-match")).contains_weak(etag)


def _not_modified(response: Response) -> Response:
    kept = [field for field in response.header_list if not field[0].startswith("content-type")]
    return Response(None, 304, kept)
