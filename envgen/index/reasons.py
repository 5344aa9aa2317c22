"""Why a request failed, in words, and what to do about it; never the text of a library, which may hold credentials."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from http import HTTPStatus

import requests
from urllib3 import exceptions as urllib3

from envgen.index.access import IndexFault

_NETWORK = "Check the index's address, this machine's network and its proxy."
_LATER = "Try again later, or raise the timeout in pip's configuration."
# In this order: several of these classes derive from one another.
_WORDS: tuple[tuple[tuple[type[BaseException], ...], str, str], ...] = (
    (
        (requests.exceptions.ProxyError, requests.exceptions.InvalidProxyURL, urllib3.ProxyError),
        "its proxy does not let through",
        "Check the proxy in pip's configuration or in the environment.",
    ),
    ((urllib3.NameResolutionError,), "the name of its host is not known", _NETWORK),
    ((urllib3.NewConnectionError,), "its host takes no connection", _NETWORK),
    (
        (requests.exceptions.SSLError, urllib3.SSLError, ssl.SSLError),
        "there is no TLS connection that can be trusted",
        "Name the network's bundle of certificate authorities (`cert` in pip's configuration), or correct the address.",
    ),
    ((requests.ConnectTimeout, urllib3.ConnectTimeoutError), "there was no connection in time", _LATER),
    ((requests.ReadTimeout, urllib3.ReadTimeoutError), "there was no answer in time", _LATER),
    ((TimeoutError,), "the answer took too long", _LATER),
    ((requests.TooManyRedirects,), "it redirects in a circle", "Check the index's address."),
    (
        (requests.exceptions.ChunkedEncodingError, urllib3.ProtocolError),
        "the connection was closed before the answer was whole",
        "Try again.",
    ),
    (
        (requests.exceptions.ContentDecodingError, urllib3.DecodeError),
        "the answer is not compressed as it claims",
        "Try again; the index or a proxy before it is broken.",
    ),
    (
        (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, urllib3.LocationParseError, ValueError),
        "it is not an address that can be asked, or leads to one",
        "Correct the index's address.",
    ),
)


def broken_off(subject: str, error: BaseException) -> IndexFault:
    """The fault for a request that got no whole answer.

    Args:
        subject: what was to be read, and where.
    """
    chain = list(_chain(error))
    for kinds, words, remedy in _WORDS:
        if any(isinstance(link, kinds) for link in chain):
            return IndexFault(f"Cannot read {subject}: {words}{_detail(chain)}.", remedy)
    return IndexFault(f"Cannot read {subject}: the connection failed ({type(error).__name__}).", _NETWORK)


def refused(subject: str, status: int) -> IndexFault:
    """The fault for an answer that is not the wanted one."""
    phrase = next((f" ({known.phrase})" for known in HTTPStatus if known == status), "")
    return IndexFault(f"Cannot read {subject}: the answer is {status}{phrase}.", _after(status))


def _after(status: int) -> str:
    if status in (401, 403, 407):
        return "Check the credentials for it, in the address in pip's configuration or in ~/.netrc."
    if status in (404, 410):
        return "Check the name and the index's address, or add the index that has it."
    if status == 429 or status >= 500:
        return "Try again later."
    return "Check that the address is that of a simple index; it usually ends in /simple."


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and what it wraps, outermost first."""
    link: object = error
    while isinstance(link, BaseException):
        yield link
        inner = (getattr(link, "reason", None), *link.args)
        link = next((one for one in inner if isinstance(one, BaseException) and one is not link), None)


def _detail(chain: list[BaseException]) -> str:
    """What OpenSSL says of a certificate or a handshake."""
    for link in chain:
        if isinstance(link, ssl.SSLCertVerificationError):
            return f" ({link.verify_message})"
        if isinstance(link, ssl.SSLError) and link.reason:
            return f" ({link.reason.lower().replace('_', ' ')})"
    return ""
