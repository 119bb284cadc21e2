# SPDX-License-Identifier: MIT
"""What iamport-sandbox can be told to do, by what it means for the money, and
settings under which none of it takes long."""

# Short, so that a refund of which nothing is heard ends within seconds.
SHORT = {
    "iamport.connect_timeout_ms": 1000,
    "iamport.timeout_ms": 2000,
    "iamport.send_within_ms": 2000,
    "iamport.quiet_ms": 1000,
    "server.answer_ms": 10000,
}

# Shorter still, for many at once and programs that are killed.
STORMY = {
    "iamport.connect_timeout_ms": 500,
    "iamport.timeout_ms": 1200,
    "iamport.send_within_ms": 800,
    "iamport.quiet_ms": 1500,
    "server.answer_ms": 3000,
    "policy.duplicate_window_ms": 0,
    "policy.order_refunds_per_minute": 0,
}

# The cancel was carried out, whatever the answer looked like ...
APPLIED = ["checksum_race", "drip", "drop_after", "duplicate", "empty_body", "garbage",
           "half_body", "hang_after", "http_401", "http_500_after", "http_502_after",
           "http_503_after", "huge_body", "late", "long_body", "null_response", "redirect",
           "reset", "slow", "token_expired", "unknown_fields", "wrong_types"]
# ... or was not, and is not found later either.
NOT_APPLIED = ["drop_before", "garbage_before", "hang", "html_502", "http_429",
               "http_500_before", "http_502_before", "http_503_before", "pg_refusal",
               "reset_before"]
READS = ["no_reason", "short_reason", "stale_read"]
# On any route; after a lost answer these meet the read-back, or the token.
ANYWHERE = ["drip", "drop_before", "empty_body", "garbage", "half_body", "hang", "html_502",
            "http_429", "http_500_before", "http_503_before", "huge_body", "long_body",
            "null_response", "redirect", "reset", "slow", "unknown_fields", "wrong_types"]
# The rest of those that may meet a read-back.
AT_READING = ["duplicate", "drop_after", "garbage_before", "hang_after", "http_401",
              "http_500_after", "http_502_after", "http_502_before", "http_503_after",
              "reset_before", "stale_read", "token_expired"]
# What may meet the search for an order that only i'mport knows.
AT_FINDING = ["drop_before", "duplicate", "empty_body", "garbage", "half_body", "html_502",
              "http_401", "http_429", "http_500_before", "huge_body", "long_body", "no_reason",
              "null_response", "redirect", "reset", "short_reason", "stale_read",
              "token_expired", "unknown_fields", "wrong_types"]
MORE = {"slow": {"ms": 65000}, "drip": {"ms": 50}, "late": {"ms": 1500}}
