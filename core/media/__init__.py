"""Media processes: whatever opens a stranger's file is a small process of its own, with limits."""
