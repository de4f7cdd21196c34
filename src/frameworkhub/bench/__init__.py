"""`frameworkhub bench`: how fast an app is on each host, and what the hub adds to a framework."""
