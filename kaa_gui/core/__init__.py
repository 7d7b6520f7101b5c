"""The science: torch, numpy and OpenCV; knows no Qt, no VTK and no matplotlib."""
