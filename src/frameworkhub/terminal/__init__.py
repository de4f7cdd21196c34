"""The catalogue on the command line: its commands, and how they set what they show."""
