# SPDX-License-Identifier: GPL-2.0
# Counts the test cases in the output of the kernel's test runner: each test
# program's own TAP with "# " before it, then one line for the whole program.
# home: "PROGRAM KERNEL ...", what such a program is about only that kernel has, and
# elsewhere it may be skipped. Others may leave out cases, not everything.

function bad(what)
{
	failed++
	failures = failures "  " what "\n"
}

# Has it been skipped where it should not?
function wrongly_skipped(	n, i, field, at)
{
	at = kernel
	sub(/-arm64$/, "", at)
	n = split(home, field)
	for (i = 1; i < n; i += 2)
		if (name ~ ": " field[i] " ")
			return at == field[i + 1]
	return 1
}

# What a failed case has said of what it expected and saw: the kernel's harness before its
# result, with file and line, others after it.
function tell(line)
{
	if (told++ < 8)
		here = here "      " line "\n"
}

function new_case()
{
	cases++
	said = told = after = 0
}

function case_failed(	i, n)
{
	n = said
	new_case()
	failed_here++
	here = here "  " substr($0, 3) "\n"
	for (i = n > 8 ? n - 7 : 1; i <= n; i++)
		tell(words[i])
	after = !n
}

# Inside a program.
/^# 1\.\.[0-9]+/	{ planned = substr($2, 4) + 0 }
/^# ok .*# SKIP/	{ new_case(); skipped++; next }
/^# ok /		{ new_case(); passed++; next }
/^# not ok /		{ case_failed(); next }
/^# # +(RUN|OK|FAIL|PASSED|FAILED|Totals|Starting)/ { after = 0; next }
/^# # / {
	if (after)
		tell(substr($0, 5))
	else if (/[a-z_0-9]+\.[ch]+:[0-9]+:/)
		words[++said] = substr($0, 5)
}

# The plan of programs for one kernel, and the end of one program.
/^# kernel /		{ kernel = $3 }
/^1\.\.[0-9]+/		{ programs += substr($1, 4) }

/^(not )?ok / {
	# "not ok 3 selftests: hostmem: reserve # exit=1"
	name = $0
	sub(/^(not )?ok [0-9-]* */, "", name)
	if (name ~ /^selftests:/) {
		seen++
		name = name ", kernel " kernel
	}
	failed += failed_here
	if (here != "")
		failures = failures name ":\n" here
	if (cases < planned)
		bad(name ": " planned - cases " of its " planned " cases did not run")
	else if (/^not ok / && !failed_here)
		bad(name)
	else if (/^ok .*# SKIP/ && !cases) {
		if (wrongly_skipped())
			bad(name)
		else
			skipped++
	}
	else if (/^ok / && !cases)
		passed++
	cases = planned = failed_here = said = told = after = 0
	here = ""
}

END {
	if (seen < programs)
		bad(programs - seen " of " programs " test programs did not finish")
	if (!passed && !failed)
		bad("no test ran")
	if (failed)
		printf "\nFailures:\n%s", failures
	if (skipped)
		printf "\n%d skipped: their kernel has not what they are about\n", skipped
	printf "\n%d passed, %d failed\n", passed, failed
	exit failed > 0
}
