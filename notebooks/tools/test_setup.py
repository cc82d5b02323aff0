"""What is missing on a machine is one line with the way out. Programs are played by scripts of a line or two."""
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TOOLS = ("awk bash cat chmod cmp cp cut dirname env flock grep head id ln mkdir readlink rm sed sort tr true").split()
RUST = {"cargo": "exit 0",
        "rustc": 'if [ "$1" = --print ]; then echo "$HOME/rust"; else echo "rustc 1.95.0 (fresh)"; fi'}
SOURCE = "rust/lib/rustlib/src/rust/library"
FREE = {"df": "printf 'head\\ndisk 1 1 104857600 1 /\\n'"}  # 100 GB
FULL = {"df": "printf 'head\\ndisk 1 1 1048576 1 /\\n'"}  # 1 GB


class Machine(unittest.TestCase):
    """A clone in a folder with a space in its name, on a machine with these programs alone."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="a clone ")
        build = tempfile.TemporaryDirectory(prefix="build-")
        for folder in (self.folder, build):
            self.addCleanup(folder.cleanup)
        self.clone = Path(self.folder.name) / "clone"
        self.programs = Path(self.folder.name) / "bin"
        self.programs.mkdir()
        for name in TOOLS:
            (self.programs / name).symlink_to(shutil.which(name))
        # The one on PATH may be a script that looks for others.
        (self.programs / "python3").symlink_to(os.path.realpath(sys.executable))
        (Path(self.folder.name) / SOURCE).mkdir(parents=True)
        self.tools = self.clone / "notebooks" / "tools"
        shutil.copytree(HERE / "kernel", self.tools / "kernel")
        for name in ("setup", "requirements.txt"):
            shutil.copy(HERE / name, self.tools)
        shutil.copy(ROOT / "Cargo.toml", self.clone)
        self.environment = {"PATH": str(self.programs), "HOME": self.folder.name,
                            "SEGMENT_TOOLS": f"{self.folder.name}/tools",
                            "SEGMENT_NOTEBOOK_BUILD": build.name}

    def have(self, programs):
        """Puts programs on the machine, given as lines of a shell script."""
        for name, script in programs.items():
            path = self.programs / name
            path.unlink(missing_ok=True)
            path.write_text(f"#!/usr/bin/env bash\n{script}\n")
            path.chmod(0o755)

    def have_venv(self):
        """JupyterLab, as far as setup looks."""
        (self.clone / ".venv" / "bin").mkdir(parents=True)
        (self.clone / ".venv" / "bin" / "python").symlink_to(sys.executable)
        shutil.copy(HERE / "requirements.txt", self.clone / ".venv")

    def have_kernel(self, version):
        """The Rust kernel of a version."""
        tools = Path(self.environment["SEGMENT_TOOLS"])
        (tools / "bin").mkdir(parents=True)
        (tools / "bin" / "evcxr_jupyter").symlink_to(shutil.which("true"))
        (tools / ".crates.toml").write_text(f'"evcxr_jupyter {version} (registry)" = ["evcxr_jupyter"]\n')

    def run_setup(self):
        return subprocess.run([self.tools / "setup"], env=self.environment, cwd="/",
                              capture_output=True, text=True)

    def stops_with(self, line):
        """Setup ends with status 3, which .ci/run reports as skipped, and the line is its last."""
        done = self.run_setup()
        self.assertEqual((done.returncode, done.stderr.splitlines()[-1:]), (3, [f"notebooks: {line}"]), done.stderr)
        return done


class Setup(Machine):
    def test_no_rust(self):
        self.stops_with("Rust is missing: install it from https://rustup.rs, then run this again")

    def test_old_rust(self):
        self.have({**RUST, "rustc": 'echo "rustc 1.80.1 (old)"'})
        self.stops_with("Rust 1.80.1 is too old; 1.95 or later is needed: rustup update stable, then run this again")

    def test_the_source_of_the_standard_library_is_added(self):
        (Path(self.folder.name) / SOURCE).rmdir()
        self.have({**RUST, **FREE, "rustup": f'echo "rustup $*"; mkdir "$HOME/{SOURCE}"'})
        self.have_venv()
        self.have_kernel("0.22.0")
        done = self.run_setup()
        self.assertIn("\nrustup component add rust-src\nnotebooks: ready\n", done.stdout, done.stderr)

    def test_no_source_of_the_standard_library(self):
        (Path(self.folder.name) / SOURCE).rmdir()
        self.have(RUST)
        self.stops_with(f"the source of Rust's standard library is missing from {self.folder.name}/rust: install the "
                        "package rust-src, then run this again")
        self.have({"rustup": "exit 1"})
        self.stops_with("rustup could not add rust-src (see above): check the network, then run this again")

    def test_old_python(self):
        self.have({**RUST, "python3": '[ "$1" = --version ] && echo "Python 3.8.10"; [ "$1" != -c ]'})
        self.stops_with("Python 3.8.10 is too old; 3.10 or newer is needed")

    def test_full_disk(self):
        self.have({**RUST, **FULL})
        build = self.environment["SEGMENT_NOTEBOOK_BUILD"]
        self.stops_with(f"{build} has 1 GB free; the build behind the cells needs 4 GB "
                        "(or name another folder in SEGMENT_NOTEBOOK_BUILD)")

    def test_a_space_in_the_build_folder(self):
        self.have({**RUST, **FREE})
        build = self.environment["SEGMENT_NOTEBOOK_BUILD"] = f"{self.folder.name}/build"
        self.stops_with(f"the kernel cannot build in a folder with a space in its name ({build}): name another in "
                        "SEGMENT_NOTEBOOK_BUILD")

    def test_no_network_for_jupyterlab(self):
        self.have({**RUST, **FREE})
        nowhere = socket.create_server(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{nowhere.getsockname()[1]}"
        nowhere.close()
        self.environment |= {"PIP_INDEX_URL": address, "PIP_RETRIES": "0", "PIP_NO_CACHE_DIR": "1"}
        (self.tools / "requirements.txt").write_text(f"nothing==1.0 --hash=sha256:{'0' * 64}\n")
        self.stops_with("pip could not install requirements.txt (see above): check the network or the proxy, "
                        "then run this again")

    def test_no_network_for_the_kernel(self):
        self.have({**RUST, **FREE, "cargo": "exit 101"})
        self.have_venv()
        self.stops_with("the kernel could not be built (see above): check the network, then run this again; "
                        "it resumes")

    def test_an_old_kernel_is_replaced(self):
        self.have({**RUST, **FREE, "cargo": 'echo "cargo $*"'})
        self.have_venv()
        self.have_kernel("0.21.1")
        done = self.run_setup()
        self.assertIn("cargo install --locked evcxr_jupyter --version 0.22.0", done.stdout, done.stderr)
        self.assertEqual(done.returncode, 0)

    def test_what_is_there_is_not_installed_again(self):
        self.have({**RUST, **FREE, "cargo": "echo cargo was called; exit 1"})
        self.have_venv()
        self.have_kernel("0.22.0")
        for _ in range(2):
            self.assertEqual(self.run_setup().stdout, "notebooks: ready\n")
        kernel = json.loads((self.clone / ".venv/share/jupyter/kernels/rust/kernel.json").read_text())
        self.assertEqual(kernel["argv"][0], str(self.tools / "kernel" / "start"))


class Kernels(Machine):
    def setUp(self):
        super().setUp()
        self.have({**RUST, **FREE, "kernel": 'echo "$EVCXR_TMPDIR" > "$2"; exec sleep 60'})
        (self.programs / "sleep").symlink_to(shutil.which("sleep"))
        self.build = Path(self.environment["SEGMENT_NOTEBOOK_BUILD"])

    def command(self, number):
        start = self.tools / "kernel" / "start"
        return [start, self.programs / "kernel", self.build, self.build / f"connection{number}"]

    def start(self, number):
        """A running kernel and the build folder it took."""
        kernel = subprocess.Popen(self.command(number), env=self.environment)
        self.addCleanup(lambda: (kernel.kill(), kernel.wait()))
        connection = self.build / f"connection{number}"
        while not (connection.exists() and connection.read_text()):
            self.assertIsNone(kernel.poll(), "the kernel ended")
            time.sleep(0.01)
        return kernel, connection.read_text()

    def refused(self):
        done = subprocess.run(self.command(7), env=self.environment, capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        return done.stderr

    def test_six_kernels_build_in_six_folders_and_a_seventh_is_refused(self):
        kernels = [self.start(number) for number in range(6)]
        self.assertEqual(len({folder for _, folder in kernels}), 6)
        self.assertEqual(self.refused(), "notebooks: six Rust kernels are running already; shut one down "
                                         "(Kernel menu) and start again\n")
        ended, freed = kernels[3]
        ended.send_signal(signal.SIGKILL)
        ended.wait()
        self.assertEqual(self.start(8)[1], freed)

    def test_no_source_of_the_standard_library(self):
        (Path(self.folder.name) / SOURCE).rmdir()
        self.assertEqual(self.refused(), "notebooks: the source of Rust's standard library is missing from "
                                         f"{self.folder.name}/rust, so that no variable would get a type: run "
                                         "notebooks/tools/setup, then start the kernel again\n")

    def test_the_kernel_builds_with_all_packages_and_analyses_few(self):
        # A cell's crate, the kit, what that uses (chrono, polars), and what those bring.
        uses = {"ctx": ["notebook-kit", "brought"], "notebook-kit": ["chrono", "polars"], "chrono": ["iana"],
                "polars": ["polars-core"], "polars-core": ["hidden"], "brought": ["with"], "iana": [], "hidden": [],
                "with": []}
        metadata = {"packages": [{"id": name, "name": name} for name in uses], "resolve": {"root": "ctx", "nodes": [
            {"id": name, "dependencies": used, "deps": [{"pkg": one} for one in used]}
            for name, used in uses.items()]}}
        self.have_venv()
        self.have({"cargo": "cat <<'END'\n" + json.dumps(metadata) + "\nEND",
                   "kernel": 'cargo metadata > "$2.all"; '
                             'cargo metadata --format-version 1 --filter-platform here > "$2.few"'})
        done = subprocess.run(self.command(1), env=self.environment, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        everything, few = (json.loads((self.build / f"connection1.{which}").read_text()) for which in ("all", "few"))
        self.assertEqual(everything, metadata)
        seen = {"ctx", "brought", "with", "notebook-kit", "chrono", "polars", "polars-core"}
        self.assertEqual({package["name"] for package in few["packages"]}, seen)
        nodes = {node["id"]: node["dependencies"] for node in few["resolve"]["nodes"]}
        self.assertEqual(nodes, {name: [one for one in uses[name] if one in seen] for name in seen})

    def test_no_disk_for_another_kernel(self):
        self.have(FULL)
        self.assertEqual(self.refused(), f"notebooks: {self.build} has 1 GB free; the build of another kernel needs "
                                         "4 GB: free some, or name another folder in SEGMENT_NOTEBOOK_BUILD and run "
                                         "notebooks/tools/setup\n")

    def test_what_a_full_disk_cut_short_keeps_no_kernel_from_starting(self):
        (self.build / "build1").mkdir()
        lock = self.build / "build1" / "Cargo.lock"
        lock.write_text('checksum = "20521a90')
        self.start(1)
        self.assertFalse(lock.exists())

    def test_no_rust_for_the_kernel(self):
        (self.programs / "rustc").unlink()
        self.assertEqual(self.refused(), "notebooks: Rust is missing from PATH: install it from https://rustup.rs, "
                                         "then start JupyterLab again\n")


class Port(unittest.TestCase):
    def test_a_taken_port_is_left_to_its_owner(self):
        with socket.create_server(("127.0.0.1", 0)) as taken, tempfile.TemporaryDirectory() as folder:
            port = taken.getsockname()[1]
            lab = subprocess.Popen(
                [Path(sys.executable).parent / "jupyter", "lab", "--no-browser", "--allow-root", "--ip=127.0.0.1",
                 f"--port={port}"], cwd=folder, stderr=subprocess.PIPE, text=True, start_new_session=True,
                env={**os.environ, "HOME": folder, "JUPYTER_RUNTIME_DIR": folder})
            try:
                served = next(found for line in lab.stderr if (found := re.search(r"127\.0\.0\.1:(\d+)/lab", line)))
            finally:
                os.killpg(lab.pid, signal.SIGTERM)
                lab.communicate(timeout=30)
            self.assertNotEqual(int(served[1]), port)


if __name__ == "__main__":
    unittest.main()
