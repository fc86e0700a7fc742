"""The rules of a workspace: who may ask for which video, where, and how often."""
