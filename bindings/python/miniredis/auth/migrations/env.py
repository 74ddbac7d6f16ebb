"""What Alembic runs: the migrations, in the transaction that the store has opened."""

from alembic import context

from miniredis.auth.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite's tables are made in transactions as well as anyone's.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
