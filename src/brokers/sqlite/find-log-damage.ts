/**
 * Tells a damaged write-ahead log from one that was cut off by a crash. SQLite takes the first frame that does not fit for the end, in
 * silence; when that frame is a damaged one in the middle, acknowledged commits behind it would be gone without a word.
 *
 * The format: https://sqlite.org/fileformat2.html#the_write_ahead_log. With synchronous FULL a commit is on the disk before the next
 * frame is written, and each frame's checksum goes on from its predecessor's. So a frame that goes on from a commit proves that the
 * commit, and all before it, was once safe: if it is not in the part that fits, something changed it since.
 */

const headerBytes = 32;
const frameHeaderBytes = 24;
/** The lowest bit says whether checksums read the bytes big-endian. */
const magic = 0x377f0682;

interface Sum {
  readonly first: number;
  readonly second: number;
}

interface Frame {
  readonly page: number;
  readonly isCommit: boolean;
  /** Both salts, as they stand there. */
  readonly salts: string;
  readonly content: Buffer;
  /** Whether its checksum is what its bytes and its predecessor's checksum give. */
  readonly isSound: boolean;
  /** The same, if it is the predecessor's checksum that was damaged and not the predecessor. */
  readonly isSequel: boolean;
}

/**
 * How many frames were safe once and are not in the part of the log that fits; 0 if the log is sound, or ends as one does in a crash.
 *
 * @param log - the bytes of the `-wal` file.
 * @param database - the bytes of the database itself.
 */
export function findLogDamage(log: Buffer, database: Buffer): number {
  if (log.length < headerBytes || (log.readUInt32BE(0) & ~1) !== magic) return findStranded(log, database);
  const isBigEndian = (log.readUInt32BE(0) & 1) === 1;
  const pageBytes = log.readUInt32BE(8);
  const headerSum = addTo({ first: 0, second: 0 }, log.subarray(0, 24), isBigEndian);
  if (!isSame(headerSum, readSum(log, 24)) || !isPageSize(pageBytes)) return findStranded(log, database);
  const frames = readFrames(log, pageBytes, isBigEndian);
  const salts = log.toString("latin1", 16, 24);
  const soundCount = countWhile(frames, (frame) => frame.isSound && frame.salts === salts);
  const lastSafe = lastSafeCommit(frames, salts);
  return Math.max(0, lastSafe + 1 - soundCount);
}

/** Without a header nothing in the log counts. That is no loss if the database has it all, as when the log was about to begin anew. */
function findStranded(log: Buffer, database: Buffer): number {
  const pageBytes = database.length < 100 ? 0 : database.readUInt16BE(16) === 1 ? 65_536 : database.readUInt16BE(16);
  if (!isPageSize(pageBytes) || log.length < headerBytes + frameHeaderBytes + pageBytes) return 0;
  const readings = [true, false].map((isBigEndian) => readFrames(log, pageBytes, isBigEndian));
  return Math.max(...readings.map((frames) => countStranded(frames, database, pageBytes)));
}

function countStranded(frames: readonly Frame[], database: Buffer, pageBytes: number): number {
  const salts = frames[0]?.salts ?? "";
  const safeCount = lastSafeCommit(frames, salts) + 1;
  const lastCommit = frames.findLastIndex((frame) => frame.isCommit && frame.isSound && frame.salts === salts);
  const newest = new Map(frames.slice(0, lastCommit + 1).map(({ content, page }) => [page, content]));
  const isInDatabase = ([page, content]: readonly [number, Buffer]): boolean =>
    content.equals(database.subarray((page - 1) * pageBytes, page * pageBytes));
  return [...newest].every(isInDatabase) ? 0 : safeCount;
}

function readFrames(log: Buffer, pageBytes: number, isBigEndian: boolean): readonly Frame[] {
  const frames: Frame[] = [];
  let stored = readSum(log, 24);
  let computed = stored;
  for (let at = headerBytes; at + frameHeaderBytes + pageBytes <= log.length; at += frameHeaderBytes + pageBytes) {
    const content = log.subarray(at + frameHeaderBytes, at + frameHeaderBytes + pageBytes);
    const continued = (sum: Sum): Sum => addTo(addTo(sum, log.subarray(at, at + 8), isBigEndian), content, isBigEndian);
    const own = readSum(log, at + 16);
    const before = computed;
    computed = continued(stored);
    const isSound = isSame(computed, own);
    frames.push({
      page: log.readUInt32BE(at),
      isCommit: log.readUInt32BE(at + 4) !== 0,
      salts: log.toString("latin1", at + 8, at + 16),
      content,
      isSound,
      isSequel: isSound || isSame(continued(before), own),
    });
    stored = own;
  }
  return frames;
}

/** The last commit that a later frame goes on from; -1 if there is none. */
function lastSafeCommit(frames: readonly Frame[], salts: string): number {
  return frames.findLastIndex((frame, index) => {
    const next = frames[index + 1];
    return frame.isCommit && next?.isSequel === true && next.salts === salts;
  });
}

/** The checksum of https://sqlite.org/fileformat2.html#checksum_algorithm, continued. */
function addTo(sum: Sum, bytes: Buffer, isBigEndian: boolean): Sum {
  let { first, second } = sum;
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    first = (first + (isBigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)) + second) >>> 0;
    second = (second + (isBigEndian ? bytes.readUInt32BE(at + 4) : bytes.readUInt32LE(at + 4)) + first) >>> 0;
  }
  return { first, second };
}

function readSum(log: Buffer, at: number): Sum {
  if (at + 8 > log.length) return { first: 0, second: 0 };
  return { first: log.readUInt32BE(at), second: log.readUInt32BE(at + 4) };
}

function isSame(one: Sum, other: Sum): boolean {
  return one.first === other.first && one.second === other.second;
}

function isPageSize(bytes: number): boolean {
  return bytes >= 512 && bytes <= 65_536 && (bytes & (bytes - 1)) === 0;
}

function countWhile<Item>(items: readonly Item[], isIt: (item: Item) => boolean): number {
  const end = items.findIndex((item) => !isIt(item));
  return end === -1 ? items.length : end;
}
