"""Cards as Block Kit, and the values of buttons that outlive the process which sent them."""
