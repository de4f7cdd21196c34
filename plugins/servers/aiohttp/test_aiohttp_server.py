from frameworkhub.testing.stopping import cuts_endless_streams


def test_endless_stream() -> None:
    """What does not end in the time that is given is cut."""
    cuts_endless_streams("aiohttp", "aiohttp", shutdown_timeout=0.2)
