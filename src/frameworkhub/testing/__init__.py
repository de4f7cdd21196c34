"""The conformance suite: holds every installed adapter to one semantics.

    pytest --pyargs frameworkhub.testing

The rules are in `docs/semantics.md`. Options: `--hub-adapter NAME` and `--hub-server NAME` (both
repeatable) restrict the run, `--hub-no-bare` leaves out the bare core.
"""
