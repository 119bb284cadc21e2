/* SPDX-License-Identifier: MIT */
/*
 * Each mishap has a set of routes where it means something; a rule elsewhere is
 * refused, so that a test does not wait for a fault that can't come.  A rule
 * that names none means reading for what only reading can show, else cancel.
 */
#include "sandbox/mishap.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox/refusal.h"

#define RULES_MAX  1000
#define SPEC_MAX   1000
#define NUMBER_MAX INT64_C(1000000000000)
#define ANY        0xfU
#define CANCEL     (1U << ROUTE_CANCEL)
#define PAID_CALL  (ANY & ~(1U << ROUTE_TOKEN))
#define BACK       (1U << ROUTE_READ | 1U << ROUTE_FIND)
_Static_assert(ROUTE__COUNT == 4, "ANY is all routes");

/* clang-format off */
static const struct {
	const char *name;
	unsigned routes; /* where it means something */
	int64_t ms;
} mishaps[] = {
	[MISHAP_NONE] =            { "none",            0,         0 },
	[MISHAP_DROP_BEFORE] =     { "drop_before",     ANY,       0 },
	[MISHAP_GARBAGE_BEFORE] =  { "garbage_before",  ANY,       0 },
	[MISHAP_HANG] =            { "hang",            ANY,       0 },
	[MISHAP_HTML_502] =        { "html_502",        ANY,       0 },
	[MISHAP_HTTP_401] =        { "http_401",        PAID_CALL, 0 },
	[MISHAP_HTTP_429] =        { "http_429",        ANY,       0 },
	[MISHAP_HTTP_500_BEFORE] = { "http_500_before", ANY,       0 },
	[MISHAP_HTTP_502_BEFORE] = { "http_502_before", ANY,       0 },
	[MISHAP_HTTP_503_BEFORE] = { "http_503_before", ANY,       0 },
	[MISHAP_PG_REFUSAL] =      { "pg_refusal",      CANCEL,    0 },
	[MISHAP_RESET_BEFORE] =    { "reset_before",    ANY,       0 },
	[MISHAP_TOKEN_EXPIRED] =   { "token_expired",   PAID_CALL, 0 },
	[MISHAP_LATE] =            { "late",            CANCEL,    3000 },
	[MISHAP_DRIP] =            { "drip",            ANY,       5 },
	[MISHAP_DROP_AFTER] =      { "drop_after",      ANY,       0 },
	[MISHAP_DUPLICATE] =       { "duplicate",       ANY,       0 },
	[MISHAP_EMPTY_BODY] =      { "empty_body",      ANY,       0 },
	[MISHAP_GARBAGE] =         { "garbage",         ANY,       0 },
	[MISHAP_HALF_BODY] =       { "half_body",       ANY,       0 },
	[MISHAP_HANG_AFTER] =      { "hang_after",      ANY,       0 },
	[MISHAP_HTTP_500_AFTER] =  { "http_500_after",  ANY,       0 },
	[MISHAP_HTTP_502_AFTER] =  { "http_502_after",  ANY,       0 },
	[MISHAP_HTTP_503_AFTER] =  { "http_503_after",  ANY,       0 },
	[MISHAP_HUGE_BODY] =       { "huge_body",       ANY,       0 },
	[MISHAP_LONG_BODY] =       { "long_body",       ANY,       0 },
	[MISHAP_NULL_RESPONSE] =   { "null_response",   ANY,       0 },
	[MISHAP_REDIRECT] =        { "redirect",        ANY,       0 },
	[MISHAP_RESET] =           { "reset",           ANY,       0 },
	[MISHAP_SLOW] =            { "slow",            ANY,       3000 },
	[MISHAP_UNKNOWN_FIELDS] =  { "unknown_fields",  ANY,       0 },
	[MISHAP_WRONG_TYPES] =     { "wrong_types",     ANY,       0 },
	[MISHAP_CHECKSUM_RACE] =   { "checksum_race",   CANCEL,    3000 },
	[MISHAP_NO_REASON] =       { "no_reason",       BACK,      0 },
	[MISHAP_SHORT_REASON] =    { "short_reason",    BACK,      0 },
	[MISHAP_STALE_READ] =      { "stale_read",      BACK,      3000 },
};
/* clang-format on */
_Static_assert(sizeof(mishaps) / sizeof(mishaps[0]) == MISHAP__COUNT,
    "every mishap has a row");

struct mishap_list {
	struct mishap_rule *rules;
	size_t n;
	uint64_t random;
};

const char *
mishap_name(enum mishap mishap)
{
	return mishaps[mishap].name;
}

