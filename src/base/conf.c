/* SPDX-License-Identifier: MIT */
/*
 * One table names every key with its reader, default and range; the file, the
 * environment and the defaults all go through it.  inih takes the lines apart;
 * counting them is left to the function that hands them to it.
 */
#include "base/conf.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <ini.h>

#include "base/conf_value.h"
#include "base/rates.h"
#include "base/secret.h"
#include "core/money.h"

#define ENV_PREFIX  "CANCELPAY_"
#define ENV_CONFIG  "CANCELPAY_CONFIG"
#define KEY_SUFFIX  ".key"
#define FROM_ENV    (-1)
#define FILE_SHOWN  "%.120s"
#define VALUE_SHOWN "%.150s"

/* The result and the two files that only lead to it. */
struct draft {
	struct conf conf;
	char key_file[CONF_TEXT_SIZE];
	char secret_file[CONF_TEXT_SIZE];
};

struct key {
	const char *section;
	const char *name;
	conf_value *read;
	size_t at;           /* in struct draft */
	const char *unset;   /* default; NULL = has to be given */
	int64_t least, most; /* of a number; of a text its length */
	const char *takes;   /* NULL: the range says it */
};

#define AT(member) offsetof(struct draft, member)
#define TEXT_MOST  (CONF_TEXT_SIZE - 1)
#define MS_MOST    INT64_C(86400000)
/* sun_path with its NUL has 108. */
#define SOCKET_MOST 107

