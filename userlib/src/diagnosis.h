/* SPDX-License-Identifier: LGPL-2.1 OR MIT */
/*
 * What a person is told when the device can't be used: one line on stderr that says what
 * was tried, the errno by its name, and what to do.  Only if HOSTMEM_DEBUG is set in the
 * environment, for programs know what to do by the error that they get.
 *
 * Called by device.c and manager.c.
 */
#ifndef HOSTMEM_DIAGNOSIS_H
#define HOSTMEM_DIAGNOSIS_H

/**
 * enum hostmem_step - what has failed
 * @HOSTMEM_STEP_OPEN: open() of the device
 * @HOSTMEM_STEP_ASK: the first call, which shows whether it is the module's
 * @HOSTMEM_STEP_CALL: a later call, by an errno of the dictionary
 * @HOSTMEM_STEP_ANSWER: a later call, by any other
 * @HOSTMEM_STEP_FIND: the descriptor isn't the file's any more
 */
enum hostmem_step {
	HOSTMEM_STEP_OPEN,
	HOSTMEM_STEP_ASK,
	HOSTMEM_STEP_CALL,
	HOSTMEM_STEP_ANSWER,
	HOSTMEM_STEP_FIND,
};

/**
 * hostmem_diagnose() - tell why the device can't be used
 * @device: its path
 * @step: what has failed
 * @errnum: by which errno; 0: by none
 *
 * Says nothing of errors that calls are meant to have, nor the same twice in a process.
 * Takes no lock and preserves errno; may be called in signal handlers and fork children.
 */
void hostmem_diagnose(const char *device, enum hostmem_step step, int errnum);

#endif /* HOSTMEM_DIAGNOSIS_H */
