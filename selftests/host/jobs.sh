#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Description: the jobs of selftests/check run when what they want is there, so many at a
# time, and a signal ends all that they have begun.

set -eu

# shellcheck source=SCRIPTDIR/expect.sh
. "$(dirname "$(realpath "$0")")/expect.sh"
cd "$(dirname "$0")/.."
export tmp

cat >"$tmp/begin" <<'EOF'
set -eu
. ./jobs.sh

report()
{
	echo "$1 $2"
}

# Sees whether there is a second one at the same time.
meet()
{
	: >"$tmp/$1"
	until [ -e "$tmp/$2" ]; do
		sleep 0.05
	done
}

# Does something when it is told to end, as vm/run does.
machine()
{
	trap 'echo told >"$tmp/told"; exit 1' TERM
	sleep 1000 &
	echo $! >"$tmp/child"
	wait
}

# Has its children in a group of its own, as a host test has.
watched()
{
	exec timeout 1000 bash -c 'sleep 1000 & echo $! >"$tmp/grandchild"; wait'
}
EOF

cat "$tmp/begin" - >"$tmp/order" <<'EOF'
job late early echo late
job early '' echo early
job bad '' false
job never 'early bad' touch "$tmp/never"
job nor never touch "$tmp/never"
job left '' meet left right
job right '' meet right left
run_jobs 2 "$tmp" report
EOF
timeout 60 bash "$tmp/order" >"$tmp/out" || :
expect 'all that could run have' cmp -s <(sort "$tmp/out") - <<-EOF
	bad 1
	early 0
	late 0
	left 0
	right 0
EOF
expect 'one that wants another comes later' [ "$(grep -n early "$tmp/out")" '<' "$(grep -n late "$tmp/out")" ]
expect 'nothing comes after what has failed' [ ! -e "$tmp/never" ]
expect 'what they say is in a file' [ "$(cat "$tmp/late")" = late ]

cat "$tmp/begin" - >"$tmp/one" <<'EOF'
alone()
{
	mkdir "$tmp/here"
	sleep 0.1
	rmdir "$tmp/here"
}

job 1 '' alone
job 2 '' alone
job 3 '' alone
run_jobs 1 "$tmp" report
EOF
expect 'one at a time' [ "$(timeout 60 bash "$tmp/one")" = $'1 0\n2 0\n3 0' ]

cat "$tmp/begin" - >"$tmp/stopped" <<'EOF'
job machine '' machine
job watched '' watched
job other '' sleep 1000
run_jobs 3 "$tmp" report
echo not reached
EOF

# A zombie is gone, too: who its parent is now, and when that looks, is not known here.
is_gone()
{
	local i state

	for ((i = 0; i < 200; i++)); do
		state=$(sed 's/.*) \(.\).*/\1/' "/proc/$(cat "$tmp/$1")/stat" 2>/dev/null) || return 0
		[ "$state" != Z ] || return 0
		sleep 0.05
	done
	return 1
}

# To a group of its own, as a terminal does it at Ctrl-C.
for signal in INT TERM HUP; do
	rm -f "$tmp"/{child,grandchild,told}
	set -m
	bash "$tmp/stopped" >"$tmp/out" 2>&1 &
	set +m
	until [ -s "$tmp/child" ] && [ -s "$tmp/grandchild" ]; do
		sleep 0.05
	done
	status=0
	kill -$signal -- "-$!"
	wait $! 2>/dev/null || status=$?
	expect "SIG$signal ends it" [ "$(kill -l "$status")" = $signal ]
	expect '... what a job has begun, too' is_gone child
	expect '... what is below a watchdog, too' is_gone grandchild
	expect '... the jobs were told' [ -e "$tmp/told" ]
	expect '... and it does not go on' [ ! -s "$tmp/out" ]
done

conclude
