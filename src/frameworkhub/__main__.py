"""`python -m frameworkhub`, the same as the command `frameworkhub`."""

from .cli import main

raise SystemExit(main())
