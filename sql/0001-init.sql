-- SPDX-License-Identifier: MIT
-- The book of cancelpay: payments, the refunds asked for, and i'mport's
-- history of cancels.
--
-- Amounts are integers in the smallest unit of the payment's currency and at
-- most 100000000000000 (MONEY_MAX).  Times are UNIX milliseconds where the name
-- ends in _ms, UNIX seconds where it ends in _at.  NULL is "none" or "unknown".
--
-- The tables payments and refunds are public: a shop may read them.  Only
-- cancelpay writes.  What its code should never try, the CHECKs, indexes and
-- triggers below refuse, so that a mistake is a fault and not lost money.
--
-- Each of more than two words is compared by itself: for IN with a longer list
-- SQLite makes a table, with a cache of its own, each time.
--
-- A trigger names the columns it guards: SQLite leaves it out of the statements
-- that set none of them.
--
-- Runs inside one transaction; never edited once released.

PRAGMA application_id = 0x63706179; -- 'cpay'
PRAGMA user_version = 1;

-- What the customers paid.
CREATE TABLE payments (
	-- i'mport's id of the payment
	imp_uid TEXT NOT NULL PRIMARY KEY
		CHECK (length(imp_uid) BETWEEN 1 AND 32),
	-- the shop's order; several payments may name the same one
	merchant_uid TEXT NOT NULL
		CHECK (length(merchant_uid) BETWEEN 1 AND 40),
	-- paid by the customer
	amount INTEGER NOT NULL
		CHECK (amount BETWEEN 1 AND 100000000000000),
	-- given back so far, in i'mport's words; never a sum of ours
	cancel_amount INTEGER NOT NULL DEFAULT 0
		CHECK (cancel_amount BETWEEN 0 AND amount),
	-- ISO 4217 code
	currency TEXT NOT NULL CHECK (currency GLOB '[A-Z][A-Z][A-Z]'),
	-- i'mport's word: card, vbank, phone ...
	pay_method TEXT CHECK (length(pay_method) BETWEEN 1 AND 32),
	-- i'mport's word for the payment gateway
	pg_provider TEXT CHECK (length(pg_provider) BETWEEN 1 AND 32),
	-- i'mport's word; cancelled also after a partial cancel
	status TEXT NOT NULL
		CHECK (status = 'ready' OR status = 'paid' OR
		    status = 'cancelled' OR status = 'failed'),
	-- when the customer paid
	paid_at INTEGER,
	-- when the row was first written
	created_ms INTEGER NOT NULL,
	-- when the row was last written
	updated_ms INTEGER NOT NULL,
	-- nothing: room for what the first refund adds to the row.  SQLite
	-- fills a page to its end; a row that grows there has it split, and
	-- four pages are written instead of one
	room BLOB DEFAULT (zeroblob(24))
) STRICT;

CREATE INDEX payments_merchant_uid ON payments (merchant_uid, imp_uid);

