"""The connection on which Discord sends: shards, the commands that are published, how it ends."""
