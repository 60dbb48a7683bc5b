#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Description: each public header compiles alone, as C and as C++.

set -eu
exec make -s -C "$(dirname "$0")/../../userlib" check-headers
