"""Start the monitoring service."""

from __future__ import annotations

import asyncio

from miniredis._service.application import listen, serve
from miniredis._service.database import DatabaseUrlError, open_database
from miniredis._service.log import configure_log
from miniredis._service.settings import end_with, settings_from_command_line
from miniredis.monitoring.application import make_application
from miniredis.monitoring.callers import Callers
from miniredis.monitoring.collector import Collector
from miniredis.monitoring.settings import MonitoringSettings
from miniredis.monitoring.store import SampleStore

PROGRAM = "python -m miniredis.monitoring"


def main() -> None:
    """Run until a signal."""
    settings = settings_from_command_line(
        MonitoringSettings, PROGRAM, "Collects figures of all nodes and answers about them."
    )
    configure_log(settings.log_level, settings.log_format)
    try:
        engine = open_database(settings.database)
        opened = listen(settings.monitoring_bind, settings.monitoring_port)
    except (DatabaseUrlError, OSError) as failure:
        end_with(1, f"{PROGRAM}: {failure}")
    collector = Collector(settings, SampleStore(engine))
    application = make_application(collector, Callers(settings))
    asyncio.run(serve("monitoring", application, opened, beside=collector.run))


if __name__ == "__main__":
    main()
