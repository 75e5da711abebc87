"""A network whose validators live in network namespaces of their own, each with one cable to a router,
which is where this process runs: validator i has the address 10.77.i.1 and nothing else on its cable.

enter() gives this process namespaces of its own, in which it is process 1. All that it starts, makes or
breaks there ends with it, however it ends, and nothing of it can be seen or reached from outside.
Partitions are rules of the router, one for each direction: what is cut is dropped without a word, as on
a network that broke. Clients are the router: they reach every validator, whatever is cut."""
import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "scripts"))
from local_network import Network, programs, run  # noqa: E402, F401

from .clock import Clock  # noqa: E402
from .relay import Relay  # noqa: E402

MESH_PORT, HTTP_PORT = 7000, 8000
NAMESPACES = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
_ENTERED = "FOOTPROOF_CHAOS_ENTERED"


def enter():
    """Runs this program again in new namespaces, and ends with its exit code; there it returns at once.
    Where the machine has none, an OSError says so."""
    if os.environ.get(_ENTERED):
        run("ip", "link", "set", "lo", "up")
        run("sysctl", "-q", "-w", "net.ipv4.ip_forward=1")
        return
    more = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    tried = subprocess.run(["unshare", *more, *NAMESPACES, "ip", "link", "show"], capture_output=True, text=True)
    if tried.returncode != 0:
        raise OSError(f"no network namespaces here: {tried.stderr.strip()}")
    sys.exit(subprocess.run(["unshare", *more, *NAMESPACES, sys.executable, *sys.argv],
                            env={**os.environ, _ENTERED: "1"}).returncode)


