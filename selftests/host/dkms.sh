#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Description: "make dkms" ends with a module of the sources as they are, for each
# kernel that had one, or fails, whether the version is the same or not. With a module of
# one line, and DKMS's own script.

set -eu

# shellcheck source=SCRIPTDIR/expect.sh
. "$(dirname "$(realpath "$0")")/expect.sh"
cd "$(dirname "$0")/../.."
top=$PWD
here=6.1.0-here there=6.1.0-there
headers=''
eval "$(selftests/vm/kernel 6.1)"

# Everything of DKMS's is below $tmp, so nobody needs to be root; nothing is signed.
mkdir -p "$tmp"/{bin,tree,modules/{"$here","$there"},source/{module,uapi}}
cat >"$tmp/bin/dkms" <<EOF
#!/bin/sh
exec /usr/sbin/dkms --dkmstree "$tmp/tree" --sourcetree "$tmp/src" --installtree "$tmp/modules" \
	--kernelsourcedir "$headers" --no-depmod "\$@"
EOF
# shellcheck disable=SC2016 # that script expands it
printf '#!/bin/sh\ncase $1 in -r) echo %s ;; *) exec /bin/uname "$@" ;; esac\n' "$here" \
	>"$tmp/bin/uname"
printf '#!/bin/sh\necho 0\n' >"$tmp/bin/id"
chmod +x "$tmp"/bin/*
export PATH=$tmp/bin:/usr/sbin:/sbin:$PATH SRCDIR=$tmp/src sign_file=none

cp dkms.conf "$tmp/source"
printf 'obj-m := hostmem.o\nhostmem-y := module/main.o\n' >"$tmp/source/Kbuild"
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)

# change STATEMENT: the sources say something else than before.
change()
{
	printf '#include <linux/module.h>\nMODULE_LICENSE("GPL");\n%s;\n' "$1" \
		>"$tmp/source/module/main.c"
}

make_dkms()
{
	(cd "$tmp/source" && "$top/module/dist/dkms.sh" install "$version" dkms.conf Kbuild module uapi)
}

# installed KERNEL TEXT: that kernel's module says so.
installed()
{
	grep -aq "description=$2" "$tmp/modules/$1/updates/dkms/hostmem.ko"
}

nothing_installed()
{
	! find "$tmp/modules" -name '*.ko*' | grep .
}

# alone: there is this version and no other, in DKMS and in its sources.
alone()
{
	[ "$(dkms status hostmem | sed 's/[,:].*//' | sort -u)" = "hostmem/$version" ] &&
		[ "$(ls "$tmp/src")" = "hostmem-$version" ]
}

# without_dkms COMMAND...: fails, says which package is missing, and writes nothing.
without_dkms()
{
	! DKMS=no-such-dkms SRCDIR=$tmp/none "$@" 2>"$tmp/said" &&
		grep -q 'install the package dkms' "$tmp/said" && [ ! -e "$tmp/none" ]
}

# packaged: refused, because a Debian package has the module, and nothing is written.
packaged()
{
	mkdir -p "$tmp/packaged"
	printf '#!/bin/sh\necho installed\n' >"$tmp/packaged/dpkg-query"
	chmod +x "$tmp/packaged/dpkg-query"
	! PATH=$tmp/packaged:$PATH SRCDIR=$tmp/none make_dkms 2>"$tmp/said" &&
		grep -q 'package hostmem-dkms' "$tmp/said" && [ ! -e "$tmp/none" ]
}

# The check must come before anything that "make dkms" installs.
checks_first()
{
	make -n dkms | grep -v '^make' | head -1 | grep 'dkms.sh check'
}

fails()
{
	! "$@"
}

change 'MODULE_DESCRIPTION("first")'
expect 'the first module' make_dkms
expect 'it is there' installed $here first
expect 'another kernel gets one, too' dkms install "hostmem/$version" -k $there

change 'MODULE_DESCRIPTION("second")'
expect 'other sources of the same version' make_dkms
expect 'their module is there' installed $here second
expect 'for the other kernel, too' installed $there second

version=$version.1
sed -i "s/^PACKAGE_VERSION=.*/PACKAGE_VERSION=\"$version\"/" "$tmp/source/dkms.conf"
change 'MODULE_DESCRIPTION("newer")'
expect 'a new version' make_dkms
expect 'its module is there' installed $here newer
expect 'for the other kernel, too' installed $there newer
expect 'no older version is left for the next kernel' alone
expect 'once more, with the same sources' make_dkms
expect 'their module is still there' installed $here newer

change 'error'
expect 'sources that cannot be built' fails make_dkms
expect 'leave no older module' nothing_installed

change 'MODULE_DESCRIPTION("third")'
expect 'sources that can be built again' make_dkms
expect 'their module is there again' installed $here third

rm -rf "$tmp/src"
change 'MODULE_DESCRIPTION("fourth")'
expect 'after the copy of the sources was removed' make_dkms
expect 'the module is there' installed $here fourth

expect 'removed' module/dist/dkms.sh remove
expect 'no module remains' nothing_installed
expect 'nor its sources' [ -z "$(ls "$tmp/src")" ]

expect 'DKMS is missing' without_dkms module/dist/dkms.sh check
expect 'nothing is installed without it' without_dkms make_dkms
expect 'a package has the module' packaged
expect '"make dkms" looks for it first' checks_first

conclude
