"""Items drawn on a picture: skeletons, people, regions, dividers."""
