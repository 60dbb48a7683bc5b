#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Description: "hostmem map" draws each region as the kernel tells it, knows what the rest of
# an address space is for, on every screen, and as SVG that any reader of XML takes.

set -eu

# shellcheck source=SCRIPTDIR/tool_tree.bash
. "$(dirname "$(realpath "$0")")/tool_tree.bash"

# part BEGIN COMMAND...: what it says from the line that begins so to the next empty one.
part()
{
	"${@:2}" | sed -n "/^ *$1/,/^$/p"
}

# draws BEGIN COMMAND...: that part, as on standard input, with single blanks.
draws()
{
	diff -u - <(part "$@" | sed 's/^ *//; s/  */ /g; /^$/d')
}

tree
process 100 editor
fdinfo file 100 regions=4 'reserved=33616 kB' 'committed=1800 kB' 'limit=2048 kB' <<'END'
7f0000000000-7f0001000000 900 kB rw- - 123456789.g.99999999999999999998
7f1000000000-7f1001000000 800 kB rwx watched,pinnable 99999999999999999999999999999999
7f2000000000-7f2000010000 64 kB r-- large 9g.9123456789g.9
7f3000000000-7f3000001000 4 kB --x - 9
END
opens 100 3 file
opens 100 4 file
cat >"$root/proc/100/maps" <<'END'
400000-401000 r--p 00000000 08:01 11 /usr/bin/editor
401000-500000 r-xp 00001000 08:01 11                         /usr/bin/editor
500000-510000 rw-p 00000000 00:00 0 
900000-910000 rw-p 00000000 00:00 0                          [heap]
7f0000000000-7f0001000000 rwxs 00000000 00:05 345            /dev/hostmem
7f1000000000-7f1001000000 rwxs 00000000 00:05 345            /dev/hostmem
7f2000000000-7f2000010000 rwxs 00000000 00:05 345            /dev/hostmem
7f3000000000-7f3000001000 rwxs 00000000 00:05 345            /dev/hostmem
7f4000000000-7f4000100000 rw-p 00000000 00:00 0 
7f4000100000-7f4000200000 ---p 00000000 00:00 0              [anon:pool]
7f5000000000-7f5000002000 r--p 00000000 08:01 12             /usr/lib/libc.so.6
7f5000002000-7f5000003000 ---p 00000000 00:00 0 
7f5000003000-7f5000005000 r-xp 00002000 08:01 12             /usr/lib/libc.so.6
7f5000005000-7f5000006000 rw-p 00000000 00:00 0 
7f5000006000-7f5000007000 rw-p 00000000 00:00 0 
7f5000100000-7f5000104000 r--p 00000000 08:01 13             /usr/share/a file (deleted)
7f5000200000-7f5000204000 rw-s 00000000 00:01 14             /memfd:shared (deleted)
7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0              [stack]
7ffd00100000-7ffd00101000 r-xp 00000000 00:00 0              [vdso]
END

# resident RSS-OF-EACH MAPS: the same with numbers, as smaps has it.
resident()
{
	while read -r line; do
		printf '%s\nSize:  4 kB\nRss:   %s kB\nVmFlags: rd\n' "$line" "$1"
	done
}

expect 'the title' says 0 'editor (100)
4 regions of hostmem, 32 MiB reserved, 1.7 MiB committed, limit 2.0 MiB\n' '' \
	sed 2q <(hostmem map 100)
