"""Headers that every answer carries: what a browser may load, run, embed and tell others."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from flask import Flask, Response, g, has_request_context, request


def nonce() -> str:
    """The nonce of this answer's style elements, made when it is first asked for; empty outside a request."""
    if not has_request_context():
        return ""
    if "style_nonce" not in g:
        g.style_nonce = secrets.token_urlsafe(16)
    return str(g.style_nonce)


def policy(image_hosts: Sequence[str], style_nonce: str = "") -> str:
    """The content security policy: own script and style files, no inline script, no ``style`` attribute.

    Style elements only with the nonce of the answer: of the first view, and of what components insert (``assets/styles.js``).
    """
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'" + (f" 'nonce-{style_nonce}'" if style_nonce else ""),
            " ".join(("img-src 'self' data:", *image_hosts)),
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "object-src 'none'",
        )
    )


def install(server: Flask, image_hosts: Sequence[str], production: bool) -> None:
    """Add the headers to every answer."""
    fixed = [
        ("X-Content-Type-Options", "nosniff"),
        ("X-Frame-Options", "DENY"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=(), display-capture=(), browsing-topics=()"),
    ]
    if production:
        fixed.append(("Strict-Transport-Security", "max-age=31536000; includeSubDomains"))

    @server.after_request
    def add(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy(image_hosts, g.get("style_nonce", ""))
        response.headers.extend(fixed)
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = (
                "no-store" if not request.path.startswith(("/assets/", "/_dash-component-suites/")) else "private, no-cache"
            )
        return response
