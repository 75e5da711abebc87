"""D4, D5: data folders on disks of 64 MiB of their own, which fill up or can be written no more.

Two of the four are ext4 on a loop device, two are tmpfs. What cannot be written must not be promised: the
node ends for it, with the reason in its log, or goes on; the others go on; and once there is room again it is
started as it is, without a hand on its files."""
import os
import random
import re

from .run import LIMIT, Case, run_together
from .world import World, run

SIZE_MIB = 64
FULL = "event=disk_space|disk_failed.*(less than 5 % of the disk is free|No space left)"
READ_ONLY = "disk_failed.*(Read-only|Input/output error)"
LEVELS_KIB = (0, 4, 64, 512, 1024, 2048, 3072, 4096, 6144, 10240)  # that are left free


class SmallDisks(World):
    @classmethod
    def make(cls, folder, validators, bin_folder=None, base_port=None):
        world = super().make(folder, validators, bin_folder, base_port)
        for number, name in enumerate(world.names):
            world._lay_disk(name, on_device=number % 2 == 0)
        return world

    @property
    def on_device(self):
        """The validators whose disk is a device, with a file system that can fail."""
        return [name for name in self.names if self._image(name).exists()]

    def disk(self, name):
        return self.homes[name] / "disk"

    def release(self):
        for name in self.names:
            run("umount", self.disk(name))

    def mount_again(self, name):
        run("umount", self.disk(name))
        self._mount(name)

    def fill(self, name, left_kib):
        """All of its disk but so much; the node writes meanwhile."""
        step = 1 << 20
        with open(self.disk(name) / "fill", "wb") as out:
            while step >= 4096:
                stat = os.statvfs(self.disk(name))
                size = min(step, stat.f_bavail * stat.f_frsize - (left_kib << 10))
                if size < 4096 and left_kib > 0:
                    return
                try:
                    os.posix_fallocate(out.fileno(), os.fstat(out.fileno()).st_size, max(size, 4096))
                except OSError:  # the file system keeps some for its own lists
                    step //= 2

    def free(self, name):
        (self.disk(name) / "fill").unlink()

    def _lay_disk(self, name, on_device):
        self.disk(name).mkdir()
        if on_device:
            with open(self._image(name), "wb") as image:
                image.truncate(SIZE_MIB << 20)
            run("mkfs.ext4", "-q", "-m", "0", self._image(name))
        self._mount(name)
        (self.homes[name] / "data").symlink_to(self.disk(name) / "data")
        config = self.homes[name] / "config.toml"
        config.write_text(config.read_text().replace("[node]\n", '[node]\ndata = "disk/data"\n', 1))

    def _mount(self, name):
        if self._image(name).exists():
            run("mount", "-o", "loop,errors=remount-ro", self._image(name), self.disk(name))
        else:
            run("mount", "-t", "tmpfs", "-o", f"size={SIZE_MIB}m", "tmpfs", self.disk(name))

    def _image(self, name):
        return self.homes[name] / "disk.image"


def all_levels(programs, count, seed):
    """A network for each ten: a log of more would fill a disk by itself."""
    chance, texts = random.Random(seed), []
    for first in range(0, count, len(LEVELS_KIB)):
        case = Case("D4", "", SmallDisks, 1, "times", full)
        some = min(len(LEVELS_KIB), count - first)
        texts.append(run_together([(case, some)], programs, chance.randrange(2 ** 31))[1])
    return count, f"{len(texts)} networks: {'; '.join(texts)}"


def full(stage, count):
    """D4: a disk is filled while its node works, to one level after the other."""
    world, ended = stage.world, 0
    stage.errors_expected.append(FULL)
    for number in range(count):
        victim = stage.names[number % len(stage.names)]
        others = [name for name in stage.names if name != victim]
        left = LEVELS_KIB[number % len(LEVELS_KIB)]
        world.fill(victim, left)
        stage.progress(*others, statements=20)
        if left < SIZE_MIB * 1024 // 20:
            world.wait(f"{victim} to end, with {left} KiB free", lambda victim=victim: world.pid(victim) is None, LIMIT)
        world.free(victim)
        ended += come_back(stage, victim, FULL)
    return count, (f"{count} times a disk of {SIZE_MIB} MiB left 0 to 10 MiB free; {ended} nodes ended for it "
                   "and came back")


def read_only(stage, count):
    """D5: the file system of a node stops in an error, as the kernel does after a failed write."""
    world = stage.world
    stage.errors_expected.append(READ_ONLY)
    for _ in range(count):
        victim = stage.chance.choice(world.on_device)
        others = [name for name in stage.names if name != victim]
        run("mount", "-o", "remount,abort", world.disk(victim))
        stage.progress(*others, statements=20)
        world.wait(f"{victim} to end, for it cannot write", lambda: world.pid(victim) is None, LIMIT)
        world.mount_again(victim)
        come_back(stage, victim, READ_ONLY)
    return count, f"{count} times a file system went read-only under load: the node ended with the reason and came back"


def come_back(stage, victim, reason):
    """It is ready again; 1 if it had ended meanwhile, which is for that reason, and was started."""
    world, ends = stage.world, set()

    def is_back():
        if world.pid(victim) is None:
            last = "\n".join(world.log(victim).splitlines()[-5:])
            assert re.search(reason, last), last
            ends.add(victim)
            world.start(victim)
        return world.is_ready(victim)
    world.wait(f"{victim} to be ready again", is_back, LIMIT)
    stage.progress(*stage.names)
    return len(ends)


CASES = [
    Case("D4", "a disk of 64 MiB, ext4 or tmpfs, is filled under load to one level after the other, then freed",
         SmallDisks, 50, "times", None, alone=all_levels),
    Case("D5", "the file system below a node goes read-only under load", SmallDisks, 20, "times", read_only),
]
