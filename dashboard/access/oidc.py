"""Logging in through an outside identity provider: OpenID Connect, authorization code with PKCE, state and nonce.

What the provider says about a person's name or mail is never looked at: (issuer, subject) stands for the account it was bound to, or for nobody.
What a login needs until it comes back is sealed in a cookie of the browser that began it, so a login begun elsewhere cannot be finished here.
"""

from __future__ import annotations

import hmac
import json
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from dashboard.access.totp import Sealer

ALGORITHMS = ("RS256", "PS256", "ES256")
"""Signatures that are taken; never ``none``, never one with a shared secret, whatever the provider announces."""
BEGUN_SECONDS = 600
KNOWN_SECONDS = 3600
TIMEOUT = 10
LEEWAY = 60
LARGEST = 1 << 20


class OutsideError(Exception):
    """The outside login did not succeed; the message says why in Chinese, ``detail`` more for the log (no tokens)."""

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail or message


@dataclass(frozen=True, slots=True)
class Proven:
    """Who came back: the outside identity, where he wanted to go, and the session that wants to be bound to it (its token's hash) or empty."""

    issuer: str
    subject: str
    target: str
    session_hash: str


class Provider:
    """One identity provider as configured. Its documents are read when they are first needed, and kept for an hour."""

    def __init__(self, issuer: str, client_id: str, client_secret: str, sealer: Sealer) -> None:
        self.issuer, self._client_id, self._client_secret, self._sealer = issuer, client_id, client_secret, sealer
        self._lock = threading.Lock()
        self._known: tuple[float, dict[str, Any], KeySet] | None = None

    def begin(self, redirect_uri: str, target: str, session_hash: str = "") -> tuple[str, str]:
        """(address at the provider, sealed cookie); OutsideError where the provider cannot be reached or is not what is configured."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        with self._client(redirect_uri) as client:
            url, _ = client.create_authorization_url(
                self._documents()[0]["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
            )
        kept = {"state": state, "nonce": nonce, "verifier": verifier, "target": target, "session": session_hash, "redirect": redirect_uri}
        return url, self._sealer.seal("oidc", json.dumps(kept))

    def finish(self, answer: Mapping[str, str], cookie: str) -> Proven:
        """Who came back with this answer to the browser that holds this cookie; OutsideError for anything that does not fit."""
        opened = self._sealer.open("oidc", cookie, BEGUN_SECONDS)
        if opened is None:
            raise OutsideError("登录已超时，或不是在本浏览器发起，请重新登录。")
        kept = json.loads(opened)
        if not hmac.compare_digest(answer.get("state", "").encode(), kept["state"].encode()):
            raise OutsideError("登录请求不匹配，请重新登录。", "state")
        document, _ = self._documents()
        said = answer.get("iss")  # RFC 9207: who answers, so that one provider's answer is not taken for another's
        if said != self.issuer and (said is not None or document.get("authorization_response_iss_parameter_supported")):
            raise OutsideError("登录应答的来源不符，已拒绝。", "iss of the answer")
        if "code" not in answer:
            raise OutsideError("统一身份认证未同意本次登录。", f"error {answer.get('error', '')[:40]}")
        try:
            with self._client(kept["redirect"]) as client:
                token = client.fetch_token(
                    document["token_endpoint"], grant_type="authorization_code", code=answer["code"], code_verifier=kept["verifier"], timeout=TIMEOUT
                )
            claims = self._claims(str(token["id_token"]), kept["nonce"], str(token.get("access_token") or ""))
        except (AuthlibBaseError, JoseError, requests.RequestException, KeyError, ValueError, TypeError) as error:
            raise OutsideError("统一身份认证的应答无法核实，已拒绝。", f"{type(error).__name__} {getattr(error, 'claim', '') or ''}".strip()) from error
        subject = claims.get("sub")
        if not isinstance(subject, str) or not 0 < len(subject) <= 255:
            raise OutsideError("统一身份认证的应答无法核实，已拒绝。", "sub")
        return Proven(self.issuer, subject, kept["target"], kept["session"])

    def _claims(self, id_token: str, nonce: str, access_token: str) -> Mapping[str, Any]:
        """The claims of a token that was signed by the provider, for us, for this login, and has not run out."""
        keys = self._documents()[1]
        try:
            token = jwt.decode(id_token, keys, algorithms=ALGORITHMS)
        except (JoseError, ValueError):  # the provider may have changed its keys since they were read
            token = jwt.decode(id_token, self._documents(fresh=True)[1], algorithms=ALGORITHMS)
        claims = CodeIDToken(
            token.claims, token.header,
            options={"iss": {"essential": True, "value": self.issuer}, "aud": {"essential": True, "value": self._client_id}, "exp": {"essential": True}},
            params={"nonce": nonce, "client_id": self._client_id, "access_token": access_token},
        )  # fmt: skip
        claims.validate(now=int(time.time()), leeway=LEEWAY)
        return claims

    def _client(self, redirect_uri: str) -> OAuth2Session:
        return OAuth2Session(
            self._client_id, self._client_secret or None, scope="openid", redirect_uri=redirect_uri, code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic" if self._client_secret else "none", default_timeout=TIMEOUT,
        )  # fmt: skip

    def _documents(self, fresh: bool = False) -> tuple[dict[str, Any], KeySet]:
        """The provider's description of itself and its keys."""
        with self._lock:
            known = self._known
            if known and time.monotonic() - known[0] < (60 if fresh else KNOWN_SECONDS):
                return known[1], known[2]
            try:
                document = _read(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
                if document.get("issuer") != self.issuer:
                    raise OutsideError("统一身份认证的签发者与设置不符，请系统管理员核对 YIGUAN_OIDC_ISSUER。", "issuer of the document")
                for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                    _safe(str(document[name]))
                keys = KeySet.import_key_set(_read(document["jwks_uri"]))  # type: ignore[arg-type]
            except (requests.RequestException, JoseError, KeyError, ValueError, TypeError) as error:
                raise OutsideError("统一身份认证暂时无法使用，请稍后再试，或用密码登录。", type(error).__name__) from error
            self._known = (time.monotonic(), document, keys)
            return document, keys


def _read(url: str) -> dict[str, Any]:
    _safe(url)
    with requests.get(url, timeout=TIMEOUT, allow_redirects=False, stream=True) as answer:
        answer.raise_for_status()
        if answer.status_code != 200:
            raise ValueError(url)
        read: dict[str, Any] = json.loads(answer.raw.read(LARGEST, decode_content=True))
    return read


def _safe(url: str) -> None:
    """ValueError for an address that a listener could answer for: only TLS, or this machine itself."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost")):
        raise ValueError(f"not https: {parts.scheme}://{parts.hostname}")
