# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Made-up trees for the tests of the tool, userlib/tool/hostmem; to be sourced. They are
# what the kernel would show, in $tmp/root.

# shellcheck source=SCRIPTDIR/expect.sh
. "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/expect.sh"
top=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
root=$tmp/root

# HOSTMEM_TOOL: another build of it. A copy, for users who can't read where it lies.
if [ -z "${HOSTMEM_TOOL:-}" ]; then
	make -s -C "$top/userlib" tool/hostmem
fi
cp "${HOSTMEM_TOOL:-$top/userlib/tool/hostmem}" "$tmp/hostmem"
chmod 755 "$tmp"

# Neither colours nor a width from outside.
unset COLUMNS NO_COLOR POSIXLY_CORRECT
export LC_ALL=C.UTF-8

# hostmem ARGUMENT...: the tool on the tree.
hostmem()
{
	timeout 60 "$tmp/hostmem" --root "$root" "$@"
}

# nobody COMMAND...: without rights that root has.
nobody()
{
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all -- "$@"
	else
		"$@"
	fi
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

# fdinfo FILE OWNER [KEY=VALUE]...: what is not named is 0, and the id one for each name;
# region lines from the input.
fdinfo()
{
	local -A value=([regions]=0 [reserved]='0 kB' [committed]='0 kB' [overhead]='0 kB'
		[limit]='0 kB' [waiting]=0 [pinned]='0 kB' [prepared]='0 kB' [reset]='0 kB'
		[owner]=$2 [id]=$(cksum <<<"$1" | cut -d ' ' -f 1) [flags]=none)
	local file=$tmp/$1 key

	for key in "${@:3}"; do
		value[${key%%=*}]=${key#*=}
	done
	printf 'pos:\t0\nflags:\t02100002\nmnt_id:\t26\nino:\t345\n' >"$file"
	for key in regions reserved committed overhead limit waiting pinned prepared reset \
			owner id flags; do
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

# fails MESSAGE COMMAND...: with status 1, nothing on standard output, and that on stderr.
fails()
{
	says 1 '' "hostmem: $1\n" "${@:2}"
}

# lines COMMAND...: what it says, less the module's lines and what pads columns.
lines()
{
	"$@" | sed '1,/^$/d; s/^ *//; s/  */ /g'
}

# shows COMMAND...: lines as on standard input.
shows()
{
	diff -u - <(lines "$@" 2>&1)
}

# narrow COLUMNS COMMAND...: succeeds, and no line is longer.
narrow()
{
	COLUMNS=$1 "${@:2}" >"$tmp/out" || return
	[ -s "$tmp/out" ] && ! grep -nE "^.{$(($1 + 1)),}" "$tmp/out"
}