/* clang-format off */
static const struct key keys[] = {
	{ "store", "url", conf_value_store_url, AT(conf.store_path), NULL,
	    0, TEXT_MOST - sizeof(KEY_SUFFIX), "sqlite:/absolute/path" },
	{ "store", "key_file", conf_value_path, AT(conf.store_key_file), "",
	    0, TEXT_MOST, "an absolute path" },

	{ "iamport", "base_url", conf_value_base_url,
	    AT(conf.iamport_base_url), "https://api.iamport.kr",
	    0, TEXT_MOST,
	    "https://HOST[:PORT][/PATH]; http for loopback only" },
	{ "iamport", "key", conf_value_text, AT(conf.iamport_key), "",
	    0, TEXT_MOST, "visible ASCII characters" },
	{ "iamport", "key_file", conf_value_path, AT(key_file), "",
	    0, TEXT_MOST, "an absolute path" },
	{ "iamport", "secret", conf_value_text, AT(conf.iamport_secret), "",
	    0, TEXT_MOST, "visible ASCII characters" },
	{ "iamport", "secret_file", conf_value_path, AT(secret_file), "",
	    0, TEXT_MOST, "an absolute path" },
	{ "iamport", "ca_file", conf_value_path, AT(conf.iamport_ca_file), "",
	    0, TEXT_MOST, "an absolute path" },
	{ "iamport", "tier", conf_value_word, AT(conf.iamport_tier), "",
	    0, 32, "at most 32 letters, digits, '-' or '_'" },
	{ "iamport", "max_connections", conf_value_number,
	    AT(conf.iamport_max_connections), "256", 1, 10000, NULL },
	{ "iamport", "connect_timeout_ms", conf_value_number,
	    AT(conf.iamport_connect_timeout_ms), "5000", 1, MS_MOST, NULL },
	{ "iamport", "timeout_ms", conf_value_number,
	    AT(conf.iamport_timeout_ms), "60000", 1, MS_MOST, NULL },
	{ "iamport", "send_within_ms", conf_value_number,
	    AT(conf.iamport_send_within_ms), "10000", 1, MS_MOST, NULL },
	{ "iamport", "quiet_ms", conf_value_number,
	    AT(conf.iamport_quiet_ms), "180000", 1, MS_MOST, NULL },
	{ "iamport", "pending_days", conf_value_number,
	    AT(conf.iamport_pending_days), "30", 1, 3650, NULL },

	{ "auth", "mode", conf_value_mode, AT(conf.auth_mode), "",
	    0, 0, "ticket, remote-user or none" },
	{ "auth", "user_param", conf_value_user_param,
	    AT(conf.auth_user_param), "", 0, 64,
	    "capital letters, digits and '_'; not a variable that the "
	    "request decides, like HTTP_... or QUERY_STRING" },
	{ "auth", "ticket_secret_file", conf_value_path,
	    AT(conf.auth_ticket_secret_file), "", 0, TEXT_MOST,
	    "an absolute path" },
	{ "auth", "allowed_origins", conf_value_origins,
	    AT(conf.auth_allowed_origins), "", 0, TEXT_MOST,
	    "origins like https://shop.example, separated by spaces" },

	{ "policy", "duplicate_window_ms", conf_value_number,
	    AT(conf.policy_duplicate_window_ms), "10000", 0, MS_MOST, NULL },
	{ "policy", "month_rule", conf_value_month_rule,
	    AT(conf.policy_month_rule), "phone", 0, 0, "phone, all or off" },
	{ "policy", "kcp_next_month", conf_value_yes_no,
	    AT(conf.policy_kcp_next_month), "no", 0, 0, "yes or no" },
	{ "policy", "method_checked", conf_value_yes_no,
	    AT(conf.policy_method_checked), "yes", 0, 0, "yes or no" },
	{ "policy", "part_checked", conf_value_yes_no,
	    AT(conf.policy_part_checked), "yes", 0, 0, "yes or no" },
	{ "policy", "account_required", conf_value_yes_no,
	    AT(conf.policy_account_required), "yes", 0, 0, "yes or no" },
	{ "policy", "bank_checked", conf_value_yes_no,
	    AT(conf.policy_bank_checked), "yes", 0, 0, "yes or no" },
	{ "policy", "tax_free_required", conf_value_yes_no,
	    AT(conf.policy_tax_free_required), "no", 0, 0, "yes or no" },
	{ "policy", "vat_amount_required", conf_value_yes_no,
	    AT(conf.policy_vat_amount_required), "no", 0, 0, "yes or no" },
	{ "policy", "reason_required", conf_value_yes_no,
	    AT(conf.policy_reason_required), "no", 0, 0, "yes or no" },
	{ "policy", "order_refunds_per_minute", conf_value_number,
	    AT(conf.policy_order_refunds_per_minute), "30",
	    0, RATES_N_MOST, NULL },
	{ "policy", "caller_refunds_per_minute", conf_value_number,
	    AT(conf.policy_caller_refunds_per_minute), "0",
	    0, RATES_N_MOST, NULL },
	{ "policy", "caller_reads_per_minute", conf_value_number,
	    AT(conf.policy_caller_reads_per_minute), "0",
	    0, RATES_N_MOST, NULL },
	{ "policy", "address_reads_per_minute", conf_value_number,
	    AT(conf.policy_address_reads_per_minute), "60000",
	    0, RATES_N_MOST, NULL },
	{ "policy", "address_webhooks_per_minute", conf_value_number,
	    AT(conf.policy_address_webhooks_per_minute), "6000",
	    0, RATES_N_MOST, NULL },
	{ "policy", "webhook_lookups_per_minute", conf_value_number,
	    AT(conf.policy_webhook_lookups_per_minute), "600",
	    0, RATES_N_MOST, NULL },
	{ "policy", "webhook_addresses", conf_value_addresses,
	    AT(conf.policy_webhook_addresses), "", 0, TEXT_MOST,
	    "addresses and networks like 203.0.113.7 or 2001:db8::/32, "
	    "separated by spaces" },

	{ "policy", "per_refund_limit", conf_value_number,
	    AT(conf.policy_per_refund_limit), "0", 0, MONEY_MAX, NULL },
	{ "policy", "per_day_limit", conf_value_number,
	    AT(conf.policy_per_day_limit), "0", 0, MONEY_MAX, NULL },
	{ "policy", "approval_threshold", conf_value_number,
	    AT(conf.policy_approval_threshold), "0", 0, MONEY_MAX, NULL },

	{ "server", "max_in_flight", conf_value_number,
	    AT(conf.server_max_in_flight), "1024", 1, 100000, NULL },
	{ "server", "workers", conf_value_number,
	    AT(conf.server_workers), "2", 1, 64, NULL },
	{ "server", "static_dir", conf_value_path,
	    AT(conf.server_static_dir), PKGDATADIR "/www",
	    0, TEXT_MOST, "an absolute path, or nothing" },
	{ "server", "listen", conf_value_listen, AT(conf.server_listen), "",
	    0, SOCKET_MOST, "an absolute path of at most 107 bytes, "
	    "or ADDRESS:PORT of loopback: whoever reaches it "
	    "says who he is" },
	{ "server", "answer_ms", conf_value_number,
	    AT(conf.server_answer_ms), "25000", 1, MS_MOST, NULL },
	{ "server", "drain_ms", conf_value_number,
	    AT(conf.server_drain_ms), "8000", 0, MS_MOST, NULL },

	{ "log", "level", conf_value_level, AT(conf.log_level), "info",
	    0, 0, "debug, info, warning or error" },
	{ "log", "format", conf_value_format, AT(conf.log_format), "text",
	    0, 0, "text or json" },
	{ "log", "target", conf_value_target, AT(conf.log_target), "stderr",
	    0, TEXT_MOST, "stderr, syslog or an absolute path" },
};
/* clang-format on */
#define KEYS (sizeof(keys) / sizeof(keys[0]))

