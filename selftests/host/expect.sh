# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Test cases in scripts, and a directory for them, $tmp; to be sourced.

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
tests=0 failed=0

# expect NAME COMMAND...: what it says is shown if it fails.
expect()
{
	tests=$((tests + 1))
	if "${@:2}" >"$tmp/log" 2>&1; then
		echo "ok $tests - $1"
	else
		failed=$((failed + 1))
		echo "not ok $tests - $1"
		sed 's/^/# /' "$tmp/log"
	fi
}

# conclude: the plan; false if a case has failed.
conclude()
{
	echo "1..$tests"
	[ "$failed" -eq 0 ]
}
