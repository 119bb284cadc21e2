/* SPDX-License-Identifier: MIT */
/*
 * From the configuration's words to the values the adapters take.
 */
#include "setup/setup.h"

#include <stdlib.h>
#include <string.h>

#include "app/resolve.h"
#include "app/trail.h"
#include "base/digest.h"
#include "base/host.h"
#include "base/rates.h"
#include "base/secret.h"
#include "base/text.h"
#include "provider/iamport_v1.h"
#include "store/store_sqlite.h"
#include "web/web_reply.h"

_Static_assert(RATES_KEY_LEN == DIGEST_LEN, "the key is an HMAC");

#define DAY_MS    INT64_C(86400000)
#define MINUTE_MS INT64_C(60000)

/* No fingerprint's bytes begin so, nor a key's (web/web_request.c). */
#define RATES_KEY_OF "\2rates"

/* A database connection that setup_close has to close. */
struct opened {
	struct store_sqlite *store;
	struct opened *next;
};

struct setup {
	const struct conf *conf;
	char boot[HOST_BOOT_SIZE]; /* the clock's */
	struct app app;
	struct iamport_v1 *v1;
	struct web web;
	struct ticket_secrets tickets;
	struct rates *rates;
	struct opened *opened;
};

static struct refund_policy
make_policy(const struct conf *conf)
{
	return (struct refund_policy){
		.month_rule = conf->policy_month_rule,
		.has_kcp_next_month = conf->policy_kcp_next_month,
		.is_method_checked = conf->policy_method_checked,
		.is_part_checked = conf->policy_part_checked,
		.is_account_required = conf->policy_account_required,
		.is_bank_checked = conf->policy_bank_checked,
		.is_tax_free_required = conf->policy_tax_free_required,
		.is_vat_required = conf->policy_vat_amount_required,
		.is_reason_required = conf->policy_reason_required,
		.per_refund_limit = conf->policy_per_refund_limit,
		.per_day_limit = conf->policy_per_day_limit,
		.approval_threshold = conf->policy_approval_threshold,
	};
}

static struct app
make_app(const struct conf *conf, char boot[static HOST_BOOT_SIZE])
{
	return (struct app){
		.clock = host_clock(boot),
		.chance = host_chance(),
		.policy = make_policy(conf),
		.duplicate_window_ms = conf->policy_duplicate_window_ms,
		.send_within_ms = conf->iamport_send_within_ms,
		.timeout_ms = conf->iamport_timeout_ms,
		.quiet_ms = conf->iamport_quiet_ms,
		.pending_ms = conf->iamport_pending_days * DAY_MS,
		.answer_ms = conf->server_answer_ms,
		.token_account = "",
		.write_answer = web_reply_answer,
		.code_name = web_reply_code,
	};
}

