/* SPDX-License-Identifier: MIT */
/*
 * Doctor: the parts of `cancelpay doctor`.  Each says what it finds, good and
 * bad, and goes on.
 */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include "cli/checkup.h"
#include "cli/cli.h"

/*
 * doctor_files: where the database lies, who may read it and the key file, and
 * that no web server hands them out.  Forks, so before there are threads.
 */
void doctor_files(struct checkup *checkup, const struct cli *cli);

#endif
