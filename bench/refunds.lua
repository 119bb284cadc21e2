-- SPDX-License-Identifier: MIT
-- For wrk: each request refunds an order of its own: after "--" the number of
-- the first, how far it is to the next, and how many milliseconds at most each
-- client pauses before it asks.
local n, step, pause

wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"

function init(args)
	step = tonumber(args[2])
	n = tonumber(args[1]) - step
	pause = tonumber(args[3])
	if pause > 0 then
		delay = function() return math.random(0, pause) end
	end
end

function request()
	n = n + step
	return wrk.format(nil, nil, nil,
	    '{"merchant_uid":"ORD-' .. n .. '","reason":"bench"}')
end

function done(summary, latency)
	io.write(string.format("RESULT %d %d %d %d %.3f %.3f %.3f\n",
	    summary.requests - summary.errors.status, summary.errors.status,
	    summary.errors.timeout + summary.errors.read +
	    summary.errors.write + summary.errors.connect,
	    summary.duration, latency:percentile(50) / 1000,
	    latency:percentile(99) / 1000, latency.max / 1000))
end
