# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the programs' build scripts share; to be sourced. They run in a directory of their
# own, write to "version" what the program is, and print options for vm/run, one a line.

here=$(dirname "$(realpath "$0")")
top=$(realpath "$here/../../..")
# shellcheck source=SCRIPTDIR/../vm/common.sh
. "$top/selftests/vm/common.sh"

# How the glue finds hostmem, and sources for Windows <windows.h>.
# shellcheck disable=SC2034 # used by who sources this
hostmem=(-I"$top/userlib/include")
# shellcheck disable=SC2034
windows=("${hostmem[@]}" -I"$top/userlib/include/hostmem/win32")
# shellcheck disable=SC2034
library=$top/userlib/libhostmem.a

# glue: the preloaded library glue.so, from the program's glue.c; more flags may follow.
glue()
{
	gcc -Wall -Wextra -O2 -fPIC -shared "${hostmem[@]}" -o glue.so "$here/glue.c" "$@" \
		-L"$top/userlib" -lhostmem
}

# version_of PACKAGE: of one that is installed.
version_of()
{
	dpkg-query -W -f '${Version}' "$1" >version
}

# unpack_source PACKAGE: what Debian builds that package from, with its patches, in src/.
# Downloaded once, from where this machine gets Debian.
unpack_source()
{
	local dir=$cache/sources/$1 tmp

	if ! compgen -G "$dir/*.dsc" >/dev/null; then
		lock_cache sources
		use_sources "$(. /etc/os-release && echo "$VERSION_CODENAME")"
		tmp=$(mktemp -d "$cache/sources/tmp.XXXXXX")
		say "fetching the source of $1"
		(cd "$tmp" && run_apt -q source --download-only "$1") || fail "no source of $1"
		remove "$dir"
		mv -T "$tmp" "$dir"
	fi
	rm -rf src
	dpkg-source --no-check -x "$dir"/*.dsc src >/dev/null
	sed -n 's/^Version: //p' "$dir"/*.dsc >version
}