struct reading {
	struct draft draft;
	const char *file;
	FILE *stream;
	int line;                /* of the file, from 1; the one being read */
	int from[KEYS];          /* line that set a key, FROM_ENV or 0 */
	enum fault fault;        /* the first */
	struct fault_note *note; /* its text */
};

/* ---- refusing ---------------------------------------------------------- */

static void
upper_name(const struct key *key, char ret_name[static 64])
{
	char *p;

	(void)snprintf(
	    ret_name, 64, ENV_PREFIX "%s_%s", key->section, key->name);
	for (p = ret_name; *p != '\0'; p++)
		*p = (char)toupper((unsigned char)*p);
}

/* Where a key was set and what is wrong there; only the first one counts. */
static void
refuse(struct reading *reading, const struct key *key, const char *what)
{
	int from = reading->from[key - keys];
	char name[64];

	if (reading->fault != FAULT_NONE)
		return;
	upper_name(key, name);
	if (from == FROM_ENV)
		reading->fault = fault_set(reading->note, FAULT_CONFIG,
		    "%s: " VALUE_SHOWN, name, what);
	else if (from == 0)
		reading->fault = fault_set(reading->note, FAULT_CONFIG,
		    FILE_SHOWN ": [%s] %s: " VALUE_SHOWN, reading->file,
		    key->section, key->name, what);
	else
		reading->fault = fault_set(reading->note, FAULT_CONFIG,
		    FILE_SHOWN ":%d: [%s] %s: " VALUE_SHOWN, reading->file,
		    from, key->section, key->name, what);
}

static void
refuse_line(struct reading *reading, const char *what)
{
	if (reading->fault == FAULT_NONE)
		reading->fault = fault_set(reading->note, FAULT_CONFIG,
		    FILE_SHOWN ":%d: %s", reading->file, reading->line, what);
}

/* A value for a key; the value itself is never quoted, it may be a secret. */
static void
set(struct reading *reading, const struct key *key, const char *text)
{
	char range[160];

	if (key->read(
		text, key->least, key->most, (char *)&reading->draft + key->at))
		return;
	if (key->takes == NULL)
		(void)snprintf(range, sizeof(range),
		    "takes a whole number from %" PRId64 " to %" PRId64,
		    key->least, key->most);
	else
		(void)snprintf(range, sizeof(range), "takes %s", key->takes);
	refuse(reading, key, range);
}

/* ---- the file ---------------------------------------------------------- */

static const struct key *
find_key(const char *section, const char *name)
{
	size_t i;

	for (i = 0; i < KEYS; i++) {
		if (strcmp(keys[i].section, section) == 0 &&
		    strcmp(keys[i].name, name) == 0)
			return &keys[i];
	}
	return NULL;
}

static bool
has_section(const char *section)
{
	size_t i;

	for (i = 0; i < KEYS; i++) {
		if (strcmp(keys[i].section, section) == 0)
			return true;
	}
	return false;
}

/* ini_handler; 0 = refused. */
static int
take_pair(void *arg, const char *section, const char *name, const char *value)
{
	struct reading *reading = arg;
	const struct key *key = find_key(section, name);
	char what[160];

	if (key == NULL) {
		(void)snprintf(what, sizeof(what), "[%.48s] %.48s: unknown %s",
		    section, name, has_section(section) ? "key" : "section");
		refuse_line(reading, what);
	} else if (reading->from[key - keys] != 0) {
		(void)snprintf(what, sizeof(what),
		    "[%s] %s: set before in line %d", section, name,
		    reading->from[key - keys]);
		refuse_line(reading, what);
	} else {
		reading->from[key - keys] = reading->line;
		set(reading, key, value);
	}
	return reading->fault == FAULT_NONE;
}

