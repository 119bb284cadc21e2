-- SPDX-License-Identifier: MIT
-- For wrk: each request refunds an order of its own, "ORD-1", "ORD-2" ...
local n = 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"

function request()
	n = n + 1
	return wrk.format(nil, nil, nil,
	    '{"merchant_uid":"ORD-' .. n .. '","reason":"bench"}')
end

function done(summary, latency)
	io.write(string.format("RESULT %d %d %.3f %.3f %d\n",
	    summary.requests, summary.duration, latency:percentile(50) / 1000,
	    latency:percentile(99) / 1000,
	    summary.errors.status + summary.errors.timeout +
	    summary.errors.read + summary.errors.write))
end
