#!/usr/bin/env python3
"""What changed since the tag before, by area, from the commits' subjects (`area: what`).

    changelog.py            Markdown, for the release's page
    changelog.py --debian V the same as a Debian changelog of version V

An archive without git's history has no list; the Debian changelog then says where it is.
"""

import argparse
import email.utils
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
MAINTAINER = "Customer segmentation <maintainers@customer-segmentation.invalid>"


def output(*command):
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def previous_tag():
    """The last version tag before this commit; None for the first release."""
    found = subprocess.run(["git", "describe", "--tags", "--abbrev=0", "--match", "v*", "HEAD^"], cwd=ROOT, capture_output=True, text=True)
    return found.stdout.strip() or None


def changes():
    """Since which tag, and {area: [what, …]}, oldest first; None without a history."""
    if not (ROOT / ".git").exists():
        return None, None
    since = previous_tag()
    areas = {}
    for subject in output("git", "log", "--reverse", "--no-merges", "--format=%s", f"{since}..HEAD" if since else "HEAD").splitlines():
        area, colon, what = subject.partition(": ")
        area, what = (area, what) if colon and area.isidentifier() else ("other", subject)
        areas.setdefault(area, []).append(what)
    return since, dict(sorted(areas.items()))


def markdown(version, day, since, areas):
    lines = [f"## {version} ({day})", "", f"Since {since}." if since else "The first release."]
    for area, subjects in (areas or {}).items():
        lines += ["", f"### {area}", "", *(f"- {what}" for what in subjects)]
    return "\n".join(lines)


def debian(version, epoch, areas):
    lines = [f"customer-segmentation ({version}) unstable; urgency=medium", ""]
    for area, subjects in (areas or {"the changes": ["are listed in the project's history"]}).items():
        lines += [f"  * {area}", *(f"    - {what}" for what in subjects)]
    maintainer = os.environ.get("DEB_MAINTAINER", MAINTAINER)
    return "\n".join([*lines, "", f" -- {maintainer}  {email.utils.formatdate(epoch)}"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--debian", metavar="VERSION")
    options = parser.parse_args()
    epoch = int(output("api/deploy/version", "--epoch"))
    since, areas = changes()
    if options.debian:
        print(debian(options.debian, epoch, areas))
    elif areas is None:
        sys.exit("a changelog needs git's history, which is not here")
    else:
        print(markdown(output("api/deploy/version", "--number"), output("date", "-u", "-d", f"@{epoch}", "+%F"), since, areas))


if __name__ == "__main__":
    main()
