"""Fills in the two functions that `frameworkhub new frameworks` leaves open, as its user would.

Run as a command, it takes the folders of plugins.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ANSWERS = {
    "wsgi": {
        "to_request": "return wsgi.to_request(native.environ, native=native)",
        "to_response": "return Response("
        "response.status_line, response.header_list, response.iterable)",
    },
    "asgi": {
        "to_request": "return asgi.to_request(native.scope, native.receive, native=native)",
        "to_response": "return Response(partial(asgi.send_response, response))",
    },
}


def fill_in(folder: Path) -> None:
    """Replaces each `raise NotImplementedError("function: ...")` by its answer."""
    module = folder / f"frameworkhub_{folder.name}.py"
    text = module.read_text("utf-8")
    interface = "wsgi" if "import wsgi" in text else "asgi"
    for function, answer in ANSWERS[interface].items():
        hole = rf'raise NotImplementedError\(\s*"{function}:[^"]*"\s*\)'
        text, filled = re.subn(hole, answer, text)
        assert filled == 1, f"{module} leaves {filled} holes for {function}"
    assert "NotImplementedError" not in text
    module.write_text(text, "utf-8")


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        fill_in(Path(argument))
