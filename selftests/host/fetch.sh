#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Description: the scripts that get what virtual machines need end soon where that is not to
# be had, and say in their last line what is missing and why: no network, no room, no right,
# no Debian. With an apt-get that gets nothing, and an empty cache.

set -eu

# shellcheck source=SCRIPTDIR/expect.sh
. "$(dirname "$(realpath "$0")")/expect.sh"
cd "$(dirname "$0")/../.."
vm=$PWD/selftests/vm
unset DEPS MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES

# All commands that there are but those that get packages, or make somebody root.
mkdir -p "$tmp"/{bin,apt,lists,user,root,full,debian}
for dir in /usr/bin /usr/sbin; do
	ln -sf "$dir"/* "$tmp/bin"
done
rm -f "$tmp"/bin/{apt,dpkg,sudo,df}*

# fake DIRECTORY/NAME STATEMENT...
fake()
{
	printf '%s\n' '#!/bin/sh' "${@:2}" >"$tmp/$1"
	chmod +x "$tmp/$1"
}

# Nothing can be fetched; or nothing but lists.
fake apt/apt-get "echo \"\$@\" >>'$tmp/calls'" 'exit 100'
fake lists/apt-get "echo \"\$@\" >>'$tmp/calls'" 'case "$*" in *update*) ;; *) exit 100 ;; esac'
fake apt/apt-cache 'echo Depends: linux-image-6.1.0-1-amd64, linux-source-6.1'
# No package is installed; or all are.
fake apt/dpkg-query 'exit 1'
fake debian/dpkg-query 'echo installed'
fake user/id 'echo 1000'
fake root/id 'echo 0'
fake full/df 'echo Avail' 'echo 20480'
fake bin/df 'echo Avail' 'echo 99999999'

# ends PATTERN STATUS FAKES COMMAND...: with such a line on standard error, nothing on
# output, and the commands in the directories FAKES instead of the system's.
ends()
{
	local name path='' status=0

	for name in $3; do
		path+=$tmp/$name:
	done
	rm -rf "$tmp/cache"
	mkdir "$tmp/cache"
	: >"$tmp/calls"
	PATH=$path$tmp/bin XDG_CACHE_HOME=$tmp/cache "${@:4}" >"$tmp/out" 2>"$tmp/err" ||
		status=$?
	echo "status $status"
	cat "$tmp/out" "$tmp/err"
	[ "$status" -eq "$2" ] && [ ! -s "$tmp/out" ] &&
		tail -n 1 "$tmp/err" | grep -qE -- "$1"
}

# called PATTERN...: apt-get was, once for each pattern, in this order
called()
{
	local i=0 pattern

	cat "$tmp/calls"
	for pattern; do
		i=$((i + 1))
		sed -n "${i}p" "$tmp/calls" | grep -qE -- "$pattern" || return
	done
	[ "$(wc -l <"$tmp/calls")" -eq "$i" ]
}

missing='these Debian packages are missing: x y$'
expect 'DEPS=no: packages' ends "^deps: $missing" 1 'root apt' env DEPS=no "$vm/deps" x y
expect '... and apt is not asked' called
expect 'no Debian' ends "^deps: this is no Debian.*: $missing" 1 root "$vm/deps" x y
expect 'neither root nor sudo' ends "^deps: not root, and .* no sudo: $missing" 1 \
	'user apt' "$vm/deps" x y
expect 'no network: packages' ends "^deps: .*is there a network.*: $missing" 1 'root apt' \
	"$vm/deps" x y
expect '... without new lists nothing is tried again' called 'install.*Retries=1' update
expect 'no such package' ends "^deps: apt can't install them: $missing" 1 'root lists apt' \
	"$vm/deps" x y
expect '... with new lists it is tried in earnest' called 'install.*Retries=1' update \
	'install.*Retries=3'
expect 'no room: packages' ends "^deps: .*; / has only 20 MiB left: $missing" 1 \
	'full root lists apt' "$vm/deps" x y

expect 'no network: a kernel' ends '^kernel: no kernel 6.1; .*is there a network\?' 1 \
	'root debian apt' "$vm/kernel" 6.1
expect '... without new lists nothing is tried again' called 'Retries=1.*download' update
expect 'no network: the harness' ends '^harness: no kselftest harness; .*is there a network\?' 1 \
	'root debian apt' "$vm/harness"
expect 'no room: a kernel' ends '^kernel: no kernel 6.1; .* has only 20 MiB left: make room' 1 \
	'full root debian lists apt' "$vm/kernel" 6.1
expect '... and nothing is tried again' called download
expect 'DEPS=no: a kernel' ends '^kernel: no kernel 6.1; DEPS=no' 1 'root debian lists apt' \
	env DEPS=no "$vm/kernel" 6.1
expect '... and no lists are fetched' called download
expect 'neither root nor sudo: a kernel' ends '^kernel: no kernel 6.1; .*no sudo' 1 \
	'user debian lists apt' "$vm/kernel" 6.1

expect 'no machine for want of a kernel' ends '^kernel: no kernel 6.1; .*network' 125 \
	'root debian apt' "$vm/run" -- true
expect 'no machine for want of QEMU' ends '^deps: .*missing:.* qemu-system-x86' 125 \
	'root apt' env DEPS=no "$vm/run" -- true
expect 'no such kernel' ends '^kernel: unknown kernel nosuch; known are 6.1' 125 \
	'root debian apt' "$vm/run" --kernel nosuch -- true
conclude
