"""What can be asked, by subject; each module has a router."""
