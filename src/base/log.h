/* SPDX-License-Identifier: MIT */
/*
 * Log: one line an event, to stderr, syslog or a file.  The sink is the one
 * thing in the program that is global; log_open before threads start.
 * Never given: accounts, telephone numbers, keys, tokens, request bodies.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

#include "core/fault.h"

enum log_level {
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_INFO,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_ERROR,
	LOG_LEVEL__COUNT
};

/* target: "stderr", "syslog" or a file's path (appended to, mode 0600). */
enum fault MUST_CHECK log_open(const char *program, enum log_level level,
    bool is_json, const char *target, struct fault_note *note);
void log_close(void);

/*
 * log_event: event is a fixed word ("refund", "late_refund"); the rest is
 * free text of at most some hundred bytes.  Control characters are escaped,
 * so that an outside text can't forge a line.  Any thread.
 */
void log_event(enum log_level level, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

bool log_level_find(const char *name, enum log_level *ret_level);

#endif
