#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Usage: module/dist/deb.sh VERSION REVISION
# Makes Debian packages of build/hostmem-VERSION.tar.xz in build/deb, the same of the
# same archive. DEBFULLNAME and DEBEMAIL: who is named as their maintainer.

set -eu

version=$1
revision=$2
out=build/deb
tree=$out/hostmem-$version
debian=$tree/debian
maintainer="${DEBFULLNAME:-hostmem maintainers} <${DEBEMAIL:-hostmem@packages.invalid}>"

# A make above this is about something else.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES

fail()
{
	echo "deb.sh: $*" >&2
	exit 1
}

# userlib TARGET: what its makefile has to say.
userlib()
{
	# shellcheck disable=SC2016 # make expands it
	make -s -C "$tree/userlib" PREFIX=/usr --eval='soname: ; @echo $(SONAME)' "$@"
}

# The first chapter of CHANGELOG.md, as Debian writes it.
changes()
{
	tr -d '`' <"$tree/CHANGELOG.md" | awk '
		function flush() {
			if (line)
				print line
			line = ""
		}
		/^## / { if (chapter++) exit; next }
		!chapter { next }
		/^\* / { flush(); line = "  *"; sub(/^\*/, "") }
		{
			for (i = 1; i <= NF && line; i++) {
				if (length(line " " $i) > 78) {
					flush()
					line = "   "
				}
				line = line " " $i
			}
		}
		END { flush() }'
}

# indented FILE: as a field that goes on.
indented()
{
	sed 's/^[ \t]*$/./; s/^[ \t]*/ /' "$1"
}

command -v dpkg-buildpackage >/dev/null || fail 'install build-essential, debhelper and dh-dkms'
rm -rf "$out"
mkdir -p "$out"
tar -C "$out" -xf "build/hostmem-$version.tar.xz"
cp -r "$tree/module/dist/debian" "$debian"

so=$(userlib soname)
so=${so##*.}
for file in "$debian"/libhostmem.*; do
	mv "$file" "$debian/libhostmem$so.${file##*.}"
done

# The tool has a package if there is one.
if userlib -n install DESTDIR=/destdir | grep -q /destdir/usr/bin; then
	cat "$debian/control.tools" >>"$debian/control.in"
else
	rm "$debian/hostmem-tools.install"
fi
sed "/^#/d; s/@SO@/$so/; s/@MAINTAINER@/$maintainer/" "$debian/control.in" >"$debian/control"

indented "$tree/LICENSES/Linux-syscall-note" >"$debian/NOTE"
sed 1,4d "$tree/LICENSES/MIT" >"$debian/MIT.text"
indented "$debian/MIT.text" >"$debian/MIT"
sed -e '/^#/d' -e "/^@NOTE@/{r $debian/NOTE" -e 'd}' -e "/^@MIT@/{r $debian/MIT" -e 'd}' \
	"$debian/copyright.in" >"$debian/copyright"
rm "$debian"/control.* "$debian"/copyright.in "$debian"/NOTE "$debian"/MIT*

# A symbol is there since the version that its node in the map names.
{
	echo "libhostmem.so.$so libhostmem$so #MINVER#"
	echo '* Build-Depends-Package: libhostmem-dev'
	sed -n 's/^\(HOSTMEM_\([0-9.]*\)\) {.*/ (symver)\1 \2/p' "$tree/userlib/libhostmem.map"
} >"$debian/libhostmem$so.symbols"

# No upload to Debian, where a first one closes a bug.
if [ "$revision" = 1 ]; then
	sed -n 's/^Package: //p' "$debian/control" | while read -r package; do
		echo initial-upload-closes-no-bugs >"$debian/$package.lintian-overrides"
	done
fi

mkdir "$debian/source"
echo '3.0 (quilt)' >"$debian/source/format"
cat >"$debian/changelog" <<EOF
hostmem ($version-$revision) unstable; urgency=medium

$(changes)

 -- $maintainer  $(LC_ALL=C date -u -R -d "@$(stat -c %Y "$tree/.files")")
EOF

cd "$tree"
dpkg-checkbuilddeps || fail 'install these packages'
dpkg-buildpackage -us -uc -b -j"$(nproc)" >../log 2>&1 || {
	tail -n 40 ../log >&2
	fail "the packages can't be built; all of the log is in $out/log"
}
cd - >/dev/null
rm -r "$tree"
ls "$out"/*.deb
