"""Headers that every answer carries: what a browser may load, run, embed and tell others."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask, Response, request


def policy(image_hosts: Sequence[str]) -> str:
    """The content security policy: own script files, none inline; styles inline, because components set them."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self' 'unsafe-inline'",
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
        ("Content-Security-Policy", policy(image_hosts)),
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
        response.headers.extend(fixed)
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = (
                "no-store" if not request.path.startswith(("/assets/", "/_dash-component-suites/")) else "private, no-cache"
            )
        return response
