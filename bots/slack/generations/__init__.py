"""The buttons of a video that is made, and of one that is done."""
