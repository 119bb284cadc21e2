/* SPDX-License-Identifier: MIT */
/*
 * Setup: makes the app and its adapters out of a configuration.  The only
 * place that chooses which store and which provider run; the web program and
 * the operator's command share it.
 */
#ifndef SETUP_SETUP_H
#define SETUP_SETUP_H

#include "app/app.h"
#include "base/conf.h"
#include "base/ticket.h"
#include "port/provider.h"
#include "port/store.h"
#include "web/web_request.h"

struct setup;

/*
 * setup_open: opens no database and calls nobody yet.  Keeps conf until
 * setup_close.
 */
enum fault MUST_CHECK setup_open(
    const struct conf *conf, struct setup **ret_setup, struct fault_note *note);
void setup_close(struct setup *setup); /* and all it has opened */

const struct app *setup_app(const struct setup *setup);

/*
 * setup_writer, setup_reader: one more connection to the database; it lives
 * until setup_close.  FAULT_CONFIG: missing, foreign or of another version.
 */
enum fault MUST_CHECK setup_writer(
    struct setup *setup, struct store *ret_store, struct fault_note *note);
enum fault MUST_CHECK setup_reader(
    struct setup *setup, struct store *ret_store, struct fault_note *note);

/*
 * setup_provider: i'mport; one, made at the first call of either.
 * setup_late_provider: for who may have nothing to ask: what is slow to load,
 * and what may be wrong with base_url and ca_file, comes with the first
 * question, which then was not sent.
 */
enum fault MUST_CHECK setup_provider(struct setup *setup,
    struct provider *ret_provider, struct fault_note *note);
enum fault MUST_CHECK setup_late_provider(struct setup *setup,
    struct provider *ret_provider, struct fault_note *note);

/*
 * setup_limits: after setup_web: from then on what setup_app and setup_web gave
 * is limited as [policy] says.  Makes the file it is counted in, which not
 * every command should: without it nothing is limited.
 */
enum fault MUST_CHECK setup_limits(
    struct setup *setup, struct fault_note *note);

/*
 * setup_web: callers, pages and the fingerprint key (from its file, which has
 * to be there with mode 0600: cancelpay init makes it).
 */
enum fault MUST_CHECK setup_web(
    struct setup *setup, const struct web **ret_web, struct fault_note *note);

/*
 * setup_tickets: the secrets that sign tickets, from their file.  They live
 * until setup_close.
 */
enum fault MUST_CHECK setup_tickets(struct setup *setup,
    const struct ticket_secrets **ret_secrets, struct fault_note *note);

#endif