/*
 * ini_reader: the next line, without leading blanks, which inih would take for
 * a continuation of the line before; and whole, because the rest of one that
 * does not fit would pass for a line of its own.
 */
static char *
next_line(char *line, int size, void *arg)
{
	struct reading *reading = arg;
	int c, n = 0;

	if (reading->fault != FAULT_NONE)
		return NULL;
	reading->line++;
	while ((c = getc(reading->stream)) == ' ' || c == '\t')
		;
	if (c == EOF)
		return NULL;
	for (; c != EOF && c != '\n'; c = getc(reading->stream)) {
		if (c == '\r' || c == '\t')
			c = ' ';
		if (iscntrl(c)) {
			refuse_line(reading, "holds a control character");
			return NULL;
		}
		if (n == size - 3) {
			refuse_line(reading, "line too long");
			return NULL;
		}
		line[n++] = (char)c;
	}
	line[n++] = '\n';
	line[n] = '\0';
	return line;
}

static enum fault
read_file(struct reading *reading)
{
	const struct key *secret = find_key("iamport", "secret");
	struct fault_note inner = { "" };
	char buffer[BUFSIZ]; /* stdio's own would keep a copy */
	int bad_line;

	reading->stream = fopen(reading->file, "re");
	if (reading->stream == NULL)
		return fault_set(reading->note, FAULT_CONFIG, FILE_SHOWN ": %s",
		    reading->file, strerror(errno));
	(void)setvbuf(reading->stream, buffer, _IOFBF, sizeof(buffer));
	bad_line = ini_parse_stream(next_line, reading, take_pair, reading);
	if (reading->fault == FAULT_NONE && ferror(reading->stream))
		reading->fault = fault_set(reading->note, FAULT_CONFIG,
		    FILE_SHOWN ": can't be read", reading->file);
	if (reading->fault == FAULT_NONE && bad_line != 0) {
		reading->line = bad_line;
		refuse_line(reading, "neither [section] nor key = value");
	}
	if (reading->draft.conf.iamport_secret[0] != '\0' &&
	    secret_check(fileno(reading->stream), "this file", &inner) !=
		FAULT_NONE)
		refuse(reading, secret, inner.text);
	(void)fclose(reading->stream);
	explicit_bzero(buffer, sizeof(buffer));
	return reading->fault;
}

/* ---- the environment --------------------------------------------------- */

static const struct key *
find_variable(const char *name, size_t len)
{
	char upper[64];
	size_t i;

	for (i = 0; i < KEYS; i++) {
		upper_name(&keys[i], upper);
		if (strlen(upper) == len && memcmp(upper, name, len) == 0)
			return &keys[i];
	}
	return NULL;
}

static bool
is_named(const char *variable, size_t len, const char *name)
{
	return strlen(name) == len && memcmp(variable, name, len) == 0;
}

/* As CGI, what the web server says of a request is in our environment. */
static bool
is_of_request(const struct reading *reading, const char *variable, size_t len)
{
	return is_named(variable, len, reading->draft.conf.auth_user_param);
}

static enum fault
read_environment(struct reading *reading, char *const *environment)
{
	const struct key *key;
	char *const *variable;
	size_t len;

	for (variable = environment; *variable != NULL; variable++) {
		len = strcspn(*variable, "=");
		key = find_variable(*variable, len);
		if (key == NULL)
			continue;
		reading->from[key - keys] = FROM_ENV;
		/* Whoever starts us may put anything there. */
		if ((*variable)[len] == '=')
			set(reading, key, *variable + len + 1);
		else
			refuse(reading, key, "is no NAME=VALUE");
	}
	for (variable = environment; *variable != NULL; variable++) {
		len = strcspn(*variable, "=");
		if (strncmp(*variable, ENV_PREFIX, strlen(ENV_PREFIX)) == 0 &&
		    find_variable(*variable, len) == NULL &&
		    !is_named(*variable, len, ENV_CONFIG) &&
		    !is_of_request(reading, *variable, len) &&
		    reading->fault == FAULT_NONE)
			reading->fault = fault_set(reading->note, FAULT_CONFIG,
			    "%.*s: names no key of the configuration",
			    len > 100 ? 100 : (int)len, *variable);
	}
	return reading->fault;
}

