/* SPDX-License-Identifier: MIT */
/*
 * Conf: the configuration file and its overriding environment, read once at
 * start into typed values.  One table in conf.c names every key; what is not
 * in it, or not in range, stops the start and names file, line and key.
 */
#ifndef BASE_CONF_H
#define BASE_CONF_H

#include <stdbool.h>
#include <stdint.h>

#include "core/fault.h"
#include "core/refund.h"

#define CONF_TEXT_SIZE 512

enum conf_auth {
	CONF_AUTH_UNSET,
	CONF_AUTH_NONE,
	CONF_AUTH_REMOTE_USER,
	CONF_AUTH_TICKET
};

enum conf_log_format {
	CONF_LOG_TEXT,
	CONF_LOG_JSON
};

/* Members are named section_key. */
struct conf {
	char store_path[CONF_TEXT_SIZE];     /* of url = sqlite:PATH */
	char store_key_file[CONF_TEXT_SIZE]; /* default PATH.key */
	char iamport_base_url[CONF_TEXT_SIZE];
	char iamport_key[CONF_TEXT_SIZE];    /* itself, or from key_file */
	char iamport_secret[CONF_TEXT_SIZE]; /* the same */
	char iamport_ca_file[CONF_TEXT_SIZE];
	char iamport_tier[CONF_TEXT_SIZE];
	int64_t iamport_max_connections;
	int64_t iamport_connect_timeout_ms;
	int64_t iamport_timeout_ms;
	int64_t iamport_send_within_ms; /* journal to first byte; 10000 */
	int64_t iamport_quiet_ms;
	int64_t iamport_pending_days; /* 30 */
	enum conf_auth auth_mode;
	char auth_user_param[CONF_TEXT_SIZE];
	char auth_ticket_secret_file[CONF_TEXT_SIZE];
	char auth_allowed_origins[CONF_TEXT_SIZE];
	int64_t policy_duplicate_window_ms;
	enum month_rule policy_month_rule;
	bool policy_kcp_next_month;
	bool policy_method_checked;
	bool policy_part_checked;
	bool policy_account_required;
	bool policy_bank_checked;
	bool policy_tax_free_required;
	bool policy_vat_amount_required;
	bool policy_reason_required;
	int64_t policy_per_refund_limit;   /* won; 0 = none */
	int64_t policy_per_day_limit;      /* the same */
	int64_t policy_approval_threshold; /* the same */
	/* Limits, 0 = none; a_b_per_minute: of b, for each a. */
	int64_t policy_order_refunds_per_minute;
	int64_t policy_caller_refunds_per_minute;
	int64_t policy_caller_reads_per_minute;
	int64_t policy_address_reads_per_minute;
	int64_t policy_address_webhooks_per_minute;
	int64_t policy_webhook_lookups_per_minute;
	char policy_webhook_addresses[CONF_TEXT_SIZE]; /* "" = all */
	int64_t server_max_in_flight;
	int64_t server_workers; /* desk threads; 4 */
	char server_static_dir[CONF_TEXT_SIZE];
	char server_listen[CONF_TEXT_SIZE];
	int64_t server_answer_ms;
	int64_t server_drain_ms;
	int log_level; /* of enum log_level, base/log.h */
	enum conf_log_format log_format;
	char log_target[CONF_TEXT_SIZE];
};

/*
 * conf_read: reads file, then CANCELPAY_<SECTION>_<KEY> variables of environ,
 * which win.  FAULT_CONFIG with a note "file:line: [section] key: what is
 * wrong and what it takes" (or the variable's name).  file may be NULL; see
 * conf_file.
 */
enum fault MUST_CHECK conf_read(const char *file, const char *default_file,
    char *const *environment, struct conf *ret_conf, struct fault_note *note);

/*
 * conf_file: the file conf_read reads: file, or where CANCELPAY_CONFIG says if
 * it is NULL, else default_file.  Borrowed from whichever it is.
 */
const char *conf_file(
    const char *file, const char *default_file, char *const *environment);

/* conf_wipe: clears the secrets. */
void conf_wipe(struct conf *conf);

#endif
