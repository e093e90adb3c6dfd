"""Coordinate conversion between WGS 84 / CGCS2000 and the two obfuscated systems of Chinese maps, GCJ-02 and BD-09.

WGS 84 and CGCS2000 differ by centimetres and are treated as one.  All functions take degrees as scalars or numpy arrays of equal shape and
return ``(lng, lat)`` of the same kind.  The forward formulas are the published ones; the inverses are found by iteration, to better
than 1e-6 degree (some 0.1 m).  Points outside China's bounding box are not shifted, as in the map services.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

Degrees: TypeAlias = "float | np.ndarray"
Pair: TypeAlias = "tuple[Degrees, Degrees]"

# Krasovsky 1940, as used by GCJ-02.
_A = 6_378_245.0
_EE = 0.00669342162296594323
_BD = np.pi * 3000.0 / 180.0


def _in_china(lng: np.ndarray, lat: np.ndarray) -> np.ndarray:
    return (lng >= 72.004) & (lng <= 137.8347) & (lat >= 0.8293) & (lat <= 55.8271)


def _shift(lng: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The offset of GCJ-02 against WGS 84 at a WGS 84 point, in degrees."""
    x, y = lng - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    wave = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    d_lat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + wave
    d_lat = d_lat + (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    d_lat = d_lat + (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    d_lng = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + wave
    d_lng = d_lng + (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    d_lng = d_lng + (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    radians = lat / 180.0 * np.pi
    magic = 1 - _EE * np.sin(radians) ** 2
    d_lat = (d_lat * 180.0) / ((_A * (1 - _EE)) / (magic * np.sqrt(magic)) * np.pi)
    d_lng = (d_lng * 180.0) / (_A / np.sqrt(magic) * np.cos(radians) * np.pi)
    return d_lng, d_lat


def wgs84_to_gcj02(lng: Degrees, lat: Degrees) -> Pair:
    """GCJ-02 of a WGS 84 / CGCS2000 point."""
    x, y = np.asarray(lng, dtype=float), np.asarray(lat, dtype=float)
    d_lng, d_lat = _shift(x, y)
    inside = _in_china(x, y)
    return _like(lng, np.where(inside, x + d_lng, x), np.where(inside, y + d_lat, y))


def gcj02_to_bd09(lng: Degrees, lat: Degrees) -> Pair:
    """BD-09 of a GCJ-02 point."""
    x, y = np.asarray(lng, dtype=float), np.asarray(lat, dtype=float)
    z = np.hypot(x, y) + 0.00002 * np.sin(y * _BD)
    theta = np.arctan2(y, x) + 0.000003 * np.cos(x * _BD)
    return _like(lng, z * np.cos(theta) + 0.0065, z * np.sin(theta) + 0.006)


def wgs84_to_bd09(lng: Degrees, lat: Degrees) -> Pair:
    """BD-09 of a WGS 84 / CGCS2000 point."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lng, lat))


def gcj02_to_wgs84(lng: Degrees, lat: Degrees) -> Pair:
    """WGS 84 / CGCS2000 of a GCJ-02 point."""
    return _invert(wgs84_to_gcj02, lng, lat)


def bd09_to_gcj02(lng: Degrees, lat: Degrees) -> Pair:
    """GCJ-02 of a BD-09 point."""
    return _invert(gcj02_to_bd09, lng, lat)


def bd09_to_wgs84(lng: Degrees, lat: Degrees) -> Pair:
    """WGS 84 / CGCS2000 of a BD-09 point."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lng, lat))


def _unchanged(lng: Degrees, lat: Degrees) -> Pair:
    return lng, lat


TO_CGCS2000: dict[str, Callable[[Degrees, Degrees], Pair]] = {
    "wgs84": _unchanged,
    "cgcs2000": _unchanged,
    "gcj02": gcj02_to_wgs84,
    "bd09": bd09_to_wgs84,
}


def to_cgcs2000(lng: Degrees, lat: Degrees, crs: str) -> Pair:
    """A point of any supported system in CGCS2000; ``crs`` is written freely (``GCJ-02``, ``gcj02`` …), ValueError when unknown."""
    key = crs.strip().lower().replace("-", "").replace("_", "").replace(" ", "")
    if key not in TO_CGCS2000:
        raise ValueError(f"未知的坐标系“{crs}”：可用 {'、'.join(TO_CGCS2000)}。")
    return TO_CGCS2000[key](lng, lat)


def _invert(forward: Callable[[Degrees, Degrees], Pair], lng: Degrees, lat: Degrees) -> Pair:
    """The point whose image under ``forward`` is given: fixed-point iteration, which gains two digits a round here."""
    x, y = np.asarray(lng, dtype=float), np.asarray(lat, dtype=float)
    guess_x, guess_y = x.copy(), y.copy()
    for _ in range(12):
        image_x, image_y = forward(guess_x, guess_y)
        step_x, step_y = x - image_x, y - image_y
        guess_x, guess_y = guess_x + step_x, guess_y + step_y
        if not x.size or max(np.nanmax(np.abs(step_x), initial=0), np.nanmax(np.abs(step_y), initial=0)) < 1e-10:
            break
    return _like(lng, guess_x, guess_y)


def _like(original: Degrees, lng: np.ndarray, lat: np.ndarray) -> Pair:
    """Floats for a scalar question, arrays for an array."""
    if isinstance(original, np.ndarray):
        return lng, lat
    return float(lng), float(lat)
