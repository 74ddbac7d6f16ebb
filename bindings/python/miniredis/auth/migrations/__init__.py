"""Migrations of the auth service's database; one that was released is never changed."""
