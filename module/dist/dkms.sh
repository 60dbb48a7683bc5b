#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Usage: module/dist/dkms.sh check | install VERSION FILE... | remove
# check: could "install" work? Says what is missing, and changes nothing.
# install: has DKMS build the module of these sources for the running kernel, and for all
# that it has built any version for. DESTDIR set: only puts the sources there.
# remove: takes all versions out of DKMS, with their sources.
# SRCDIR: /usr/src; DKMS: what it is called.

set -eu

sources=${DESTDIR:-}${SRCDIR:-/usr/src}
dkms=${DKMS:-dkms}
PATH=$PATH:/usr/sbin:/sbin

fail()
{
	echo "dkms.sh: $*" >&2
	exit 1
}

# packaged: does a Debian package have the module? Then it is dpkg's to change.
packaged()
{
	[ -z "${DESTDIR:-}" ] &&
		[ "$(dpkg-query -W -f '${db:Status-Status}' hostmem-dkms 2>/dev/null)" = installed ]
}

check()
{
	[ -z "${DESTDIR:-}" ] || return 0
	command -v "$dkms" >/dev/null || fail 'DKMS is missing: install the package dkms'
	! packaged || fail 'the package hostmem-dkms has the module: remove or upgrade that'
}

# revive: sets $versions, those of ours that DKMS knows. It asks the sources of each what
# there is of it, even to remove it, and where they are gone it only complains: then
# these will do.
revive()
{
	versions=
	[ -z "${DESTDIR:-}" ] && command -v "$dkms" >/dev/null || return 0
	while :; do
		lost=$(LC_ALL=C "$dkms" status hostmem 2>&1 |
			sed -n 's|^File: .*/hostmem/\([^/]*\)/source/dkms\.conf .*|\1|p' | head -n 1)
		if [ -z "$lost" ] || [ -e "$sources/hostmem-$lost/dkms.conf" ]; then
			break
		fi
		mkdir -p "$sources/hostmem-$lost"
		cp dkms.conf "$sources/hostmem-$lost"
	done
	versions=$("$dkms" status hostmem | sed -n 's|^hostmem/\([^,:]*\).*|\1|p' | sort -u)
}

# kernels: those that any of these versions is built for.
kernels()
{
	[ -z "$versions" ] ||
		"$dkms" status hostmem | sed -n 's/^hostmem[^,]*, \([^,]*\), [^,]*: .*/\1/p'
}

# What DKMS has built it installs again, whatever the sources are by now, and for a new
# kernel it takes the highest version: so none may remain.
remove()
{
	for old in $versions; do
		"$dkms" remove "hostmem/$old" --all
	done
	rm -rf "$sources"/hostmem-[0-9]*
}

install()
{
	version=$1
	source=$sources/hostmem-$version
	shift

	revive
	built=$(kernels)
	remove
	mkdir -p "$source"
	tar -c --exclude='*.o' --exclude='.*.cmd' --exclude=module/dist "$@" |
		tar -x -C "$source" --no-same-owner
	[ -z "${DESTDIR:-}" ] || return 0

	failed=0
	# shellcheck disable=SC2086 # several words
	for kernel in $(printf '%s\n' "$(uname -r)" $built | sort -u); do
		"$dkms" install --force "hostmem/$version" -k "$kernel" || failed=1
		case $("$dkms" status "hostmem/$version" -k "$kernel") in
		*': installed'*)	;;
		*)	echo "dkms.sh: no module for $kernel" >&2
			failed=1 ;;
		esac
	done
	return "$failed"
}

case ${1:-} in
check)		check ;;
install)	check
		shift
		install "$@" ;;
remove)		packaged || { revive; remove; } ;;
*)		fail 'check, install or remove?' ;;
esac