-- The journal: each wish to give money back, written before i'mport is asked,
-- and kept for ever.
CREATE TABLE refunds (
	-- public id: ten Crockford base32 characters, unguessable
	id TEXT NOT NULL PRIMARY KEY
		CHECK (length(id) = 10 AND
		    id NOT GLOB '*[^0-9A-HJKMNP-TV-Z]*'),
	-- what i'mport's history shows at the end of the reason; the id, but
	-- for origin late, which shares the marker of origin_of
	marker TEXT NOT NULL CHECK (length(marker) = 10),
	-- the payment it gives back
	imp_uid TEXT NOT NULL REFERENCES payments (imp_uid),
	-- asked for
	amount INTEGER NOT NULL
		CHECK (amount BETWEEN 1 AND 100000000000000),
	-- refundable balance when it was written; sent along
	checksum INTEGER NOT NULL
		CHECK (checksum BETWEEN 0 AND 100000000000000),
	-- how far it has come; succeeded and failed are final
	state TEXT NOT NULL
		CHECK (state = 'awaiting_approval' OR state = 'in_flight' OR
		    state = 'pending' OR state = 'unknown' OR
		    state = 'needs_review' OR state = 'succeeded' OR
		    state = 'failed'),
	-- why it failed
	failure TEXT
		CHECK (failure = 'declined' OR failure = 'not_sent' OR
		    failure = 'not_applied' OR failure = 'balance_changed' OR
		    failure = 'rejected'),
	-- what i'mport itself said to the cancel
	heard TEXT NOT NULL DEFAULT 'nothing'
		CHECK (heard = 'nothing' OR heard = 'done' OR
		    heard = 'refused'),
	-- i'mport's code, once heard
	provider_code INTEGER,
	-- i'mport's message, once heard
	provider_message TEXT,
	-- the entry of i'mport's history that is this refund
	cancellation_id TEXT CHECK (length(cancellation_id) BETWEEN 1 AND 64),
	-- what that entry gave back
	applied_amount INTEGER
		CHECK (applied_amount BETWEEN 0 AND 100000000000000),
	-- where its PG shows that entry's sales slip, once it has succeeded
	receipt_url TEXT
		CHECK (length(receipt_url) BETWEEN 9 AND 511 AND
		    receipt_url GLOB 'https://?*'),
	-- the caller's Idempotency-Key
	idempotency_key TEXT CHECK (length(idempotency_key) BETWEEN 1 AND 255),
	-- jti of the ticket it was asked for with; never the ticket itself
	ticket_id TEXT CHECK (length(ticket_id) BETWEEN 1 AND 128),
	-- part of amount that bears no tax, as the caller said
	tax_free INTEGER CHECK (tax_free BETWEEN 0 AND amount),
	-- VAT in amount, as the caller said
	vat_amount INTEGER CHECK (vat_amount BETWEEN 0 AND amount),
	-- keep a promotion although the payment gets smaller, as he said
	retain_promotion INTEGER CHECK (retain_promotion BETWEEN 0 AND 1),
	-- an operator has let it go
	is_approved INTEGER NOT NULL DEFAULT 0 CHECK (is_approved IN (0, 1)),
	-- keyed hash of the request's body
	fingerprint BLOB NOT NULL CHECK (length(fingerprint) = 32),
	-- who asked, as the authorisation names them
	caller TEXT NOT NULL,
	-- in whose name
	requester TEXT NOT NULL CHECK (requester IN ('customer', 'admin')),
	-- the caller's reason, whole, without the marker
	reason TEXT,
	-- of the stored answer: ko, en
	language TEXT CHECK (length(language) = 2),
	-- where the row comes from: request; late (found done after it had
	-- been closed as failed); recovered (a marker of ours without a row)
	origin TEXT NOT NULL DEFAULT 'request'
		CHECK (origin = 'request' OR origin = 'late' OR
		    origin = 'recovered'),
	-- late: the refund that had been closed as failed
	origin_of TEXT REFERENCES refunds (id),
	-- JSON array: the cancellation_ids the book held when it was written
	known_cancellations TEXT NOT NULL
		CHECK (known_cancellations GLOB '[[]*]'),
	-- not sent after this
	send_by_ms INTEGER NOT NULL,
	-- until then somebody may still be waiting for i'mport's answer
	deadline_ms INTEGER NOT NULL,
	-- read-backs so far
	checks INTEGER NOT NULL DEFAULT 0 CHECK (checks >= 0),
	-- when the next read-back is due
	next_check_ms INTEGER NOT NULL,
	-- the first of two agreeing read-backs: its time by quiet_clock
	quiet_since_ms INTEGER,
	-- date, or the boot whose monotonic time it is
	quiet_clock TEXT,
	-- the same by our wall clock
	quiet_seen_ms INTEGER,
	-- the cancel_amount it showed
	quiet_cancel_amount INTEGER,
	-- how many history entries it showed; -1: there was no payment
	quiet_entries INTEGER,
	-- HTTP status of the final answer, for replays
	answer_status INTEGER CHECK (answer_status BETWEEN 100 AND 599),
	-- its body, byte for byte
	answer_body TEXT,
	-- when the row was written
	created_ms INTEGER NOT NULL,
	-- the same by a clock that nobody sets
	begun_steady_ms INTEGER,
	-- the boot whose monotonic time that is
	begun_clock TEXT,
	-- when the caller got the first answer
	answered_ms INTEGER,
	-- when it became final
	closed_ms INTEGER,

	CHECK (state <> 'awaiting_approval' OR is_approved = 0),
	CHECK (marker = id OR origin = 'late'),
	CHECK (origin <> 'request' OR amount <= checksum),
	CHECK (origin = 'request' OR state = 'succeeded'),
	CHECK ((origin_of IS NOT NULL) = (origin = 'late')),
	CHECK ((failure IS NOT NULL) = (state = 'failed')),
	CHECK ((cancellation_id IS NOT NULL) = (state = 'succeeded')),
	CHECK ((applied_amount IS NOT NULL) = (state = 'succeeded')),
	CHECK (receipt_url IS NULL OR state = 'succeeded'),
	CHECK ((closed_ms IS NOT NULL) = (state IN ('succeeded', 'failed'))),
	CHECK ((provider_code IS NOT NULL) = (heard <> 'nothing')),
	CHECK ((begun_steady_ms IS NULL) = (begun_clock IS NULL)),
	CHECK ((answer_body IS NOT NULL) = (answer_status IS NOT NULL)),
	CHECK ((quiet_since_ms IS NULL) = (quiet_clock IS NULL) AND
	    (quiet_since_ms IS NULL) = (quiet_seen_ms IS NULL) AND
	    (quiet_since_ms IS NULL) = (quiet_cancel_amount IS NULL) AND
	    (quiet_since_ms IS NULL) = (quiet_entries IS NULL))
) STRICT;

