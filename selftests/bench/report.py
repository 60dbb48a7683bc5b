#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What becomes of the benchmark's figures, on the host; selftests/bench/run calls it.

report.py collect OUT.json           stdin is what "bench --json" prints: passes the table
                                     on, and keeps the objects between its lines
report.py chart FILE.json OUT.svg    a picture of them
report.py markdown NAME FILE.json... one of their tables: calls, all, heaps or threads; or
                                     arm64, which is "all" of that architecture's kernels
report.py readme README FILE.json... puts these where the README has the comments
                                     <!-- bench: NAME --> and <!-- bench: end -->; tables of
                                     which no file has a figure stay as they are

A row has "hostmem", "peer" and "peer_huge", each null or with median, p99 and by; and
"ratios" and "loses_to", which are made here. Rows of threads have one, two and ratio.
"""

import json
import os
import re
import sys

# Nothing is to be left beside the sources.
sys.dont_write_bytecode = True

import chart  # noqa: E402 pylint: disable=wrong-import-position

# More than chance: as in report.c.
CHANCE = 1.01
PEERS = ("peer", "peer_huge")

# The rows of README.md, and what it calls them.
CALLS = (
    ("commit and first touch of 64 KiB, a page", "commit + touch", "64 KiB"),
    ("commit and first touch of 64 MiB, a page", "commit + touch", "64 MiB"),
    ("the same, memory prepared ahead", "commit + touch, prepared", "64 MiB"),
    ("commit and first touch of a single page", "commit + touch", "singles"),
    ("decommit of 64 KiB; a page", "decommit", "64 KiB"),
    ("decommit of 64 MiB; a page", "decommit", "64 MiB"),
    ("protect a page among others", "protect a page, new run", "10 runs"),
    ("the same page again, r to rx and back, a call", "flip a page, r and rx", "10 runs"),
    ("protect 64 MiB, and back; a page", "protect and back", "64 MiB"),
    ("guard page: arm, hit, resume", "guard: arm, hit, resume", ""),
    ("write watch of 16 MiB, 1 % written; a cycle", "write watch, 1 % evenly", "16 MiB"),
    ("the same, all written", "write watch, 100 %", "16 MiB"),
    ("the same of 256 MiB, nothing written; a page", "get and reset, all clean", "256 MiB"),
    ("query of one of 10,000 regions", "query, regions", "10,000"),
    ("query of 512 MiB committed", "query, start of", "512 MiB"),
    ("query of memory that isn't hostmem's", "query of others, regions", "10,000"),
    ("reserve and release 64 KiB", "reserve + release", "64 KiB"),
    ("reserve and release 16 TiB", "reserve + release", "16 TiB"),
    ("exit with 512 MiB; a page", "exit", "512 MiB"),
    ("large pages, commit and touch; a page", "large, beside hugetlb", "64 MiB"),
    ("bytes held beyond each committed page", "committed, per page", "512 MiB"),
)

# Who a peer is, by how it does the work; else it is mmap with pages of a size.
SHORT = {
    "/proc/self/maps, parsed": "maps",
    "PROCMAP_QUERY": "PROCMAP_QUERY",
    "userfaultfd's WP_ASYNC and PAGEMAP_SCAN": "PAGEMAP_SCAN",
    "mprotect and a handler of SIGSEGV": "SIGSEGV",
    "hugetlb": "hugetlb",
    "glibc's malloc and free": "glibc",
}


def complete(row):
    """Add what follows from a row's figures."""
    if "side" in row:
        row["ratio"] = round(row["two"] / row["one"], 3) if row["one"] and row["two"] else None
        return
    ours = row["hostmem"]
    row["ratios"] = {peer: round(ours["median"] / row[peer]["median"], 3)
                     for peer in PEERS if ours and row[peer]}
    row["loses_to"] = [peer for peer in PEERS if row["ratios"].get(peer, 0) > CHANCE]


def collect(out):
    """Sort stdin into the table, which goes on to stdout, and objects, which go to a file."""
    head, rows = None, []
    for line in sys.stdin:
        if not line.startswith("{"):
            sys.stdout.write(line)
            sys.stdout.flush()
        elif head is None:
            head = json.loads(line)
        else:
            rows.append(json.loads(line))
            complete(rows[-1])
    if not rows:
        sys.exit("report.py: no figures")
    head["rows"] = rows
    with open(out + ".new", "w", encoding="utf-8") as file:
        json.dump(head, file, indent=1)
        file.write("\n")
    os.rename(out + ".new", out)


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def number(value):
    """Three digits are enough for a reader: 1,240."""
    if value < 10:
        return f"{value:.1f}"
    digits = len(str(int(value)))
    return f"{round(value, 3 - digits):,.0f}" if digits > 3 else f"{value:.0f}"


