#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Usage: selftests/host/deb.sh [SUITE...]
# Description: the Debian packages are clean by lintian; in a small Debian of that suite
# (this machine's, if none is named) with nothing but a compiler, headers and no network
# they install, have DKMS build the module, are enough to build and start a program, can
# be upgraded and purged, and then nothing of them is left but the group.

set -eu

# shellcheck source=SCRIPTDIR/expect.sh
. "$(dirname "$(realpath "$0")")/expect.sh"
# shellcheck source=SCRIPTDIR/common.sh
. "$(dirname "$(realpath "$0")")/common.sh"

[ $# -gt 0 ] || set -- "$(. /etc/os-release && echo "$VERSION_CODENAME")"
sudo=
[ "$(id -u)" -eq 0 ] || sudo=sudo
"$top/selftests/vm/deps" deb
new_copy deb
cd "$copy"
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)

# As in an unpacked release.
find . -type f | sed 's|^\./||' >"$tmp/files"
mv "$tmp/files" .files

# repacked: the same packages, rebuilt: another revision, with a module of one line.
repacked()
{
	local deb tree=$tmp/tree

	for deb in "$tmp"/debs/1/*.deb; do
		rm -rf "$tree"
		dpkg-deb -R "$deb" "$tree"
		sed -i "s/$version-1/$version-2/" "$tree/DEBIAN/control"
		if [ -d "$tree/usr/src" ]; then
			echo 'obj-m := hostmem.o' >"$tree/usr/src/hostmem-$version/Kbuild"
			printf '#include <linux/module.h>\nMODULE_LICENSE("GPL");\nMODULE_DESCRIPTION("second");\n' \
				>"$tree/usr/src/hostmem-$version/hostmem.c"
		fi
		dpkg-deb -Znone --root-owner-group -b "$tree" "$tmp/debs/2"
	done
}

mkdir -p "$tmp/debs/1" "$tmp/debs/2"
expect 'packages are made' make -s deb
expect 'lintian has nothing against them' lintian --allow-root --fail-on error,warning \
	build/deb/*.changes
# Debian 13's DKMS doesn't, and without them it installs and builds nothing.
expect 'the module recommends headers' grep -w linux-headers-amd64 \
	<(dpkg-deb -f build/deb/hostmem-dkms_*.deb Recommends)
for package in hostmem-dkms libhostmem1 libhostmem-dev; do
	expect "$package" cp "build/deb/$package"_*.deb "$tmp/debs/1"
done
cp build/deb/hostmem-tools_*.deb "$tmp/debs/1" 2>/dev/null || :
expect 'packages of a later revision' repacked

cp selftests/host/expect.sh "$tmp/debs"
cat >"$tmp/debs/program.c" <<'EOF'
#include <hostmem/mscoree.h>
#include <linux/hostmem.h>

int main(void)
{
	IHostMemoryManager *manager;

	return CreateHostMemoryManager(0, &manager) == HOST_E_CLRNOTAVAILABLE ? 0 : 1;
}
EOF
cat >"$tmp/debs/windows.c" <<'EOF'
#include <windows.h>

int main(void)
{
	return VirtualAlloc(0, 1, MEM_RESERVE, PAGE_NOACCESS) || GetLastError() != ERROR_NOT_READY;
}
EOF

# What runs in there.
cat >"$tmp/debs/inside" <<'EOF'
set -eu
. /mnt/expect.sh
version=$1
export DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
# No debug information, which takes much of a compiler's time, unless pahole wants some.
command -v pahole >/dev/null || export KCFLAGS=-g0
# Debian 13's udev brings systemd itself.
sysusers=$(command -v systemd-sysusers || echo systemd-standalone-sysusers)
module=$(echo /lib/modules/*)/updates/dkms/hostmem.ko

apt()
{
	apt-get -q -y -o APT::Sandbox::User=root --no-install-recommends "$@"
}

# modinfo_says FIELD TEXT: of the module that DKMS has installed.
modinfo_says()
{
	[ "$(modinfo -F "$1" "$module"*)" = "$2" ]
}

# builds PROGRAM PACKAGE: with what pkg-config says.
builds()
{
	gcc -Wall -Werror -o "/tmp/$1" "/mnt/$1.c" $(pkg-config --cflags --libs "$2") && "/tmp/$1"
}

# all_of COMMAND...: the names of our packages follow.
all_of()
{
	"$@" $(ls /mnt/1 | sed 's/_.*//')
}

versions()
{
	[ "$(all_of dpkg-query -W -f '${Version} ${db:Status-Status}\n' | sort -u)" = "$1 installed" ]
}

# Whatever has our name, or has it in it, but for logs and what apt and group keep.
left()
{
	{
		find / -xdev \( -path /proc -o -path /mnt -o -path /var/log -o -path /var/cache/apt \
			\) -prune -o -iname '*hostmem*' -print
		grep -rl hostmem /etc /lib/modules/*/modules.* /var/lib/dkms /var/lib/dpkg/status |
			grep -vE '^/etc/g(roup|shadow)-?$'
	} | grep .
}

fails()
{
	! "$@"
}

expect 'they install, with DKMS' apt install /mnt/1/*.deb ${sysusers##/*}
expect 'all of them' versions "$version-1"
expect 'the module is built, and has the version' modinfo_says version "$version"
expect 'and is the real one' [ "$(modinfo -F parm "$module"* | wc -l)" -gt 1 ]
expect 'there is the group' grep '^hostmem:' /etc/group
expect 'whose the device will be' grep 'GROUP="hostmem"' /usr/lib/udev/rules.d/60-hostmem.rules
expect 'the module is loaded at boot' grep -x hostmem /usr/lib/modules-load.d/hostmem.conf
expect 'a program builds and starts' builds program hostmem
expect 'one for Windows, too' builds windows hostmem-win32
for page in man3/HostVirtualAlloc.3 man3/VirtualAlloc.3 man4/hostmem.4 man7/hostmem.7; do
	expect "a manual page: $page" gzip -t "/usr/share/man/$page.gz"
done
if ls /mnt/1/hostmem-tools* >/dev/null 2>&1; then
	expect 'the tool says the version' grep -F "$version" <(hostmem --version)
fi

expect 'an upgrade' apt install /mnt/2/*.deb
expect 'of all of them' versions "$version-2"
expect 'the module is the new one' modinfo_says description second

expect 'something of them is there' left
expect 'purged' all_of apt purge
expect 'nothing of them is left' fails left
expect 'apt has nothing to repair' apt check
conclude
EOF

# As a whole in namespaces of its own, which take all mounts with them; no network.
inside()
{
	# shellcheck disable=SC2016 # that shell expands it
	$sudo unshare --mount --net sh -euc '
		mount -t tmpfs tmpfs "$1/over"
		cd "$1/over"
		mkdir upper work root
		mount -t overlay overlay -o "lowerdir=$2,upperdir=upper,workdir=work" root
		mount -t proc proc root/proc
		mount -t tmpfs tmpfs root/dev
		cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom root/dev
		ln -s /proc/self/fd root/dev/fd
		mount --bind "$1/debs" root/mnt
		exec chroot root bash /mnt/inside "$3"' sh "$tmp" "$1" "$version"
}

mkdir "$tmp/over"
for suite; do
	root=$("$top/selftests/vm/root" "$suite")
	expect "Debian $suite" inside "$root"
	# What was tried, unless all of it has just been shown.
	grep -q '^not ok' "$tmp/log" || sed -n 's/^ok [0-9]* - /# ... /p' "$tmp/log"
done

conclude
