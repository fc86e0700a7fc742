"""Cards and forms about the rules of a workspace, for its managers."""
