import { createHash } from "node:crypto";

/** A Lua script, which Redis runs as one step that nothing else comes between. */
export interface Script {
  readonly source: string;
  /** What `EVALSHA` calls it by. */
  readonly sha: string;
}

function script(source: string): Script {
  return { source, sha: createHash("sha1").update(source).digest("hex") };
}

/**
 * One append: dedup, offset, tag chain, entry, hint.
 *
 * KEYS: the log's record (hash: epoch, top, tag, bytes), its entries (stream, ids `<offset>-0`), the message id (`epoch offset tag hash`).
 * ARGV: 1 epoch of a new log, 2 epoch of a log whose record was lost, 3 tag, 4 payload hash, 5 ms since the first try or -1, 6 window in
 * ms, 7 ms to keep the id for, 8 maxCount or -1, 9 entries from before this are too old or -1, 10 entries to trim at most, 11 head,
 * 12 data, 13 now in ms, 14 command that tells, 15 channel to tell, 16 who tells, 17 maxBytes or -1.
 */
export const appendScript: Script = script(`
local record = redis.call('HMGET', KEYS[1], 'epoch', 'top', 'tag', 'bytes')
local epoch = record[1]
local top = tonumber(record[2] or '0')
local previous = record[3] or '0'
local known = redis.call('GET', KEYS[3])
if known and epoch then
  local knownEpoch, offset, tag, hash = string.match(known, '^(%S+) (%d+) (%d+) (.*)$')
  if knownEpoch == epoch then
    if hash ~= ARGV[4] then return {'conflict'} end
    return {'duplicate', epoch, offset, tag}
  end
end
if tonumber(ARGV[5]) > tonumber(ARGV[6]) then return {'expired'} end
if not epoch then
  epoch = ARGV[1]
  -- Entries whose record is gone (evicted, deleted by hand) cannot be continued: it is another log.
  if redis.call('EXISTS', KEYS[2]) == 1 then
    redis.call('DEL', KEYS[2])
    epoch = ARGV[2]
  end
end
local offset = string.format('%.0f', top + 1)
redis.call('XADD', KEYS[2], offset .. '-0', 't', ARGV[3], 'p', previous, 'a', ARGV[13], 'h', ARGV[11], 'd', ARGV[12])
redis.call('HSET', KEYS[1], 'epoch', epoch, 'top', offset, 'tag', ARGV[3])
redis.call('SET', KEYS[3], epoch .. ' ' .. offset .. ' ' .. ARGV[3] .. ' ' .. ARGV[4], 'PX', ARGV[7])
local count = redis.call('XLEN', KEYS[2])
local least = math.max(count - tonumber(ARGV[10]), 0)
local maxCount = tonumber(ARGV[8])
local oldest = tonumber(ARGV[9])
local maxBytes = tonumber(ARGV[17])
local bytes = tonumber(record[4])
-- Alone: whatever was there is gone, by trimming or by eviction.
if count == 1 then bytes = #ARGV[12]
elseif bytes then bytes = bytes + #ARGV[12]
elseif maxBytes >= 0 then
  -- Not counted from the beginning: now, once.
  bytes = 0
  for _, entry in ipairs(redis.call('XRANGE', KEYS[2], '-', '+')) do bytes = bytes + #entry[2][10] end
end
while count > least do
  local first = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1]
  if not first then break end
  local isOld = oldest >= 0 and tonumber(first[2][6]) < oldest
  local isTooBig = maxBytes >= 0 and bytes > maxBytes and count > 1
  if not (isOld or isTooBig or (maxCount >= 0 and count > maxCount)) then break end
  redis.call('XDEL', KEYS[2], first[1])
  count = count - 1
  if bytes then bytes = bytes - #first[2][10] end
end
if bytes then redis.call('HSET', KEYS[1], 'bytes', string.format('%.0f', bytes)) end
redis.call(ARGV[14], ARGV[15], table.concat({ARGV[16], epoch, offset, ARGV[3], previous, ARGV[13]}, ' ') .. '\\n' .. ARGV[11] .. '\\n' .. ARGV[12])
return {'stored', epoch, offset, ARGV[3], previous}
`);

/**
 * What became of a message id: the beginning of an append, without the rest.
 *
 * KEYS: the record, the message id. ARGV: 1 payload hash, 2 ms since the first try or -1, 3 window in ms.
 */
export const recallScript: Script = script(`
local epoch = redis.call('HGET', KEYS[1], 'epoch')
local known = redis.call('GET', KEYS[2])
if known and epoch then
  local knownEpoch, offset, tag, hash = string.match(known, '^(%S+) (%d+) (%d+) (.*)$')
  if knownEpoch == epoch then
    if hash ~= ARGV[1] then return {'conflict'} end
    return {'duplicate', epoch, offset, tag}
  end
end
if tonumber(ARGV[2]) > tonumber(ARGV[3]) then return {'expired'} end
return {'unknown'}
`);

