"""Cards as embeds and frames, and the ids of buttons that outlive the process which sent them."""