-- At most one unfinished refund a payment.
CREATE UNIQUE INDEX refunds_unfinished ON refunds (imp_uid)
    WHERE closed_ms IS NULL;

-- One entry of i'mport's history is one refund.
CREATE UNIQUE INDEX refunds_cancellation ON refunds (imp_uid, cancellation_id)
    WHERE cancellation_id IS NOT NULL;

-- A key is used once; a refund that was not sent has let go of it.
CREATE UNIQUE INDEX refunds_key ON refunds (caller, idempotency_key)
    WHERE idempotency_key IS NOT NULL AND failure IS NOT 'not_sent';

-- So is a ticket.
CREATE UNIQUE INDEX refunds_ticket ON refunds (ticket_id)
    WHERE ticket_id IS NOT NULL AND failure IS NOT 'not_sent';

-- The double click.
CREATE INDEX refunds_like ON refunds (caller, fingerprint, created_ms)
    WHERE idempotency_key IS NULL;

-- What resolving should look at.
CREATE INDEX refunds_due ON refunds (next_check_ms)
    WHERE state = 'in_flight' OR state = 'pending' OR state = 'unknown';

-- Listing, newest first.
CREATE INDEX refunds_imp_uid ON refunds (imp_uid, created_ms);
CREATE INDEX refunds_created ON refunds (created_ms);

-- What should not have happened, to be counted.
CREATE INDEX refunds_alarm ON refunds (origin)
    WHERE origin <> 'request' OR applied_amount <> amount;

-- i'mport's cancel_history of each payment, as far as we have seen it.
CREATE TABLE cancellations (
	-- the payment
	imp_uid TEXT NOT NULL REFERENCES payments (imp_uid),
	-- i'mport's id of the entry, or #TIME.AMOUNT.MARKER.N where it gives none
	cancellation_id TEXT NOT NULL
		CHECK (length(cancellation_id) BETWEEN 1 AND 64),
	-- given back by it
	amount INTEGER NOT NULL
		CHECK (amount BETWEEN 0 AND 100000000000000),
	-- when, by i'mport's clock
	cancelled_at INTEGER NOT NULL,
	-- the marker at the end of its reason
	marker TEXT CHECK (length(marker) = 10),
	-- the refund it is; NULL: not one of ours
	refund_id TEXT REFERENCES refunds (id),
	-- when we first saw it
	seen_ms INTEGER NOT NULL,

	PRIMARY KEY (imp_uid, cancellation_id)
) STRICT;

-- Access tokens of i'mport, shared by all processes.
CREATE TABLE tokens (
	-- hash of the base URL and the key it was given for
	account TEXT NOT NULL PRIMARY KEY,
	-- the token
	token TEXT NOT NULL CHECK (length(token) BETWEEN 1 AND 1024),
	-- valid until, by our clock
	expires_ms INTEGER NOT NULL
) STRICT;

-- Why no new refund may be written just now; empty is the ordinary state.
CREATE TABLE freezes (
	-- restore: a backup took the book's place, and what i'mport did since
	-- has not been read back yet; operator: somebody said so
	cause TEXT NOT NULL PRIMARY KEY
		CHECK (cause IN ('restore', 'operator')),
	-- not thawed before; NULL: until it is taken back
	until_ms INTEGER,
	-- restore: what i'mport cancelled from then on is to be read back
	since_ms INTEGER,
	-- when the row was written
	created_ms INTEGER NOT NULL,

	CHECK ((since_ms IS NOT NULL) = (cause = 'restore'))
) STRICT;

-- What was asked for each day, so that a limit is one row to look at.
CREATE TABLE refund_days (
	-- days since 1970-01-01 in Asia/Seoul, of created_ms
	day INTEGER NOT NULL PRIMARY KEY,
	-- of payments in won, of refunds that have not failed
	amount INTEGER NOT NULL CHECK (amount >= 0)
) STRICT;

