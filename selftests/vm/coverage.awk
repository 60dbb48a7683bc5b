# SPDX-License-Identifier: GPL-2.0
# Makes vm/coverage's table from lcov's records, and "info", the same records less
# the exceptions. Fails if less than "goal" percent of all lines have run, or if an
# exception is about no line that there is.

# An exception: FILE:FUNCTION, TEXT and REASON between tabs.
function read_exceptions(	line, field)
{
	while ((getline line < exceptions) > 0) {
		if (line ~ /^(#|$)/)
			continue
		if (split(line, field, /\t+/) != 3) {
			print exceptions ": not three fields: " line
			wrong = 1
			continue
		}
		where[++nr] = field[1]
		text[nr] = field[2]
		reason[nr] = field[3]
	}
}

function is_about(i, number)
{
	return where[i] == file ":" function_of[number] &&
	       (text[i] == "*" || index(source[number], text[i]))
}

function excepted(number,	i)
{
	for (i = 1; i <= nr; i++)
		if (is_about(i, number)) {
			used[i]++
			return 1
		}
	return 0
}

function percent(hit, found)
{
	return found ? 100 * hit / found : 100
}

function row(name, hit, found, left_out)
{
	printf "%-28s %6d %6d %7.1f %6s\n", name, found, hit, percent(hit, found), left_out ? left_out : ""
}

BEGIN {
	FS = "[:,]"
	read_exceptions()
	printf "%-28s %6s %6s %7s %6s\n", "file", "lines", "ran", "%", "except"
}

$1 == "SF" {
	file = substr($0, 4)
	delete source
	delete begins
	delete function_of
	lines = 0
	while ((getline line < file) > 0)
		source[++lines] = line
	close(file)
	named = found = hit = left_out = 0
}

$1 == "FN" { begins[$2] = $3 }

# The functions of a file are all listed before its lines.
$1 == "DA" {
	if (!named++)
		for (i = 1; i <= lines; i++) {
			current = i in begins ? begins[i] : current
			function_of[i] = current
			for (e = 1; e <= nr; e++)
				exists[e] += is_about(e, i)
		}
	if (!$3 && excepted($2)) {
		left_out++
		next
	}
	found++
	hit += $3 > 0
	if (!$3)
		missed[++misses] = sprintf("%s:%d: %s", file, $2, source[$2])
}

$1 == "end_of_record" {
	row(file, hit, found, left_out)
	all_found += found
	all_hit += hit
	all_left_out += left_out
}

$1 == "LF" { $0 = "LF:" found }
$1 == "LH" { $0 = "LH:" hit }

{ print >info }

END {
	row("module", all_hit, all_found, all_left_out)
	if (misses)
		print "\nNot run:"
	for (i = 1; i <= misses; i++)
		print "  " missed[i]
	if (nr)
		print "\nNot counted, since they cannot run here:"
	for (i = 1; i <= nr; i++)
		printf "  %s: %s: %s (%d not run)\n", where[i], text[i], reason[i], used[i]
	for (i = 1; i <= nr; i++)
		if (!exists[i]) {
			printf "\nThere is no such line: %s: %s\n", where[i], text[i]
			wrong = 1
		}
	all = all_found + all_left_out
	printf "\n%.1f %% of all lines have run; %d %% are wanted.\n", percent(all_hit, all), goal
	if (!all || percent(all_hit, all) < goal)
		wrong = 1
	exit wrong
}
