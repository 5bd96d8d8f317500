/**
 * Pace as Redis keeps it: one virtual schedule per key and unit, as in the memory pacer (ITU-T I.371). A key holds
 * "due at", both in milliseconds of the server's own clock: when its schedule has room again, and when that was written.
 * A clock that was set back takes the schedule with it. All pace keys of a cluster lie in one slot: a script takes under
 * several of them at once, or under none.
 */
import { redisScript } from './redis-connection.js';

/** A taking may run ahead of its schedule by 2 % of a second. */
export const TOLERANCE_MS = 20;

const NOW = `
local now = tonumber(ARGV[1])
if now < 0 then
  local time = redis.call('TIME')
  now = time[1] * 1000 + time[2] / 1000
end
local function due_of(key)
  local state = redis.call('GET', key)
  if not state then return nil end
  local gap = string.find(state, ' ')
  local due, at = tonumber(string.sub(state, 1, gap - 1)), tonumber(string.sub(state, gap + 1))
  if now < at then due = due - (at - now) end
  return due
end
local function keep(key, due)
  local life = math.ceil(math.max(due - now, 0)) + 60000
  redis.call('SET', key, string.format('%.6f %.6f', due, now), 'PX', string.format('%.0f', life))
end
`;

/**
 * ARGV: now (below 0 = the server's), tolerance, then per key: limit per second, amount, and for how many milliseconds
 * the schedule is full as the caller remembers it (below 0 where it never knew it), which counts where Redis knows
 * nothing. Answers "wait" in milliseconds, then per key for how many milliseconds its schedule is full.
 */
export const TAKE_PACE = redisScript(`${NOW}
local wait = 0
local dues = {}
for i = 1, #KEYS do
  dues[i] = due_of(KEYS[i])
  if not dues[i] then
    local full = tonumber(ARGV[i * 3 + 2])
    if full >= 0 then -- emptied: another node may just have taken as much as this one wants
      full = math.max(full, ${TOLERANCE_MS} + tonumber(ARGV[i * 3 + 1]) * 1000 / tonumber(ARGV[i * 3]))
    end
    dues[i] = now + math.max(full, 0)
    keep(KEYS[i], dues[i])
  end
  wait = math.max(wait, dues[i] - tonumber(ARGV[2]) - now)
end
local answer = { string.format('%.6f', wait) }
for i = 1, #KEYS do
  if wait <= 0 then
    dues[i] = math.max(dues[i], now) + tonumber(ARGV[i * 3 + 1]) * 1000 / tonumber(ARGV[i * 3])
    keep(KEYS[i], dues[i])
  end
  answer[i + 1] = string.format('%.6f', math.max(dues[i] - now, 0))
end
return answer
`);

/** ARGV: now (below 0 = the server's), then per key for how many milliseconds less its schedule is full. */
export const GIVE_PACE_BACK = redisScript(`${NOW}
for i = 1, #KEYS do
  local due = due_of(KEYS[i])
  if due then keep(KEYS[i], due - tonumber(ARGV[i + 1])) end
end
return 1
`);

/** Forgets the schedules of keys whose limit was lifted. */
export const FORGET_PACE = redisScript(`return redis.call('DEL', unpack(KEYS))`);
