/* SPDX-License-Identifier: MIT */
/*
 * Doctor: what the checks of `cancelpay doctor` report to.
 */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include <json-c/json.h>
#include <stdbool.h>

#include "cli/cli.h"

enum finding {
	FINDING_OK,
	FINDING_WARN,
	FINDING_FAIL,
	FINDING__COUNT
};

struct doctor {
	struct cli *cli;
	struct json_object *list; /* NULL: plain lines */
	enum finding worst;
};

/* doctor_tell: one check, and when it is not ok, what to do. */
void doctor_tell(struct doctor *doctor, enum finding finding, const char *check,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/*
 * doctor_live: moves a little money back on a test payment, to see whether
 * i'mport still does what the promise stands on.
 */
void doctor_live(struct doctor *doctor, const char *imp_uid);

#endif
