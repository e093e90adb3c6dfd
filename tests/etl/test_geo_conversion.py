"""Coordinates of Chinese maps: the published offsets, their inverses, scalars and arrays alike."""

from __future__ import annotations

import numpy as np
import pytest

from etl import geo

# WGS 84 point and its GCJ-02 image as documented by the widely used reference implementations.
HANGZHOU = (120.15, 30.30)


def test_the_offset_in_hangzhou_is_some_five_hundred_metres():
    lng, lat = geo.wgs84_to_gcj02(*HANGZHOU)
    metres = np.hypot((lng - HANGZHOU[0]) * 111_320 * np.cos(np.radians(30.3)), (lat - HANGZHOU[1]) * 110_940)
    assert 450 < metres < 600 and lng > HANGZHOU[0] and lat < HANGZHOU[1]


def test_bd09_adds_its_own_offset():
    lng, lat = geo.gcj02_to_bd09(116.404, 39.915)
    assert (lng, lat) == pytest.approx((116.41036949371029, 39.92133699351021), abs=1e-9)


def test_known_gcj02_value():
    assert geo.wgs84_to_gcj02(116.404, 39.915) == pytest.approx((116.41024449916938, 39.91640428150164), abs=1e-9)


@pytest.mark.parametrize("system", ["gcj02", "bd09"])
def test_there_and_back_is_exact_all_over_china(system):
    rng = np.random.default_rng(1)
    lng, lat = rng.uniform(75, 134, 5000), rng.uniform(19, 53, 5000)
    image = {"gcj02": geo.wgs84_to_gcj02, "bd09": geo.wgs84_to_bd09}[system](lng, lat)
    back = geo.to_cgcs2000(*image, system)
    assert np.abs(back[0] - lng).max() < 1e-6 and np.abs(back[1] - lat).max() < 1e-6


def test_a_scalar_gives_floats_and_equals_the_array():
    one = geo.gcj02_to_wgs84(120.2, 30.3)
    many = geo.gcj02_to_wgs84(np.array([120.2, 116.4]), np.array([30.3, 39.9]))
    assert isinstance(one[0], float) and one == pytest.approx((many[0][0], many[1][0]), abs=1e-9)


def test_missing_points_stay_missing_and_do_not_spoil_the_others():
    lng, lat = geo.bd09_to_wgs84(np.array([np.nan, 120.2]), np.array([np.nan, 30.3]))
    assert np.isnan(lng[0]) and np.isnan(lat[0])
    assert (lng[1], lat[1]) == pytest.approx(geo.bd09_to_wgs84(120.2, 30.3), abs=1e-9)


def test_an_empty_array_is_fine_and_points_abroad_are_not_shifted():
    lng, lat = geo.gcj02_to_wgs84(np.empty(0), np.empty(0))
    assert len(lng) == len(lat) == 0
    assert geo.wgs84_to_gcj02(2.35, 48.85) == (2.35, 48.85)


@pytest.mark.parametrize("name", ["CGCS2000", "wgs84", "GCJ-02", "gcj_02", "BD09", " bd-09 "])
def test_systems_are_named_freely(name):
    assert len(geo.to_cgcs2000(120.2, 30.3, name)) == 2


def test_an_unknown_system_is_said():
    with pytest.raises(ValueError, match="未知的坐标系“火星”"):
        geo.to_cgcs2000(120.2, 30.3, "火星")
