"""Actions as data: menus, toolbar, shortcuts and the command palette read these tables."""
