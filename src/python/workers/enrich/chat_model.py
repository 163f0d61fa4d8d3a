"""A language model behind the chat completions API that OpenAI defined and many servers speak."""

import email.utils
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import httpx
from pydantic import BaseModel, Field, ValidationError

from workers.runtime.failure import BadInput, Unavailable
from workers.runtime.settings import InvalidSetting, seconds

CONNECT_TIMEOUT_S = 5.0
TIMEOUT_S = 60.0
LONGEST_TIMEOUT_S = 3600.0
# An answer as long as was asked for is a small part of this.
MOST_BYTES = 1 << 20
# Few tokens are longer. Who sends more than was asked for may do so for ever.
LONGEST_TOKEN = 16
MODEL_PROVIDER = "openai-compatible"


_TOO_LONG = "the model's server sends too long an answer"


class ModelRefused(BadInput):
    """The model's server refuses the request: it would refuse the same one again."""


class ModelUnavailable(Unavailable):
    """The model's server is not there, overloaded, or answers with nonsense."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the model wrote, and the tokens that it took, where its server counts them."""

    text: str
    tokens_in: int | None
    tokens_out: int | None


class ChatModel:
    """Asks the model `model_id` below `base_url`, the part of the address before `/chat/…`.

    Redirects are not followed: they would take the text, and the key, to somebody else.
    """

    model_provider = MODEL_PROVIDER

    def __init__(
        self, base_url: str, model_id: str, api_key: str | None = None, timeout_s: float = TIMEOUT_S
    ) -> None:
        self.model_id = model_id
        self._timeout_s = timeout_s
        self._client = httpx.Client(
            base_url=base_url.rstrip("/") + "/",
            headers={} if api_key is None else {"Authorization": f"Bearer {api_key}"},
            timeout=httpx.Timeout(timeout_s, connect=min(CONNECT_TIMEOUT_S, timeout_s)),
        )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self | None:
        """Return the model that ENRICH_BASE_URL and ENRICH_MODEL name, or None without them.

        ENRICH_API_KEY is its key, ENRICH_TIMEOUT_S the longest time it may take. Raises
        InvalidSetting.
        """
        base_url, model_id = environment.get("ENRICH_BASE_URL"), environment.get("ENRICH_MODEL")
        if not base_url and not model_id:
            return None
        if not base_url or not model_id:
            raise InvalidSetting("ENRICH_BASE_URL and ENRICH_MODEL need each other: set both")
        return cls(
            _checked(base_url),
            model_id,
            environment.get("ENRICH_API_KEY") or None,
            seconds(environment, "ENRICH_TIMEOUT_S", TIMEOUT_S, most=LONGEST_TIMEOUT_S),
        )

    def answer(self, instruction: str, text: str, *, most_tokens: int) -> Answer:
        """Have the model answer a text by an instruction, always in the same way if it can.

        Raises ModelRefused and ModelUnavailable.
        """
        request = {
            "model": self.model_id,
            "messages": [
                {"role": "system", "content": instruction},
                {"role": "user", "content": text},
            ],
            "max_tokens": most_tokens,
            "temperature": 0,
        }
        try:
            answer = _understood(self._body(request))
        except httpx.TimeoutException as error:
            raise ModelUnavailable("the model's server took too long") from error
        except httpx.HTTPError as error:
            raise ModelUnavailable("the model's server cannot be reached") from error
        if len(answer.text) > most_tokens * LONGEST_TOKEN:
            raise ModelUnavailable(_TOO_LONG)
        return answer

    def _body(self, request: Mapping[str, Any]) -> bytes:
        deadline_s = time.monotonic() + self._timeout_s
        with self._client.stream("POST", "chat/completions", json=request) as response:
            _require_success(response)
            body = bytearray()
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > MOST_BYTES:
                    raise ModelUnavailable(_TOO_LONG)
                # httpx limits the wait for each piece, not for all of them.
                if time.monotonic() > deadline_s:
                    raise ModelUnavailable("the model's server took too long")
            return bytes(body)


class _Message(BaseModel):
    content: str = Field(min_length=1)


class _Choice(BaseModel):
    message: _Message


class _Usage(BaseModel):
    prompt_tokens: int | None = Field(default=None, ge=0)
    completion_tokens: int | None = Field(default=None, ge=0)


class _Completion(BaseModel):
    choices: list[_Choice] = Field(min_length=1)
    usage: _Usage | None = None


def _understood(body: bytes) -> Answer:
    try:
        completion = _Completion.model_validate_json(body)
    except ValidationError:
        # Not `from` it: it quotes the answer.
        raise ModelUnavailable("the model's server sends what is no completion") from None
    usage = completion.usage or _Usage()
    return Answer(
        text=completion.choices[0].message.content.strip(),
        tokens_in=usage.prompt_tokens,
        tokens_out=usage.completion_tokens,
    )


def _require_success(response: httpx.Response) -> None:
    status = response.status_code
    if response.is_success:
        return
    if status in (408, 425, 429) or response.is_server_error:
        retry_after_s = _retry_after_s(response.headers.get("Retry-After"))
        raise ModelUnavailable(
            f"the model's server answers with status {status}", retry_after_s=retry_after_s
        )
    raise ModelRefused(f"the model's server refuses with status {status}")


def _retry_after_s(header: str | None) -> float:
    """Return the seconds that a Retry-After header asks for (RFC 9110, 10.2.3), or 0."""
    if header is None:
        return 0.0
    if header.isascii() and header.isdigit():
        return float(header[:9])
    try:
        asked = email.utils.parsedate_to_datetime(header).timestamp()
    except (ValueError, OverflowError):
        return 0.0
    return max(0.0, asked - time.time())


def _checked(base_url: str) -> str:
    try:
        url = httpx.URL(base_url)
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in ("http", "https") or not url.host:
        raise InvalidSetting(
            "ENRICH_BASE_URL must be an http or https address, such as http://127.0.0.1:8000/v1"
        )
    return base_url
