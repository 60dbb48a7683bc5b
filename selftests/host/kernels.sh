#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Usage: selftests/host/kernels.sh [all|SUITE:FLAVOUR...]
# Description: the module builds without a warning for kernels that Debian 12 and Debian 13
# package for x86-64, with that Debian's compiler, in a small Debian of that suite if this
# machine is another: cloud and rt of the one, the plain one of the other; with "all" also
# for 13's cloud and rt, and for those of the backports. Those that vm/module builds for are
# left out: the plain ones of Debian 12, of its backports and of Debian 13's, and rt of
# Debian 12's backports. Headers are unpacked in the cache, never installed.

set -eu

here=$(dirname "$(realpath "$0")")
# shellcheck source=SCRIPTDIR/expect.sh
. "$here/expect.sh"
# shellcheck source=SCRIPTDIR/common.sh
. "$here/common.sh"
# shellcheck source=SCRIPTDIR/../vm/common.sh
. "$top/selftests/vm/common.sh"

usual=(bookworm:cloud- bookworm:rt- trixie:)
case ${1-} in
'')	set -- "${usual[@]}" ;;
all)	set -- "${usual[@]}" bookworm-backports:cloud- trixie:cloud- trixie:rt- \
		trixie-backports:cloud- trixie-backports:rt- ;;
esac

# headers SUITE FLAVOUR: makes sure that they are there, and prints their directory, whose
# name is the kernel's. It goes over a root directory of that suite.
headers()
{
	local store=$cache/headers/$1/${2}amd64 package tmp

	lock_cache headers
	if ! compgen -G "$store/*" >/dev/null; then
		use_lists "$1-headers" deb "$1" || return
		# What is installed here is nothing to it.
		apt+=(-o Dir::State::Status=/dev/null)
		package=$(dependency_of "linux-headers-${2}amd64" linux-headers-) || return
		tmp=$(mktemp -d "$cache/headers/tmp.XXXXXX")
		chmod 755 "$tmp"
		(cd "$tmp" && unpack_headers "$package") || return
		mkdir -p "$store"
		mv -T "$tmp" "$store/${package#linux-headers-}"
	fi
	echo "$store"/*
}

# in_root ROOT HEADERS DIRECTORY COMMAND...: there, with the headers and with the directory as
# /tmp, in namespaces of its own, which take all mounts with them.
in_root()
{
	# shellcheck disable=SC2016 # that shell expands it
	$sudo unshare --mount --net sh -euc '
		mount -t overlay overlay -o "lowerdir=$2:$1" /mnt
		mount -t proc proc /mnt/proc
		mount --bind /dev /mnt/dev
		mount --bind "$3" /mnt/tmp
		shift 3
		exec chroot /mnt "$@"' sh "$@"
}

# builds ROOT HEADERS: no debug information, nor BTF, which is made of that: it takes much of a
# compiler's time.
builds()
{
	local build=$tmp/build make
	local source=usr/src/linux-headers-${2##*/}

	rm -rf "$build"
	mkdir "$build"
	cp -r "$copy"/{Kbuild,dkms.conf,module,uapi} "$build"
	if [ "$1" = / ]; then
		make=(make -C "$2/$source" M="$build")
	else
		make=(in_root "$1" "$2" "$build" make -C "/$source" M=/tmp)
	fi
	"${make[@]}" -s -j "$(nproc)" KCFLAGS='-Werror -g0' CONFIG_DEBUG_INFO_BTF_MODULES= modules \
		>"$tmp/said" 2>&1 || { cat "$tmp/said"; return 1; }
	! grep -iA5 warning "$tmp/said" && [ -s "$build/hostmem.ko" ]
}

# is_of SUITE ROOT: is the system in that directory of that release?
is_of()
{
	grep -qx "VERSION_CODENAME=$1" "${2%/}/etc/os-release"
}

# root SUITE: a system of that release: this one, the one that vm/module has to build for the
# kernel latest, or another.
root()
{
	local chroot

	if is_of "$1" /; then
		"$top/selftests/vm/deps" build
		echo /
		return
	fi
	eval "$("$top/selftests/vm/kernel" latest | grep '^chroot=')"
	if is_of "$1" "$chroot"; then
		echo "$chroot"
	else
		"$top/selftests/vm/root" "$1"
	fi
}

new_copy kernels
for kernel; do
	suite=${kernel%:*} flavour=${kernel#*:}
	root=$(root "${suite%-backports}")
	dir=$(headers "$suite" "$flavour") || fail_fetch "headers ${flavour}amd64 of $suite"
	echo "# $suite: ${dir##*/}"
	expect "$suite: ${dir##*/}" builds "$root" "$dir"
done
conclude
