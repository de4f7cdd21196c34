from frameworkhub.testing.stopping import cuts_endless_streams


def test_endless_stream() -> None:
    """What does not end in the time that is given is cut."""
    cuts_endless_streams("twisted", "twisted", grace=0.2)
