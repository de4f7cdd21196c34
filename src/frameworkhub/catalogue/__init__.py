"""The catalogue: what each system is, what it is good and bad at, and what was measured of it.

docs/catalogue.md tells what it holds and by which rules.
"""

from __future__ import annotations

from .comparing import Comparison, compare
from .loading import CatalogueError
from .measured import Measured
from .model import Claim, Source, System, Text
from .queries import find
from .recommending import Recommendation, recommend
from .store import UnknownSystem, forget, system, systems

__all__ = [
    "CatalogueError",
    "Claim",
    "Comparison",
    "Measured",
    "Recommendation",
    "Source",
    "System",
    "Text",
    "UnknownSystem",
    "compare",
    "find",
    "forget",
    "recommend",
    "system",
    "systems",
]
