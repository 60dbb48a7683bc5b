#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Description: hostmem(1) refuses each argument that is wrong, and each line of the kernel's
# that it can't make sense of, says what was wrong, and ends with 1.

set -eu

# shellcheck source=SCRIPTDIR/tool_tree.bash
. "$(dirname "$(realpath "$0")")/tool_tree.bash"

tree
process 100 editor
printf '400000-401000 r-xp 00000000 08:01 11 /usr/bin/editor\n' >"$root/proc/100/maps"

# Arguments.

version=$(make -s -C "$top/userlib" install DESTDIR="$tmp/there" PREFIX=/usr LIBDIR=/usr/lib >/dev/null &&
	sed -n 's/^Version: //p' "$tmp/there/usr/lib/pkgconfig/hostmem.pc")
expect 'the version is that of the library' says 0 "hostmem $version\n" '' "$tmp/hostmem" --version
expect 'also with other words' says 0 "hostmem $version\n" '' hostmem stat nonsense --version
expect 'which is what is installed' cmp "$top/userlib/tool/hostmem" "$tmp/there/usr/bin/hostmem"
expect 'with its completion' cmp "$top/userlib/tool/hostmem.bash" \
	"$tmp/there/usr/share/bash-completion/completions/hostmem"
"$tmp/hostmem" --help >"$tmp/help"
expect 'the help has all commands' grep -qzE 'hostmem stat.*hostmem map PID.*hostmem watch' "$tmp/help"
# What the help, the manual page and the completion know.
for option in -k --all --svg -n -c --root --help --version; do
	expect "$option is in the help" grep -qE -- "^  $option\b" "$tmp/help"
	expect "$option is in the manual page" \
		grep -qE -- "^\.BI? ${option//-/\\\\-}( |\\\\~|$)" "$top/userlib/man/hostmem.1"
	expect "$option is in the completion" grep -q -- "$option" "$top/userlib/tool/hostmem.bash"
done

