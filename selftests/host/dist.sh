#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Description: "make dist" makes the same archive of the same commit, with what git knows
# and nothing else; an unpacked one makes the same again.

set -eu

# shellcheck source=SCRIPTDIR/expect.sh
. "$(dirname "$(realpath "$0")")/expect.sh"
# shellcheck source=SCRIPTDIR/common.sh
. "$(dirname "$(realpath "$0")")/common.sh"
"$top/selftests/vm/deps" git
new_copy dist
cd "$copy"

# Not the repository that these sources may be in, nor anybody's settings.
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null GIT_CEILING_DIRECTORIES=$copy/..
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a
export GIT_AUTHOR_DATE='2001-02-03T04:05:06Z' GIT_COMMITTER_DATE='2001-02-03T04:05:06Z'
export XZ_OPT=-0
archive=build/hostmem-$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf).tar.xz

dist()
{
	make -s dist 2>"$tmp/said" >/dev/null
}

fails()
{
	! "$@"
}

# The copy has only what git has to know.
find . -type f | sed 's|^\./||' | sort >"$tmp/files"
expect 'no repository' fails dist
expect 'it says so' grep 'neither a clone' "$tmp/said"

git init -q
git add -A
git commit -q -m first
echo >stray
expect 'an archive' dist
expect 'it has the files of the repository' cmp "$tmp/files" \
	<(tar -tf "$archive" | sed 's|^[^/]*/||' | grep -vx '\.files' | sort)
expect 'it unpacks into one directory' [ "$(tar -tf "$archive" | sed 's|/.*||' | sort -u)" = "$(basename "$archive" .tar.xz)" ]
cp "$archive" "$tmp/first"

# Other times, permissions and order of files; the same contents.
find . -path ./.git -prune -o -type f -exec touch {} +
chmod -R go-rwx .
expect 'the archive again' dist
expect 'it is the same' cmp "$archive" "$tmp/first"

tar -C "$tmp" -xf "$archive"
expect 'an unpacked one' make -s -C "$tmp/$(basename "$archive" .tar.xz)" dist
expect 'makes the same' cmp "$tmp/$(basename "$archive" .tar.xz)/$archive" "$tmp/first"

echo >>CHANGELOG.md
expect 'changed files' dist
expect 'it says that they are in no commit' grep 'in no commit' "$tmp/said"
expect 'they are in it' fails cmp -s "$archive" "$tmp/first"

conclude
