#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Description: hostmem(1) counts each file of the device once and for its owner, shows all
# that the kernel does, whatever names processes have, and is clear about what it can't do.

set -eu

# shellcheck source=SCRIPTDIR/tool_tree.bash
. "$(dirname "$(realpath "$0")")/tool_tree.bash"

region='7f0000000000-7f0000010000 4 kB rw- - 9...............'

# The module as a whole.

tree
expect 'the module alone' says 0 "charged   512 MiB of 2.0 GiB, 25%%  \
[████████······················]
commits   2 waiting, 12 refused
besides   3.0 MiB reset, 64 MiB prepared ahead, 5 files open
settings  commit_limit_mb=2048 critical_reserve_pct=10

no process has the device open\n" '' hostmem stat
expect 'the same, exact, in ASCII' says 0 "charged   524288 KiB of 2097152 KiB, 25%%  \
[########......................]
commits   2 waiting, 12 refused
besides   3072 KiB reset, 65536 KiB prepared ahead, 5 files open
settings  commit_limit_mb=2048 critical_reserve_pct=10

no process has the device open\n" '' env LC_ALL=C "$tmp/hostmem" --root "$root" -k stat

rm -r "$root/sys/module"
echo 18014398509481983 >"$root/sys/class/misc/hostmem/limit_kb"
echo 1 >"$root/sys/class/misc/hostmem/spaces"
expect 'no limit, no parameters' says 0 "charged   512 MiB
commits   2 waiting, 12 refused
besides   3.0 MiB reset, 64 MiB prepared ahead, 1 file open

no process has the device open\n" '' hostmem stat

for counter in charged_kb limit_kb waiting refused reset_kb pooled_kb spaces; do
	tree
	file=sys/class/misc/hostmem/$counter
	for text in '' x -1 ' 1' '1 ' 0x10 '1 kB' 18446744073709551616; do
		echo "$text" >"$root/$file"
		expect "$counter '$text'" \
			fails "/$file: can't make sense of: $text" hostmem stat
	done
	rm "$root/$file"
	expect "no $counter" fails "/$file: No such file or directory" hostmem stat
done

rm -r "$root/sys/class/misc/hostmem"
process 7
for command in stat 'map 7' watch; do
	# shellcheck disable=SC2086 # two words
	expect "$command without the module" fails 'the module is not loaded' hostmem $command
done

# Processes and their files.

tree
process 100 editor
fdinfo file 100 regions=3 'reserved=1024 kB' 'committed=512 kB' 'overhead=16 kB' \
	'limit=2048 kB' waiting=1 'pinned=8 kB' 'prepared=4096 kB' 'reset=32 kB' \
	'flags=pinnable shared' 'unknown=words' </dev/null
opens 100 5 file
expect 'all that there is' shows hostmem -k stat <<END
PID COMMAND FILES REGIONS RESERVED COMMITTED OVERHEAD PINNED RESET PREPARED LIMIT WAITING FLAGS
100 editor 1 3 1024 512 16 8 32 4096 2048 1 pinnable,shared
END
expect 'sizes' shows hostmem stat <<END
PID COMMAND FILES REGIONS RESERVED COMMITTED OVERHEAD PINNED RESET PREPARED LIMIT WAITING FLAGS
100 editor 1 3 1.0 MiB 512 KiB 16 KiB 8 KiB 32 KiB 4.0 MiB 2.0 MiB 1 pinnable,shared
END

fdinfo second 100 regions=1 'reserved=64 kB' 'committed=4 kB' 'limit=100 kB' <<<"$region"
opens 100 6 second
opens 100 7 second
opens 100 9 file
expect 'two managers, each with two descriptors' shows hostmem -k stat <<END
PID COMMAND FILES REGIONS RESERVED COMMITTED OVERHEAD PINNED RESET PREPARED LIMIT WAITING FLAGS
100 editor 2 4 1088 516 16 8 32 4096 2148 1 pinnable,shared
END

