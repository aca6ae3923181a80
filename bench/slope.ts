import { median } from "./section.ts";

/** A look at some memory. */
export interface Sample {
  readonly minutes: number;
  readonly bytes: number;
}

/**
 * How much memory rises in 10 minutes, in percent of where it begins: the median of the slopes between any two samples (Theil and Sen). Up to
 * three samples in ten may be anywhere without moving it much; a straight line of least squares follows each outlier, and both ends most of all.
 * NaN for fewer than two.
 */
export function slopePercent(samples: readonly Sample[]): number {
  const slopes = samples.flatMap((one, index) =>
    samples.slice(index + 1).map((other) => (other.bytes - one.bytes) / (other.minutes - one.minutes)),
  );
  const perMinute = median(slopes);
  const startMinutes = samples[0]?.minutes ?? Number.NaN;
  const start = median(samples.map(({ bytes, minutes }) => bytes - perMinute * (minutes - startMinutes)));
  return ((perMinute * 10) / start) * 100;
}

/** The least of each minute: what a sawtooth stands on. */
export function minima(samples: readonly Sample[]): readonly Sample[] {
  const leasts = new Map<number, Sample>();
  for (const sample of samples) {
    const minute = Math.floor(sample.minutes);
    const least = leasts.get(minute);
    if (least === undefined || sample.bytes < least.bytes) leasts.set(minute, sample);
  }
  return [...leasts.values()];
}
