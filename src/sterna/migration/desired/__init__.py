"""What the target should hold, from what the source has. Pure: values in, values and findings out.

`whole` puts the parts together: `accounts` makes their entries, the other modules make rows of Postfix's lookup tables.
"""

from sterna.migration.desired.wanted import Aim, Desired, WantedEntry, WantedMailbox, WithoutAccount
from sterna.migration.desired.whole import address_findings, desired

__all__ = ["Aim", "Desired", "WantedEntry", "WantedMailbox", "WithoutAccount", "address_findings", "desired"]
