"""Where a request comes from: the peer, and what proxies say."""

from __future__ import annotations

from typing import Any

import frameworkhub as hub

from ..app import Both


def tell(request: hub.Request) -> dict[str, Any]:
    """What the request knows of its client and of its own address."""
    return {
        "client": request.client,
        "scheme": request.scheme,
        "host": request.host,
        "url": request.url,
        "root_path": request.root_path,
        "path": request.path,
        "version": request.http_version,
    }


def add(both: Both) -> None:
    both.get("/proxies/tell")(tell)