bool
mishap_may(enum mishap mishap, enum route route)
{
	return (mishaps[mishap].routes & 1U << route) != 0;
}

static enum fault
read_name(const char *name, struct mishap_rule *rule, struct fault_note *note)
{
	int i;

	for (i = MISHAP_NONE + 1; i < MISHAP__COUNT; i++) {
		if (strcmp(mishaps[i].name, name) == 0) {
			rule->mishap = (enum mishap)i;
			return FAULT_NONE;
		}
	}
	return fault_set(note, FAULT_INPUT, "fault: no \"%.40s\"", name);
}

static enum fault
read_route(const char *text, struct mishap_rule *rule, struct fault_note *note)
{
	if (!route_find(text, &rule->route))
		return fault_set(note, FAULT_INPUT,
		    "route: not token, cancel, read or find");
	return FAULT_NONE;
}

static enum fault
read_p(const char *text, struct mishap_rule *rule, struct fault_note *note)
{
	char *end;

	rule->p = strtod(text, &end);
	if (end == text || *end != '\0' || !(rule->p >= 0 && rule->p <= 1))
		return fault_set(note, FAULT_INPUT, "p: not from 0 to 1");
	return FAULT_NONE;
}

static bool
parse_whole(const char *text, int64_t least, int64_t *ret_number)
{
	long long number;
	char *end;

	errno = 0;
	number = strtoll(text, &end, 10);
	*ret_number = number;
	return errno == 0 && *end == '\0' && text[0] >= '0' && text[0] <= '9' &&
	    number >= least && number <= NUMBER_MAX;
}

static enum fault
read_count(const char *text, struct mishap_rule *rule, struct fault_note *note)
{
	int64_t number;

	if (!parse_whole(text, 1, &number))
		return fault_set(
		    note, FAULT_INPUT, "count: not a whole number from 1");
	rule->count = (uint64_t)number;
	return FAULT_NONE;
}

static enum fault
read_nth(const char *text, struct mishap_rule *rule, struct fault_note *note)
{
	int64_t number;

	if (!parse_whole(text, 1, &number))
		return fault_set(
		    note, FAULT_INPUT, "nth: not a whole number from 1");
	rule->nth = (uint64_t)number;
	return FAULT_NONE;
}

static enum fault
read_ms(const char *text, struct mishap_rule *rule, struct fault_note *note)
{
	if (!parse_whole(text, 0, &rule->ms))
		return fault_set(
		    note, FAULT_INPUT, "ms: not a whole number from 0");
	return FAULT_NONE;
}

static enum fault
read_imp_uid(
    const char *text, struct mishap_rule *rule, struct fault_note *note)
{
	if (strlen(text) >= sizeof(rule->imp_uid))
		return fault_set(note, FAULT_INPUT, "imp_uid: too long");
	(void)strcpy(rule->imp_uid, text);
	return FAULT_NONE;
}

static enum fault
read_merchant_uid(
    const char *text, struct mishap_rule *rule, struct fault_note *note)
{
	if (strlen(text) >= sizeof(rule->merchant_uid))
		return fault_set(note, FAULT_INPUT, "merchant_uid: too long");
	(void)strcpy(rule->merchant_uid, text);
	return FAULT_NONE;
}

static enum fault
read_code(const char *text, struct mishap_rule *rule, struct fault_note *note)
{
	if (rule->mishap != MISHAP_PG_REFUSAL)
		return fault_set(
		    note, FAULT_INPUT, "code: only for pg_refusal");
	if (strlen(text) >= sizeof(rule->code) ||
	    refusal_text("", text) == NULL)
		return fault_set(note, FAULT_INPUT, "code: unknown");
	(void)strcpy(rule->code, text);
	return FAULT_NONE;
}

/* The mishap is read first: the defaults of the others depend on it. */
static const struct {
	const char *name;
	enum fault (*read)(const char *text, struct mishap_rule *rule,
	    struct fault_note *note);
} fields[] = {
	{ "route", read_route },
	{ "p", read_p },
	{ "count", read_count },
	{ "nth", read_nth },
	{ "imp_uid", read_imp_uid },
	{ "merchant_uid", read_merchant_uid },
	{ "ms", read_ms },
	{ "code", read_code },
};

static enum fault
read_field(const char *name, const char *text, struct mishap_rule *rule,
    struct fault_note *note)
{
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (strcmp(fields[i].name, name) == 0)
			return fields[i].read(text, rule, note);
	}
	return fault_set(note, FAULT_INPUT, "%.40s: unknown", name);
}

