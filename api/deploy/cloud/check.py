#!/usr/bin/env python3
"""Commands, flags and variables of the manifests and pages against the programs: check.py BIN"""

import json
import pathlib
import re
import shlex
import subprocess
import sys

BIN = pathlib.Path(sys.argv[1])
DEPLOY = pathlib.Path(__file__).resolve().parents[1]
FILES = [
    path
    for folder in ("cloud", "kubernetes")
    for path in sorted((DEPLOY / folder).rglob("*"))
    if path.suffix in {".md", ".yaml", ".json"} and "secrets" not in path.parts
]
# Commands that have commands of their own.
NESTED = {("segment",), ("segmentation-api",), ("segmentation-api", "keys")}
problems = []


def help_text(*command):
    result = subprocess.run([BIN / command[0], *command[1:], "--help"], capture_output=True, text=True)
    return result.stdout if result.returncode == 0 else None


known = {}


def known_help(command):
    if command not in known:
        known[command] = help_text(*command)
    return known[command]


def check(words, where):
    """The words of one command: its subcommands, then its flags."""
    command, rest = (words[0],), list(words[1:])
    # Flags may stand before the subcommand: `segmentation-api keys --keys FILE create`.
    flags = []
    while rest:
        word = rest.pop(0)
        if word.startswith("--"):
            flags.append(word.split("=")[0])
        elif command in NESTED and re.fullmatch("[a-z]+(-[a-z]+)*", word) and known_help((*command, word)):
            command = (*command, word)
        elif command == ("segment",):
            problems.append(f"{where}: segment has no command {word}")
            return 0
    text = known_help(command)
    for flag in flags:
        if not re.search(rf"(?<![\w-]){re.escape(flag)}(?![\w-])", text):
            problems.append(f"{where}: {' '.join(command)} knows no {flag}")
    return 1


def commands_in_markdown(text):
    """What stands in backticks and in shell blocks, line by line, cut where a command ends."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.S)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.S))
    for line in [*lines, *spans]:
        for part in re.split(r"&&|\||;|\s#", line):
            try:
                words = shlex.split(part)
            except ValueError:
                continue
            if len(words) > 1 and words[0] in {"segment", "segmentation-api"}:
                yield words


def commands_in_manifest(text):
    """The container's command and its arguments."""
    for command, arguments in re.findall(r"command: \[(segment[\w-]*)\]\n\s+args: \[(.*)\]", text):
        yield [command, *(word.strip().strip('"') for word in arguments.split(","))]
    for command, arguments in re.findall(r'"entryPoint": \["(segment[\w-]*)"\],\s+"command": (\[.*\])', text):
        yield [command, *json.loads(arguments)]


MIB = {"Mi": 1, "Gi": 1024, "G": 1024, "": 1}
# Where each manifest says how much memory the service may take.
LIMITS = {
    "kubernetes/api.yaml": r"limits: \{memory: (\d+)(\w+)",
    "cloud/aws/task-api.json": r'"memory": "(\d+)()"',
    "cloud/azure/app.yaml": r"resources: \{cpu: [\d.]+, memory: (\d+)(\w+)",
    "cloud/google/service.yaml": r'limits: \{cpu: "\d", memory: (\d+)(\w+)',
    "debian/segmentation-api.service": r"MemoryMax=(\d+)(\w+)",
}


def check_memory():
    """The sum in THREATS.md against the code's default and every manifest's limit."""
    text = (DEPLOY.parent / "THREATS.md").read_text().split("| part of the limit |")[1]
    parts = [int(mib) for mib in re.findall(r"^\| [^*|]+ \| (\d+) \|$", text, re.M)]
    limit, total = (int(re.search(pattern, text)[1].replace(",", "")) for pattern in (r"of ([\d,]+) MiB in", r"\*\*(\d+)\*\*"))
    if sum(parts) != total or total > limit:
        problems.append(f"THREATS.md: {parts} are {sum(parts)} MiB, it says {total} of {limit}")
    default = int(re.search(r"REQUEST_MEMORY: usize = (\d+) << 20", (DEPLOY.parent / "src/settings.rs").read_text())[1])
    if parts[:2] != [default, default // 2]:
        problems.append(f"THREATS.md counts {parts[:2]} MiB for requests, the service takes {default} and half as much")
    for name, pattern in LIMITS.items():
        amount, unit = re.search(pattern, (DEPLOY / name).read_text()).groups()
        if int(amount) * MIB[unit] != limit:
            problems.append(f"{name} allows {amount}{unit} of memory, THREATS.md comes to {limit} MiB")


def main():
    check_memory()
    commands = variables = 0
    programs = [help_text("segmentation-api")]
    listed = re.findall(r"^  ([a-z]+) ", help_text("segment").split("Commands:")[1].split("Options:")[0], re.M)
    programs += [help_text("segment", name) for name in listed if name != "help"]
    everything = "\n".join(programs)
    for path in FILES:
        text, where = path.read_text(), path.relative_to(DEPLOY.parent)
        if path.suffix == ".json":
            json.loads(text)
        found = commands_in_markdown(text) if path.suffix == ".md" else commands_in_manifest(text)
        commands += sum(check(words, where) for words in found)
        for name in sorted(set(re.findall(r"SEGMENT_[A-Z_]+", text))):
            variables += 1
            if not re.search(rf"\[env: {name}=", everything):
                problems.append(f"{where}: no program reads {name}")
    here = {path.name for path in (DEPLOY / "kubernetes").glob("*.yaml")} - {"kustomization.yaml"}
    named = set(re.findall(r"^  - (\S+\.yaml)$", (DEPLOY / "kubernetes/kustomization.yaml").read_text(), re.M))
    if here != named:
        problems.append(f"kustomization.yaml and its folder differ in {sorted(here ^ named)}")
    if problems:
        sys.exit("\n".join(problems))
    assert commands >= 20 and variables >= 20, (commands, variables)
    print(f"{commands} commands and {variables} variables in {len(FILES)} files are the programs' own")


if __name__ == "__main__":
    main()
