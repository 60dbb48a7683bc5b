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

# can_be_root: commands with $sudo before them can run.
can_be_root()
{
	[ ! "$sudo" ] || command -v "$sudo" >/dev/null
}

# lacks_room DIRECTORY MIB: prints that there is less, if there is, to go on with in a line.
lacks_room()
{
	local left

	left=$(($(df --output=avail -k "$1" | tail -n 1) / 1024))
	[ "$left" -ge "$2" ] || printf '; %s' "$1 has only $left MiB left"
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

# Options for apt; none: it uses this machine's own package lists. And where these are.
apt=() lists=/var/lib/apt/lists

# How often it tries again what it can't fetch: hardly, while there is something else to
# try.
retries=1 offline=''

# update_lists COMMAND...: have COMMAND, an apt-get with options, fetch new package lists.
# False if there are no more than before.
update_lists()
{
	local before

	before=$(stat -c '%n %z' "$lists"/*_dists_* 2>/dev/null || :)
	if "$@" -o Acquire::Retries=1 -o APT::Update::Error-Mode=any update -qq >&2; then
		retries=3
	else
		offline=yes
		[ "$before" != "$(stat -c '%n %z' "$lists"/*_dists_* 2>/dev/null || :)" ]
	fi
}

# MiB that packages take while something is made of them.
room=200

# fail_fetch WHAT: the end of a script that can't get WHAT, with what is known to be in
# the way.
fail_fetch()
{
	local ways

	ways=$(lacks_room "$cache" $room)
	[ ! "$ways" ] || ways+=': make room there, or have XDG_CACHE_HOME name another directory'
	[ ! "$offline" ] || ways+="; apt can't fetch its lists: is there a network? It takes one the first time"
	[ "${DEPS:-}" != no ] || ways+='; DEPS=no forbids to install what is missing'
	can_be_root || ways+='; not root, and there is no sudo'
	fail "no $1$ways"
}

# Of the packages that are wanted: what apt has behind a name, ":arm64" or nothing.
of=

# Where this machine gets Debian from, however its sources are written down.
archive()
{
	# shellcheck disable=SC2016 # apt expands it
	apt-get indextargets --format '$(ORIGIN) $(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
		grep -m1 -oP '^Debian [^ -]+ \K.*'
}

# All of Debian that this machine has: lines of where from and which suite.
own_suites()
{
	# shellcheck disable=SC2016 # apt expands it
	apt-get indextargets --format '$(ORIGIN) $(REPO_URI) $(RELEASE)' 'Created-By: Packages' |
		sed -n 's/^Debian //p' | sort -u | grep .
}

# use_lists_in DIRECTORY: from here on apt knows what sources.list in there names, and
# nothing else.
use_lists_in()
{
	lists=$1/lists
	mkdir -p "$lists/partial"
	apt=(-o "Dir::Etc::SourceList=$1/sources.list" -o Dir::Etc::SourceParts=/dev/null
	     -o "Dir::State::Lists=$1/lists" -o "Dir::Cache=$1" -o Acquire::Languages=none)
	# What cross-builds comes from here, and the rest is what is built for.
	[ ! "$of" ] || apt+=(-o APT::Architectures::=amd64 -o "APT::Architectures::=${of#:}")
}

# list_line TYPE URI SUITE
list_line()
{
	echo "$1 [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $2 $3 main"
}

# use_lists DIRECTORY TYPE SUITE...: from here on apt knows these Debian suites and no
# others, and prefers the last. They come from the archive that this machine uses; their
# lists are in the cache. TYPE is deb, or deb-src for source packages.
use_lists()
{
	local dir=$cache/apt/$1 type=$2 uri suite

	shift 2
	uri=$(with_update archive) || return
	mkdir -p "$dir"
	for suite; do
		list_line "$type" "$uri" "$suite"
	done >"$dir/sources.list"
	use_lists_in "$dir"
	apt+=(-o "APT::Default-Release=$suite")
	say "updating the package lists of $*"
	update_lists run_apt
}

# The suites that this machine has, of another architecture, too: $of.
use_own_suites()
{
	local dir=$cache/apt/own${of/:/-} uri suite suites

	suites=$(with_update own_suites) || return
	mkdir -p "$dir"
	while read -r uri suite; do
		list_line deb "$uri" "$suite"
	done <<<"$suites" >"$dir/sources.list"
	use_lists_in "$dir"
	say "updating the package lists of this Debian for ${of#:}"
	update_lists run_apt
}

use_suites()
{
	use_lists "$1${of/:/-}" deb "$@"
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
	with_apt apt-get "${apt[@]}" -o APT::Sandbox::User=root -o "Acquire::Retries=$retries" "$@" >&2
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

# unpack_headers PACKAGE: a kernel's headers, and what they are built with, into usr in the
# current directory, where they can be used as they are: they name one absolute path. Nothing
# else of them: a lib there would hide a system's own.
unpack_headers()
{
	local package

	for package in "$1" "$(dependency_of "$1" '.*-common\(-rt\)\?$')" \
		       "$(dependency_of "$1" linux-kbuild-)"; do
		download "$package" && dpkg-deb --fsys-tarfile ./*.deb | tar -x ./usr &&
			rm ./*.deb || return
	done
	sed -i 's|/usr/src/|../|' "usr/src/${1%:*}/Makefile"
}

# with_update COMMAND...: tries again with new package lists if COMMAND fails,
# as it does where there are none yet or old ones; but not where there is no room.
with_update()
{
	"$@" && return
	[ "${DEPS:-}" != no ] && can_be_root && [ ! "$(lacks_room "$cache" $room)" ] || return
	say "updating apt's package lists"
	update_lists with_apt $sudo apt-get && "$@"
}