enum fault
mishap_read(const struct params *params, struct mishap_rule *ret_rule,
    struct fault_note *note)
{
	struct mishap_rule rule = { .p = 1, .count = UINT64_MAX };
	const char *name = params_get(params, "fault");
	enum fault f;
	size_t i;

	if (name == NULL)
		return fault_set(note, FAULT_INPUT, "fault: missing");
	f = read_name(name, &rule, note);
	if (f != FAULT_NONE)
		return f;
	rule.route =
	    mishaps[rule.mishap].routes == BACK ? ROUTE_READ : ROUTE_CANCEL;
	rule.ms = mishaps[rule.mishap].ms;
	for (i = 0; i < params->n; i++) {
		const struct params_item *item = &params->items[i];

		if (strcmp(item->name, "fault") == 0)
			continue;
		f = read_field(item->name, item->text, &rule, note);
		if (f != FAULT_NONE)
			return f;
	}
	if (!mishap_may(rule.mishap, rule.route))
		return fault_set(note, FAULT_INPUT,
		    "route: %s means nothing on %s", name,
		    route_name(rule.route));
	*ret_rule = rule;
	return FAULT_NONE;
}

/* "name" or "name:key=value,..." becomes "fault=name&key=value&...". */
enum fault
mishap_parse(
    const char *spec, struct mishap_rule *ret_rule, struct fault_note *note)
{
	static const char head[] = "fault=";
	char form[sizeof(head) + SPEC_MAX];
	struct params params;
	enum fault f;
	char *p;

	if (strlen(spec) > SPEC_MAX)
		return fault_set(
		    note, FAULT_INPUT, "longer than %d bytes", SPEC_MAX);
	(void)strcpy(form, head);
	(void)strcat(form, spec);
	p = strchr(form, ':');
	if (p != NULL)
		*p = '&';
	for (; p != NULL && (p = strchr(p, ',')) != NULL;)
		*p = '&';
	params_init(&params);
	f = params_form(&params, form, strlen(form), note);
	if (f == FAULT_NONE)
		f = mishap_read(&params, ret_rule, note);
	params_deinit(&params);
	return f;
}

struct mishap_list *
mishap_list_new(uint64_t seed)
{
	struct mishap_list *list = calloc(1, sizeof(*list));

	if (list != NULL)
		list->random = seed;
	return list;
}

void
mishap_list_free(struct mishap_list *list)
{
	if (list == NULL)
		return;
	free(list->rules);
	free(list);
}

enum fault
mishap_list_add(struct mishap_list *list, const struct mishap_rule *rule,
    struct fault_note *note)
{
	struct mishap_rule *rules;

	if (list->n == RULES_MAX)
		return fault_set(
		    note, FAULT_INPUT, "more than %d rules", RULES_MAX);
	rules = reallocarray(list->rules, list->n + 1, sizeof(*rules));
	if (rules == NULL)
		return fault_set(note, FAULT_NOMEM, "rules: no memory");
	list->rules = rules;
	rules[list->n++] = *rule;
	return FAULT_NONE;
}

void
mishap_list_clear(struct mishap_list *list)
{
	list->n = 0;
}

size_t
mishap_list_n(const struct mishap_list *list)
{
	return list->n;
}

const struct mishap_rule *
mishap_list_at(const struct mishap_list *list, size_t i)
{
	return &list->rules[i];
}

/* splitmix64, by Sebastiano Vigna (public domain, 2015); 53 bits of it. */
static double
draw(struct mishap_list *list)
{
	uint64_t z = list->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

static bool
is_text(const char *wanted, const char *text)
{
	return wanted[0] == '\0' || strcmp(wanted, text) == 0;
}

/* A stale read needs a cancel young enough to be hidden. */
static bool
fits(const struct mishap_rule *rule, const struct mishap_call *call)
{
	return rule->route == call->route && rule->fired < rule->count &&
	    (rule->nth == 0 || rule->nth == call->nth) &&
	    is_text(rule->imp_uid, call->imp_uid) &&
	    is_text(rule->merchant_uid, call->merchant_uid) &&
	    (rule->mishap != MISHAP_STALE_READ ||
		call->cancel_age_ms < rule->ms);
}

const struct mishap_rule *
mishap_strike(struct mishap_list *list, const struct mishap_call *call)
{
	size_t i;

	for (i = 0; i < list->n; i++) {
		if (fits(&list->rules[i], call) &&
		    draw(list) < list->rules[i].p) {
			list->rules[i].fired++;
			return &list->rules[i];
		}
	}
	return NULL;
}
