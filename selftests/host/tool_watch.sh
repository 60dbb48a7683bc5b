#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Description: "hostmem watch" draws in place on terminals of any size and leaves them as they
# were, however it ends; elsewhere it prints block after block.

set -eu

# shellcheck source=SCRIPTDIR/tool_tree.bash
. "$(dirname "$(realpath "$0")")/tool_tree.bash"
export TERM=xterm

tree
for pid in {100..139}; do
	process "$pid" editor
	fdinfo "file$pid" "$pid" "committed=$pid kB" </dev/null
	opens "$pid" 3 "file$pid"
done

# terminal SIZE ACTIONS ARGUMENT...: watch on one; screens, what is around them, and the end.
terminal()
{
	timeout 60 "$top/selftests/host/tool_pty.py" "$1" "$2" \
		"$tmp/hostmem" --root "$root" watch -n 0.1 "${@:3}" >"$tmp/all"
	awk -v tmp="$tmp" 'BEGIN { file = tmp "/screen0" }
		$0 == "SCREEN" { file = tmp "/screen" ++n; printf "" >file; next }
		/^(STATUS|MODES)/ { print; next }
		{ print >file }' "$tmp/all"
}

# fits FILE LINES COLUMNS: colours take none.
fits()
{
	sed 's/ESC\[[0-9]*m//g; s/ESC\[?.*//' "$1" >"$tmp/fit"
	[ -s "$tmp/fit" ] && [ "$(sed '$ { /^$/d }' "$tmp/fit" | wc -l)" -le "$2" ] &&
		! grep -nE "^.{$(($3 + 1)),}" "$tmp/fit"
}

# The end of all that end well.
end="STATUS 0 LEFT []
MODES True"

for size in 24x80 60x200 10x40 5x20 2x10 1x1; do
	expect "on a terminal of $size" diff -u <(echo "$end") <(terminal "$size" wait,q)
	expect "fits on $size" fits "$tmp/screen2" "$((${size%x*} > 1 ? ${size%x*} - 1 : 1))" \
		"${size#*x}"
done

terminal 24x80 q >"$tmp/end"
expect 'enters and leaves the other screen' diff -u - <(cat "$tmp/screen0"; tail -1 "$tmp/screen1") <<'END'
ESC[?1049hESC[?25l
ESC[?25hESC[?1049l
END
expect 'those with the most memory, and the total' diff -u - \
	<(sed -n '/PID/,$p' "$tmp/screen1" | sed 's/ESC\[[0-9]*m//g; $d' | awk '{ print $1, $2 }' |
	sed '3,12d') <<'END'
PID COMMAND
139 editor
128 editor
127 editor
126 editor
... and
total 40
END
expect 'Q ends it, too' diff -u <(echo "$end") <(terminal 24x80 xQ)
expect 'Ctrl-C ends it' diff -u <(echo "$end") <(terminal 24x80 wait,^C)
expect 'its count ends it' diff -u <(echo "$end") <(terminal 24x80 wait,wait -c 2)
expect 'it can be stopped' diff -u <(echo "MODES True"; echo "$end") <(terminal 24x80 stop,wait,q)
terminal 24x80 resize:12x30,q -n 1000 >"$tmp/end" || :
expect 'another size is seen at once' fits "$tmp/screen2" 11 30
expect 'a wide one has all columns' grep PREPARED <(terminal 24x200 q; cat "$tmp/screen1")
expect 'colours' grep -F 'ESC[1mPID' <(terminal 24x80 q; cat "$tmp/screen1")
expect 'none if they are not wanted' diff - \
	<(NO_COLOR=1 terminal 24x80 q >"$tmp/end"; grep 'ESC\[[0-9]*m' "$tmp/screen1") </dev/null
TERM=dumb terminal 24x80 '' -c 2 >"$tmp/end"
expect 'a terminal that can do nothing has block after block' \
	diff <(echo 2) <(grep -c ^charged "$tmp/all")
expect 'and nothing but text' diff /dev/null <(grep ESC "$tmp/all")
expect 'the module is unloaded' diff -u <(echo 'STATUS 1 LEFT []'; echo 'MODES True') \
	<(terminal 24x80 "sh:mv $root/sys/class/misc/hostmem $root/unloaded")
expect 'which is said on the screen as it was' grep -zF \
	"ESC[?1049l"$'hostmem: the module is not loaded' "$tmp/screen1"
mv "$root/unloaded" "$root/sys/class/misc/hostmem"

# Without a terminal.

hostmem watch -n 0.1 -c 3 >"$tmp/blocks"
expect 'block after block' diff -u - <(grep -nE '^(20..-..-.. ..:..:..|charged .*|)$' "$tmp/blocks" |
	sed 's/20..-..-.. ..:..:../TIME/; s/charged.*/charged/' | awk -F: 'NR % 4 != 0 { print $2 }') <<'END'
TIME
charged

TIME
charged

TIME
charged

END
expect 'with what stat says' cmp <(sed -n '2,/total/p' "$tmp/blocks" | sed '/total/q') <(hostmem stat)
expect 'of all processes' diff <(echo 120) <(grep -c editor "$tmp/blocks")

# begin COMMAND...: it runs, and has printed its first block.
begin()
{
	rm -f "$tmp/pipe"
	mkfifo "$tmp/pipe"
	"$@" --root "$root" watch -n 0.1 >"$tmp/pipe" 2>"$tmp/err" &
	pid=$!
	exec 3<"$tmp/pipe"
	next
}

# next: reads a block to its total.
next()
{
	local line=''

	charged=''
	while read -r line <&3 && [[ $line != *total* ]]; do
		if [[ $line = charged* ]]; then
			charged=$line
		fi
	done
}

# end: waits for it, and sets $status.
end()
{
	cat <&3 >"$tmp/rest"
	exec 3<&-
	status=0
	wait "$pid" || status=$?
}

for signal in INT TERM HUP; do
	begin env --default-signal=INT "$tmp/hostmem"
	kill -s "$signal" "$pid"
	end
	expect "SIG$signal ends it" diff <(echo 0) <(echo "$status"; cat "$tmp/err")
done

begin env --ignore-signal=HUP --default-signal=INT "$tmp/hostmem"
kill -s HUP "$pid"
next
next
kill -s INT "$pid" || :
end
expect 'not one that nohup has ignored' test "$charged" != '' -a "$status" -eq 0

begin "$tmp/hostmem"
echo 1048576 >"$root/sys/class/misc/hostmem/charged_kb"
next
next
expect 'it looks anew each time' diff <(echo 'charged 1.0 GiB of 2.0 GiB, 50%') \
	<(sed 's/   */ /; s/  \[.*//' <<<"$charged")
mv "$root/sys/class/misc/hostmem" "$root/unloaded"
end
expect 'the module is unloaded meanwhile' diff <(echo 1; echo 'hostmem: the module is not loaded') \
	<(echo "$status"; cat "$tmp/err")

conclude
