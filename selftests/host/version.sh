#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Description: the version is in dkms.conf and nowhere else: module, library, pkg-config
# and the archive of a release have it from there. CHANGELOG.md begins with it.

set -eu

# shellcheck source=SCRIPTDIR/expect.sh
. "$(dirname "$(realpath "$0")")/expect.sh"
# shellcheck source=SCRIPTDIR/common.sh
. "$(dirname "$(realpath "$0")")/common.sh"
new_copy version
find_tools
cd "$copy"

version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
expect 'there is one version' [ "$(grep -c '^PACKAGE_VERSION=' dkms.conf)" -eq 1 ]
expect 'CHANGELOG.md begins with it' \
	[ "$(sed -n 's/^## \([^ ,]*\).*/\1/p' CHANGELOG.md | head -1)" = "$version" ]
expect 'it is in no other makefile' [ -z "$(grep -lF "$version" Makefile Kbuild userlib/Makefile)" ]

# Another one, and all must follow. One file of each is enough of the module and the library.
version=7.8.9
sed -i "s/^PACKAGE_VERSION=.*/PACKAGE_VERSION=\"$version\"/" dkms.conf
# shellcheck disable=SC2016 # make expands it
sed -i 's/^hostmem-y := .*/hostmem-y := module\/main.o\nunused := $(addprefix module\/, \\/' Kbuild
# shellcheck disable=SC2016 # here, too
printf 'files:\n\tmodule/dist/dkms.sh install $(VERSION) dkms.conf Kbuild\n' >files.mk

expect 'the module is built' make -s -C "$headers" M="$copy" KBUILD_MODPOST_WARN=1 modules
expect 'modinfo says the version' [ "$(modinfo -F version hostmem.ko)" = $version ]
expect 'the library is installed' make -s install DESTDIR="$tmp" PREFIX=/p \
	SOURCES=src/iids.c VALGRIND=no
expect 'its file has the version' [ -f "$tmp/p/lib/libhostmem.so.$version" ]
expect 'its soname has the first number' \
	[ "$(readelf -d "$tmp/p/lib/libhostmem.so" | sed -n 's/.*soname: \[\(.*\)\]/\1/p')" = libhostmem.so.7 ]
for name in hostmem hostmem-win32; do
	expect "pkg-config says it of $name" \
		[ "$(PKG_CONFIG_PATH=$tmp/p/lib/pkgconfig pkg-config --modversion $name)" = $version ]
done
expect 'the tool says it' grep -F " $version" <("$tmp/p/bin/hostmem" --version)
expect 'the sources for DKMS are put there' make -s -f Makefile -f files.mk files DESTDIR="$tmp"
expect 'in a directory with the version' [ -f "$tmp/usr/src/hostmem-$version/dkms.conf" ]

# DKMS is asked, where plain "dkms add" finds it.
mkdir "$tmp/tree"
expect 'DKMS takes them as they are' /usr/sbin/dkms --dkmstree "$tmp/tree" \
	--sourcetree "$tmp/usr/src" add "hostmem/$version"

conclude
