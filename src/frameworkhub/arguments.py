"""Types of command-line arguments, for `type=` of argparse; a wrong one is told with its range."""

from __future__ import annotations

import argparse


def positive(text: str) -> int:
    """A whole number from 1 on."""
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return number


def port(text: str) -> int:
    """A port; 0 lets the system choose."""
    if not 0 <= (number := int(text)) <= 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port, which are 0 to 65535")
    return number


def seconds(text: str) -> float:
    """A time that one would wait for."""
    if not 0.01 <= (number := float(text)) <= 600:
        raise argparse.ArgumentTypeError(f"{text} is not 0.01 to 600")
    return number
