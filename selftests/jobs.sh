# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Jobs that run at the same time, each in a process group of its own, with its output
# in a file; to be sourced. A signal ends all of them, and then this shell.

declare -A wanted=() command=() status=() id_of=() begun=() took=()
pending=() minute=''

# job ID WANTED COMMAND...: COMMAND, whose words have no spaces, is run when the jobs of
# the list WANTED have ended well. If one has not, neither has this one.
job()
{
	pending+=("$1")
	wanted[$1]=$2
	command[$1]=${*:3}
}

# may_begin ID: have those that it wants ended? The worst of them is in $worst.
may_begin()
{
	local want

	worst=0
	for want in ${wanted[$1]}; do
		[ "${status[$want]-}" ] || return 1
		[ "${status[$want]}" -eq 0 ] || worst=${status[$want]}
	done
}

# begin ID LOGS TELL
begin()
{
	if [ "$worst" -ne 0 ]; then
		status[$1]=$worst
		return
	fi
	set -m
	# shellcheck disable=SC2086 # several words
	${command[$1]} >"$2/$1" 2>&1 </dev/null &
	set +m
	id_of[$!]=$1
	begun[$1]=$SECONDS
	"$3" begins "$1"
}

# begin_some LANES LOGS TELL: the first ones that may, while fewer than that run.
begin_some()
{
	local i worst

	for i in "${!pending[@]}"; do
		[ ${#id_of[@]} -lt "$1" ] || return 0
		if may_begin "${pending[i]}"; then
			begin "${pending[i]}" "$2" "$3"
			unset "pending[i]"
		fi
	done
}

# run_jobs LANES LOGS REPORT [TELL]: so many at a time, with their output in the directory
# LOGS; calls REPORT ID STATUS when one ends. Then its seconds are in ${took[ID]}. Calls
# TELL begins ID, and every minute TELL minute.
run_jobs()
{
	local pid ended tell=${4:-:}

	trap stop_jobs EXIT
	for pid in HUP INT TERM; do
		# As without this trap, so that a make above stops, too.
		# shellcheck disable=SC2064 # the name now, the number of this shell, too
		trap "stop_jobs; trap - EXIT $pid; kill -$pid $$" "$pid"
	done
	while [ ${#pending[@]} -gt 0 ] || [ ${#id_of[@]} -gt 0 ]; do
		begin_some "$1" "$2" "$tell"
		[ ${#id_of[@]} -gt 0 ] || continue
		if [ ! "$minute" ]; then
			sleep 60 &
			minute=$!
		fi
		ended=0
		wait -n -p pid "${!id_of[@]}" "$minute" || ended=$?
		if [ "$pid" = "$minute" ]; then
			minute=''
			"$tell" minute
			continue
		fi
		status[${id_of[$pid]}]=$ended
		# shellcheck disable=SC2034 # for who has sourced this
		took[${id_of[$pid]}]=$((SECONDS - ${begun[${id_of[$pid]}]}))
		"$3" "${id_of[$pid]}" "$ended"
		unset "id_of[$pid]"
	done
	trap - EXIT HUP INT TERM
	[ ! "$minute" ] || kill "$minute"
	minute=''
}

# shellcheck disable=SC2317 # the traps call it
stop_jobs()
{
	local pid

	trap '' HUP INT TERM
	for pid in "${!id_of[@]}"; do
		kill -- "-$pid" 2>/dev/null || :
	done
	[ ! "$minute" ] || kill "$minute" 2>/dev/null || :
	wait
}
