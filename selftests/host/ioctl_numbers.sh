#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Description: no header of the kernel has ioctls of hostmem's letter: not those that
# are installed for programs, nor those of the kernels that modules are built for.

set -eu
here=$(dirname "$(realpath "$0")")
# shellcheck source=SCRIPTDIR/../vm/common.sh
. "$here/../vm/common.sh"

# Installs the headers of 6.1. Others are looked at where they are there already.
"$here/../vm/kernel" 6.1 >/dev/null
places=(/usr/include/linux /usr/include/*-linux-gnu/asm /usr/include/asm-generic)
for place in /usr/include/{drm,misc,mtd,rdma,scsi,sound,video,xen} \
	     {,"$cache"/*/*,"$cache"/*/*/chroot}/usr/src/linux-headers-*-common/{include,arch}; do
	[ ! -d "$place" ] || places+=("$place")
done

# For each _IO(), _IOR(), ... in a header: its letter, as a number, be it written there or
# a name that some header defines; then the header, and what is written there.
users=$(find -L "${places[@]}" -name '*.h' -not -name hostmem.h -print0 | perl -0 -ne '
	sub number {
		my $digits = shift;

		return ord $1 if $digits =~ /^\x27(.)/;
		return $digits =~ /^0/ ? oct $digits : $digits;
	}

	chomp;
	open my $in, "<", $_ or next;
	my $text = do { local $/; <$in> };
	$text =~ s/\\\n//g;
	while ($text =~ /#\s*define\s+(\w+)\s+\(?\s*(\x27.\x27|0[xX][0-9a-fA-F]+|\d+)(?!\w)/g) {
		my ($name, $digits) = ($1, $2);
		$value{$name}{number($digits)} = 1;
	}
	$use{$_}{$1} = 1 while $text =~ /\b_IO[RWC]*\s*\(\s*(\x27.\x27|\w+)/g;

	END {
		for my $file (sort keys %use) {
			for my $name (sort keys %{$use{$file}}) {
				print "$_ $file $name\n" for $name =~ /^[\x27\d]/ ?
					number($name) : keys %{$value{$name}};
			}
		}
	}')

users_of()
{
	awk -v letter="$(($1))" '$1 == letter { print $2, $3 }' <<<"$users"
}

ours=$(sed -n 's/^#define HOSTMEM_IOC_MAGIC[[:space:]]*//p' "$here/../../uapi/linux/hostmem.h")
status=0

# A search that finds nothing at all would be no proof.
while read -r letter header name; do
	if ! users_of "$letter" | grep -qF "/$header $name"; then
		echo "the search doesn't find $name in $header"
		status=1
	fi
done <<-EOF
	0xb7 linux/nsfs.h NSIO
	0x3b linux/iommufd.h IOMMUFD_TYPE
	0x12 linux/fs.h 0x12
	0x56 linux/videodev2.h 'V'
EOF
if users_of "$ours" | grep .; then
	status=1
fi
exit "$status"