expect 'the regions' draws START hostmem map 100 <<'END'
START SIZE COMMITTED PROT FLG COMMITTED PARTS
7f0000000000 16 MiB 900 KiB rw- --- [▁▂▃▄▅▆▇▇█·g·███████████████████▇]
7f1000000000 16 MiB 800 KiB rwx w-p [████████████████████████████████]
7f2000000000 64 KiB 64 KiB r-- -l- [██gg··██▁▁▂▂▃▃▄▄▅▅▆▆▇▇▇▇██gg··██]
7f3000000000 4 KiB 4 KiB --x --- [████████████████████████████████]
· none ▁..▇ some █ all g guard page
w watched l large pages p pinnable
END
expect 'in ASCII, exact' draws START env LC_ALL=C "$tmp/hostmem" --root "$root" -k map 100 <<'END'
START SIZE COMMITTED PROT FLG COMMITTED PARTS
7f0000000000 16384 900 rw- --- [12345678#.g.###################8]
7f1000000000 16384 800 rwx w-p [################################]
7f2000000000 64 64 r-- -l- [##gg..##1122334455667788##gg..##]
7f3000000000 4 4 --x --- [################################]
. none 1..8 some # all g guard page
w watched l large pages p pinnable
END
expect 'in half the width' draws START env COLUMNS=40 LC_ALL=C "$tmp/hostmem" --root "$root" map 100 <<'END'
START SIZE COMMITTED PARTS
7f0000000000 16 MiB [24685g#########8]
7f1000000000 16 MiB [################]
7f2000000000 64 KiB [#g.#12345678#g.#]
7f3000000000 4 KiB [################]
. none 1..8 some # all g guard page
END
expect 'in twice the width' \
	grep -xE '7f2000000000 .*\[████gggg····████▁▁▁▁▂▂▂▂▃▃▃▃▄▄▄▄▅▅▅▅▆▆▆▆▇▇▇▇▇▇▇▇████gggg····████\]' \
	<(COLUMNS=120 hostmem map 100)
for columns in 1 20 40 59 60 80 200; do
	expect "in $columns columns" narrow "$columns" hostmem map 100
done
expect 'the kinds' draws KIND hostmem map 100 <<'END'
KIND MAPPINGS SIZE RESIDENT
H hostmem 4 32 MiB 1.7 MiB
i image 8 1.0 MiB -
h heap 1 64 KiB -
s stack 1 132 KiB -
f file 2 32 KiB -
p private 3 2.0 MiB -
total 19 35 MiB -
KIND MAPPINGS SIZE RESIDENT NAME
image 3 1.0 MiB - /usr/bin/editor
private 2 1.0 MiB - [no name]
private 1 1.0 MiB - [anon:pool]
stack 1 132 KiB - [stack]
heap 1 64 KiB - [heap]
image 4 24 KiB - /usr/lib/libc.so.6
file 1 16 KiB - /memfd:shared (deleted)
file 1 16 KiB - /usr/share/a file (deleted)
image 1 4 KiB - [vdso]
END
resident 12 <"$root/proc/100/maps" >"$root/proc/100/smaps"
expect 'what is resident' draws KIND hostmem -k map 100 <<'END'
KIND MAPPINGS SIZE RESIDENT
H hostmem 4 32836 1800
i image 8 1116 96
h heap 1 64 12
s stack 1 132 12
f file 2 32 24
p private 3 2052 36
total 19 36232 1980
KIND MAPPINGS SIZE RESIDENT NAME
image 4 24 48 /usr/lib/libc.so.6
image 3 1088 36 /usr/bin/editor
private 2 1028 24 [no name]
private 1 1024 12 [anon:pool]
stack 1 132 12 [stack]
heap 1 64 12 [heap]
file 1 16 12 /memfd:shared (deleted)
file 1 16 12 /usr/share/a file (deleted)
image 1 4 12 [vdso]
END

# bar NAME BAR: that of the totals which is called so.
bar()
{
	expect "the bar of $1" diff -u <(echo "$2") <(hostmem map 100 | grep "^$1" | sed 's/  *//g')
}

bar 'address space' "addressspace[$(printf 'H%.0s' {1..46})ihsfpp]35MiB"
bar resident "resident[$(printf 'H%.0s' {1..46})iihsfp]1.9MiB"

# What may not be seen, or is gone.

expect 'no such process' fails 'there is no process 101' hostmem map 101
process 102
expect 'a thread of the kernel' \
	fails 'process 102 has no memory: it has ended, or is a thread of the kernel' hostmem map 102
chmod 0 "$root/proc/100/smaps"
expect 'only maps may be read' cmp <(nobody "$tmp/hostmem" --root "$root" map 100) \
	<(rm -f "$root/proc/100/smaps"; hostmem map 100)
chmod 0 "$root/proc/100/maps"
expect 'no rights' fails "process 100 can't be looked at without root" \
	nobody "$tmp/hostmem" --root "$root" map 100
chmod 644 "$root/proc/100/maps"
chmod 0 "$root/proc/100/fd"
expect 'only mappings are told' diff -u - <(nobody "$tmp/hostmem" --root "$root" map 100 |
	sed -n '2p; /^7f2/p; s/.*all/all/p') <<'END'
4 regions of hostmem, 32 MiB reserved, 0 committed
7f2000000000  64 KiB          ?  ?    --- [????????????????????????????????]
all  g guard page  ? not told
END
chmod 755 "$root/proc/100/fd"

# Lines that make no sense.

for line in '' 7f00 '400000-400000 r--p 0 0:0 0 ' 'x-y r--p 0 0:0 0 ' '400000-401000 r--p 0 0:0' \
		'400000-401000 r--' '18446744073709551616-2 r--p 0 0:0 0 '; do
	process 103
	echo "$line" >"$root/proc/103/maps"
	expect "a mapping '$line'" fails "/proc/103/maps: can't make sense of: $line" hostmem map 103
done
printf '400000-401000 r--p 0 0:0 0 \nRss: x kB\n' >"$root/proc/103/smaps"
expect 'a number that is none' fails "/proc/103/smaps: can't make sense of: Rss: x kB" hostmem map 103
printf 'Rss: 4 kB\n' >"$root/proc/103/smaps"
expect 'a number of nothing' fails "/proc/103/smaps: can't make sense of: Rss: 4 kB" hostmem map 103

# A foreign descriptor, which tells nothing of this process, and no descriptor at all.

process 104 child
cp "$root/proc/100/maps" "$root/proc/104/maps"
opens 104 3 file
expect 'a child does not have what its parent has' diff -u - <(hostmem map 104 |
	sed -n '1,2p; /^7f1/p') <<'END'
child (104)
4 regions of hostmem, 32 MiB reserved, 0 committed
7f1000000000  16 MiB          ?  ?    --- [????????????????????????????????]
END
process 105 other
head -4 "$root/proc/100/maps" >"$root/proc/105/maps"
expect 'no memory of hostmem' diff -u - <(hostmem map 105 | sed 3q) <<'END'
other (105)
no memory of hostmem

END

# Very many regions: 4,096 that the kernel lists, and 904 that it doesn't.

process 106 many
awk 'BEGIN {
	for (i = 0; i < 5000; i++) {
		start = sprintf("7f%04x0000-7f%04x1000", i, i)
		print start " rwxs 00000000 00:05 345 /dev/hostmem" >"/dev/stderr"
		if (i < 4096)
			print start " " (i % 1000 ? 0 : 4) " kB rw- - " (i % 1000 ? "." : "9")
	}
}' 2>"$root/proc/106/maps" |
	fdinfo many 106 regions=5000 'reserved=20000 kB' 'committed=20 kB' more-regions=904
opens 106 3 many
hostmem map 106 >"$tmp/many"
hostmem map 106 --all >"$tmp/all"
expect 'very many regions' diff -u - <(sed -n '2p; /\[█/p; /^\.\.\./p' "$tmp/many") <<'END'
5000 regions of hostmem, 19 MiB reserved, 20 KiB committed
7f00000000  4 KiB      4 KiB  rw-  --- [████████████████████████████████]
7f03e80000  4 KiB      4 KiB  rw-  --- [████████████████████████████████]
7f07d00000  4 KiB      4 KiB  rw-  --- [████████████████████████████████]
7f0bb80000  4 KiB      4 KiB  rw-  --- [████████████████████████████████]
7f0fa00000  4 KiB      4 KiB  rw-  --- [████████████████████████████████]
... and 4980 more with 0 committed; --all shows them
END
expect 'twenty of them' diff <(echo 20) <(grep -c '^7f' "$tmp/many")
expect 'all of them' diff <(echo '5000 904') \
	<(echo "$(grep -c '^7f' "$tmp/all") $(grep -c '^7f.*\[?' "$tmp/all")")

# Names, on the terminal and as SVG.

# svg PID ARGUMENT...: is written, and well-formed.
svg()
{
	hostmem map "$1" --svg "$tmp/picture.svg" "${@:2}" >"$tmp/out" && ! [ -s "$tmp/out" ] &&
		python3 -c 'import sys, xml.dom.minidom as d; d.parse(sys.argv[1])' "$tmp/picture.svg"
}

# text: what the picture says, a line for each piece.
text()
{
	python3 -c 'import sys, xml.dom.minidom as d
for e in d.parse(sys.argv[1]).getElementsByTagName("text"):
    print("".join(c.data for c in e.childNodes))' "$tmp/picture.svg"
}

process 107
printf '<b>&"\033[0m\001\n\377' >"$root/proc/107/comm"
printf '400000-401000 r--p 00000000 08:01 11 /a/]]></svg>&amp;\t\033\177\357\277\277日\302\205\\012"'"'\n" \
	>"$root/proc/107/maps"
expect 'a hostile name' diff -u - <(COLUMNS=120 hostmem map 107 | sed '1p; /^file/!d; s/^.* - *//') <<'END'
<b>&"\x1b[0m\x01\x0a\xff (107)
/a/]]></svg>&amp;\x09\x1b\x7f\xef\xbf\xbf日\xc2\x85\012"'
END
expect 'a hostile name in ASCII' grep -F '&amp;\x09\x1b\x7f\xef\xbf\xbf\xe6\x97\xa5\xc2\x85\012"' \
	<(COLUMNS=200 LC_ALL=C hostmem map 107)
expect 'a hostile name in XML' svg 107
expect 'which is what is seen' diff -u - <(text | grep -F x1b) <<'END'
<b>&"\x1b[0m\x01\x0a\xff (107)
/a/]]></svg>&amp;\x09\x1b\x7f\xef\xbf\xbf日\xc2\x85\012"'
END
process 108
printf '400000-401000 r--p 00000000 08:01 11 /%s/%s/library.so\n' "$(printf '%080d' 0)" middle \
	>"$root/proc/108/maps"
expect 'of a long path the end' diff -u <(echo ' …/middle/library.so') \
	<(hostmem map 108 | grep -o ' ….*')
expect 'which is cut, too, if need be' diff -u <(echo ' …/library…') \
	<(COLUMNS=40 hostmem map 108 | grep -o ' ….*')

# SVG.

expect 'a picture' svg 100
expect 'of all regions' diff -u <(printf '%s\n' 7f{0,1,2,3}000000000) <(text | grep ^7f)
expect 'each part that is like the one before is no rectangle of its own' \
	diff <(echo 1) <(grep -c 'width="416.00".*class="k0"' <(grep -A99 '>7f1' "$tmp/picture.svg" |
		sed '/>7f2/,$d'))
expect 'a part with a guard page' grep 'class="g"' <(grep -A99 '>7f0' "$tmp/picture.svg" |
	sed '/>7f1/,$d')
expect 'for light and dark' grep 'prefers-color-scheme:dark' "$tmp/picture.svg"
expect 'without other files' diff -u <(echo xmlns=) <(grep -oE '[a-z:]+=("|.)https?:' \
	"$tmp/picture.svg" | sed 's/"http://')
expect 'very many' svg 106
expect 'a hundred of them' diff <(echo 100) <(text | grep -c ^7f)
expect 'all of very many' svg 106 --all
expect 'all of them in it' diff <(echo 5000) <(text | grep -c ^7f)
expect 'nothing of hostmem' svg 105
expect 'to standard output' cmp <(hostmem map 105 --svg -) "$tmp/picture.svg"
cp "$tmp/picture.svg" "$tmp/before"
expect 'of no process' fails 'there is no process 1' hostmem map 1 --svg "$tmp/picture.svg"
expect 'leaves the file as it was' cmp "$tmp/before" "$tmp/picture.svg"

conclude
