/* SPDX-License-Identifier: MIT */
/*
 * The statements.  Their parameters and columns stand in the order in which
 * store_sqlite.c binds and takes them; the lists shared by several stand here
 * once.
 */
#include "store/store_sqlite_sql.h"

#define PAYMENT_COLUMNS                                                        \
	"imp_uid, merchant_uid, amount, cancel_amount, currency, pay_method, " \
	"pg_provider, status, paid_at"

/* Who wanted what: never changes. */
#define WISH_COLUMNS                                                           \
	"id, marker, imp_uid, amount, checksum, origin, origin_of, caller, "   \
	"requester, reason, language, idempotency_key, ticket_id, "            \
	"tax_free, vat_amount, retain_promotion, fingerprint, created_ms, "    \
	"begun_steady_ms, begun_clock"

/* How far it has come. */
#define COURSE_COLUMNS                                                         \
	"state, failure, heard, provider_code, provider_message, "             \
	"cancellation_id, applied_amount, receipt_url, send_by_ms, "           \
	"deadline_ms, checks, next_check_ms, quiet_since_ms, quiet_clock, "    \
	"quiet_seen_ms, quiet_cancel_amount, quiet_entries, answer_status, "   \
	"answer_body, answered_ms, closed_ms"

#define TWENTY "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?"

#define REFUNDS                                                                \
	"SELECT " WISH_COLUMNS ", " COURSE_COLUMNS ", is_approved "            \
	"FROM refunds "

#define TRAIL_COLUMNS                                                          \
	"at_ms, act, verdict, actor, address, request_id, merchant_uid, "      \
	"imp_uid, refund_id, amount"

/* As in the indexes, letter by letter, or they are not used. */
#define OPEN       "(state = 'in_flight' OR state = 'pending' OR state = 'unknown')"
#define UNFINISHED "closed_ms IS NULL"

/* LOOK_AHEAD_MAX_MS of core/intent.h. */
#define AHEAD "90000000"

#define LISTED       "(?1 IS NULL OR state = ?1) "
#define NEWEST_FIRST "ORDER BY created_ms DESC, rowid DESC "

