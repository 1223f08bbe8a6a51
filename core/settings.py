"""Settings, and the home they are of: flags over `CAIRN_*` over the home's `cairn.toml` over the defaults here."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import platformdirs
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource
from pydantic_settings import SettingsError as UnreadableSetting

from cairn.core.errors import SettingsError, StorageError, UsageError
from cairn.core.key_store import KeyStore
from cairn.core.secrets import keep, keep_address

FILE = "cairn.toml"
KEY = "CAIRN_API_KEY"
"""The variable of `api_key`."""


class Settings(BaseSettings):
    """Everything that can be set. Secrets are SecretStr: they are never printed or logged.

    >>> from cairn import load_settings
    >>> load_settings(api_key="secret").api_key
    SecretStr('**********')
    """

    model_config = SettingsConfigDict(env_prefix="CAIRN_", extra="forbid", frozen=True)

    home: Path = Field(description="The folder with your data: settings, database, index, own prompts.")
    user: str = Field(default="local", min_length=1, max_length=200, description="Whose threads and facts are used.")
    task: str = Field(default="assistant", description="The task that answers when none is named.")
    model: str = Field(
        default="auto",
        description="`provider:name`, `gguf:FILE`, `builtin`, `replay:FILE`, or `auto`: a key in the environment, else "
        "a local Ollama, else `builtin`.",
    )
    judge: str | None = Field(default=None, description="The model that judges answers in evaluations; else none does.")
    base_url: str | None = Field(default=None, description="Address of an OpenAI-compatible server, up to `/v1`.")
    api_key: SecretStr | None = Field(None, description="Key for `base_url`; else the provider's own variable is read.")
    temperature: float | None = Field(default=None, ge=0, le=2, description="Passed to the model when set.")
    timeout: float = Field(default=60, gt=0, description="Seconds a model may pause in the middle of an answer.")
    first_timeout: float = Field(
        300, gt=0, description="Seconds until an answer begins: a small machine reads a long prompt slowly."
    )
    retries: int = Field(default=2, ge=0, le=10, description="How often a failed model call is tried again.")
    requests_per_minute: int | None = Field(None, ge=1, description="At most so many calls of a model in a minute.")
    tokens_per_minute: int | None = Field(None, ge=1, description="At most so many tokens, sent and written, a minute.")
    context_window: int = Field(16_000, ge=500, description="Tokens the model can take; unset, what its server tells.")
    prices: dict[str, tuple[float, float]] = Field(
        default={}, description="Per model, price of a million input and output tokens; without it cost is unknown."
    )
    record: Path | None = Field(default=None, description="Write every model answer to this file, for `replay:FILE`.")
    embeddings: str = Field(
        default="auto",
        description="`auto` (MiniLM if its files are there, else `hash`), `minilm`, `hash`, `provider:name`.",
    )
    embeddings_base_url: str | None = Field(None, description="Address of an OpenAI-compatible embeddings server.")
    embeddings_query_prefix: str | None = Field(
        None, description="Put before each query for a `provider:name`; unset, what e5 and bge want by their names."
    )
    embeddings_passage_prefix: str | None = Field(None, description="The same, before each passage.")
    minilm_dir: Path | None = Field(None, description="Folder with MiniLM's `model.onnx`; else Chroma's cache folder.")
    cross_encoder_dir: Path | None = Field(
        None, description="Folder with a cross-encoder's `model.onnx` and `tokenizer.json`, for reranking."
    )
    database_url: SecretStr | None = Field(default=None, description="App database; else `cairn.db` in the home.")
    chroma_url: str | None = Field(default=None, description="A Chroma server; else an index in the home.")
    chroma_token: SecretStr | None = Field(default=None, description="Token for `chroma_url`.")
    chunk_tokens: int = Field(240, ge=40, le=4000, description="Longest passage of a document, in tokens.")
    chunk_overlap: int = Field(30, ge=0, le=1000, description="Tokens that a passage repeats of the one before it.")
    searx_url: str | None = Field(None, description="A SearxNG server, for searching the web; else that is off.")
    samples: bool | Literal["always"] = Field(
        True, description="Whether the samples answer while you have no documents or databases; `always`: beside them."
    )
    max_question: int = Field(default=20_000, ge=1, description="Longest question, in characters.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        home = init_settings.init_kwargs["home"]  # type: ignore[attr-defined]
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls, home / FILE))

    def keep_secrets(self) -> None:
        """No message, event or log may hold these: every secret setting, passwords in addresses, keys of services."""
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, SecretStr):
                keep(value.get_secret_value())
                keep_address(value.get_secret_value())
            elif isinstance(value, str) and "://" in value:
                keep_address(value)
        keep(*(value for name, value in os.environ.items() if name.endswith("_API_KEY")))

    def check_question(self, question: str) -> None:
        """Raises UsageError for a question that says nothing, or is too long."""
        if not question.strip():
            raise UsageError("The question is empty.", "Write one.")
        if len(question) > self.max_question:
            raise UsageError(
                f"The question has {len(question):,} characters; the limit is {self.max_question:,}.",
                "Put long text into a document, or raise `max_question`.",
            )

    def samples_used(self, own: bool) -> bool:
        """Whether the samples answer, for who has or has not something of their `own`."""
        return self.samples == "always" or (self.samples and not own)

    @property
    def app_database(self) -> str:
        """The SQLAlchemy URL of the app database."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{quote(str(self.home / 'cairn.db'))}"


