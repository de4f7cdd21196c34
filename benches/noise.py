"""How much noise there is over sockets: a control app against itself, and the intervals of that.

    python benches/noise.py starlette:asgi flask:wsgi --rounds 60 --seconds 0.1

In the environment of the frameworks, after `pip install -e .` and their plugins.
"""

from __future__ import annotations

import argparse

from frameworkhub.bench.load import load_maker
from frameworkhub.bench.measuring import Plan, over_sockets
from frameworkhub.bench.overhead import REQUESTS
from frameworkhub.bench.rounds import ratio
from frameworkhub.bench.run import Options
from frameworkhub.bench.subjects import Subject

LABEL = "GET, parameter, query"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("on", nargs="+", help="framework:interface")
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--seconds", type=float, default=Options().seconds)
    given = parser.parse_args()
    plan = Plan(given.rounds, given.seconds, lambda *_: None, lambda: None)
    load = load_maker()
    for on in given.on:
        subjects = {name: Subject(on, control=True) for name in "AB"}
        found = over_sockets(subjects, {LABEL: REQUESTS[LABEL]}, plan, load)[LABEL]
        cpu = ratio(found["B"].seconds, found["A"].seconds)
        wall = ratio(found["B"].wall, found["A"].wall)
        told = ", ".join(
            f"{what} {it.value:.2f} ({it.low:.2f} to {it.high:.2f})"
            for what, it in (("CPU time", cpu), ("wall time", wall))
        )
        print(f"{on}, {given.rounds} rounds of {given.seconds} s by {load.name}: B / A {told}")


if __name__ == "__main__":
    main()
