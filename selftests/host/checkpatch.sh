#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Description: the kernel's checkpatch.pl has nothing to say about the project's C files.

set -eu

# shellcheck source=SCRIPTDIR/common.sh
. "$(dirname "$(realpath "$0")")/common.sh"
new_copy checkpatch
harness=$("$top/selftests/vm/harness")
cd "$copy"

# Names that it would not know for types; long ones first, as it takes the first that
# fits. Types of several words it could not be told at all: the copy has others, and
# not what calls and old C have between the words.
grep -rhE '^(typedef |} )' userlib/include | grep -oP '\w+(?=;$|, \*)' | sort -r >types
find userlib selftests -name '*.[ch]' -exec sed -i -E 's/_Atomic\((.*\*)\) /\1/
	s/_Atomic\((\w+)\)/\1/; s/_Atomic pid_t/pid_t/; s/unsigned __int128/long/g
	s/FIXTURE_VARIANT\((\w+)\) /struct \1 /
	s/\b(NTAPI|HOSTMEM_EXTENSION) //; s/__inline__/inline/' {} +

everywhere=(
	BIT_MACRO		# sizes and masks, also where there is no BIT()
	CONSTANT_COMPARISON	# takes MACRO(...) on the left for a constant
	LINUX_VERSION_CODE	# as code outside of the kernel must
	MACRO_ARG_REUSE		# iterators and checks; their arguments are variables
	UNCOMMENTED_DEFINITION	# of locks: the comment is the structure's
)
library=(
	ARRAY_SIZE		# the kernel's, as the next one
	PREFER_DEFINED_ATTRIBUTE_MACRO
	PREFER_KERNEL_TYPES	# user space has uint32_t
	CAMELCASE		# Windows' names
	NEW_TYPEDEFS		# Windows' types
	OPEN_ENDED_LINE		# calls of long names in calls of long names
	FUNCTION_ARGUMENTS	# takes casts in a call for a prototype's arguments
)
both_languages=(
	COMPLEX_MACRO		# the beginning of a declaration
	FUNCTION_WITHOUT_ARGS	# nothing in parentheses is C++'s (void)
	OPEN_BRACE		# methods of one line
	SPACING			# references; operator==
)
tests=(
	BRACES			# EXPECT_EQ() and the like are two statements
	COMPLEX_MACRO		# storage classes and statements in macros
	ENOSYS			# what it means: a kernel without the system call
	EMBEDDED_FUNCTION_NAME	# functions called guard and meminfo
	LONG_LINE_STRING	# text that is as wide as what it explains
	MACRO_WITH_FLOW_CONTROL	# checks that end a function
	STATIC_CONST_CHAR_ARRAY	# of addresses, which are not constant
	USE_NEGATIVE_ERRNO	# takes EXECUTE for one
	VOLATILE		# memory that signal handlers and others change
)

# check TYPES DIRECTORY|FILE...
check()
{
	local ignore=${1// /,}

	shift
	find "$@" -name '*.[ch]' -print0 | xargs -0 -P "$(nproc)" -n 10 \
		"$harness/scripts/checkpatch.pl" --no-tree --root userlib --strict \
		--terse --show-types --no-summary --typedefsfile types \
		--ignore "$ignore" -f || status=1
}

# Tracepoints are laid out as all of the kernel's are.
check "${everywhere[*]} OPEN_ENDED_LINE PARENTHESIS_ALIGNMENT" module/trace.h
rm module/trace.h
check "${everywhere[*]}" module
# The number of a call comes straight after its structure.
check "${everywhere[*]} LINE_SPACING" uapi
check "${everywhere[*]} ${library[*]} ${both_languages[*]}" \
	userlib/include/hostmem/{interfaces,unknwn}.h
rm userlib/include/hostmem/{interfaces,unknwn}.h
check "${everywhere[*]} ${library[*]}" userlib
check "${everywhere[*]} ${library[*]} ${tests[*]}" selftests
exit "$status"
