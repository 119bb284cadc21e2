/* SPDX-License-Identifier: MIT */
/*
 * Doctor: the parts of `cancelpay doctor`.  Each says what it finds, good and
 * bad, and goes on.
 */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include "cli/checkup.h"
#include "cli/cli.h"
#include "port/provider.h"

/*
 * doctor_files: where the database lies, who may read it and the key file, and
 * that no web server hands them out.  Forks, so before there are threads.
 */
void doctor_files(struct checkup *checkup, const struct cli *cli);

/*
 * doctor_live: tries on a payment what the promise rests on, once it has said
 * what it is going to do; without is_yes it stops there, with CLI_FOUND.
 */
enum cli_exit doctor_live(
    struct cli *cli, const char *imp_uid, bool is_yes, bool is_json);

/* doctor_ask: one call, waited for; the outcome is the caller's. */
void doctor_ask(const struct provider *provider, struct provider_call *call);

#endif
