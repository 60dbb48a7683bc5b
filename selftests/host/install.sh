#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Description: what "make install" puts under PREFIX is enough to build and start a
# program, with the flags that pkg-config tells, one with Windows' headers, too, and the
# device's manual page has one; each manual page is where man(1) looks for it; and the device
# has a group.

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
