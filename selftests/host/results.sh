#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Description: what the tests have said is counted, and of what has failed it is told what
# was expected and seen.

set -eu

# shellcheck source=SCRIPTDIR/expect.sh
. "$(dirname "$(realpath "$0")")/expect.sh"
cd "$(dirname "$0")/.."

# says STATUS: that is how the summary of $tmp/results ends, and on the input is what it
# says.
says()
{
	local ended=0

	awk -v home='only debug' -f results.awk "$tmp/results" >"$tmp/said" || ended=$?
	diff - "$tmp/said" &&
		[ "$ended" -eq "$1" ]
}

cat >"$tmp/results" <<'EOF'
# kernel 6.1
1..2
# TAP version 13
# 1..2
# #  RUN           commit.is_zero_C3 ...
# # commit.c:31:is_zero_C3:not this one
# #            OK  commit.is_zero_C3
# ok 1 commit.is_zero_C3
# #  RUN           commit.is_charged_C4 ...
# # commit.c:42:is_charged_C4:Expected 0 (0) == err (5)
# # is_charged_C4: Test terminated by assertion
# #          FAIL  commit.is_charged_C4
# not ok 2 commit.is_charged_C4
# # FAILED: 1 / 2 tests passed.
# # Totals: pass:1 fail:1 xfail:0 xpass:0 skip:0 error:0
not ok 1 selftests: hostmem: commit # exit=1
# 1..0 # SKIP not here
ok 2 selftests: hostmem: only # SKIP
# # not a case
# ok 1 - one
# not ok 2 - two
# # expected 3
# # seen 4
# ok 3 - three
# # not of two
# 1..3
not ok - host: some.sh # exit=1
EOF
expect 'failures are told with what was expected and seen' says 1 <<'EOF'

Failures:
selftests: hostmem: commit # exit=1, kernel 6.1:
  not ok 2 commit.is_charged_C4
      commit.c:42:is_charged_C4:Expected 0 (0) == err (5)
host: some.sh # exit=1:
  not ok 2 - two
      expected 3
      seen 4

1 skipped: their kernel has not what they are about

3 passed, 2 failed
EOF

printf '# 1..1\n# ok 1 - one\nok - host: good\n' >"$tmp/results"
expect 'where nothing has failed there is the line alone' says 0 <<'EOF'

1 passed, 0 failed
EOF

printf '# 1..2\n# ok 1 - one\nok - host: short\n' >"$tmp/results"
expect 'cases that did not run have failed' says 1 <<'EOF'

Failures:
  host: short: 1 of its 2 cases did not run

1 passed, 1 failed
EOF

printf '# kernel debug\n1..1\n# 1..0 # SKIP\nok 1 selftests: hostmem: only # SKIP\n' >"$tmp/results"
expect 'a program may not be skipped where it is at home' says 1 <<'EOF'

Failures:
  selftests: hostmem: only # SKIP, kernel debug

0 passed, 1 failed
EOF

sed -i 's/kernel debug/&-arm64/' "$tmp/results"
expect '... of whichever architecture' says 1 <<'EOF'

Failures:
  selftests: hostmem: only # SKIP, kernel debug-arm64

0 passed, 1 failed
EOF

: >"$tmp/results"
expect 'nothing at all is a failure' says 1 <<'EOF'

Failures:
  no test ran

0 passed, 1 failed
EOF
conclude
