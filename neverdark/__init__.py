"""The command line, the embedded servers, and `up`."""