enum fault
setup_open(
    const struct conf *conf, struct setup **ret_setup, struct fault_note *note)
{
	struct setup *setup = calloc(1, sizeof(*setup));

	if (setup == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory to set up");
	setup->conf = conf;
	setup->app = make_app(conf, setup->boot);
	*ret_setup = setup;
	return FAULT_NONE;
}

void
setup_close(struct setup *setup)
{
	struct opened *opened;

	if (setup == NULL)
		return;
	while ((opened = setup->opened) != NULL) {
		setup->opened = opened->next;
		store_sqlite_close(opened->store);
		free(opened);
	}
	iamport_v1_close(setup->v1);
	rates_close(setup->rates);
	explicit_bzero(setup, sizeof(*setup));
	free(setup);
}

const struct app *
setup_app(const struct setup *setup)
{
	return &setup->app;
}

static enum fault
open_store(struct setup *setup, enum store_sqlite_mode mode,
    struct store *ret_store, struct fault_note *note)
{
	struct opened *opened = calloc(1, sizeof(*opened));
	enum fault f;

	if (opened == NULL)
		return fault_set(note, FAULT_NOMEM, "no memory for a store");
	f = store_sqlite_open(
	    setup->conf->store_path, mode, &opened->store, note);
	if (f != FAULT_NONE) {
		free(opened);
		return f;
	}
	opened->next = setup->opened;
	setup->opened = opened;
	*ret_store = store_sqlite_port(opened->store);
	return FAULT_NONE;
}

enum fault
setup_writer(
    struct setup *setup, struct store *ret_store, struct fault_note *note)
{
	return open_store(setup, STORE_SQLITE_WRITER, ret_store, note);
}

enum fault
setup_reader(
    struct setup *setup, struct store *ret_store, struct fault_note *note)
{
	return open_store(setup, STORE_SQLITE_READER, ret_store, note);
}

/* The account's name for the token is only known once there is a provider. */
static enum fault
open_provider(struct setup *setup, bool loads_late, struct fault_note *note)
{
	const struct conf *conf = setup->conf;
	struct iamport_v1_options options = {
		.base_url = conf->iamport_base_url,
		.key = conf->iamport_key,
		.secret = conf->iamport_secret,
		.tier = conf->iamport_tier,
		.ca_file = conf->iamport_ca_file,
		.max_connections = (int)conf->iamport_max_connections,
		.connect_timeout_ms = (int)conf->iamport_connect_timeout_ms,
		.timeout_ms = (int)conf->iamport_timeout_ms,
		.clock = setup->app.clock,
		.loads_late = loads_late,
	};
	enum fault f = iamport_v1_open(&options, &setup->v1, note);

	if (f == FAULT_NONE)
		setup->app.token_account = iamport_v1_account(setup->v1);
	return f;
}

static enum fault
provide(struct setup *setup, bool loads_late, struct provider *ret_provider,
    struct fault_note *note)
{
	enum fault f = FAULT_NONE;

	if (setup->v1 == NULL)
		f = open_provider(setup, loads_late, note);
	if (f == FAULT_NONE)
		*ret_provider = iamport_v1_provider(setup->v1);
	return f;
}

enum fault
setup_provider(
    struct setup *setup, struct provider *ret_provider, struct fault_note *note)
{
	return provide(setup, false, ret_provider, note);
}

enum fault
setup_late_provider(
    struct setup *setup, struct provider *ret_provider, struct fault_note *note)
{
	return provide(setup, true, ret_provider, note);
}

static enum web_auth_mode
auth_mode(enum conf_auth mode)
{
	switch (mode) {
	case CONF_AUTH_NONE:
		return WEB_AUTH_NONE;
	case CONF_AUTH_REMOTE_USER:
		return WEB_AUTH_REMOTE_USER;
	case CONF_AUTH_TICKET:
		return WEB_AUTH_TICKET;
	case CONF_AUTH_UNSET:
		break;
	}
	return WEB_AUTH_UNSET;
}

/* n bytes from exactly 2 n hex digits. */
static bool
parse_hex(const char *text, unsigned char *ret_bytes, size_t n)
{
	size_t i;

	if (strlen(text) != 2 * n)
		return false;
	for (i = 0; i < n; i++) {
		int high = text_hex_digit(text[2 * i]);
		int low = text_hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		ret_bytes[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

static enum fault
read_fingerprint_key(struct setup *setup, struct fault_note *note)
{
	const char *path = setup->conf->store_key_file;
	unsigned char *key = setup->web.fingerprint_key;
	char text[2 * sizeof(setup->web.fingerprint_key) + 1];
	struct fault_note inner = { "" };
	enum fault f;

	f = secret_read(path, text, sizeof(text), &inner);
	if (f != FAULT_NONE)
		return fault_set(note, f,
		    "[store] key_file: %.180s (cancelpay init makes it)",
		    inner.text);
	if (!parse_hex(text, key, sizeof(setup->web.fingerprint_key)))
		f = fault_set(note, FAULT_CONFIG,
		    "[store] key_file: %.120s: wants 64 hexadecimal digits",
		    path);
	explicit_bzero(text, sizeof(text));
	return f;
}

enum fault
setup_tickets(struct setup *setup, const struct ticket_secrets **ret_secrets,
    struct fault_note *note)
{
	const char *path = setup->conf->auth_ticket_secret_file;
	struct fault_note inner = { "" };
	enum fault f;

	if (*path == '\0')
		return fault_set(note, FAULT_CONFIG,
		    "[auth] ticket_secret_file: missing; it signs tickets");
	f = ticket_secrets_read(path, &setup->tickets, &inner);
	if (f != FAULT_NONE)
		return fault_set(
		    note, f, "[auth] ticket_secret_file: %.200s", inner.text);
	*ret_secrets = &setup->tickets;
	return FAULT_NONE;
}

enum fault
setup_web(
    struct setup *setup, const struct web **ret_web, struct fault_note *note)
{
	const struct conf *conf = setup->conf;
	const struct ticket_secrets *secrets;
	enum fault f;

	setup->web.auth = (struct web_auth){
		.mode = auth_mode(conf->auth_mode),
		.user_param = conf->auth_user_param,
		.secrets = &setup->tickets,
		.clock = setup->app.clock,
		.allowed_origins = conf->auth_allowed_origins,
	};
	setup->web.webhook_addresses = conf->policy_webhook_addresses;
	setup->web.static_dir = conf->server_static_dir;
	setup->web.chance = setup->app.chance;
	f = read_fingerprint_key(setup, note);
	if (f == FAULT_NONE && conf->auth_mode == CONF_AUTH_TICKET)
		f = setup_tickets(setup, &secrets, note);
	if (f == FAULT_NONE)
		*ret_web = &setup->web;
	return f;
}

static struct rates_limit
per_minute(int64_t n)
{
	return (struct rates_limit){ .n = n, .period_ms = MINUTE_MS };
}

/*
 * A look is over when i'mport has answered, and fresh for a while; whoever
 * waits for it waits as long.
 */
static void
set_limits(const struct conf *conf, struct rates_limit limits[LIMIT__COUNT])
{
	limits[LIMIT_ORDER_REFUNDS] =
	    per_minute(conf->policy_order_refunds_per_minute);
	limits[LIMIT_CALLER_REFUNDS] =
	    per_minute(conf->policy_caller_refunds_per_minute);
	limits[LIMIT_CALLER_READS] =
	    per_minute(conf->policy_caller_reads_per_minute);
	limits[LIMIT_ADDRESS_READS] =
	    per_minute(conf->policy_address_reads_per_minute);
	limits[LIMIT_ADDRESS_WEBHOOKS] =
	    per_minute(conf->policy_address_webhooks_per_minute);
	limits[LIMIT_OPEN_LOOKUPS] =
	    per_minute(conf->policy_webhook_lookups_per_minute);
	limits[LIMIT_KNOWN_LOOKUPS] = limits[LIMIT_OPEN_LOOKUPS];
	limits[LIMIT_UNKNOWN_LOOKUPS] = limits[LIMIT_OPEN_LOOKUPS];
	limits[LIMIT_LOOK] = (struct rates_limit){ .n = 1,
		.period_ms = conf->iamport_timeout_ms + RESOLVE_FRESH_MS };
	limits[LIMIT_NOTICE] = limits[LIMIT_LOOK];
	limits[LIMIT_REFUSALS] = per_minute(TRAIL_REFUSALS_PER_MINUTE);
	limits[LIMIT_LOG] = per_minute(1);
}

enum fault
setup_limits(struct setup *setup, struct fault_note *note)
{
	const struct conf *conf = setup->conf;
	struct rates_options options = { .database = conf->store_path,
		.clock = setup->app.clock };
	enum fault f;

	set_limits(conf, options.limits);
	digest_hmac(setup->web.fingerprint_key,
	    sizeof(setup->web.fingerprint_key), RATES_KEY_OF,
	    strlen(RATES_KEY_OF), options.key);
	f = rates_open(&options, &setup->rates, note);
	explicit_bzero(options.key, sizeof(options.key));
	if (f == FAULT_NONE)
		setup->app.limits = setup->web.limits =
		    rates_limits(setup->rates);
	return f;
}
