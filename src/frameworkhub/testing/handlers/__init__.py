"""The conformance app's handlers, one module per topic; each has a function `add(both)`."""
