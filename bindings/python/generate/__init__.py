"""Makes the typed methods and their stubs; run by the build."""
