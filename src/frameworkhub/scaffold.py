"""`frameworkhub new`: writes the start of a plugin, from the files in `skeletons`."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path
from string import Template

from .errors import HubError

KINDS = ("frameworks", "servers")
_SUFFIX = {"frameworks": "", "servers": "_server"}
_TODO = {
    "frameworks": "fill in `to_request` and `to_response` in {module}.py, then",
    "servers": "replace the standard library's server in {module}.py by yours, then",
}
_OPTION = {"frameworks": "--hub-adapter", "servers": "--hub-server"}


def scaffold(kind: str, name: str, into: str, interface: str = "wsgi") -> str:
    """Writes a plugin's folder; gives what is to be told about it.

    Args:
        kind: one of `KINDS`.
        name: what `--on` or `--server` will take: lower-case letters and digits.
        into: the folder in which the plugin's folder is made.
        interface: "wsgi" or "asgi"; counts for frameworks.

    Raises:
        HubError: the name doesn't fit, or the folder is there already.
    """
    if not re.fullmatch("[a-z][a-z0-9]*", name):
        raise HubError(f"{name!r} can't be a plugin's name: lower-case letters and digits are")
    folder = Path(into, name)
    module = f"frameworkhub_{name}{_SUFFIX[kind]}"
    values = {"name": name, "module": module, "distribution": module.replace("_", "-")}
    skeleton = f"frameworks-{interface}" if kind == "frameworks" else kind
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise HubError(f"can't make the folder {folder}: {error.strerror}") from None
    _write(skeleton, folder, values)
    return _told(kind, name, folder, module)


def _write(skeleton: str, folder: Path, values: dict[str, str]) -> None:
    for source in files(__package__).joinpath("skeletons", skeleton).iterdir():
        target = source.name.removesuffix(".txt").replace("plugin", values["module"])
        text = Template(source.read_text("utf-8")).substitute(values)
        folder.joinpath(target).write_text(text, "utf-8")


def _told(kind: str, name: str, folder: Path, module: str) -> str:
    return "\n".join(
        [
            f"{folder}: {', '.join(sorted(path.name for path in folder.iterdir()))}",
            _TODO[kind].format(module=module),
            f"  python -m pip install -e {folder}",
            f"  python -m pytest --pyargs frameworkhub.testing {_OPTION[kind]} {name}",
        ]
    )
