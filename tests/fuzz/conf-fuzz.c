/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a configuration: what is taken is in range, what is refused is
 * told in one line.  What follows a line "%%" are variables of the environment,
 * one a line.
 */
#include <stdlib.h>
#include <string.h>

#include "base/conf.h"
#include "base/conf_value.h"
#include "base/log.h"
#include "base/text.h"
#include "fuzz/fuzz.h"

#define DAY_MS        86400000
#define VARIABLES_MAX 16

static bool
is_visible(const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text <= ' ' || *text > '~')
			return false;
	}
	return true;
}

static void
check_path(const char *path, bool may_be_empty)
{
	fuzz_must(path[0] == '/' || (may_be_empty && path[0] == '\0'));
	fuzz_text(path, CONF_TEXT_SIZE - 1);
}

static void
check_range(int64_t number, int64_t least, int64_t most)
{
	fuzz_must(number >= least && number <= most);
}

static void
check_iamport(const struct conf *conf)
{
	const char *url = conf->iamport_base_url;

	fuzz_must(is_visible(url) && url[strlen(url) - 1] != '/');
	fuzz_must(strncmp(url, "https://", 8) == 0 ||
	    (strncmp(url, "http://", 7) == 0 && conf_value_is_here(url)));
	fuzz_must(strpbrk(url, "@?#\\") == NULL);
	fuzz_must(conf->iamport_key[0] != '\0');
	fuzz_must(is_visible(conf->iamport_key));
	fuzz_must(conf->iamport_secret[0] != '\0');
	fuzz_must(is_visible(conf->iamport_secret));
	fuzz_must(is_visible(conf->iamport_tier));
	check_path(conf->iamport_ca_file, true);
	check_range(conf->iamport_max_connections, 1, 10000);
	check_range(conf->iamport_connect_timeout_ms, 1, DAY_MS);
	check_range(conf->iamport_timeout_ms, 1, DAY_MS);
	check_range(conf->iamport_send_within_ms, 1, DAY_MS);
	check_range(conf->iamport_quiet_ms, 1, DAY_MS);
	check_range(conf->iamport_pending_days, 1, 3650);
	/* Or a refund could be paid twice. */
	fuzz_must(conf_value_is_here(url) ||
	    conf->iamport_quiet_ms >=
		conf->iamport_send_within_ms + conf->iamport_timeout_ms);
}

static void
check_auth(const struct conf *conf)
{
	fuzz_must(conf->auth_mode <= CONF_AUTH_REMOTE_USER);
	fuzz_must(conf->auth_mode != CONF_AUTH_REMOTE_USER ||
	    conf->auth_user_param[0] != '\0');
	/* A header of the request is nobody's word but the client's. */
	fuzz_must(strncmp(conf->auth_user_param, "HTTP_", 5) != 0);
	fuzz_must(is_visible(conf->auth_user_param));
	fuzz_must(strpbrk(conf->auth_allowed_origins, "*\r\n") == NULL);
}

static void
check_server(const struct conf *conf)
{
	check_range(conf->server_max_in_flight, 1, 100000);
	check_range(conf->server_workers, 1, 64);
	check_range(conf->server_answer_ms, 1, DAY_MS);
	check_range(conf->server_drain_ms, 0, DAY_MS);
	check_path(conf->server_static_dir, true);
	fuzz_must(strlen(conf->server_listen) <= 107);
	fuzz_must(conf->server_listen[0] == '\0' ||
	    conf->server_listen[0] == '/' ||
	    strrchr(conf->server_listen, ':') != NULL);
}

static void
check_conf(const struct conf *conf)
{
	check_path(conf->store_path, false);
	check_path(conf->store_key_file, false);
	check_iamport(conf);
	check_auth(conf);
	check_server(conf);
	check_range(conf->policy_duplicate_window_ms, 0, DAY_MS);
	check_range(conf->policy_month_rule, 0, MONTH_RULE_OFF);
	check_range(conf->log_level, LOG_LEVEL_DEBUG, LOG_LEVEL_ERROR);
	check_range(conf->log_format, CONF_LOG_TEXT, CONF_LOG_JSON);
	fuzz_must(strcmp(conf->log_target, "stderr") == 0 ||
	    strcmp(conf->log_target, "syslog") == 0 ||
	    conf->log_target[0] == '/');
}

/* Cuts text into lines; the file's bytes end where the variables begin. */
static void
read_variables(char *text, char *variables[VARIABLES_MAX + 1])
{
	size_t n = 0;
	char *more, *line;

	for (line = strtok_r(text, "\n", &more); line && n < VARIABLES_MAX;
	     line = strtok_r(NULL, "\n", &more))
		variables[n++] = line;
	variables[n] = NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char *variables[VARIABLES_MAX + 1] = { NULL }, *text, *rest;
	struct fault_note note = { "" };
	struct conf conf;
	const char *path;
	enum fault f;

	text = malloc(len + 1);
	fuzz_must(text != NULL);
	memcpy(text, bytes, len);
	text[len] = '\0';
	rest = memmem(text, len, "\n%%\n", 4);
	path = fuzz_file(text, rest == NULL ? len : (size_t)(rest - text + 1));
	if (rest != NULL)
		read_variables(rest + 4, variables);
	f = conf_read(path, NULL, variables, &conf, &note);
	if (f == FAULT_NONE)
		check_conf(&conf);
	else
		fuzz_must(f == FAULT_CONFIG && note.text[0] != '\0' &&
		    strchr(note.text, '\n') == NULL);
	free(text);
	return 0;
}