process 101 child
opens 101 5 file
opens 101 6 second
process 102 other
fdinfo third 102 regions=1 'reserved=64 kB' 'committed=8 kB' <<<"$region"
opens 102 3 third
opens 102 4 second
expect 'a child, and one with a file of its own, too' shows hostmem -k stat <<END
PID COMMAND FILES REGIONS RESERVED COMMITTED OVERHEAD PINNED RESET PREPARED LIMIT WAITING FLAGS NOTE
100 editor 2 4 1088 516 16 8 32 4096 2148 1 pinnable,shared
102 other 1 1 64 8 0 0 0 0 - 0 - file of 100
101 child - - - - - - - - - - - file of 100
total 3 5 1152 524 16 8 32 4096 1
END

rm "$root"/proc/100/fd/*
expect 'an owner without a descriptor' shows hostmem -k stat <<END
PID COMMAND FILES REGIONS RESERVED COMMITTED OVERHEAD PINNED RESET PREPARED LIMIT WAITING FLAGS NOTE
100 editor 2 4 1088 516 16 8 32 4096 2148 1 pinnable,shared held by 101,102
102 other 1 1 64 8 0 0 0 0 - 0 - file of 100
101 child - - - - - - - - - - - file of 100
total 3 5 1152 524 16 8 32 4096 1
END
rm -r "$root/proc/100"
expect 'an owner that has ended' shows hostmem -k stat <<END
PID COMMAND FILES REGIONS RESERVED COMMITTED OVERHEAD PINNED RESET PREPARED LIMIT WAITING FLAGS NOTE
100 ? 2 4 1088 516 16 8 32 4096 2148 1 pinnable,shared held by 101,102
102 other 1 1 64 8 0 0 0 0 - 0 - file of 100
101 child - - - - - - - - - - - file of 100
total 3 5 1152 524 16 8 32 4096 1
END

for pid in {1000..1020}; do
	process "$pid"
	opens "$pid" 5 file
done
opens 1020 6 third
expect 'a crowd of children' diff -u - <(hostmem stat | grep -o 'held by.*' ; hostmem stat |
	grep -o ' file of .*,.*') <<END
held by 101,102,1000,1001,1002,1003,1004,1005,1006,...
 file of 100,102
END

# It is cut where there is no room: other columns go first, then the end of the line.
for columns in 1 10 40 79 80 100 200; do
	expect "in $columns columns" narrow "$columns" hostmem stat
done
expect 'in 79 columns: the most important' diff -u - <(COLUMNS=79 lines hostmem stat | head -1) <<END
PID COMMAND RESERVED COMMITTED LIMIT WAITING NOTE
END
for columns in 0 -1 x 4097; do
	expect "COLUMNS=$columns is ignored" \
		cmp <(hostmem stat) <(COLUMNS=$columns hostmem stat)
done

tree
process 100 editor
fdinfo file 0 regions=1 'reserved=64 kB' 'committed=4 kB' <<<"$region"
opens 100 3 file
expect 'an owner that has no number here' shows hostmem -k stat <<END
PID COMMAND FILES REGIONS RESERVED COMMITTED OVERHEAD PINNED RESET PREPARED LIMIT WAITING FLAGS NOTE
? ? 1 1 64 4 0 0 0 0 - 0 - held by 100
100 editor - - - - - - - - - - - file of ?
total 1 1 64 4 0 0 0 0 0
END

# same NAME FILES-AND-REGIONS: what two descriptors of one owner are counted as.
same()
{
	expect "$1" diff -u <(printf '%s\n' "$2") <(lines hostmem -k stat | awk 'NR == 2 { print $3, $4 }')
}

fdinfo file 100 id=7 regions=1 'committed=4 kB' <<<"$region"
fdinfo later 100 id=7 regions=2 'committed=8 kB' </dev/null
fdinfo equal 100 id=8 regions=1 'committed=4 kB' <<<"$region"
process 101
opens 100 3 file
opens 101 3 later
same 'one file before and after a commit' '1 1'
opens 101 3 equal
same 'two files with the same numbers' '2 2'

# The kernel tells the lower one of a file's limit and the module's.
fdinfo limited 100 'limit=100 kB' </dev/null
for order in 'limited free' 'free limited'; do
	for limit in 0 2097152 18014398509481983; do
		fdinfo free 100 "limit=$limit kB" regions=1 <<<"$region"
		# shellcheck disable=SC2086 # two words
		set -- $order
		opens 100 3 "$1"
		opens 101 3 "$2"
		expect "no limit of all if one has none: $order, $limit" \
			diff -u <(echo -) <(lines hostmem -k stat | awk 'NR == 2 { print $11 }')
	done
done

# What isn't a file of the device, or isn't there any more.

tree
process 100 editor
fdinfo file 100 regions=1 'committed=4 kB' </dev/null
opens 100 3 file /tmp/hostmem.txt
opens 100 4 file /dev/xhostmem
opens 100 5 file 'pipe:[123]'
printf 'pos:\t0\nflags:\t02\n' >"$tmp/plain"
opens 100 6 plain
opens 100 7 file
rm "$root/proc/100/fdinfo/7"
: >"$tmp/empty"
opens 100 8 empty
mkdir -p "$root/proc/self/fd" "$root/proc/101x/fd" "$root/proc/102"
expect 'other files, and what is gone' says 0 'no process has the device open\n' '' \
	lines hostmem stat
opens 100 3 file /srv/container/dev/hostmem
expect 'a node elsewhere' shows hostmem -k stat <<END
PID COMMAND FILES REGIONS RESERVED COMMITTED OVERHEAD PINNED RESET PREPARED LIMIT WAITING FLAGS
100 editor 1 1 0 4 0 0 0 0 - 0 -
END
opens 100 3 file '/dev/hostmem (deleted)'
expect 'a node that was removed' shows hostmem -k stat <<END
PID COMMAND FILES REGIONS RESERVED COMMITTED OVERHEAD PINNED RESET PREPARED LIMIT WAITING FLAGS
100 editor 1 1 0 4 0 0 0 0 - 0 -
END

# What may not be looked at.

process 201 secret
process 202 links
opens 202 3 file
process 203 kthreadd 2129984
process 204 'a) Z (b' 2129984
process 205 zombie
sed -i 's/) S/) Z/' "$root/proc/205/stat"
process 206 'a) Z'
chmod 0 "$root"/proc/20[13456]/fd
chmod 0 "$root/proc/202/fdinfo/3"
expect 'no rights' shows nobody "$tmp/hostmem" --root "$root" stat -k <<END
PID COMMAND FILES REGIONS RESERVED COMMITTED OVERHEAD PINNED RESET PREPARED LIMIT WAITING FLAGS
100 editor 1 1 0 4 0 0 0 0 - 0 -
3 more processes can't be looked at without root
END
chmod 0 "$root/proc/100/fd"
chmod 755 "$root"/proc/20[16]/fd
chmod 644 "$root/proc/202/fdinfo/3"
rm "$root/proc/202/fd/3"
expect 'no rights at all' shows nobody "$tmp/hostmem" --root "$root" stat <<END
no process that can be looked at has the device open
1 more process can't be looked at without root
END
chmod -R u+rwx "$root"

# Names.

# named NAME-AS-PRINTF'S-FORMAT SHOWN
named()
{
	tree
	process 100
	# shellcheck disable=SC2059 # it is a format
	printf "$1\n" >"$root/proc/100/comm"
	opens 100 3 file
	expect "name $1" diff -u <(printf '%s\n' "100  $2") \
		<(hostmem stat | sed '1,/^PID/d; s/  *1        1  .*//')
}

named 'a b' 'a b'
named 'a\nb' 'a\x0ab'
named '\033[31mred' '\x1b[31mred'
named '\r\t\a\177' '\x0d\x09\x07…'
named 'größe' 'größe'
named '日本' '日本'
named '\377\300\200' '\xff\xc0\x80'
named '\342\200\256x' '\xe2\x80\xaex'
named '\302\233x' '\xc2\x9bx'
named '\360\237\230\200' '😀'
named 'fifteen letters' 'fifteen letters'
named 'sixteen letters.' 'sixteen letter…'
named '1234567890123\001' '1234567890123…'
named '12345678901234日' '12345678901234…'
named '' '?'
export LC_ALL=C
named 'größe' 'gr\xc3\xb6\xc3~'
named 'sixteen letters.' 'sixteen letter~'
export LC_ALL=C.UTF-8

conclude
