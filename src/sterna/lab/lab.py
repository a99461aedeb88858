"""A lab's life: up, status, down. Everything it has is in its folder and in its namespaces.

::

    DIR/sterna.toml   the lab as a site           DIR/secrets/   password files
    DIR/pki/          certificate authority       DIR/log/       what every server says
    DIR/source/       the old server              DIR/run/       sockets, and what is known of the lab itself
    DIR/target/       the new platform
"""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from sterna.lab.checks import check_packages, check_path, check_root
from sterna.lab.folder import MARKER, existing, make_folder
from sterna.lab.info import LabInfo
from sterna.lab.launch import lock, stop
from sterna.lab.options import LabOptions
from sterna.lab.platform import PACKAGES
from sterna.lab.ports import HeldPorts
from sterna.lab.rise import Rise
from sterna.lab.source import dovecot
from sterna.lab.status import LabStatus, ServerStatus, look

__all__ = ["MARKER", "Lab", "LabInfo", "LabOptions", "LabStatus", "ServerStatus"]


class Lab:
    """The three verbs."""

    @staticmethod
    def up(folder: Path, options: LabOptions | None = None) -> LabInfo:
        """Make a lab in `folder` and start it; a stopped one is started again as it was, `options` then do not matter.

        Returns when every server listens.

        Raises:
            NotRootError, PackagesMissingError, NoDovecotError, FolderError: it cannot run here; nothing was made.
            LabRunningError: one runs in this folder.
            PortsTakenError: a stopped one cannot have its ports back.
            ServerStartError: a server ended, or did not listen in time; all are ended again, the folder is kept.
        """
        began = time.monotonic()
        check_root()
        options = options or LabOptions()
        check_packages(PACKAGES)
        if options.with_source:
            dovecot.prefix()
        folder = folder.absolute().resolve()
        check_path(folder)
        make_folder(folder)
        held = lock(folder)
        try:
            with HeldPorts() as ports:
                return Rise(folder, options, ports, held, began).rise()
        finally:
            os.close(held)

    @staticmethod
    def status(folder: Path) -> LabStatus:
        """Return what is known of the lab in `folder`, running or not.

        Raises:
            NoLabError: there is none.
        """
        return look(existing(folder))

    @staticmethod
    def down(folder: Path, *, remove: bool = False) -> bool:
        """End every process of the lab in `folder`, also after a crash; return whether any ran.

        Args:
            folder: the lab's.
            remove: remove it with everything in it.

        Raises:
            NoLabError: there is none; nothing was touched.
        """
        folder = existing(folder)
        ran = stop(folder)
        if remove:
            shutil.rmtree(folder)
        return ran
