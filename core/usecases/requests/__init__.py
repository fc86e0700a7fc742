"""Asking for a video, once more, with pictures, and an admin's word on it."""
