"""What an interpreter says of itself and of where it looks for modules; writes JSON to the file named by ENVGEN_FACTS.

It imports nothing that is installed. Standard library only, Python 3.8 and later.
"""

import json
import os
import platform
import site
import struct
import sys
import sysconfig
from typing import Any, Dict, List

HERE = os.path.dirname(os.path.abspath(__file__))


def markers() -> Dict[str, str]:
    """The environment markers of PEP 508."""
    version = sys.implementation.version
    implementation = "%d.%d.%d" % (version.major, version.minor, version.micro)
    if version.releaselevel != "final":
        implementation += version.releaselevel[0] + str(version.serial)
    return {
        "implementation_name": sys.implementation.name,
        "implementation_version": implementation,
        "os_name": os.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "platform_release": platform.release(),
        "platform_system": platform.system(),
        "platform_version": platform.version(),
        "python_full_version": platform.python_version(),
        "python_version": ".".join(platform.python_version_tuple()[:2]),
        "sys_platform": sys.platform,
    }


def standard_modules() -> List[str]:
    """The names of the standard library's modules."""
    names = set(sys.builtin_module_names) | set(getattr(sys, "stdlib_module_names", ()))
    if not hasattr(sys, "stdlib_module_names"):  # before 3.10
        for entry in os.listdir(sysconfig.get_path("stdlib")):
            stem, extension = os.path.splitext(entry)
            if extension in ("", ".py"):
                names.add(stem)
    return sorted(names - {"site-packages", "dist-packages", "__pycache__"})


def main() -> None:
    user_site = site.getusersitepackages()
    facts: Dict[str, Any] = {
        "executable": sys.executable,
        "version": platform.python_version(),
        "implementation": platform.python_implementation(),
        "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        "bits": struct.calcsize("P") * 8,
        "machine": platform.machine(),
        "platform": sys.platform,
        "libc": [part for part in platform.libc_ver() if part],
        "macos": platform.mac_ver()[0],
        "windows": platform.win32_ver()[1],
        "prefix": sys.prefix,
        "base_prefix": sys.base_prefix,
        # This script's folder is on the path only while this script runs.
        "path": [entry for entry in sys.path if os.path.abspath(entry or ".") != HERE],
        "user_site": user_site,
        "user_site_enabled": bool(site.ENABLE_USER_SITE),
        "purelib": sysconfig.get_path("purelib"),
        "platlib": sysconfig.get_path("platlib"),
        "include": sysconfig.get_path("include"),
        "stdlib": sysconfig.get_path("stdlib"),
        "standard_modules": standard_modules(),
        "markers": markers(),
    }
    with open(os.environ["ENVGEN_FACTS"], "w") as out:
        json.dump(facts, out)


if __name__ == "__main__":
    main()
