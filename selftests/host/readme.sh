#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Description: the examples of README.md build and run by the commands beside them, and say
# what stands there; what it tells to make can be made, and what it points at is there.

set -eu

# shellcheck source=SCRIPTDIR/expect.sh
. "$(dirname "$(realpath "$0")")/expect.sh"
top=$(realpath "$(dirname "$(realpath "$0")")/../..")
readme=$top/README.md

# blocks: split them into files: NAME.c as it is called, and N.sh, N.out in turn.
blocks()
{
	awk -v dir="$1" '
	/^```/ && out	{ close(out); out = ""; next }
	/^```c /	{ out = dir "/" $2; next }
	/^```sh$/	{ out = dir "/" ++nr ".sh"; next }
	/^```text$/	{ out = dir "/" nr ".out"; next }
	/^```/		{ print "a block of no kind: " $0; exit 1 }
	out		{ print > out }' "$readme"
}

# says COMMANDS OUTPUT: in a folder that looks as the project does.
says()
{
	(cd "$tmp/tree" && sh -eu "$1") >"$tmp/said" 2>"$tmp/errors" || {
		cat "$tmp/said" "$tmp/errors"
		return 1
	}
	diff "$2" "$tmp/said"
}

targets()
{
	grep -oE '^    make [a-z0-9_-]+|`make [a-z0-9_-]+' "$readme" | sed 's/.*make //' | sort -u |
		while read -r name; do
			grep -q "^$name:" "$top/Makefile" || echo "make $name"
		done >"$tmp/missing"
	[ -s "$tmp/missing" ] || return 0
	cat "$tmp/missing"
	return 1
}

# Links to other files, and paths of the tree in backticks.
paths()
{
	{
		sed -nE 's/.*\]\(([A-Za-z][^)#]*)\).*/\1/p' "$readme"
		# shellcheck disable=SC2016 # that is Markdown
		grep -oE '`(module|uapi|userlib|selftests)/[A-Za-z0-9_./-]+`' "$readme" | tr -d '`'
	} | while read -r path; do
		[ -e "$top/$path" ] || echo "$path"
	done >"$tmp/missing"
	[ -s "$tmp/missing" ] || return 0
	cat "$tmp/missing"
	return 1
}

mkdir "$tmp/tree" "$tmp/blocks"
ln -s "$top"/* "$tmp/tree"
expect 'the blocks are C, commands or output' blocks "$tmp/blocks"
cp "$tmp"/blocks/*.c "$tmp/tree"
for commands in "$tmp"/blocks/*.sh; do
	expect "$(tail -n 1 "$commands")" says "$commands" "${commands%.sh}.out"
done
expect 'each target of make is there' targets
expect 'each file is there' paths
conclude
