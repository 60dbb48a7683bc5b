# SPDX-License-Identifier: LGPL-2.1 OR MIT
# Makes the table that GetProcAddress() looks into of libhostmem.map: EXPORTS, a name and a
# function for each one with a name of Windows. Run by userlib/Makefile.
BEGIN { print "/* Made of libhostmem.map by exports.awk. */" }
/^[ \t]*hostmem_/ && !/hostmem_IID_/ {
	gsub(/^[ \t]*hostmem_|;.*/, "")
	print "void hostmem_" $0 "(void);"
	table = table " \\\n\t{ \"" $0 "\", hostmem_" $0 " },"
}
END { print "#define EXPORTS" table }
