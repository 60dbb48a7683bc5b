#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Usage: module/dist/dkms.sh VERSION FILE...
# Has DKMS build the module of these sources for the running kernel, and for all that
# it has built one for. DESTDIR set: only puts the sources there. SRCDIR: /usr/src.

set -eu

version=$1
shift
source=${DESTDIR:-}${SRCDIR:-/usr/src}/hostmem-$version

rm -rf "$source"
mkdir -p "$source"
tar -c --exclude='*.o' --exclude='.*.cmd' "$@" | tar -x -C "$source" --no-same-owner
[ -z "${DESTDIR:-}" ] || exit 0

# DKMS takes a version for something that never changes: what it has built it installs
# again, whatever the sources are by now, and even with --force. So that goes first.
kernels=$(uname -r)
status=$(dkms status "hostmem/$version")
if [ "$status" ]; then
	kernels="$kernels $(echo "$status" | sed -n 's/^[^,]*, \([^,]*\), [^,]*: .*/\1/p')"
	dkms remove "hostmem/$version" --all
fi

failed=0
# shellcheck disable=SC2086 # several words
for kernel in $(printf '%s\n' $kernels | sort -u); do
	dkms install --force "hostmem/$version" -k "$kernel" || failed=1
done
exit "$failed"