class World(Network):
    """Use begin()."""

    relayed = False
    clocked = False

    def __init__(self, folder, bin_folder=None):
        super().__init__(folder, bin_folder)
        self.holders, self.cables = {}, {}
        self.relay = None
        self.on_start = lambda name: None  # told of each process before it starts
        self.clocks = {}  # of validators that can be told another time

    @classmethod
    def make(cls, folder, validators, bin_folder=None, base_port=None):
        world = super().make(folder, validators, bin_folder, base_port)
        for name in world.names:
            world._lay_cable(name)
        world._configure()
        return world

    @classmethod
    @contextlib.contextmanager
    def begin(cls, programs, seed, validators=4):
        """All of them run and are ready, and the verifier is accredited."""
        with cls.temporary(programs, validators) as world:
            try:
                if cls.relayed:
                    world.relay = Relay(world._routes(), seed)
                world.start()
                world.wait_ready()
                world.accredit()
                yield world
            finally:
                if world.relay:
                    world.relay.close()
                for clock in world.clocks.values():
                    clock.close()
                world.crash()
                for name in list(world.holders):
                    world.remove_namespace(name)
                world.release()

    def release(self):
        """What would keep the folder from being deleted."""

    def start(self, *names):
        for name in names or self.names:
            if self.pid(name) is None:
                self.on_start(name)
        super().start(*names)

    def address(self, name):
        return f"10.77.{self.names.index(name) + 1}.1"

    def router_address(self, name):
        return f"10.77.{self.names.index(name) + 1}.254"

    def within(self, name):
        return ["nsenter", f"--net=/proc/{self.holders[name].pid}/ns/net"]

    def environment(self, name):
        return self.clocks[name].environment() if name in self.clocks else None

    def add_namespace(self, name, number):
        """A process that keeps it there until ours ends; its cable is 10.77.<number>."""
        holder = subprocess.Popen(["unshare", "--net", "cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        self.holders[name] = holder
        own = os.readlink("/proc/self/ns/net")
        self.wait("a namespace", lambda: os.readlink(f"/proc/{holder.pid}/ns/net") != own)
        self.cables[name] = f"cable{number}"
        run("ip", "link", "add", f"cable{number}", "type", "veth", "peer", "name", "eth0", "netns", holder.pid)
        run("ip", "address", "add", f"10.77.{number}.254/24", "dev", f"cable{number}")
        run("ip", "link", "set", f"cable{number}", "up")
        inside = [*self.within(name), "ip"]
        run(*inside, "link", "set", "lo", "up")
        run(*inside, "address", "add", f"10.77.{number}.1/24", "dev", "eth0")
        run(*inside, "link", "set", "eth0", "up")
        run(*inside, "route", "add", "default", "via", f"10.77.{number}.254")

    def remove_namespace(self, name):
        holder = self.holders.pop(name)
        holder.communicate()  # its input ends, so it does
        self.wait("a cable to go", lambda: not os.path.exists(f"/sys/class/net/{self.cables[name]}")
                  or subprocess.run(["ip", "link", "delete", self.cables[name]], capture_output=True).returncode == 0)

    def _lay_cable(self, name):
        self.add_namespace(name, self.names.index(name) + 1)
        if self.clocked:
            self.clocks[name] = Clock(self.bin, self.folder / f"{name}.clock")
            self.right_clocks()

    def _configure(self):
        """Nodes listen at their addresses, and dial each other there or at the relay."""
        mesh = {name: f"127.0.0.1:{self._mesh_port(name)}" for name in self.names}
        for name in self.names:
            path = self.homes[name] / "config.toml"
            text = path.read_text().replace(mesh[name], f"{self.address(name)}:{MESH_PORT}")
            for peer in self.names:  # its own address, and whom it follows
                text = text.replace(self.urls[peer].removeprefix("http://"), f"{self.address(peer)}:{HTTP_PORT}")
                text = text.replace(mesh[peer], f"{self.router_address(name)}:{self._relay_port(peer)}" if self.relayed
                                    else f"{self.address(peer)}:{MESH_PORT}")
            path.write_text(text)
        for name in self.names:
            self.urls[name] = f"http://{self.address(name)}:{HTTP_PORT}"

    def _mesh_port(self, name):
        return int(self.urls[name].rsplit(":", 1)[1]) - 100  # as `footproof network new` numbers them

    def _relay_port(self, peer):
        return MESH_PORT + self.names.index(peer) + 1

    def _routes(self):
        return {(a, b): ((self.router_address(a), self._relay_port(b)), (self.address(b), MESH_PORT))
                for a in self.names for b in self.names if a != b}

    def right_clocks(self):
        for clock in self.clocks.values():
            clock.right()

    def now(self):
        """The right time."""
        return time.time()

    # -- the router

    def cut(self, sender, receiver):
        """Nothing of the one reaches the other any more; the way back is another matter."""
        run("ip", "rule", "add", "from", self.address(sender), "to", self.address(receiver), "blackhole")

    def cut_all(self, pairs):
        for sender, receiver in pairs:
            self.cut(sender, receiver)

    def add_router_address(self, address, name):
        """One more of the router, on the cable of that validator."""
        run("ip", "address", "add", f"{address}/32", "dev", self.cables[name])

    def mend(self):
        while subprocess.run(["ip", "rule", "delete", "blackhole"], capture_output=True).returncode == 0:
            pass

    # -- what the nodes say of themselves

    def metric(self, name, metric):
        """The sum over its labels."""
        found = [float(line.rsplit(" ", 1)[1]) for line in self.get(name, "/metrics").decode().splitlines()
                 if line.split("{")[0].split(" ")[0] == f"footproof_{metric}"]
        assert found, f"no metric {metric}"
        return sum(found)

    def published_size(self, name):
        return int(self.checkpoint(name)[1])

    def open_files(self, name):
        return len(os.listdir(f"/proc/{self.pid(name)}/fd"))

    def address_space(self, name):
        """In bytes."""
        return int(pathlib.Path(f"/proc/{self.pid(name)}/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")

    def pause(self, name):
        os.kill(self.pid(name), signal.SIGSTOP)

    def resume(self, name):
        os.kill(self.pid(name), signal.SIGCONT)

    def kill(self, name):
        """Does not wait until it is gone; crash() does."""
        os.kill(self.pid(name), signal.SIGKILL)


class RelayedWorld(World):
    """Validators dial each other through the relay."""

    relayed = True


class ClockedWorld(World):
    """Validators can be told another time. The right time is ours, or that of a world of another birth."""

    clocked = True
    birth = None

    def right_clocks(self):
        for clock in self.clocks.values():
            clock.follow(self.birth) if self.birth else clock.right()

    def now(self):
        return self.birth.now() if self.birth else time.time()
