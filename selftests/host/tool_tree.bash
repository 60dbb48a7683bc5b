# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Made-up trees for the tests of the tool, userlib/tool/hostmem; to be sourced after
# expect.sh. They are what the kernel would show, in $tmp/root.

root=$tmp/root
tool=$(dirname "${BASH_SOURCE[0]}")/../../userlib/tool/hostmem
make -s -C "$(dirname "$tool")/.." tool/hostmem
tool=$(realpath "$tool")

# Neither colours nor a width from outside.
unset COLUMNS NO_COLOR
export LC_ALL=C.UTF-8

# hostmem ARGUMENT...: the tool on the tree.
hostmem()
{
	"$tool" --root "$root" "$@"
}

# tree: a new one, with a module that nobody uses.
tree()
{
	local counters=$root/sys/class/misc/hostmem parameters=$root/sys/module/hostmem/parameters

	rm -rf "$root"
	mkdir -p "$counters" "$parameters" "$root/proc"
	echo 524288 >"$counters/charged_kb"
	echo 2097152 >"$counters/limit_kb"
	echo 2 >"$counters/waiting"
	echo 12 >"$counters/refused"
	echo 3072 >"$counters/reset_kb"
	echo 65536 >"$counters/pooled_kb"
	echo 5 >"$counters/spaces"
	echo 2048 >"$parameters/commit_limit_mb"
	echo 10 >"$parameters/critical_reserve_pct"
}

# process PID [NAME [FLAGS]]: without descriptors or mappings.
process()
{
	local directory=$root/proc/$1

	mkdir -p "$directory/fd" "$directory/fdinfo"
	printf '%s\n' "${2:-program}" >"$directory/comm"
	printf '%s (%s) S 1 1 1 0 -1 %s 0\n' "$1" "${2:-program}" "${3:-4194560}" >"$directory/stat"
	: >"$directory/maps"
}

# opens PID FD FILE: the file that fdinfo has made.
opens()
{
	ln -sf "${4:-/dev/hostmem}" "$root/proc/$1/fd/$2"
	cp "$tmp/$3" "$root/proc/$1/fdinfo/$2"
}

# fdinfo FILE OWNER [KEY=VALUE]...: what is not named is 0; region lines from the input.
fdinfo()
{
	local -A value=([regions]=0 [reserved]='0 kB' [committed]='0 kB' [overhead]='0 kB'
		[limit]='0 kB' [waiting]=0 [pinned]='0 kB' [prepared]='0 kB' [reset]='0 kB'
		[owner]=$2 [flags]=none)
	local file=$tmp/$1 key

	for key in "${@:3}"; do
		value[${key%%=*}]=${key#*=}
	done
	printf 'pos:\t0\nflags:\t02100002\nmnt_id:\t26\nino:\t345\n' >"$file"
	for key in regions reserved committed overhead limit waiting pinned prepared reset \
			owner flags; do
		printf 'hostmem-%s:\t%s\n' "$key" "${value[$key]}" >>"$file"
	done
	sed 's/^/hostmem-region:\t/' >>"$file"
	if [ -n "${value[more-regions]:-}" ]; then
		printf 'hostmem-more-regions:\t%s\n' "${value[more-regions]}" >>"$file"
	fi
}

# says STATUS OUTPUT ERROR COMMAND...: exactly that; the words are printf's formats.
says()
{
	local status=0

	"${@:4}" >"$tmp/out" 2>"$tmp/err" || status=$?
	# shellcheck disable=SC2059 # they are formats
	if ! diff -u <(printf "$2") "$tmp/out" || ! diff -u <(printf "$3") "$tmp/err" ||
	   [ "$status" -ne "$1" ]; then
		echo "status $status, expected $1"
		return 1
	fi
}