-- Who asked for what, when, from where, and what came of it.
CREATE TABLE trail (
	-- in the order in which it happened
	number INTEGER NOT NULL PRIMARY KEY,
	-- when
	at_ms INTEGER NOT NULL,
	-- asked: for a refund; refused: before anything of it was looked up, or
	-- as one too many; moved: a refund has another state; the rest by an
	-- operator
	act TEXT NOT NULL
		CHECK (act = 'asked' OR act = 'refused' OR act = 'moved' OR
		    act = 'approved' OR act = 'rejected' OR act = 'frozen' OR
		    act = 'thawed'),
	-- the answer's code, accepted, or the state; more_refused: others were
	-- that are only in the log
	verdict TEXT,
	-- who, as the authorisation or the operator named them; NULL: nobody
	actor TEXT,
	-- where the request came from, as the web server says
	address TEXT,
	-- as in the log and in the answer's X-Request-Id
	request_id TEXT,
	-- the order; of act refused, the one that was named
	merchant_uid TEXT,
	-- the payment; the same
	imp_uid TEXT,
	-- the refund
	refund_id TEXT,
	-- asked for, or given back
	amount INTEGER
) STRICT;

CREATE INDEX trail_order ON trail (merchant_uid)
    WHERE merchant_uid IS NOT NULL;

CREATE INDEX trail_refused ON trail (number) WHERE act = 'refused';

CREATE TRIGGER trail_kept BEFORE DELETE ON trail
BEGIN
	SELECT RAISE(ABORT, 'trail: what happened is never deleted');
END;

-- INSERT OR REPLACE deletes without a word.
CREATE TRIGGER trail_once BEFORE INSERT ON trail
WHEN EXISTS (SELECT 1 FROM trail WHERE number = NEW.number)
BEGIN
	SELECT RAISE(ABORT, 'trail: what happened never changes');
END;

CREATE TRIGGER refunds_once BEFORE INSERT ON refunds
WHEN EXISTS (SELECT 1 FROM refunds WHERE id = NEW.id)
BEGIN
	SELECT RAISE(ABORT, 'refunds: there is one of that id');
END;

CREATE TRIGGER refund_days_kept BEFORE DELETE ON refund_days
BEGIN
	SELECT RAISE(ABORT, 'refund_days: a day is never deleted');
END;

CREATE TRIGGER trail_fixed BEFORE UPDATE ON trail
BEGIN
	SELECT RAISE(ABORT, 'trail: what happened never changes');
END;

CREATE TRIGGER refunds_counted AFTER INSERT ON refunds
WHEN NEW.state <> 'failed' AND (SELECT currency FROM payments
    WHERE imp_uid = NEW.imp_uid) = 'KRW'
BEGIN
	INSERT INTO refund_days (day, amount)
	VALUES ((NEW.created_ms + 32400000) / 86400000, NEW.amount)
	ON CONFLICT (day) DO UPDATE SET amount = amount + excluded.amount;
END;

CREATE TRIGGER refunds_uncounted AFTER UPDATE OF state, created_ms ON refunds
WHEN OLD.state <> 'failed' AND
    (NEW.state = 'failed' OR NEW.created_ms <> OLD.created_ms) AND
    (SELECT currency FROM payments WHERE imp_uid = NEW.imp_uid) = 'KRW'
BEGIN
	UPDATE refund_days SET amount = amount - OLD.amount
	WHERE day = (OLD.created_ms + 32400000) / 86400000;
	INSERT INTO refund_days (day, amount)
	SELECT (NEW.created_ms + 32400000) / 86400000, NEW.amount
	WHERE NEW.state <> 'failed'
	ON CONFLICT (day) DO UPDATE SET amount = amount + excluded.amount;
END;

CREATE TRIGGER payments_fixed
BEFORE UPDATE OF imp_uid, merchant_uid, amount, currency ON payments
WHEN NEW.imp_uid IS NOT OLD.imp_uid OR
    NEW.merchant_uid IS NOT OLD.merchant_uid OR
    NEW.amount IS NOT OLD.amount OR
    NEW.currency IS NOT OLD.currency
BEGIN
	SELECT RAISE(ABORT, 'payments: order, amount and currency never change');
END;

CREATE TRIGGER payments_never_lowered BEFORE UPDATE OF cancel_amount ON payments
WHEN NEW.cancel_amount < OLD.cancel_amount
BEGIN
	SELECT RAISE(ABORT, 'payments: cancel_amount is never lowered');
END;

CREATE TRIGGER refunds_kept BEFORE DELETE ON refunds
BEGIN
	SELECT RAISE(ABORT, 'refunds: a refund is never deleted');
END;

