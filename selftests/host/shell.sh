#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Description: the project's shell scripts have no findings by shellcheck.

set -eu
cd "$(dirname "$0")/../.."
# shellcheck disable=SC2046 # no spaces in the project's file names
shellcheck -x $(grep -rlE '^#!.*[/ ](ba)?sh' .ci module/dist selftests --exclude='*.[chod]')