# completes EXPECTED WORD...: what bash offers for the last of them.
completes()
{
	local words=("${@:2}")

	# shellcheck source=SCRIPTDIR/../../userlib/tool/hostmem.bash
	expect "bash completes ${*:2}" diff <(echo "$1") <(. "$top/userlib/tool/hostmem.bash"
		compopt() { :; }	# there is no completion for it to be about
		COMP_WORDS=("${words[@]}") COMP_CWORD=$((${#words[@]} - 1)) COMPREPLY=()
		_hostmem
		echo "${COMPREPLY[*]}")
}

completes 'stat map watch' hostmem ''
completes 'watch' hostmem --root /x w
completes '--help --version --root' hostmem -
completes '-k --all --svg --root' hostmem map -
completes '--svg' hostmem map 100 --s
completes '-k -n -c --root' hostmem watch -
completes '' hostmem watch -n ''
completes "$tmp/root/proc $tmp/root/sys" hostmem --root "$tmp/root/"
completes "$tmp/help" hostmem map --svg "$tmp/hel"

# wrong MESSAGE ARGUMENT...
wrong()
{
	expect "${*:2}" fails "$1" hostmem "${@:2}"
}

wrong 'what to do? See hostmem --help'
wrong 'no such command: show' show
wrong 'no such command: ' ''
wrong 'no such command: s\\x1b[1mtat' $'s\033[1mtat'
wrong 'no such option: --bad' stat --bad
wrong 'no such option: --bad=1' stat --bad=1
wrong 'no such option: -x' stat -x
wrong 'no such option: -x' stat -kxk
wrong 'no such option: --all=1' map 100 --all=1
wrong '--svg needs an argument' map 100 --svg
wrong '-n needs an argument' watch -n
wrong 'too many arguments: 100' stat 100
wrong 'too many arguments: 100' watch 100
wrong 'too many arguments: 101' map 100 101
wrong 'too many arguments: --all' map 100 -- --all
wrong 'map: of which process?' map
for pid in '' 0 -1 1x 0x64 ' 100' 2147483648 18446744073709551716; do
	wrong "no number of a process: $pid" map -- "$pid"
done
wrong '--all and --svg go with map only' stat --all
wrong '--all and --svg go with map only' watch --svg x
wrong '-n and -c go with watch only' stat -n 1
wrong '-n and -c go with watch only' map 100 -c 1
for seconds in '' 0 0.09 0.0 .5 1. 1.0001 1,5 -1 1e3 86400.001 86401 18446744073709551617; do
	wrong "no number of seconds from 0.1 to 86400: $seconds" watch -n "$seconds"
done
for count in '' 0 -1 1.5 x 18446744073709551616; do
	wrong "no count: $count" watch -c "$count"
done
wrong "$tmp/nowhere: No such file or directory" --root "$tmp/nowhere" stat
wrong "/dev/null: Not a directory" --root /dev/null stat
wrong "$tmp/no/where: No such file or directory" map 100 --svg "$tmp/no/where"
expect 'options before the command' says 0 'no process has the device open\n' '' \
	lines env POSIXLY_CORRECT=1 "$tmp/hostmem" -k --root "$root" stat
expect 'and behind it' says 0 'no process has the device open\n' '' \
	lines env POSIXLY_CORRECT=1 "$tmp/hostmem" stat --root "$root" -k

# full COMMAND...: says so when there is no room for the output.
full()
{
	local status=0

	"$@" 2>"$tmp/err" >/dev/full || status=$?
	[ "$status" -eq 1 ] && grep -x 'hostmem: .*: No space left on device' "$tmp/err"
}

expect 'no room for stat' full hostmem stat
expect 'no room for map' full hostmem map 100
expect 'no room for a picture' full hostmem map 100 --svg -
expect 'no room for watch' full hostmem watch -n 0.1
expect 'no room for the help' full hostmem --help

# Lines of fdinfo.

region='7f0000000000-7f0000010000 4 kB rw- - 9...............'
file=/proc/100/fdinfo/3

# good NAME: the file can be read.
good()
{
	opens 100 3 file
	expect "$1" hostmem stat
}

# bad LINE: which is said to be senseless.
bad()
{
	opens 100 3 file
	expect "senseless: $1" fails "$file: can't make sense of: ${1//$'\t'/\\\\x09}" hostmem stat
}

for key in regions waiting owner id; do
	for value in '' x -1 '1 ' ' 1' '1 kB' 18446744073709551616; do
		fdinfo file 100 "$key=$value" </dev/null
		bad "hostmem-$key:	$value"
	done
done
for key in reserved committed overhead limit pinned prepared reset; do
	for value in '' 1 'x kB' '-1 kB' '1 KB' '1  kB' '1 kB ' '18446744073709551616 kB'; do
		fdinfo file 100 "$key=$value" </dev/null
		bad "hostmem-$key:	$value"
	done
done
fdinfo file 100 more-regions=x </dev/null
bad 'hostmem-more-regions:	x'
fdinfo file 100 </dev/null
sed -i 's/regions:\t/regions: /' "$tmp/file"
bad 'hostmem-regions: 0'

for line in '' 7f00 7f00-7f00 '7f01-7f00 4 kB rw- - .' "0x${region}" "7F${region#7f}" \
		"${region/4 kB/4}" "${region/4 kB/x kB}" "${region/rw-/rw}" "${region/rw-/rwX}" \
		"${region/rw-/wr-}" "${region/rw-/rw-p}" "${region/ - 9/  9}" \
		"${region/9./a.}" "${region/9./0.}" "$region$region" "$region................." \
		"${region% *} " "${region% *}"; do
	fdinfo file 100 <<<"$line"
	bad "hostmem-region:	$line"
done
for map in . 12345678 99999999999999999999999999999999 .g9; do
	fdinfo file 100 <<<"${region% *} $map"
	good "a map $map"
done
fdinfo file 100 <<<"${region/ - / watched,large,pinnable,new }"
good 'all flags, and one that is new'
fdinfo file 100 </dev/null
printf 'hostmem-new:\tthing\n' >>"$tmp/file"
good 'a line that is new'
for key in regions reserved committed owner id; do
	fdinfo file 100 </dev/null
	sed -i "/hostmem-$key:/d" "$tmp/file"
	opens 100 3 file
	expect "no line $key" fails "$file: no line hostmem-$key" hostmem stat
done
for key in overhead limit waiting pinned prepared reset flags; do
	fdinfo file 100 </dev/null
	sed -i "/hostmem-$key:/d" "$tmp/file"
	good "no line $key"
done

conclude
