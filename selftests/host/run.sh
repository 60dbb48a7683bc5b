#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Description: selftests/vm/run passes on what its command says, and 125 when the
# kernel or the module misbehaves: a test of the tests, which trust its verdict.

set -eu

cd "$(dirname "$0")/../.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
tests=0

# expect NAME STATUS OUTPUT ERRORS-PATTERN ARGUMENT-OF-run...
expect()
{
	local name=$1 want=$2 output=$3 errors=$4 status=0

	shift 4
	tests=$((tests + 1))
	selftests/vm/run "$@" >"$tmp/$tests.out" 2>"$tmp/$tests.err" </dev/null || status=$?
	if [ "$status" -eq "$want" ] && printf '%b' "$output" | cmp -s - "$tmp/$tests.out" &&
	   grep -qE "$errors" <(cat "$tmp/$tests.err"; echo); then
		echo "ok $tests - $name"
		return
	fi
	: >"$tmp/failed"
	echo "not ok $tests - $name: status $status"
	sed 's/^/# /' "$tmp/$tests.out" "$tmp/$tests.err"
}

printf '#!/bin/sh\necho mine "$@"\nkill -9 $$\n' >"$tmp/free"
chmod +x "$tmp/free"

# Beside the others, since it does nothing else than wait.
expect 'time is up' 125 'a\n' 'did not finish within' --timeout 150 -- sh -c 'echo a; sleep 1000' &
waits=$!
tests=1

expect 'status, output byte by byte and errors' 42 'a\r\n\0b' '^c$' -- \
	sh -c 'printf "a\r\n\0b"; echo c >&2; exit 42'
expect 'a program of ours instead of the one of that name' 137 "mine x y  'z'\n" '' \
	--add "$tmp/free" -- free 'x y' '' "'z'"
expect 'options' 0 '1\n64\n' '' --smp 1 --mem 256M --icount --param commit_limit_mb=64 -- \
	sh -c 'nproc; cat /sys/module/hostmem/parameters/commit_limit_mb'
expect 'page tables of four levels' 1 '0\n' '' -- grep -cw la57 /proc/cpuinfo
expect 'page tables of five levels' 0 '1\n' '' --la57 --smp 1 -- grep -cw la57 /proc/cpuinfo
expect 'libraries of what is added' 0 'runs\n' '' --add "$(command -v dpkg-deb)" -- \
	sh -c 'dpkg-deb --version >/dev/null && echo runs'
expect '/tmp, lo and a block device' 0 'a\nb\nc\n' '' -- sh -c 'set -e
	echo a >/tmp/a; cat /tmp/a
	nc -l -p 7 -e echo b & sleep 1; nc 127.0.0.1 7
	modprobe brd rd_nr=1 rd_size=64; echo c >/dev/ram0; head -n 1 /dev/ram0'
mkdir "$tmp/a, b"
echo content >"$tmp/a, b/file"
expect 'a directory that is shared, and cannot be written' 2 'content\n' 'Read-only file system' \
	--share "$tmp/a, b" -- sh -c 'cat /share/file; : >/share/new'
expect 'no directory to share' 125 '' 'no such directory' --share "$tmp/a, b/file" -- true
expect 'no such program' 127 '' 'nosuch: not found' -- nosuch

expect 'panic' 125 'a\n' 'sysrq triggered crash' -- sh -c 'echo a; echo c >/proc/sysrq-trigger'
expect 'warning' 125 '' 'WARNING: of a test' -- sh -c 'echo WARNING: of a test >/dev/kmsg'
expect 'module in use for ever' 125 '' 'did not unload' -- \
	sh -c 'exec 3<>/dev/hostmem; sleep 1000 >/dev/null 2>&1 &'
expect 'early end' 125 '' 'ended before the command' -- poweroff -f
expect 'unknown parameter' 125 '' 'unknown parameter' --param nosuch=1 -- true
expect 'unknown kernel' 125 '' 'unknown kernel' --kernel nosuch -- true
expect 'nothing to add' 125 '' 'no such file' --add "$tmp/nosuch" -- true

wait "$waits"
echo "1..$tests"
[ ! -e "$tmp/failed" ]
