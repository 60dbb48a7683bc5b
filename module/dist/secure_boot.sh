#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Says what an unsigned module needs where Secure Boot is on; nothing elsewhere. For the
# Makefile. EFIVARS: where the firmware's variables are.

set -eu

is_on()
{
	case $(mokutil --sb-state 2>/dev/null) in
	*enabled*)	return 0 ;;
	*disabled*)	return 1 ;;
	esac
	# Four bytes of attributes, then the value.
	for variable in "${EFIVARS:-/sys/firmware/efi/efivars}"/SecureBoot-*; do
		[ ! -r "$variable" ] || [ "$(od -An -tu1 -j4 -N1 "$variable" | tr -d ' ')" != 1 ] || return 0
	done
	return 1
}

! is_on || echo 'Secure Boot is on, and this module is unsigned, so the kernel will refuse it:' \
	'"make dkms" has DKMS sign it; see Secure Boot in README.md.'
