"""An OpenID Connect provider of its own process on loopback, on authlib's server part: discovery, keys, authorization code with PKCE, RS256.

``python -m tests.support.oidc_provider PORT``.  ``/mode?subject=…&fault=…`` chooses who is logged in there and what it does wrong.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import AuthorizationCodeMixin, ClientMixin
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode, UserInfo
from flask import Flask, Response, jsonify, request
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

from tests.support.servers import free_port

CLIENT, SECRET = "yiguan-test", "a client secret of the test"


class Client(ClientMixin):
    """The one client; its redirect address ends as ours does."""

    client_id = CLIENT

    def get_client_id(self) -> str:
        return CLIENT

    def get_default_redirect_uri(self) -> str:
        return ""

    def get_allowed_scope(self, scope: str) -> str:
        return "openid"

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri.endswith("/login/sso/back")

    def check_client_secret(self, client_secret: str) -> bool:
        return secrets.compare_digest(client_secret, SECRET)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


class Code(dict, AuthorizationCodeMixin):  # type: ignore[type-arg]
    """An authorization code as it was given out."""

    def __getattr__(self, name: str) -> Any:
        return self.get(name)

    def get_redirect_uri(self) -> str:
        return str(self["redirect_uri"])

    def get_scope(self) -> str:
        return str(self["scope"])

    def get_nonce(self) -> str:
        return str(self["nonce"])

    def get_auth_time(self) -> int:
        return int(time.time())

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None


class User(dict):  # type: ignore[type-arg]
    """Somebody who is logged in at the provider."""

    def get_user_id(self) -> str:
        return str(self["sub"])


def make(port: int) -> Flask:
    """The provider as a Flask application."""
    issuer = f"http://127.0.0.1:{port}"
    key, strange = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"}), RSAKey.generate_key(2048, {"kid": "one"})
    mode = {"subject": "s-1001", "fault": ""}
    codes: dict[str, Code] = {}
    server = Flask("provider")
    server.secret_key = "only for this test"

    class Grant(AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic",)

        def save_authorization_code(self, code: str, request: Any) -> Code:
            data = request.payload.data
            codes[code] = Code(
                code=code, client_id=CLIENT, redirect_uri=request.payload.redirect_uri, scope="openid", nonce=data.get("nonce"),
                code_challenge=data.get("code_challenge"), code_challenge_method=data.get("code_challenge_method"), user=request.user,
            )  # fmt: skip
            return codes[code]

        def query_authorization_code(self, code: str, client: Client) -> Code | None:
            return codes.get(code)

        def delete_authorization_code(self, authorization_code: Code) -> None:
            codes.pop(authorization_code["code"], None)

        def authenticate_user(self, authorization_code: Code) -> User:
            return authorization_code["user"]  # type: ignore[no-any-return]

    class IdToken(OpenIDCode):
        def exists_nonce(self, nonce: str, request: Any) -> bool:
            return any(code["nonce"] == nonce for code in codes.values())

        def generate_user_info(self, user: User, scope: str) -> UserInfo:
            return UserInfo(sub=user["sub"], name="局领导", email="leader@example.cn", preferred_username="leader")

        def encode_id_token(self, token: dict[str, Any], request: Any) -> str:
            now, fault = int(time.time()), mode["fault"]
            claims = {
                "iss": issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": request.authorization_code["nonce"],
                **self.generate_user_info(request.user, "openid"),
            }  # fmt: skip
            claims |= {
                "nonce": {"nonce": "another"}, "aud": {"aud": "somebody-else"}, "expired": {"iat": now - 900, "exp": now - 600},
                "issuer": {"iss": "https://elsewhere.example"}, "no subject": {"sub": ""}, "at_hash": {"at_hash": "bm90IHRoaXMgdG9rZW4"},
            }.get(fault, {})  # fmt: skip
            if fault == "none":
                return jwt.encode({"alg": "none"}, claims, OctKey.import_key("x"), algorithms=["none"])
            if fault == "shared secret":
                return jwt.encode({"alg": "HS256", "kid": "one"}, claims, OctKey.import_key(SECRET), algorithms=["HS256"])
            return jwt.encode({"alg": "RS256", "kid": "one"}, claims, strange if fault == "strange key" else key, algorithms=["RS256"])

    oauth = AuthorizationServer(server, query_client=lambda ident: Client() if ident == CLIENT else None, save_token=lambda token, request: None)
    oauth.register_grant(Grant, [CodeChallenge(required=True), IdToken(require_nonce=True)])

    @server.get("/.well-known/openid-configuration")
    def document() -> Response:
        return jsonify(
            issuer=issuer, authorization_endpoint=f"{issuer}/authorize", token_endpoint=f"{issuer}/token", jwks_uri=f"{issuer}/keys",
            response_types_supported=["code"], subject_types_supported=["public"], code_challenge_methods_supported=["S256"],
            id_token_signing_alg_values_supported=["RS256", "HS256", "none"], authorization_response_iss_parameter_supported=True,
        )  # fmt: skip

    @server.get("/keys")
    def keys() -> Response:
        return jsonify(KeySet([key]).as_dict(private=False))

    @server.get("/authorize")
    def authorize() -> Response:
        if mode["fault"] == "refuses":
            return Response("", 302, {"Location": f"{request.args['redirect_uri']}?{urlencode({'error': 'access_denied', 'state': request.args['state'], 'iss': issuer})}"})
        answer: Response = oauth.create_authorization_response(grant_user=User(sub=mode["subject"]), grant=oauth.get_consent_grant(end_user=User(sub=mode["subject"])))
        said = "https://elsewhere.example" if mode["fault"] == "answer from elsewhere" else issuer
        answer.headers["Location"] += "&" + urlencode({"iss": said})
        return answer

    @server.post("/token")
    def token() -> Response:
        return oauth.create_token_response()  # type: ignore[no-any-return]

    @server.get("/mode")
    def set_mode() -> str:
        mode.update(subject=request.args.get("subject", "s-1001"), fault=request.args.get("fault", ""))
        return "ok"

    return server


@contextmanager
def provider() -> Iterator[str]:
    """Run it; yields the issuer; ended by its own pid."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.support.oidc_provider", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(300):
            if process.poll() is not None:
                raise RuntimeError("the provider ended")
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/mode", timeout=2):
                    break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


if __name__ == "__main__":
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # loopback without TLS
    make(int(sys.argv[1])).run("127.0.0.1", int(sys.argv[1]), threaded=True)
