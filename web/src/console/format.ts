/** Numbers as a person reads them at a glance. */

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** `1,234`, and `1.2M` from a million on. */
export function formatCount(count: number): string {
  if (count < 1_000_000) return count < 10 && !Number.isInteger(count) ? count.toFixed(1) : whole.format(count);
  const [value, unit] = count < 1e9 ? [count / 1e6, "M"] : [count / 1e9, "G"];
  return `${value < 10 ? value.toFixed(1) : whole.format(value)}${unit}`;
}

/** `0 B`, `1.5 kB`, `12 MB`: thousands, as operating systems and networks count. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${whole.format(bytes)} B`;
  const exponent = Math.min(4, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1_000 ** exponent;
  return `${value < 10 ? value.toFixed(1) : whole.format(value)} ${["B", "kB", "MB", "GB", "TB"][exponent]}`;
}

/** `0.4 ms`, `12 ms`, `1.5 s`. */
export function formatMs(ms: number): string {
  if (ms === 0) return "0 ms";
  if (ms < 0.1) return `${(ms * 1_000).toFixed(0)} µs`;
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1_000 ? `${whole.format(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/** How long it is: `12 s`, `4 min`, `3 h`, `2 d`. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3_600)} h`;
}

/** `14:03:59`, of the reader's clock. */
export function formatTime(atMs: number): string {
  return new Date(atMs).toLocaleTimeString("en-GB");
}

/** `37 %`. */
export function formatShare(share: number): string {
  return `${Math.round(share * 100)} %`;
}
