/* SPDX-License-Identifier: MIT */
/*
 * Faults: "we could not do it".  A rule's "no" is a verdict (core/refund.h) and
 * what i'mport says happened is an outcome (port/provider.h); neither is a
 * fault.  The code travels up as the return value and decides the reply; the
 * text travels in a fault_note and goes to the log only.
 */
#ifndef CORE_FAULT_H
#define CORE_FAULT_H

#define MUST_CHECK __attribute__((warn_unused_result))

enum fault {
	FAULT_NONE = 0,
	FAULT_NOMEM,  /* allocation refused: 503 */
	FAULT_INPUT,  /* the caller's data is wrong: 400 */
	FAULT_BUSY,   /* somebody else holds it, try again later: 503 */
	FAULT_ABSENT, /* what was asked for is not there: 404 */
	FAULT_CONFIG, /* the operator has to mend something: no start, 500 */
	FAULT_IO,     /* disk, socket or a file in the way: 500 */
	FAULT_STORE,  /* the database refused or is not ours: 500 */
	FAULT_BUG,    /* a promise inside the program was broken: 500 */
	FAULT__COUNT
};

/* Fixed size, so that telling of a fault never needs memory. */
struct fault_note {
	char text[256];
};

/*
 * fault_set: write the note, cut at its size, and return the fault, so that
 * failing and leaving are one statement.  note may be NULL.
 */
enum fault fault_set(struct fault_note *note, enum fault fault,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

/* fault_name: a stable word for the log, "busy" for FAULT_BUSY. */
const char *fault_name(enum fault fault);

#endif
