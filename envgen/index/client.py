"""One request to an index: answered in bounded time and space, or one fault that says why not."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse, Retry
from urllib3.exceptions import HTTPError, InsecureRequestWarning

from envgen import __version__
from envgen.index.access import Access, IndexFault, without_credentials
from envgen.index.reasons import broken_off

_BLOCK = 1 << 16
_LONGEST_PAUSE = 5.0  # seconds; a server that asks for more is asked again early, once or twice, and then left alone
_T = TypeVar("_T")


@dataclass(frozen=True)
class Answer:
    """What a server said.

    Attributes:
        url: where it came from after redirects; links are relative to it.
        content: empty where the status is none whose body was wanted.
        whole: whether the server said how long the content is, so that a cut would have been seen.
    """

    status: int
    url: str
    headers: Mapping[str, str]
    content: bytes
    whole: bool


class Client:
    """Requests over kept connections; for several threads.

    Raises:
        IndexFault: a certificate file is not there.
    """

    def __init__(self, access: Access) -> None:
        for file in (access.certificate, access.client_certificate):
            if file and not Path(file).exists():
                raise IndexFault(f"The certificate {file} is not there.", "Correct it in pip's configuration.")
        self.requests = 0
        self.bytes_received = 0
        self.seconds = 0.0
        self._access = access
        self._session = _session(access)
        self._lock = threading.Lock()
        addresses = (without_credentials(address) for address in (*access.indexes, *access.folders))
        self._credentials = {_origin(address): found for address, found in addresses if found}

    def knows_credentials(self, url: str) -> bool:
        """Whether the configuration has a user for this host."""
        return _origin(url) in self._credentials

    def get(
        self,
        url: str,
        subject: str,
        limit: int,
        headers: Mapping[str, str] | None = None,
        body_of: Collection[int] = (200,),
    ) -> Answer:
        """Asks once, and again where a connection or a server failed for the moment.

        Args:
            url: without credentials; those that the configuration has for its host are sent.
            subject: what is to be read, and where, for the fault.
            limit: bytes of content.
            body_of: the statuses whose content is wanted; with any other the connection is closed at once.

        Raises:
            IndexFault: no answer, not all of it, too late, or too much.
        """
        started = time.perf_counter()
        until = started + self._access.deadline
        try:
            return _within(self._access.deadline, lambda: self._ask(url, limit, headers or {}, body_of, until))
        except _TooLargeError:
            raise IndexFault(
                f"Cannot read {subject}: the answer has more than {limit} bytes.", "Check the index's address."
            ) from None
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            raise broken_off(subject, error) from None
        finally:
            with self._lock:
                self.seconds += time.perf_counter() - started

    def close(self) -> None:
        """Closes the kept connections."""
        self._session.close()

    def _ask(self, url: str, limit: int, headers: Mapping[str, str], body_of: Collection[int], until: float) -> Answer:
        try:
            return self._exchange(url, limit, headers, body_of, until)
        except requests.exceptions.ChunkedEncodingError:  # the session asks again only for what broke off earlier
            return self._exchange(url, limit, headers, body_of, until)

    def _exchange(
        self, url: str, limit: int, headers: Mapping[str, str], body_of: Collection[int], until: float
    ) -> Answer:
        proxy = self._access.proxy
        response = self._session.get(
            url,
            headers=dict(headers),
            auth=self._credentials.get(_origin(url)),
            # Given with the request, as the environment's would win over the session's.
            verify=self._access.certificate or True,
            proxies={"http": proxy, "https": proxy} if proxy else None,
            timeout=self._access.timeout,
            stream=True,
        )
        with response:
            try:
                content = _content(response, limit, until) if response.status_code in body_of else b""
            finally:
                self._count(response)
        length_known = "content-length" in response.headers or "transfer-encoding" in response.headers
        return Answer(response.status_code, response.url, response.headers, content, length_known)

    def _count(self, response: requests.Response) -> None:
        with self._lock:
            self.requests += 1 + len(response.history)
            self.bytes_received += response.raw.tell()


class _TooLargeError(Exception):
    pass


class _Retry(Retry):
    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        asked = super().get_retry_after(response)
        return asked and min(asked, _LONGEST_PAUSE)


class _TrustingAdapter(HTTPAdapter):
    """For hosts whose certificate the user told not to check; a redirect away from them is checked again."""

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        return super().send(request, stream, timeout, False, cert, proxies)


def _origin(url: str) -> tuple[str, str]:
    """What credentials are for: scheme, host and port."""
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower().removesuffix(":443" if parts.scheme == "https" else ":80")


def _session(access: Access) -> requests.Session:
    session = requests.Session()
    session.headers["User-Agent"] = f"envgen/{__version__}"
    session.cert = access.client_certificate
    session.max_redirects = 10
    retry = _Retry(
        total=4,
        connect=1,
        read=1,
        status=2,
        other=0,  # a certificate does not get better
        status_forcelist=(429, 500, 502, 503, 504),
        backoff_factor=0.2,
        raise_on_status=False,
    )
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(max_retries=retry))
    for host in access.trusted_hosts:
        for end in ("/",) if ":" in host else ("/", ":"):
            session.mount(f"https://{host}{end}", _TrustingAdapter(max_retries=retry))
    if access.trusted_hosts:
        warnings.simplefilter("ignore", InsecureRequestWarning)  # the user knows
    return session


def _content(response: requests.Response, limit: int, until: float) -> bytes:
    announced = response.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise _TooLargeError
    content = bytearray()
    for block in response.iter_content(_BLOCK):
        content += block
        if len(content) > limit:
            raise _TooLargeError
        if time.perf_counter() > until:
            raise TimeoutError
    return bytes(content)


def _within(seconds: float, work: Callable[[], _T]) -> _T:
    """What the work returns, or TimeoutError.

    In a thread of its own, since sockets time out between two bytes only: neither the look-up of a name nor an answer
    that drips has an end. A thread that is given up ends with its connection, or with the process.
    """
    outcome: Future[_T] = Future()

    def run() -> None:
        try:
            outcome.set_result(work())
        except BaseException as error:  # noqa: BLE001 - handed to whoever waits
            outcome.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return outcome.result(seconds)
