"""What every test shares: how hypothesis is run, and which tests cannot run on this machine, with the reason."""

from __future__ import annotations

import importlib.util
import os
import sys
from importlib.abc import MetaPathFinder

import hypothesis
import pytest

# The machine may be busy, so a slow example is no failure. "deep" is for a person with time.
hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.register_profile("deep", deadline=None, max_examples=5000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))


class LdapNotBuilt(MetaPathFinder):
    """Skips test modules that need python-ldap, where it could not be built because nobody was root."""

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        """Skip whoever imports it; everything else is for the other finders."""
        if fullname in {"ldap", "ldif"}:
            pytest.skip("python-ldap is not built; run script/setup as root", allow_module_level=True)


if importlib.util.find_spec("ldap") is None:
    sys.meta_path.append(LdapNotBuilt())
    collect_ignore = ["real", "system"]


def why_not_real() -> str | None:
    """Why tests on real servers cannot run here; None when they can."""
    if os.geteuid() != 0:
        return "real servers need root; run the tests as root"
    # Imported here, because without python-ldap it cannot be, and then nobody gets this far.
    from sterna.lab.checks import missing_packages  # noqa: PLC0415
    from sterna.lab.platform import PACKAGES  # noqa: PLC0415

    if missing := missing_packages(PACKAGES):
        return f"real servers need Debian packages: {' '.join(missing)}; run script/setup"
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip tests on real servers where they cannot run."""
    reason = why_not_real()
    if reason is None:
        return
    for item in items:
        if item.get_closest_marker("real"):
            item.add_marker(pytest.mark.skip(reason=reason))
