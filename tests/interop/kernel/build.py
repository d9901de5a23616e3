"""Makes the guest that is the other half of our node: a Debian kernel and an initramfs, in a cache.

    python -m tests.interop.kernel.build [--refresh]

The kernel is the newest `linux-image-*-amd64` that the package list offers; it is unpacked and not
installed. Its DRBD speaks the protocol versions 86 to 101, and it can make an ext4 file system on
its disk. What is up to date is left as it is.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
RECIPE: Final = ("build.py", "init", "orders")
PACKAGES: Final = (
    *("qemu-system-x86", "busybox-static", "drbd-utils", "tcpdump", "cpio", "e2fsprogs"),
)
KERNELS: Final = "^linux-image-[0-9].*[0-9]-amd64$"  # no -rt-, no -cloud-, no -dbg
MODULES_NEEDED: Final = (
    *("virtio_pci", "virtio_blk", "virtio_net", "virtio_console"),
    *("crc32c_generic", "md5", "sha1_generic", "sha256_generic", "hmac", "ext4", "drbd"),
)
MODULES_LEFT_OUT: Final = frozenset({"crc32c_generic", "md5", "sha1_generic", "sha256_generic"})
"""Built in, or under another name, with some kernels: what needs them then says so itself."""

PROGRAMS: Final = ("dash", "dd", "flock", "blkdiscard", "tcpdump", "drbdmeta", "mke2fs")
"""Whole versions of programs, instead of busybox's: `dd` writes past the cache, `dash` is `sh`."""

FOLDERS: Final = ("bin", "sbin", "dev", "proc", "sys", "run", "etc", "modules", "var/lib/drbd")


class BuildError(Exception):
    """The guest can't be made; the sentence says why."""


def cache_folder() -> Path:
    """Where the guest lies."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "dotmirror-kernel"


def is_built(folder: Path) -> bool:
    """Whether the guest there was made as this file says."""
    stamp = folder / "stamp"
    return (
        stamp.is_file()
        and stamp.read_text() == _stamp()
        and all((folder / name).is_file() for name in ("vmlinuz", "initrd"))
    )


def build(folder: Path) -> str:
    """Make the guest; returns the kernel's package."""
    folder.mkdir(parents=True, exist_ok=True)
    _install_packages()
    with tempfile.TemporaryDirectory(dir=folder) as place:
        work = Path(place)
        package = _fetch_kernel(work)
        root = work / "root"
        _fill(root)
        _add_modules(work / "kernel", root / "modules")
        _pack(root, folder / "initrd")
        shutil.copyfile(next(work.glob("kernel/boot/vmlinuz-*")), folder / "vmlinuz")
    (folder / "package").write_text(package + "\n")
    (folder / "stamp").write_text(_stamp())
    return package


def _stamp() -> str:
    return hashlib.sha256(b"".join((HERE / name).read_bytes() for name in RECIPE)).hexdigest()


def _said(*command: str | Path, cwd: Path | None = None) -> str:
    """What a program prints."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
    return done.stdout


def _as_root(*command: str) -> None:
    try:
        _said(*([] if os.geteuid() == 0 else ["sudo", "-n"]), *command)
    except (BuildError, FileNotFoundError) as error:
        raise BuildError(
            f"{' '.join(command)} must be run by root or by somebody whom sudo asks for no password"
            f" ({error}); run it by hand and try again"
        ) from error


def _is_installed(package: str) -> bool:
    asked = ("dpkg-query", "--show", "--showformat=${db:Status-Status}", package)
    try:
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise BuildError("the guest is made of Debian's packages, and there is no dpkg") from error
    return done.stdout == "installed"


def _install_packages() -> None:
    missing = [package for package in PACKAGES if not _is_installed(package)]
    if not missing:
        return
    print(f"installing {', '.join(missing)}", file=sys.stderr)
    _as_root("apt-get", "update", "--quiet")
    _as_root(
        *("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "--quiet", "--yes"),
        *("--no-install-recommends", *missing),
    )


def _fetch_kernel(work: Path) -> str:
    """Unpack the newest kernel's package; returns its name and version."""
    if not _kernels():
        _as_root("apt-get", "update", "--quiet")
    if not _kernels():
        raise BuildError("apt knows no package linux-image-*-amd64")
    package = _kernels()[-1]
    print(f"fetching {package}", file=sys.stderr)
    try:
        _download(work, package)
    except BuildError:  # the list is older than what the server has
        _as_root("apt-get", "update", "--quiet")
        package = _kernels()[-1]
        _download(work, package)
    archive = next(work.glob("*.deb"))
    _said("dpkg", "--extract", archive, work / "kernel")
    return f"{package} {_said('dpkg-deb', '--field', archive, 'Version').strip()}"


