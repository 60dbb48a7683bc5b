#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Description: sparse finds nothing in the module: no confusion of user and kernel
# pointers, of types with few operations (gfp_t, vm_fault_t, __le32), of locks.

set -eu

# shellcheck source=SCRIPTDIR/common.sh
. "$(dirname "$(realpath "$0")")/common.sh"
new_copy sparse
find_tools

# Without these three, which blame us for the kernel's struct_size() and min(), and for
# its READ_ONCE() of a bool.
flags=(-Wsparse-all -Wno-flexible-array-sizeof -Wno-pointer-arith -Wno-sizeof-bool
	-fmax-warnings=unlimited)

build_module C=2 CF="${flags[*]}"
exit "$status"
