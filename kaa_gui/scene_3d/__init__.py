"""Build the 3D scene of poses and write it to files; VTK, no Qt."""