def find_home(flag: str | Path | None = None) -> Path:
    """`--home`, else `CAIRN_HOME`, else the platform's folder for application data."""
    chosen = flag or os.environ.get("CAIRN_HOME") or platformdirs.user_data_dir("cairn", appauthor=False)
    return Path(chosen).expanduser().absolute()


def load_settings(home: str | Path | None = None, **flags: Any) -> Settings:
    """The settings in force.

    >>> from cairn import load_settings
    >>> load_settings(timeout=30).timeout
    30.0

    Args:
        home: The home folder; None for `CAIRN_HOME` or the platform's folder.
        flags: Settings that win over the environment and `cairn.toml`; those that are None count as not given.

    Returns:
        The settings, which do not change any more.

    Raises:
        SettingsError: A setting is wrong; it names the file and the field.
        StorageError: The keys that the home keeps can't be read.
    """
    folder = find_home(home)
    given = {key: value for key, value in flags.items() if value is not None}
    KeyStore(folder).use()
    try:
        settings = Settings(home=folder, **given)
        settings.keep_secrets()
        return settings
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise SettingsError(
            f"A setting is wrong: {wrong}.", f"Look at {folder / FILE}, the CAIRN_* variables and the flags."
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{folder / FILE} is not valid TOML: {error}.", "Correct that line.") from None
    except UnreadableSetting as error:
        raise SettingsError(
            f"A setting is wrong: {error}.", "Look at the CAIRN_* variables: it has to be JSON."
        ) from None
    except (OSError, UnicodeError) as error:
        raise SettingsError(f"{folder / FILE} can't be read: {error}.", "Check the file's rights.") from None


class Home:
    """Paths below the home. Making one creates the folder, readable by its owner only; raises StorageError."""

    def __init__(self, root: Path) -> None:
        self.root = root
        try:
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            for folder in (self.prompts, self.index, self.locks):
                folder.mkdir(exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"The home folder {root} can't be made: {error.strerror}.",
                "Choose another with --home or CAIRN_HOME.",
            ) from None
        if not os.access(root, os.W_OK | os.X_OK):
            raise StorageError(
                f"The home folder {root} can't be written to.",
                "Check its rights, or choose another with --home.",
            )

    @property
    def prompts(self) -> Path:
        return self.root / "prompts"

    @property
    def index(self) -> Path:
        return self.root / "index"

    @property
    def locks(self) -> Path:
        return self.root / "locks"

    @property
    def settings(self) -> Path:
        return self.root / "cairn.toml"
