"""Pictures, samples, folders and videos: read, found, and cropped."""
