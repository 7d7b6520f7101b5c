"""The main window: builds the parts, places them and closes them."""
