"""Settings of a service: from the environment, from files that hold secrets, from flags.

A setting ``auth_port`` is ``MINIREDIS_AUTH_PORT`` in the environment and ``--auth-port`` as a flag;
flags weigh most. A secret has no flag, for flags show in the list of processes; it may stand on the
first line of a file that ``MINIREDIS_..._FILE`` names.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar, get_args

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

PREFIX = "MINIREDIS_"


class SettingError(Exception):
    """A setting has a value that is not allowed; the text names it."""


def variable_of(name: str) -> str:
    """Return the environment's name of a setting."""
    return PREFIX + name.upper()


def is_secret(field: FieldInfo) -> bool:
    """Tell whether a setting may not be seen."""
    return field.annotation is SecretStr or SecretStr in get_args(field.annotation)


class SecretFiles(PydanticBaseSettingsSource):
    """Secrets out of files that the environment names."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return the first line of the secret's file, when one is named."""
        path = os.environ.get(f"{variable_of(field_name)}_FILE", "")
        if not is_secret(field) or not path:
            return None, field_name, False
        try:
            lines = Path(path).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as failure:
            reason = failure.strerror if isinstance(failure, OSError) else "not UTF-8"
            raise SettingError(
                f"{variable_of(field_name)}_FILE: cannot read {path}: {reason}"
            ) from failure
        return (lines[0] if lines else ""), field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return all secrets that files hold."""
        fields = self.settings_cls.model_fields.items()
        found = {name: self.get_field_value(field, name)[0] for name, field in fields}
        return {name: value for name, value in found.items() if value is not None}


class ServiceSettings(BaseSettings):
    """Base of every service's settings. Each field needs a description; --help shows it."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources: flags, then the environment, then files of secrets."""
        return init_settings, env_settings, SecretFiles(settings_cls)


Settings = TypeVar("Settings", bound=ServiceSettings)


def read_settings(kind: type[Settings], **given: Any) -> Settings:
    """Read the settings.

    Raises
    ------
    SettingError
        One is wrong; the text names it, what was given (but for secrets) and what is allowed.
    """
    try:
        return kind(**given)
    except ValidationError as failure:
        problems = []
        for problem in failure.errors(include_url=False):
            name = str(problem["loc"][0]) if problem["loc"] else ""
            field = kind.model_fields.get(name)
            shown = "" if field is None or is_secret(field) else f"given {problem['input']!r}; "
            label = variable_of(name) if name else "settings"
            problems.append(f"{label}: {shown}{problem['msg']}")
        raise SettingError("; ".join(problems)) from failure


def settings_from_command_line(
    kind: type[Settings], program: str, about: str, arguments: Sequence[str] | None = None
) -> Settings:
    """Read the settings of a program that was just started; end it with 2 when one is wrong.

    Parameters
    ----------
    arguments
        What was given behind the program's name, where that is not all of it.
    """
    secrets = [variable_of(name) for name, field in kind.model_fields.items() if is_secret(field)]
    parser = argparse.ArgumentParser(
        prog=program,
        description=about,
        allow_abbrev=False,
        epilog="Secrets have no flag: they come from the environment, or from the file that the "
        f"variable with _FILE behind it names: {', '.join(secrets)}.",
    )
    for name, field in kind.model_fields.items():
        if is_secret(field):
            continue
        default = field.get_default(call_default_factory=True)
        parser.add_argument(
            "--" + name.replace("_", "-"),
            dest=name,
            metavar="VALUE",
            default=argparse.SUPPRESS,
            help=f"{field.description} Environment: {variable_of(name)}. Default: "
            f"{default if default not in ('', None) else 'none'}.".replace("%", "%%"),
        )
    try:
        return read_settings(kind, **vars(parser.parse_args(arguments)))
    except SettingError as failure:
        end_with(2, f"{program}: {failure}")


def end_with(code: int, text: str) -> NoReturn:
    """Print a line on standard error and end the program."""
    print(text, file=sys.stderr)
    sys.exit(code)
