"""Sizes as settings write them."""

import pytest

from sterna.communigate.sizes import SizeError, read_size

SIZES = {
    "bytes": ("1024", 1024),
    "a number": (1024, 1024),
    "K": ("100K", 102_400),
    "M": ("20M", 20_971_520),
    "G": ("2G", 2_147_483_648),
    "small letter": ("20m", 20_971_520),
    "nothing": ("0", 0),
    "unlimited": ("unlimited", None),
    "unlimited, otherwise": ("Unlimited", None),
    "minus one": ("-1", None),
    "the number minus one": (-1, None),
}


@pytest.mark.parametrize(("value", "size_bytes"), SIZES.values(), ids=SIZES)
def test_a_size_is_a_number_of_bytes_or_no_limit(value, size_bytes):
    assert read_size(value) == size_bytes


@pytest.mark.parametrize("value", ["", "10 apples", "1.5M", "-2", "K", None, (), "٣"], ids=repr)
def test_anything_else_is_no_size(value):
    with pytest.raises(SizeError):
        read_size(value)