const char *const store_sqlite_sql[SQL__COUNT] = {
	[SQL_BEGIN_READER] = "BEGIN DEFERRED",
	[SQL_BEGIN_WRITER] = "BEGIN IMMEDIATE",
	[SQL_COMMIT] = "COMMIT",
	[SQL_ROLLBACK] = "ROLLBACK",
	[SQL_SAVEPOINT] = "SAVEPOINT step",
	[SQL_RELEASE] = "RELEASE step",
	[SQL_UNDO] = "ROLLBACK TO step",

	[SQL_PAYMENT] = "SELECT " PAYMENT_COLUMNS " FROM payments "
			"WHERE imp_uid = ?",
	[SQL_PAYMENTS_OF] = "SELECT " PAYMENT_COLUMNS " FROM payments "
			    "WHERE merchant_uid = ? AND "
			    "(status = 'paid' OR status = 'cancelled') = ? "
			    "ORDER BY imp_uid LIMIT ?",
	[SQL_PAYMENT_PUT] =
	    "INSERT INTO payments (" PAYMENT_COLUMNS ", created_ms, "
	    "updated_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?10, ?10) "
	    "ON CONFLICT (imp_uid) DO UPDATE SET "
	    "cancel_amount = excluded.cancel_amount, "
	    "pay_method = excluded.pay_method, "
	    "pg_provider = excluded.pg_provider, "
	    "status = excluded.status, paid_at = excluded.paid_at, "
	    "updated_ms = excluded.updated_ms, "
	    "room = CASE excluded.cancel_amount WHEN 0 THEN room END "
	    "WHERE merchant_uid = excluded.merchant_uid "
	    "AND amount = excluded.amount AND currency = excluded.currency "
	    "AND cancel_amount <= excluded.cancel_amount",

	[SQL_BOOK] = "SELECT cancellation_id, amount, refund_id, "
		     "cancellation_id IN (SELECT value FROM refunds, "
		     "json_each(known_cancellations) WHERE refunds.id = ?) "
		     "FROM cancellations WHERE imp_uid = ? "
		     "ORDER BY cancelled_at, seen_ms, rowid",
	[SQL_CANCELLATION_PUT] =
	    "INSERT INTO cancellations (imp_uid, cancellation_id, amount, "
	    "cancelled_at, marker, refund_id, seen_ms) "
	    "VALUES (?, ?, ?, ?, ?, ?, ?) "
	    "ON CONFLICT (imp_uid, cancellation_id) DO UPDATE SET "
	    "refund_id = excluded.refund_id "
	    "WHERE refund_id IS NULL AND excluded.refund_id IS NOT NULL",

	[SQL_REFUND] = REFUNDS "WHERE id = ?",
	[SQL_UNFINISHED] = REFUNDS "WHERE imp_uid = ? AND " UNFINISHED,
	[SQL_REFUND_BY_KEY] =
	    REFUNDS "WHERE caller = ? AND idempotency_key = ? "
		    "AND failure IS NOT 'not_sent'",
	[SQL_REFUND_BY_TICKET] =
	    REFUNDS "WHERE ticket_id = ? AND failure IS NOT 'not_sent'",
	[SQL_REFUND_LIKE] = REFUNDS
	"WHERE caller = ? AND fingerprint = ? "
	"AND idempotency_key IS NULL AND state <> 'failed' "
	"AND (answered_ms IS NULL OR answered_ms BETWEEN ? AND ?) " NEWEST_FIRST
	"LIMIT 1",
	[SQL_HAS_NOT_APPLIED] = "SELECT EXISTS (SELECT 1 FROM refunds "
				"WHERE imp_uid = ? "
				"AND failure = 'not_applied' "
				"AND NOT EXISTS (SELECT 1 FROM refunds AS late "
				"WHERE late.imp_uid = refunds.imp_uid "
				"AND late.origin_of = refunds.id))",
	[SQL_LATE_OF] = REFUNDS "WHERE imp_uid = ? AND origin_of = ? "
				"ORDER BY created_ms, rowid LIMIT 1",
	[SQL_REFUND_PUT] =
	    "INSERT INTO refunds (" WISH_COLUMNS ", " COURSE_COLUMNS
	    ", known_cancellations) VALUES (" TWENTY ", " TWENTY
	    ", ?, (SELECT json_group_array(cancellation_id) "
	    "FROM cancellations WHERE imp_uid = ?3))",
	[SQL_REFUND_SAVE] = "UPDATE refunds SET (" COURSE_COLUMNS ") = (" TWENTY
			    ", ?) WHERE id = ? AND " UNFINISHED,
	[SQL_REFUND_APPROVE] =
	    "UPDATE refunds SET state = 'in_flight', is_approved = 1, "
	    "checksum = ?, "
	    "created_ms = ?, begun_steady_ms = ?, begun_clock = ?, "
	    "send_by_ms = ?, deadline_ms = ?, next_check_ms = ?, "
	    "known_cancellations = (SELECT json_group_array(cancellation_id) "
	    "FROM cancellations WHERE cancellations.imp_uid = refunds.imp_uid) "
	    "WHERE id = ? AND state = 'awaiting_approval'",
	[SQL_GIVEN] = "SELECT amount FROM refund_days WHERE day = ?",
	[SQL_UNAPPROVED] = "SELECT ifnull(sum(amount), 0) FROM refunds "
			   "WHERE imp_uid = ? AND state <> 'failed' "
			   "AND is_approved = 0",
	[SQL_TRAIL_PUT] = "INSERT INTO trail (" TRAIL_COLUMNS
			  ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
	[SQL_TRAIL_OF] = "SELECT " TRAIL_COLUMNS " FROM trail "
			 "WHERE merchant_uid = ? ORDER BY number",
	[SQL_TRAIL_REFUSED] =
	    "SELECT " TRAIL_COLUMNS " FROM trail INDEXED BY trail_refused "
	    "WHERE act = 'refused' ORDER BY number DESC LIMIT ?",
	[SQL_DUE] = "SELECT id FROM refunds WHERE " OPEN " AND "
		    "((next_check_ms <= ?1 AND "
		    "(state <> 'in_flight' OR deadline_ms <= ?1)) OR "
		    "next_check_ms > ?1 + " AHEAD ") "
		    "ORDER BY next_check_ms LIMIT ?2",
	[SQL_LIST] = REFUNDS "WHERE " LISTED NEWEST_FIRST "LIMIT ?2",
	[SQL_LIST_OF] = REFUNDS
	"WHERE " LISTED "AND imp_uid = ?3 AND (?4 IS NULL OR "
	"state = 'needs_review' OR "
	"(" OPEN " AND deadline_ms <= ?4)) " NEWEST_FIRST "LIMIT ?2",
	[SQL_LIST_STUCK] =
	    REFUNDS "INDEXED BY refunds_unfinished WHERE " LISTED
		    "AND " UNFINISHED " AND (state = 'needs_review' OR "
		    "(" OPEN " AND (deadline_ms <= ?3 OR "
		    "deadline_ms > ?3 + " AHEAD "))) " NEWEST_FIRST "LIMIT ?2",

	[SQL_UNFINISHED_STATES] =
	    "SELECT state, deadline_ms <= ?1 AND " OPEN ", "
	    "max(?1 - created_ms, 0) FROM refunds "
	    "INDEXED BY refunds_unfinished WHERE " UNFINISHED,
	[SQL_ALARMS] = "SELECT count(*) FILTER (WHERE origin = 'late'), "
		       "count(*) FILTER (WHERE origin = 'recovered'), "
		       "count(*) FILTER (WHERE applied_amount <> amount) "
		       "FROM refunds INDEXED BY refunds_alarm "
		       "WHERE origin <> 'request' OR applied_amount <> amount",

	[SQL_FROZEN] = "SELECT EXISTS (SELECT 1 FROM freezes "
		       "WHERE cause >= '')",
	[SQL_FREEZE] = "SELECT until_ms, since_ms, created_ms FROM freezes "
		       "WHERE cause = ?",
	[SQL_FREEZE_PUT] =
	    "INSERT INTO freezes (cause, until_ms, since_ms, created_ms) "
	    "VALUES (?, ?, ?, ?) ON CONFLICT (cause) DO UPDATE SET "
	    "until_ms = excluded.until_ms, since_ms = excluded.since_ms, "
	    "created_ms = excluded.created_ms",
	[SQL_FREEZE_DELETE] = "DELETE FROM freezes WHERE cause = ?",

	[SQL_TOKEN] = "SELECT token, expires_ms FROM tokens WHERE account = ?",
	[SQL_TOKEN_PUT] =
	    "INSERT INTO tokens (account, token, expires_ms) VALUES (?, ?, ?) "
	    "ON CONFLICT (account) DO UPDATE SET token = excluded.token, "
	    "expires_ms = excluded.expires_ms",
};