CREATE TRIGGER refunds_fixed
BEFORE UPDATE OF id, marker, imp_uid, amount, tax_free, vat_amount,
    retain_promotion, idempotency_key, ticket_id, fingerprint, caller, origin,
    origin_of ON refunds
WHEN NEW.id IS NOT OLD.id OR
    NEW.marker IS NOT OLD.marker OR
    NEW.imp_uid IS NOT OLD.imp_uid OR
    NEW.amount IS NOT OLD.amount OR
    NEW.tax_free IS NOT OLD.tax_free OR
    NEW.vat_amount IS NOT OLD.vat_amount OR
    NEW.retain_promotion IS NOT OLD.retain_promotion OR
    NEW.idempotency_key IS NOT OLD.idempotency_key OR
    NEW.ticket_id IS NOT OLD.ticket_id OR
    NEW.fingerprint IS NOT OLD.fingerprint OR
    NEW.caller IS NOT OLD.caller OR
    NEW.origin IS NOT OLD.origin OR
    NEW.origin_of IS NOT OLD.origin_of
BEGIN
	SELECT RAISE(ABORT, 'refunds: what was asked for never changes');
END;

-- What is approved begins anew.
CREATE TRIGGER refunds_begun
BEFORE UPDATE OF checksum, known_cancellations, created_ms, begun_steady_ms,
    begun_clock, is_approved ON refunds
WHEN (NEW.checksum IS NOT OLD.checksum OR
    NEW.known_cancellations IS NOT OLD.known_cancellations OR
    NEW.created_ms IS NOT OLD.created_ms OR
    NEW.begun_steady_ms IS NOT OLD.begun_steady_ms OR
    NEW.begun_clock IS NOT OLD.begun_clock OR
    NEW.is_approved IS NOT OLD.is_approved) AND
    (OLD.state <> 'awaiting_approval' OR NEW.state <> 'in_flight')
BEGIN
	SELECT RAISE(ABORT, 'refunds: what it began with never changes');
END;

CREATE TRIGGER refunds_final
BEFORE UPDATE OF state, failure, cancellation_id, applied_amount, receipt_url,
    closed_ms ON refunds
WHEN OLD.state IN ('succeeded', 'failed') AND (
    NEW.state IS NOT OLD.state OR
    NEW.failure IS NOT OLD.failure OR
    NEW.cancellation_id IS NOT OLD.cancellation_id OR
    NEW.applied_amount IS NOT OLD.applied_amount OR
    NEW.receipt_url IS NOT OLD.receipt_url OR
    NEW.closed_ms IS NOT OLD.closed_ms)
BEGIN
	SELECT RAISE(ABORT, 'refunds: a final state never changes');
END;

CREATE TRIGGER refunds_move BEFORE UPDATE OF state ON refunds
WHEN OLD.state NOT IN ('succeeded', 'failed') AND
    NEW.state IS NOT OLD.state AND NOT CASE OLD.state
    WHEN 'awaiting_approval' THEN NEW.state = 'in_flight' OR
	(NEW.state = 'failed' AND NEW.failure = 'rejected')
    WHEN 'in_flight' THEN NEW.state <> 'awaiting_approval'
    WHEN 'unknown' THEN
	NEW.state <> 'awaiting_approval' AND NEW.state <> 'in_flight'
    WHEN 'pending' THEN NEW.state = 'needs_review' OR
	NEW.state = 'succeeded' OR NEW.state = 'failed'
    WHEN 'needs_review' THEN NEW.state IN ('succeeded', 'failed')
    END
BEGIN
	SELECT RAISE(ABORT, 'refunds: no way leads from this state to that');
END;

CREATE TRIGGER refunds_rejected BEFORE UPDATE OF state, failure ON refunds
WHEN OLD.state <> 'awaiting_approval' AND OLD.failure IS NULL AND
    NEW.failure = 'rejected'
BEGIN
	SELECT RAISE(ABORT, 'refunds: only approval is rejected');
END;

CREATE TRIGGER cancellations_kept BEFORE DELETE ON cancellations
BEGIN
	SELECT RAISE(ABORT, 'cancellations: history is never deleted');
END;

CREATE TRIGGER cancellations_fixed
BEFORE UPDATE OF imp_uid, cancellation_id, amount, refund_id ON cancellations
WHEN NEW.imp_uid IS NOT OLD.imp_uid OR
    NEW.cancellation_id IS NOT OLD.cancellation_id OR
    NEW.amount IS NOT OLD.amount OR
    (OLD.refund_id IS NOT NULL AND NEW.refund_id IS NOT OLD.refund_id)
BEGIN
	SELECT RAISE(ABORT, 'cancellations: history never changes');
END;