def version(results):
    return ".".join(results["kernel"].split(".")[:2])


def find(results, work, size):
    for row in results["rows"]:
        if row["work"] == work and row.get("size") == size:
            return row
    return None


def best_peer(row):
    """The better of both peers and who it is, or None."""
    there = [(row[peer]["median"], peer) for peer in PEERS if row[peer]]
    if not there:
        return None
    median, peer = min(there)
    pages = "4 KiB pages" if peer == "peer" else "huge pages"
    return median, SHORT.get(row[peer]["by"], pages)


def cell(row):
    """Ours, and the best peer's; bold where that is better."""
    if row is None or (row["hostmem"] is None and best_peer(row) is None):
        return ""
    ours = number(row["hostmem"]["median"]) if row["hostmem"] else "-"
    peer = best_peer(row)
    if peer is None:
        return ours
    theirs = number(peer[0])
    if row["loses_to"]:
        theirs = f"**{theirs}**"
    return f"{ours} / {theirs} {peer[1]}"


def table(head, lines):
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)] + \
           ["| " + " | ".join(line) + " |" for line in lines]


def calls_table(files):
    """A column for each kernel, or nothing if there are no figures."""
    lines = [[text] + [cell(find(results, work, size)) for results in files]
             for text, work, size in CALLS]
    lines = [line for line in lines if any(line[1:])]
    if not lines:
        return []
    return table(["work"] + [version(results) + ": hostmem / best peer" for results in files],
                 lines)


def heaps_table(files):
    """Of the first kernel that has them: they are the library's, not a kernel's."""
    for results in files:
        rows = [row for row in results["rows"] if row["section"].startswith("heaps")]
        if rows:
            return table(["blocks", "`IHostMalloc`", "glibc"],
                         [[row["work"] + ", " + row["size"], number(row["hostmem"]["median"]),
                           number(row["peer"]["median"])] for row in rows])
    return []


def threads_table(files):
    lines = [[version(results), row["work"], row["side"], number(row["one"]),
              number(row["two"]), f"{row['ratio']:.2f}"]
             for results in files for row in results["rows"] if "side" in row]
    return table(["Linux", "work", "by", "1 thread, a second", "2 threads", "ratio"],
                 lines) if lines else []


def all_table(files):
    """What calls_table() has a choice of, as bench itself calls it."""
    names = [(row["work"], row.get("size", "")) for results in files for row in results["rows"]
             if "side" not in row and not row["section"].startswith("heaps")]
    lines = [[" ".join(name).strip()] + [cell(find(results, *name)) for results in files]
             for name in dict.fromkeys(names)]
    return table(["work"] + [version(results) + ": hostmem / best peer" for results in files],
                 lines) if lines else []


TABLES = {"calls": calls_table, "all": all_table, "heaps": heaps_table,
          "threads": threads_table, "arm64": all_table}


def is_arm64(results):
    return results["kernel"].endswith("-arm64")


def table_of(name, files):
    """Only files with such rows have a column or lines there."""
    threads, arm64 = name == "threads", name == "arm64"
    return TABLES[name]([results for results in files
                         if ("side" in results["rows"][0]) == threads
                         and is_arm64(results) == arm64])


def readme(path, files):
    with open(path, encoding="utf-8") as file:
        text = file.read()

    def replace(match):
        lines = table_of(match[2], files) if match[2] in TABLES else []
        return match[1] + "\n".join(lines) + "\n" + match[4] if lines else match[0]

    new, found = re.subn(r"(<!-- bench: (\w+) -->\n)(.*?)(<!-- bench: end -->)", replace, text,
                         flags=re.DOTALL)
    if not found:
        sys.exit(f"report.py: {path} has no comments <!-- bench: NAME -->")
    with open(path, "w", encoding="utf-8") as file:
        file.write(new)


def main(args):
    if len(args) == 2 and args[0] == "collect":
        collect(args[1])
    elif len(args) == 3 and args[0] == "chart":
        picture = chart.draw(load(args[1]))
        with open(args[2], "w", encoding="utf-8") as file:
            file.write(picture)
    elif len(args) > 2 and args[0] == "markdown" and args[1] in TABLES:
        print("\n".join(table_of(args[1], [load(path) for path in args[2:]])))
    elif len(args) > 2 and args[0] == "readme":
        readme(args[1], [load(path) for path in args[2:]])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
