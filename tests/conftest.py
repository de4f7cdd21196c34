"""What several test modules need."""

import os
import sys

import pytest

from frameworkhub import registry


@pytest.fixture(autouse=True, scope="session")
def no_data_of_the_user(tmp_path_factory):
    """The catalogue as it is shipped, whatever was refreshed on this machine."""
    before = os.environ.get("FRAMEWORKHUB_DATA")
    os.environ["FRAMEWORKHUB_DATA"] = str(tmp_path_factory.mktemp("no-data"))
    yield
    if before is None:
        del os.environ["FRAMEWORKHUB_DATA"]
    else:
        os.environ["FRAMEWORKHUB_DATA"] = before


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Makes distributions with one plugin each, and removes every trace of them."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(registry, "_managers", {})
    made = []

    def install(name, source, kind="frameworks"):
        module = f"hubtest_{name}_{kind}"
        (tmp_path / f"{module}.py").write_text(source)
        info = tmp_path / f"{module}-1.2.dist-info"
        info.mkdir()
        metadata = f"Metadata-Version: 2.1\nName: hubtest-{name}\nVersion: 1.2\n"
        (info / "METADATA").write_text(metadata)
        (info / "entry_points.txt").write_text(f"[frameworkhub.{kind}]\n{name} = {module}\n")
        made.append(module)
        return module

    yield install
    for module in made:
        sys.modules.pop(module, None)
