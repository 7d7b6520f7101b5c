"""A session of the window as one file: picture, configuration, what has been kept of the run, views."""
