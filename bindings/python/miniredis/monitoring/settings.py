"""Settings of the monitoring service."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr

from miniredis._service.settings import ServiceSettings


class MonitoringSettings(ServiceSettings):
    """What the service can be told."""

    monitoring_bind: str = Field("127.0.0.1", description="Address to listen on.")
    monitoring_port: int = Field(9000, ge=0, le=65535, description="Port; 0 is any free one.")
    node_manager_url: str = Field(
        "http://127.0.0.1:7000", pattern=r"^https?://", description="The node manager."
    )
    gateway_url: str = Field(
        "http://127.0.0.1:8080", pattern=r"^https?://", description="The gateway: it knows callers."
    )
    backend_url: str = Field(
        "http://127.0.0.1:5500", pattern=r"^https?://", description="The backend: is it well?"
    )
    auth_url: str = Field(
        "", pattern=r"^(https?://.*)?$", description="The auth service; empty: there is none."
    )
    admin_token: SecretStr = Field(SecretStr(""), description="Token for the node manager.")
    data_directory: Path = Field(Path("data"), description="Where main.db is by default.")
    main_database_url: SecretStr = Field(SecretStr(""), description="The main database.")
    monitoring_interval_seconds: float = Field(10, gt=0, le=3600, description="Between pulls.")
    monitoring_heartbeat_seconds: float = Field(
        45, gt=0, le=80, description="An unchanged node is stored again after this time."
    )
    monitoring_allow_private_webhooks: bool = Field(
        False, description="Webhooks may lead to loopback and private addresses."
    )
    log_level: str = Field(
        "info", pattern="^(debug|info|warning|error|off)$", description="How much is logged."
    )
    log_format: str = Field("text", pattern="^(text|json)$", description="text or json.")

    @property
    def database(self) -> str:
        """Return the main database's URL."""
        given = self.main_database_url.get_secret_value()
        return given or f"sqlite:///{self.data_directory}/main.db"
