#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Usage: module/dist/dist.sh VERSION
# Makes build/hostmem-VERSION.tar.xz of the files that git knows, as they are now; the
# same bytes for the same contents and commit. The archive has their list in .files, so
# that an unpacked one can be made into the same again, and into packages.

set -eu

name=hostmem-$1
mkdir -p build/dist
rm -f build/dist/.files
if [ -e .files ]; then
	cp .files build/dist
	date=$(stat -c %Y .files)
elif git ls-files >build/dist/.files && date=$(git log -1 --format=%ct); then
	git diff --quiet HEAD || echo 'dist.sh: with changes that are in no commit' >&2
else
	echo 'dist.sh: this is neither a clone of the repository nor an unpacked release' >&2
	exit 1
fi

LC_ALL=C tar -c --format=gnu --sort=name --mtime="@$date" --owner=0 --group=0 --numeric-owner \
	--mode=u=rwX,go=rX --transform="s|^|$name/|S" --verbatim-files-from \
	-T build/dist/.files -C build/dist .files | xz -T 1 >"build/$name.tar.xz.new"
mv "build/$name.tar.xz.new" "build/$name.tar.xz"
echo "build/$name.tar.xz"
