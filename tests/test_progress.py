"""The progress bar on standard error."""

from __future__ import annotations

import sys

import pytest

from frameworkhub.progress import Progress


def test_nothing_is_shown_where_no_one_watches(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(2)
    progress.advance(1)
    progress.end()
    assert capsys.readouterr() == ("", "")


def test_the_bar_grows_on_a_terminal_and_goes_at_the_end(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    progress = Progress(4)
    progress.what = "flask"
    progress.advance(1)
    progress.advance(2)
    progress.end()
    first, second, end = capsys.readouterr().err.split("\r\x1b[K")[1:]
    assert first.startswith(f"[{'#' * 8}{'-' * 22}]  25%")
    assert second.startswith(f"[{'#' * 22}{'-' * 8}]  75%")
    assert second.endswith("left  flask")
    assert end == ""


def test_more_than_all_is_all() -> None:
    progress = Progress(1)
    progress.advance(3)
    assert "100%  0:00 left" in progress.line()
    assert len(progress.line()) < 80
