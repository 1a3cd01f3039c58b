"""What this terminal is told before it starts: database, name, folders, looks. One TOML file, variables (MFG_...) above it, all checked at the start."""

import socket
from pathlib import Path
from typing import Literal

from platformdirs import user_config_path, user_data_path, user_log_path
from pydantic import Field
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

FILE = user_config_path("mfg_desktop", appauthor=False) / "mfg_desktop.toml"


def _default_database() -> str:
    return f"sqlite:///{user_data_path('mfg_desktop', appauthor=False) / 'plant.db'}"


class Settings(BaseSettings):
    """The settings of one terminal; those of the plant are in the database."""

    model_config = SettingsConfigDict(env_prefix="MFG_", toml_file=FILE, extra="ignore", frozen=True)

    database: str = Field(default_factory=_default_database, description="SQLAlchemy URL of the plant's database.")
    terminal: str = Field(
        default_factory=lambda: socket.gethostname()[:60] or "terminal",
        min_length=1,
        max_length=60,
        description="Name of this terminal in the audit log.",
    )
    theme: Literal["system", "light", "dark", "contrast"] = Field("system", description="Looks of the window.")
    scanner_prefix: str = Field(
        "\x02", max_length=1, description="Character that the scanner sends before a code (STX)."
    )
    scanner_suffix: str = Field(
        "\x03", max_length=1, description="Character that the scanner sends after a code (ETX)."
    )
    data_folder: Path = Field(
        default_factory=lambda: user_data_path("mfg_desktop", appauthor=False),
        description="Folder of what the window remembers.",
    )
    log_folder: Path = Field(
        default_factory=lambda: user_log_path("mfg_desktop", appauthor=False),
        description="Folder of the operation log.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)
