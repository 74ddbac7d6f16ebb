"""What the Python services share: settings, errors, log, database, and the way they are started.

A service is a FastAPI application over synchronous SQLAlchemy, run by uvicorn. Each one has its own
settings, routes and tables; how it reads settings, says what is wrong, writes its log, opens a
database and stops is the same in all, and the same as in miniredisd. Nothing in here knows what a
service is for.
"""