def _download(work: Path, package: str) -> None:
    _said("apt-get", "--quiet", "--option=APT::Sandbox::User=", "download", package, cwd=work)


def _kernels() -> list[str]:
    """Names of kernel packages, the newest last."""
    lines = _said("apt-cache", "search", "--names-only", KERNELS).splitlines()
    names = [line.split()[0] for line in lines]
    return sorted((name for name in names if name.count(".") > 1), key=_by_version)


def _by_version(name: str) -> list[int]:
    return [int(number) for number in re.findall("[0-9]+", name)]


def _fill(root: Path) -> None:
    """Put the programs and their libraries where the guest looks for them."""
    for folder in FOLDERS:
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "var/run").symlink_to("../run")
    (root / "var/lock").symlink_to("../run")
    (root / "etc/passwd").write_text("root:x:0:0:root:/:/bin/sh\n")
    for name in RECIPE[1:]:
        shutil.copyfile(HERE / name, root / name)
        (root / name).chmod(0o755)
    busybox = _file_of("busybox-static", "/busybox")
    _add_program(busybox, root / "bin/busybox", root)
    for applet in _said(busybox, "--list").split():
        if applet not in {"busybox", "sh"}:
            (root / "bin" / applet).symlink_to("busybox")
    for program in PROGRAMS:
        _add_program(_found(program), root / "sbin" / program, root)
    (root / "bin/sh").symlink_to("../sbin/dash")
    _add_program(_file_of("drbd-utils", "/drbdsetup-84"), root / "sbin/drbdsetup", root)


def _file_of(package: str, ending: str) -> Path:
    files = _said("dpkg", "--listfiles", package).splitlines()
    return Path(next(file for file in files if file.endswith(ending)))


def _found(program: str) -> Path:
    path = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if path is None:
        raise BuildError(f"there is no {program}")
    return Path(path)


def _add_program(program: Path, target: Path, root: Path) -> None:
    """Add a program and the libraries that it loads."""
    shutil.copy(program, target)
    target.chmod(0o755)
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False)
    for library in re.findall(r"/\S+", listed.stdout if listed.returncode == 0 else ""):
        copy = root / library.lstrip("/")
        if not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library, copy)


def _add_modules(kernel: Path, target: Path) -> None:
    """Add modules with what they depend on, and the order in which they can be loaded."""
    files = {path.name.split(".ko")[0].replace("-", "_"): path for path in kernel.rglob("*.ko*")}
    built_in = next(kernel.rglob("modules.builtin")).read_text().replace("-", "_")
    order: list[str] = []
    for name in MODULES_NEEDED:
        if name not in files and f"/{name}.ko" not in built_in and name not in MODULES_LEFT_OUT:
            raise BuildError(f"the kernel has no module {name}")
        order += [it for it in _with_dependencies(name, files, target) if it not in order]
    (target / "order").write_text("".join(f"{name}\n" for name in order))


def _with_dependencies(name: str, files: dict[str, Path], target: Path) -> Iterator[str]:
    """Unpack a module and all that it depends on; yields them, those that others need first."""
    if name not in files:  # built into the kernel
        return
    module = target / f"{name}.ko"
    if not module.exists():
        module.write_bytes(_unpacked(files[name]))
    found = re.search(rb"\0depends=([^\0]*)\0", module.read_bytes())
    for other in found[1].decode().split(",") if found and found[1] else []:
        yield from _with_dependencies(other.replace("-", "_"), files, target)
    yield name


def _unpacked(path: Path) -> bytes:
    programs = {".xz": "xzcat", ".zst": "zstdcat", ".gz": "zcat"}
    if path.suffix not in programs:
        return path.read_bytes()
    return subprocess.run([programs[path.suffix], path], capture_output=True, check=True).stdout


def _pack(root: Path, initrd: Path) -> None:
    """Write the archive that the kernel unpacks; not compressed, since emulation is slow."""
    names = "".join(f"{path.relative_to(root)}\n" for path in sorted(root.rglob("*")))
    with initrd.open("wb") as file:
        subprocess.run(
            ["cpio", "--create", "--format=newc", "--quiet", "--owner=0:0"],
            cwd=root,
            input=names.encode(),
            stdout=file,
            check=True,
        )


def main() -> int:
    """Make the guest when it is missing."""
    folder = cache_folder()
    if is_built(folder) and "--refresh" not in sys.argv[1:]:
        return 0
    try:
        print(f"built {build(folder)} in {folder}", file=sys.stderr)
    except BuildError as error:
        print(f"the kernel's guest can't be made: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