/**
 * Keeps a notice, and forgets some of those that have expired.
 *
 * KEYS: the notices (hash: `expiry mark value` by key), their expiries (sorted set), their order (sorted set), how many were ever posted.
 * ARGV: 1 key, 2 value, 3 expiry, 4 now in ms, 5 how many to forget at most, 6 a mark that no other post has.
 */
export const postScript: Script = script(`
for _, key in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', ARGV[4], 'LIMIT', 0, ARGV[5])) do
  redis.call('HDEL', KEYS[1], key)
  redis.call('ZREM', KEYS[2], key)
  redis.call('ZREM', KEYS[3], key)
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3] .. ' ' .. ARGV[6] .. ' ' .. ARGV[2])
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
redis.call('ZADD', KEYS[3], redis.call('INCR', KEYS[4]), ARGV[1])
return {}
`);

/**
 * The notices that were posted after one; all of them, if that one is not as it was: a failover may have lost it, and others been posted
 * under its number.
 *
 * KEYS: the notices, their order. ARGV: 1 the number of the one, 2 its mark.
 * Answers the number and the mark of the newest, then two a notice: key, `expiry mark value`.
 */
export const newsScript: Script = script(`
local newest = redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')
local function markOf(key)
  return key and string.match(redis.call('HGET', KEYS[1], key) or '', '^%d+ (%S+) ') or ''
end
local answer = {newest[2] or '0', markOf(newest[1])}
local known = redis.call('ZRANGEBYSCORE', KEYS[2], ARGV[1], ARGV[1])[1]
local from = '-inf'
if known and markOf(known) == ARGV[2] then from = '(' .. ARGV[1] end
for _, key in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], from, '+inf')) do
  answer[#answer + 1] = key
  answer[#answer + 1] = redis.call('HGET', KEYS[1], key) or ''
end
return answer
`);

/**
 * Which of many logs end elsewhere than a node knows. In a cluster they need to be at one member only, so their records are not KEYS: no slot has
 * them all. A script without `#!lua` may read them, and one that is not here any more is told as another.
 *
 * KEYS: any of the records. ARGV: two a log, its record and `epoch top tag` as the node knows them, empty for a log that was never written to.
 * Answers four for each log that ends elsewhere: its number from 0, epoch, top and tag; without those three it is to be read.
 */
export const compareScript: Script = script(`
local answer = {}
for at = 1, #ARGV, 2 do
  local record = redis.pcall('HMGET', ARGV[at], 'epoch', 'top', 'tag')
  local found = ''
  if record.err then record = {} found = nil
  elseif record[1] then found = table.concat(record, ' ')
  end
  if found ~= ARGV[at + 1] then
    answer[#answer + 1] = (at - 1) / 2
    for place = 1, 3 do answer[#answer + 1] = record[place] or '' end
  end
end
return answer
`);

/**
 * One page and the state of the log, as of one moment.
 *
 * KEYS: the record, the entries. ARGV: 1 epoch of a new log, 2 after, 3 maxCount, 4 maxBytes or -1.
 * Answers epoch, top, its tag, first, the tag at `after` (empty: not known), then six an entry: offset, tag, previous tag, ms, head, data.
 */
export const readScript: Script = script(`
local record = redis.call('HMGET', KEYS[1], 'epoch', 'top', 'tag')
if not record[1] then return {ARGV[1], '0', '0', '1', ARGV[2] == '0' and '0' or ''} end
local top = tonumber(record[2])
local after = tonumber(ARGV[2])
local head = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1]
local first = head and tonumber(string.match(head[1], '^%d+')) or top + 1
local tagAtAfter = ''
if after == 0 then tagAtAfter = '0'
elseif after == top then tagAtAfter = record[3]
elseif head and after == first - 1 then tagAtAfter = head[2][4]
elseif after >= first and after < top then
  local at = redis.call('XRANGE', KEYS[2], ARGV[2], ARGV[2])[1]
  tagAtAfter = at and at[2][2] or ''
end
local answer = {record[1], record[2], record[3], string.format('%.0f', first), tagAtAfter}
local maxCount = tonumber(ARGV[3])
local maxBytes = tonumber(ARGV[4])
local bytes = 0
local count = 0
local from = math.max(after + 1, first)
while count < maxCount and from <= top do
  local page = redis.call('XRANGE', KEYS[2], string.format('%.0f', from), '+', 'COUNT', math.min(64, maxCount - count))
  if #page == 0 then break end
  for _, entry in ipairs(page) do
    local fields = entry[2]
    bytes = bytes + #fields[10]
    if maxBytes >= 0 and bytes > maxBytes and count > 0 then return answer end
    local offset = string.match(entry[1], '^%d+')
    for _, value in ipairs({offset, fields[2], fields[4], fields[6], fields[8], fields[10]}) do answer[#answer + 1] = value end
    count = count + 1
    from = tonumber(offset) + 1
  end
end
return answer
`);
