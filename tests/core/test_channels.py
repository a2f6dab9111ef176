"""The table of channels: none is left out, and reach says who has which address."""

from __future__ import annotations

import subprocess
import sys

from crm_graphql.core.channels import ADDRESSES, EMAIL, PHONE, TRAITS, Channel, reaches
from crm_graphql.customers.derived import reach_of

WITH_ANOTHER = """
from pathlib import Path
import crm_graphql.core.channels as channels
source = Path(channels.__file__).read_text().replace('SMS = "SMS"', 'SMS = "SMS"; PUSH = "PUSH"')
exec(compile(source, channels.__file__, "exec"), vars(channels))
"""


def test_every_channel_has_traits() -> None:
    assert TRAITS.keys() == set(Channel)
    assert {traits.address for traits in TRAITS.values()} <= {*ADDRESSES}


def test_a_channel_that_is_left_out_stops_the_start() -> None:
    done = subprocess.run([sys.executable, "-c", WITH_ANOTHER], capture_output=True, text=True, timeout=60)
    assert "channels without traits: {<Channel.PUSH" in done.stderr


def test_reach_has_a_bit_for_each_address() -> None:
    ida = {"email": "ida@example.com", "phone": None}
    assert reach_of(ida) in reaches(EMAIL)
    assert reach_of(ida) not in reaches(PHONE)
    assert reach_of({**ida, "phone": "+4930123456"}) in {*reaches(EMAIL)} & {*reaches(PHONE)}
    assert reach_of({"email": None, "phone": None}) == 0
