#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Description: the library is built, installed and found where there is nothing of Debian's
# and libraries are in lib64, as on Fedora.

set -eu

# shellcheck source=SCRIPTDIR/common.sh
. "$(dirname "$(realpath "$0")")/common.sh"
# shellcheck source=SCRIPTDIR/expect.sh
. "$top/selftests/host/expect.sh"
new_copy layout

# All commands that there are but for the package manager and its relatives.
mkdir "$tmp/bin"
for dir in /usr/bin /usr/sbin; do
	ln -sf "$dir"/* "$tmp/bin"
done
rm -f "$tmp"/bin/{dpkg,apt,deb,dh_,update-}*
[ -e "$tmp/bin/gcc" ]

there()
{
	PATH=$tmp/bin "$@"
}

# found NAME: what pkg-config says of it, with no folder but that one
found()
{
	PKG_CONFIG_LIBDIR=$tmp/root/usr/lib64/pkgconfig PKG_CONFIG_ALLOW_SYSTEM_LIBS=1 \
		pkg-config --libs "$1" | grep -qw -- -L/usr/lib64
}

only_in_lib64()
{
	! find "$tmp/root" -name 'libhostmem*' -o -name '*.pc' | grep -v "^$tmp/root/usr/lib64/"
}

expect 'no dpkg' there sh -c '! command -v dpkg'
expect 'builds' there make -s -j "$(nproc)" -C "$copy/userlib" CFLAGS=-O0
expect 'installs' there make -s -C "$copy/userlib" install CFLAGS=-O0 DESTDIR="$tmp/root" \
	PREFIX=/usr LIBDIR=/usr/lib64
for file in libhostmem.a libhostmem.so libhostmem.so.1; do
	expect "$file" [ -e "$tmp/root/usr/lib64/$file" ]
done
expect 'nothing of it elsewhere' only_in_lib64
expect 'hostmem.pc' found hostmem
expect 'hostmem-win32.pc' found hostmem-win32
conclude
