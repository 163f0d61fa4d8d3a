"""A throw-away copy of the repository, and the real `./pants` in it."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.boundaries.attack.cases import Case, Told

# What `./pants lint` needs, and what it judges; the BUILD file of this test names the same.
COPIED = (
    ".gitignore",
    ".pre-commit-config.yaml",
    "3rdparty",
    "BUILD",
    "contracts",
    "pants",
    "pants-plugins",
    "pants.toml",
    "ruff.toml",
    "src",
)
_FINDING = re.compile(r"^(\S+?):(\d+):\d+: ([a-z-]+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How a `./pants` command ended, and all that it printed."""

    exit_code: int
    output: str

    @property
    def told(self) -> list[Told]:
        """The findings of the report, by place."""
        found = _FINDING.findall(self.output)
        return sorted(Told(path=path, line=int(line), rule=rule) for path, line, rule in found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """A copy with a Pants daemon of its own, which `stop` ends."""

    root: Path

    @staticmethod
    def copied_to(root: Path) -> "Repository":
        """Copy what is below the current folder: the repository, or the sandbox of a test."""
        root.mkdir()
        for name in COPIED:
            source = Path(name)
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, root / name, ignore=ignored)
            else:
                shutil.copy(source, root / name)
        return Repository(root=root)

    def pants(self, *arguments: str) -> Run:
        """Run `./pants` with a configuration of its own: none of the surrounding run's."""
        return self._run("./pants", "--no-dynamic-ui", *arguments)

    def lint(self) -> Run:
        """Run `./pants lint` over everything; ruff has tests elsewhere."""
        return self.pants("lint", "--only=boundaries", "::")

    @contextmanager
    def having(self, cases: Iterable[Case]) -> Iterator[None]:
        """Add the files of the cases, and take them away again."""
        files = {path: text for case in cases for path, text in case.files.items()}
        existing = [path for path in files if (self.root / path).exists()]
        assert not existing, f"these exist already: {existing}"
        folders = {folder for path, text in files.items() for folder in self._write(path, text)}
        try:
            yield
        finally:
            for path in files:
                (self.root / path).unlink()
            for folder in sorted(folders, reverse=True):
                folder.rmdir()

    def lint_with(self, cases: Iterable[Case]) -> Run:
        """Run `./pants lint ::` while the files of the cases are there."""
        with self.having(cases):
            return self.lint()

    def git(self, *arguments: str) -> Run:
        """Run `git`, and the hooks that it runs."""
        who = ("-c", "user.name=attacker", "-c", "user.email=attacker@example.org")
        return self._run("git", *who, *arguments)

    def stop(self) -> None:
        """End the daemon."""
        for pid in self._daemon.glob("*/pantsd/pid"):
            with suppress(ProcessLookupError):
                os.kill(int(pid.read_text()), signal.SIGTERM)

    @property
    def _daemon(self) -> Path:
        return self.root.parent / "daemon"

    def _write(self, path: str, text: str) -> list[Path]:
        file = self.root / path
        missing = [folder for folder in file.parents if not folder.exists()]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return missing

    def _run(self, *command: str) -> Run:
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("PANTS_", "PEX"))}
        environment["PANTS_PANTS_SUBPROCESSDIR"] = str(self._daemon)
        done = subprocess.run(
            command,
            cwd=self.root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Run(exit_code=done.returncode, output=done.stdout)
