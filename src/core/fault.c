/* SPDX-License-Identifier: MIT */
/*
 * The text of faults.
 */
#include "core/fault.h"

#include <stdarg.h>
#include <stdio.h>

static const char *const names[] = {
	[FAULT_NONE] = "none",
	[FAULT_NOMEM] = "no memory",
	[FAULT_INPUT] = "input",
	[FAULT_BUSY] = "busy",
	[FAULT_ABSENT] = "absent",
	[FAULT_CONFIG] = "configuration",
	[FAULT_IO] = "input/output",
	[FAULT_STORE] = "store",
	[FAULT_BUG] = "bug",
};
_Static_assert(
    sizeof(names) / sizeof(names[0]) == FAULT__COUNT, "every fault has a name");

enum fault
fault_set(struct fault_note *note, enum fault fault, const char *format, ...)
{
	va_list args;

	if (note == NULL)
		return fault;
	va_start(args, format);
	(void)vsnprintf(note->text, sizeof(note->text), format, args);
	va_end(args);
	return fault;
}

const char *
fault_name(enum fault fault)
{
	return (unsigned)fault < FAULT__COUNT ? names[fault] : "?";
}
