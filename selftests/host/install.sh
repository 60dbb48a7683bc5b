#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Description: what "make install" puts under PREFIX is enough to build and start a
# program, with the flags that pkg-config tells, one with Windows' headers, too, and the
# device's manual page has one; each manual page is where man(1) looks for it; the device
# has a group, is there after a boot, and all parameters have an example; and "make
# uninstall" removes all of it. Below /usr the library is where this Debian has libraries.

set -eu
cd "$(dirname "$0")/../.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

make -s install DESTDIR="$tmp" PREFIX=/opt/hostmem
prefix=$tmp/opt/hostmem
# The prefix that hostmem.pc names is not where DESTDIR has put it.
sed "s|/opt/hostmem|$prefix|" "$prefix/lib/pkgconfig/hostmem.pc" >"$tmp/hostmem.pc"
flags=$(PKG_CONFIG_PATH=$tmp pkg-config --cflags --libs hostmem)

cat >"$tmp/program.c" <<EOF
#include <hostmem/mscoree.h>
#include <hostmem/memoryapi.h>
#include <linux/hostmem.h>

int main(void)
{
	void *p = VirtualAlloc(0, 1, MEM_RESERVE, PAGE_NOACCESS);
	IHostMemoryManager *manager;

	if (CreateHostMemoryManager(0, &manager) != HOST_E_CLRNOTAVAILABLE)
		return 2;
	return !p && GetLastError() == ERROR_NOT_READY ? 0 : 1;
}
EOF
# shellcheck disable=SC2086 # several words
cc -Wall -Werror -o "$tmp/program" "$tmp/program.c" $flags
# The machine that runs this test has no such device.
if [ ! -e /dev/hostmem ]; then
	LD_LIBRARY_PATH=$prefix/lib "$tmp/program"
fi

# A source that was written for Windows, with no flags but those of hostmem-win32.
sed "s|/opt/hostmem|$prefix|" "$prefix/lib/pkgconfig/hostmem-win32.pc" >"$tmp/hostmem-win32.pc"
flags=$(PKG_CONFIG_PATH=$tmp pkg-config --cflags --libs hostmem-win32)
cat >"$tmp/windows.c" <<EOF
#include <windows.h>
#include <memoryapi.h>

int WINAPI main(VOID)
{
	SYSTEM_INFO info;

	GetSystemInfo(&info);
	return info.dwPageSize == 4096 ? 0 : 1;
}
EOF
# shellcheck disable=SC2086 # several words
cc -Wall -Werror -o "$tmp/windows" "$tmp/windows.c" $flags
LD_LIBRARY_PATH=$prefix/lib "$tmp/windows"
# And what such a source names alone.
for header in userlib/include/hostmem/win32/*.h; do
	cmp "$header" "$prefix/include/hostmem/win32/${header##*/}"
done

for page in userlib/man/*; do
	cmp "$page" "$prefix/share/man/man${page##*.}/${page##*/}"
done
# The program of hostmem(4), as it is printed there.
sed -n '/^\.SH EXAMPLES/,$ { /^\.EX/,/^\.EE/ { //!p } }' "$prefix/share/man/man4/hostmem.4" |
	sed 's/\\-/-/g; s/\\e/\\/g' >"$tmp/example.c"
cc -Wall -Werror -I"$prefix/include" -o "$tmp/example" "$tmp/example.c"

# Who may open the device: the rule names the group that is made (rule S9).
make -s device_install DESTDIR="$tmp"
group=$(sed -n 's/^SUBSYSTEM=="misc", KERNEL=="hostmem", GROUP="\(.*\)", MODE="0660"$/\1/p' \
	"$tmp/usr/lib/udev/rules.d/60-hostmem.rules")
grep -qx "g $group -" "$tmp/usr/lib/sysusers.d/hostmem.conf"
# Loaded at boot, by its name; and each of the module's parameters has an example that is
# switched off.
grep -qx hostmem "$tmp/usr/lib/modules-load.d/hostmem.conf"
examples=$tmp/usr/lib/modprobe.d/hostmem.conf
sed -n 's/^module_param[a-z_]*(\([a-z_]*\),.*/\1/p' module/*.c | sort >"$tmp/parameters"
[ -s "$tmp/parameters" ]
sed -n 's/^#options hostmem \([a-z_]*\)=.*/\1/p' "$examples" | sort | cmp - "$tmp/parameters"
if grep -v '^#' "$examples" | grep .; then
	exit 1
fi

# Where this system looks for libraries, and nowhere else, if that is said.
root=$tmp/root
make -s install DESTDIR="$root" PREFIX=/usr
[ -e "$root/usr/lib/$(cc -print-multiarch)/libhostmem.so" ]
make -s install DESTDIR="$tmp/other" PREFIX=/usr LIBDIR=/usr/lib64
[ -e "$tmp/other/usr/lib64/pkgconfig/hostmem.pc" ]
[ ! -e "$tmp/other/usr/lib" ]

# What is installed goes, also the module of any kernel, and what others have there stays.
make -s dkms DESTDIR="$root"
mkdir -p "$root/lib/modules/6.1/updates" "$root/lib/modules/6.12/extra"
: >"$root/lib/modules/6.1/updates/hostmem.ko"
: >"$root/lib/modules/6.12/extra/hostmem.ko.xz"
: >"$root/lib/modules/6.1/updates/other.ko"
: >"$root/usr/include/linux/other.h"
: >"$root/usr/share/man/man3/other.3"
: >"$root/usr/lib/modprobe.d/other.conf"
make -s uninstall DESTDIR="$root" PREFIX=/usr
find "$root" ! -type d | sed "s|^$root/||" | sort >"$tmp/left"
printf '%s\n' lib/modules/6.1/updates/other.ko usr/include/linux/other.h \
	usr/lib/modprobe.d/other.conf usr/share/man/man3/other.3 | cmp - "$tmp/left"
[ ! -e "$root/usr/include/hostmem" ]
[ ! -e "$root/usr/src/hostmem-$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)" ]
