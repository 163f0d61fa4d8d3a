"""A certification authority of one's own, and a server's certificate by it: `openssl`, no more."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

_DAYS = "2"
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """`authority` is for the clients; `certificate` and `key` are the server's."""

    authority: Path
    certificate: Path
    key: Path


def make_certificates(folder: Path, address: str) -> Certificates:
    """Make an authority and, by it, a certificate for the server at the IP address `address`.

    The authority's key is thrown away: it signs nothing else. Raises CalledProcessError.
    """
    made = Certificates(
        authority=folder / "ca.crt", certificate=folder / "server.crt", key=folder / "server.key"
    )
    authority_key = folder / "ca.key"
    _openssl(
        "req", "-x509", *_KEY, "-days", _DAYS, "-subj", "/CN=Narralytica tests",
        "-keyout", str(authority_key), "-out", str(made.authority),
    )  # fmt: skip
    _openssl(
        "req", "-x509", *_KEY, "-days", _DAYS, "-subj", f"/CN={address}",
        "-CA", str(made.authority), "-CAkey", str(authority_key),
        "-addext", f"subjectAltName=IP:{address}", "-addext", "basicConstraints=CA:false",
        "-keyout", str(made.key), "-out", str(made.certificate),
    )  # fmt: skip
    authority_key.unlink()
    return made


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], capture_output=True, check=True)  # noqa: S607
