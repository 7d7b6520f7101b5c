"""Parts that figures are drawn from: panels, plots, 3D poses, pages."""
