/* SPDX-License-Identifier: MIT */
/*
 * Cgi: the same program for one request: every step in a row, in one process
 * that the web server starts and may want to stop.
 */
#ifndef SERVE_CGI_H
#define SERVE_CGI_H

#include "app/app.h"
#include "port/provider.h"
#include "port/store.h"
#include "web/web_request.h"

/*
 * What a request may need, opened when it does: a status request should not
 * pay for a connection to i'mport.
 */
struct cgi {
	const struct app *app;
	const struct web *web;
	enum fault (*open_reader)(
	    void *arg, struct store *ret_reader, struct fault_note *note);
	enum fault (*open_writer)(void *arg, struct store *ret_writer,
	    struct provider *ret_provider, struct fault_note *note);
	void *arg;
};

/*
 * cgi_run: answers the request; what fails is logged.  Signals are held
 * (serve_hold_signals): the web server can't end us while money is on its way;
 * the process ends by itself, in bounded time.
 */
void cgi_run(const struct cgi *cgi);

/* cgi_refuse: the answer when we could not even get to cgi_run. */
void cgi_refuse(void);

#endif
