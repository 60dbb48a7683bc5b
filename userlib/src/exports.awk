# SPDX-License-Identifier: LGPL-2.1 OR MIT
# Makes the table that GetProcAddress() looks into of libhostmem.map: EXPORT(name) for
# each function with a name of Windows. Run by userlib/Makefile.
BEGIN { print "/* Made of libhostmem.map by exports.awk. */" }
/^[ \t]*hostmem_/ && !/hostmem_IID_/ {
	gsub(/^[ \t]*hostmem_|;.*/, "")
	print "EXPORT(" $0 ")"
}
