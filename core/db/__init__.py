"""The only home of SQL calls: one module for each subject, every function takes a connection."""
