# SPDX-License-Identifier: LGPL-2.1 OR MIT
# shellcheck shell=bash
# Completes the arguments of hostmem(1) in bash; installed as completions/hostmem.

_hostmem()
{
	local command='' word cur=${COMP_WORDS[COMP_CWORD]} prev='' pid link
	local -A pids=()

	[ "$COMP_CWORD" -eq 0 ] || prev=${COMP_WORDS[COMP_CWORD - 1]}
	for word in "${COMP_WORDS[@]:1:COMP_CWORD - 1}"; do
		case $word in
		stat|map|watch)	command=${command:-$word} ;;
		esac
	done

	COMPREPLY=()
	case $prev in
	--svg)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return ;;
	--root)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		return ;;
	-n|-c)
		return ;;
	esac

	case $command:$cur in
	:-*)		word='--help --version --root' ;;
	:*)		word='stat map watch' ;;
	stat:*)		word='-k --root' ;;
	watch:*)	word='-k -n -c --root' ;;
	map:-*)		word='-k --all --svg --root' ;;
	map:*)
		# Those that have the device open, as far as that can be seen.
		for link in /proc/[0-9]*/fd/*; do
			if [ "$(readlink "$link" 2>/dev/null)" = /dev/hostmem ]; then
				pid=${link#/proc/}
				pids[${pid%%/*}]=1
			fi
		done
		word=${!pids[*]} ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$word" -- "$cur")
}

complete -F _hostmem hostmem
