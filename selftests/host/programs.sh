#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Description: LuaJIT, by its own code for Windows, does the same on this memory as on its
# own. It is one of those that "make programs" runs, and the quickest.

set -eu

# shellcheck source=SCRIPTDIR/common.sh
. "$(dirname "$(realpath "$0")")/common.sh"
exec "$top/selftests/programs/run" luajit
