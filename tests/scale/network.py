"""Stand-ins for machines: network namespaces, each with a cable to one switch.

Each namespace is held by a `cat` that reads from a pipe of this process. However this process ends,
the pipe closes, `cat` ends, and the kernel removes the namespace with all that is in it. Nothing is
added to the network of this machine itself, and nothing leads out of the namespaces.
"""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

_PREFIX = "10.77.0"
NETWORK = f"{_PREFIX}.0/24"

_MAC_PREFIX = "02:00:0a:4d:00"

_CLONE_NEWNET = 0x40000000
_TOOLS = {
    "bridge": "iproute2",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "setpriv": "util-linux",
    "unshare": "util-linux",
}
_FOLDERS = ("/usr/sbin", "/usr/bin", "/sbin", "/bin")
# States of a switch's port: bridge(8).
_DISABLED, _FORWARDING = "0", "3"


class NetworkError(Exception):
    """The namespaces cannot be made here; the message says why, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A network namespace with an address of its own; `pid` is the process that holds it."""

    name: str
    number: int
    pid: int
    switch_pid: int

    @property
    def address(self) -> str:
        """Its IP address."""
        return f"{_PREFIX}.{self.number}"

    @property
    def mac(self) -> str:
        """The address of its network card."""
        return f"{_MAC_PREFIX}:{self.number:02x}"

    @property
    def launcher(self) -> Sequence[str]:
        """What a command line begins with to run here; the process stays the same one."""
        return _entering(self.pid)

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Let this thread open its connections from here until the block ends."""
        before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        try:
            here = os.open(f"/proc/{self.pid}/ns/net", os.O_RDONLY)
            try:
                _enter(here)
            finally:
                os.close(here)
            try:
                yield
            finally:
                _enter(before)
        finally:
            os.close(before)

    def cut_off(self) -> None:
        """Let the switch drop whatever comes from here or goes here, without a word to anybody."""
        self._set_port(_DISABLED)

    def connect(self) -> None:
        """Let the switch forward again."""
        self._set_port(_FORWARDING)

    def _set_port(self, state: str) -> None:
        at_switch = _entering(self.switch_pid)
        _run(*at_switch, _tool("bridge"), "link", "set", "dev", self.name, "state", state)


@contextmanager
def network(names: Sequence[str]) -> Iterator[Mapping[str, Machine]]:
    """Connect a machine of each name (at most 15 bytes) to one switch until the block ends.

    Raises NetworkError without root's rights or the tools.
    """
    _require_rights_and_tools()
    with ExitStack() as cleanup:
        switch = cleanup.enter_context(_namespace())
        _run(*_entering(switch), _tool("ip"), "link", "add", "switch", "type", "bridge")
        _run(*_entering(switch), _tool("ip"), "link", "set", "switch", "up")
        machines = {
            name: Machine(
                name=name,
                number=number,
                pid=cleanup.enter_context(_namespace()),
                switch_pid=switch,
            )
            for number, name in enumerate(names, start=1)
        }
        for machine in machines.values():
            _lay_cable(machine)
        for machine in machines.values():
            _introduce(machine, [other for other in machines.values() if other is not machine])
        yield machines


def _require_rights_and_tools() -> None:
    if os.geteuid() != 0:
        raise NetworkError("network namespaces are made by root alone: run it as root")
    for tool in _TOOLS:
        _tool(tool)


def _tool(name: str) -> str:
    """Return where a tool of the system is. PATH may lack the folders of root's tools."""
    found = shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", ""), *_FOLDERS)))
    if found is None:
        raise NetworkError(f"{name} is missing: install Debian's package {_TOOLS[name]}")
    return found


@contextmanager
def _namespace() -> Iterator[int]:
    """Make a network namespace; yield the id of the process that holds it."""
    with subprocess.Popen(
        [_tool("unshare"), "--net", "cat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stderr is not None
        holder.stdin.write(b"\n")
        holder.stdin.flush()
        if not holder.stdout.readline():  # it comes back once `cat` runs, so in its namespace
            reason = holder.stderr.read().decode(errors="replace").strip()
            raise NetworkError(f"this system lets nobody make a network namespace: {reason}")
        _run(*_entering(holder.pid), _tool("ip"), "link", "set", "lo", "up")
        yield holder.pid
        holder.stdin.close()


def _lay_cable(machine: Machine) -> None:
    """Connect the machine to the switch."""
    peer = ("peer", "name", "eth0", "address", machine.mac, "netns", str(machine.pid))
    at_switch, inside = _entering(machine.switch_pid), _entering(machine.pid)
    _run(*at_switch, _tool("ip"), "link", "add", "name", machine.name, "type", "veth", *peer)
    _run(*at_switch, _tool("ip"), "link", "set", "dev", machine.name, "master", "switch", "up")
    _run(*inside, _tool("ip"), "address", "add", f"{machine.address}/24", "dev", "eth0")
    _run(*inside, _tool("ip"), "link", "set", "eth0", "up")


def _introduce(machine: Machine, others: Sequence[Machine]) -> None:
    """Tell the machine for good which address is whose.

    Machines that find out by themselves would notice that one is cut off. Those with routers
    between them, which is how it is outside, would not.
    """
    neighbour = (*_entering(machine.pid), _tool("ip"), "neighbour", "add", "dev", "eth0")
    for other in others:
        _run(*neighbour, other.address, "lladdr", other.mac, "nud", "permanent")


def _entering(pid: int) -> Sequence[str]:
    return (_tool("nsenter"), f"--net={Path('/proc', str(pid), 'ns', 'net')}", "--")


def _enter(namespace: int) -> None:
    """Move this thread; Python has had a function of its own for it since 3.12."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(namespace, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NetworkError(f"{' '.join(command)} failed: {done.stderr.strip()}")
