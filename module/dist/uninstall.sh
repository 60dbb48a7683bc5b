#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Usage: module/dist/uninstall.sh FILE...
# Removes these, and the module from each kernel that "make modules_install" has put it
# into, below DESTDIR. What belongs to a Debian package stays. For the Makefile.

set -eu

root=${DESTDIR:-}
PATH=$PATH:/usr/sbin:/sbin

# ours FILE: is it there, and nobody else's?
ours()
{
	[ -e "$root$1" ] && { [ "$root" ] || ! dpkg-query -S "$1" >/dev/null 2>&1; }
}

for file; do
	! ours "$file" || rm -f "$root$file"
done
for tree in "$root"/lib/modules/*; do
	tree=${tree#"$root"}
	for module in "$root$tree"/updates/hostmem.ko* "$root$tree"/extra/hostmem.ko*; do
		module=${module#"$root"}
		ours "$module" || continue
		rm -f "$root$module"
		[ "$root" ] || depmod "${tree##*/}"
	done
done
