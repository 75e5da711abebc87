"""Another time for one process: the library tests/cluster/clock.cc, loaded before the C library, answers
questions for the wall clock by what stands in a file. No other process's time changes, and no timer's."""
import mmap
import os
import struct
import time

_LAYOUT = "=qqqd"  # edition, odd while it changes; real time and told time at one moment, in ns; the rate from there


class Clock:
    def __init__(self, programs, path):
        self.library, self.path = programs / "libchaos_clock.so", path
        self.path.write_bytes(struct.pack(_LAYOUT, 0, 0, 0, 1.0))
        with open(path, "r+b") as file:
            self._map = mmap.mmap(file.fileno(), struct.calcsize(_LAYOUT))

    def close(self):
        self._map.close()

    def environment(self):
        return {**os.environ, "LD_PRELOAD": str(self.library), "FOOTPROOF_CHAOS_CLOCK": str(self.path)}

    def now(self):
        """Told, in seconds."""
        _, real, told, rate = struct.unpack(_LAYOUT, self._map[:])
        return (told + (time.time_ns() - real) * rate) / 1e9

    def _set(self, told, rate, real=None):
        edition = struct.unpack(_LAYOUT, self._map[:])[0]
        self._map[:8] = struct.pack("=q", edition + 1)
        self._map[8:] = struct.pack(_LAYOUT, 0, time.time_ns() if real is None else real, told, rate)[8:]
        self._map[:8] = struct.pack("=q", edition + 2)

    def right(self):
        self._set(0, 1.0, real=0)

    def follow(self, other):
        """Tells what the other one tells now, and goes on from there."""
        self._set(int(other.now() * 1e9), 1.0)

    def jump(self, seconds):
        self._set(int((self.now() + seconds) * 1e9), 1.0)

    def set(self, seconds):
        """To this many since 1970."""
        self._set(int(seconds * 1e9), 1.0)

    def run_at(self, rate):
        """From what it tells now; 0: it stands still."""
        self._set(int(self.now() * 1e9), rate)