static const char *
environment_config(char *const *environment)
{
	size_t len = strlen(ENV_CONFIG);

	for (; *environment != NULL; environment++) {
		if (strncmp(*environment, ENV_CONFIG "=", len + 1) == 0 &&
		    (*environment)[len + 1] != '\0')
			return *environment + len + 1;
	}
	return NULL;
}

/* ---- the whole --------------------------------------------------------- */

static void
set_defaults(struct reading *reading)
{
	size_t i;

	for (i = 0; i < KEYS; i++) {
		if (keys[i].unset != NULL)
			set(reading, &keys[i], keys[i].unset);
	}
}

/* A value that stands itself or in a file of its own, but not both. */
static void
read_secret(struct reading *reading, const char *name, const char *name_file,
    char value[static CONF_TEXT_SIZE], const char *file)
{
	const struct key *key_file = find_key("iamport", name_file);
	struct fault_note inner = { "" };

	if (file[0] == '\0' && value[0] == '\0')
		refuse(reading, find_key("iamport", name), "missing");
	else if (file[0] != '\0' && value[0] != '\0')
		refuse(reading, key_file,
		    "set together with the value itself; use one of them");
	else if (file[0] != '\0' &&
	    secret_read(file, value, CONF_TEXT_SIZE, &inner) != FAULT_NONE)
		refuse(reading, key_file, inner.text);
}

/* What holds between keys. */
static enum fault
finish(struct reading *reading)
{
	struct draft *draft = &reading->draft;
	struct conf *conf = &draft->conf;

	if (conf->store_path[0] == '\0')
		refuse(reading, find_key("store", "url"),
		    "missing; takes sqlite:/absolute/path");
	if (conf->auth_mode == CONF_AUTH_REMOTE_USER &&
	    conf->auth_user_param[0] == '\0')
		refuse(reading, find_key("auth", "user_param"),
		    "missing; mode remote-user needs it");
	if (conf->auth_mode == CONF_AUTH_TICKET &&
	    conf->auth_ticket_secret_file[0] == '\0')
		refuse(reading, find_key("auth", "ticket_secret_file"),
		    "missing; mode ticket needs it");
	read_secret(
	    reading, "key", "key_file", conf->iamport_key, draft->key_file);
	read_secret(reading, "secret", "secret_file", conf->iamport_secret,
	    draft->secret_file);
	if (!conf_value_is_here(conf->iamport_base_url) &&
	    conf->iamport_quiet_ms <
		conf->iamport_send_within_ms + conf->iamport_timeout_ms)
		refuse(reading, find_key("iamport", "quiet_ms"),
		    "shorter than send_within_ms and timeout_ms together; "
		    "a refund could be paid twice");
	if (conf->store_key_file[0] == '\0')
		(void)snprintf(conf->store_key_file,
		    sizeof(conf->store_key_file), "%.*s" KEY_SUFFIX,
		    (int)(TEXT_MOST - strlen(KEY_SUFFIX)), conf->store_path);
	return reading->fault;
}

const char *
conf_file(const char *file, const char *default_file, char *const *environment)
{
	if (file == NULL)
		file = environment_config(environment);
	return file == NULL ? default_file : file;
}

enum fault
conf_read(const char *file, const char *default_file, char *const *environment,
    struct conf *ret_conf, struct fault_note *note)
{
	struct reading reading = { .note = note };
	enum fault f;

	reading.file = conf_file(file, default_file, environment);
	set_defaults(&reading);
	f = read_file(&reading);
	if (f == FAULT_NONE)
		f = read_environment(&reading, environment);
	if (f == FAULT_NONE)
		f = finish(&reading);
	if (f == FAULT_NONE)
		*ret_conf = reading.draft.conf;
	explicit_bzero(&reading, sizeof(reading));
	return f;
}

void
conf_wipe(struct conf *conf)
{
	explicit_bzero(conf, sizeof(*conf));
}
