# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the scripts beside this one share; to be sourced.

cache=${XDG_CACHE_HOME:-~/.cache}/hostmem

sudo=
[ "$(id -u)" -eq 0 ] || sudo=sudo

say()
{
	echo "$(basename "$0"): $*" >&2
}

fail()
{
	say "$@"
	exit 1
}

# remove PATH...: some of it may be root's, made by $sudo.
remove()
{
	rm -rf "$@" 2>/dev/null || $sudo rm -rf "$@"
}

# lock_cache DIRECTORY: one script at a time changes that directory of the cache,
# until it ends.
lock_cache()
{
	local dir=$cache/$1

	mkdir -p "$dir"
	exec 9>"$dir/lock"
	flock 9
	remove "$dir"/tmp.*	# of an interrupted script
}

# Options for apt; none: it uses this machine's own package lists.
apt=()

# Where this machine gets Debian from, however its sources are written down.
archive()
{
	# shellcheck disable=SC2016 # apt expands it
	apt-get indextargets --format '$(ORIGIN) $(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
		grep -m1 -oP '^Debian [^ -]+ \K.*'
}

# use_lists DIRECTORY TYPE SUITE...: from here on apt knows these Debian suites and no
# others, and prefers the last. They come from the archive that this machine uses; their
# lists are in the cache. TYPE is deb, or deb-src for source packages.
use_lists()
{
	local dir=$cache/apt/$1 type=$2 uri suite

	shift 2
	uri=$(with_update archive) || return
	mkdir -p "$dir/lists/partial"
	for suite; do
		echo "$type [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $suite main"
	done >"$dir/sources.list"
	apt=(-o "Dir::Etc::SourceList=$dir/sources.list" -o Dir::Etc::SourceParts=/dev/null
	     -o "Dir::State::Lists=$dir/lists" -o "Dir::Cache=$dir" -o Acquire::Languages=none
	     -o "APT::Default-Release=$suite")
	say "updating the package lists of $*"
	run_apt update -qq
}

use_suites()
{
	use_lists "$1" deb "$@"
}

# The same for source packages.
use_sources()
{
	use_lists "$1-sources" deb-src "$@"
}

# with_apt COMMAND...: one at a time, since scripts that run at once use the same
# lists, and apt gives up where another one is at it.
with_apt()
{
	mkdir -p "$cache/apt"
	flock "$cache/apt/lock" "$@"
}

# As the user that runs this: apt's own may not write where we do.
run_apt()
{
	with_apt apt-get "${apt[@]}" -o APT::Sandbox::User=root "$@" >&2
}

# dependency_of PACKAGE PATTERN: the first package that PACKAGE depends on and
# whose name matches from its start; nothing if apt does not know PACKAGE.
dependency_of()
{
	with_apt apt-cache "${apt[@]}" show --no-all-versions "$1" 2>/dev/null |
		sed -n 's/^Depends: //p' | grep -o '[^ ,]*' | grep -m1 "^$2"
}

# download PACKAGE: into the current directory, without installing it.
download()
{
	say "fetching $1"
	run_apt -q download "$1"
}

# with_update COMMAND...: tries again with new package lists if COMMAND fails,
# as it does where there are none yet or old ones.
with_update()
{
	"$@" && return
	[ "${DEPS:-}" != no ] || return
	say "updating apt's package lists"
	with_apt $sudo apt-get update -qq >&2
	"$@"
}
